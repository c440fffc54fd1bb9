use banking::AccountNumber;
use calendar::Moment;
use money::Money;

use crate::append::{CreateError, create};
use crate::ports::{Advances, Appended};
use crate::{Advance, AdvanceId, Event, Fact, FoldError, Terms};

/// The number of facts that a request stores: the request, and that its credit is due.
const FIRST_FACTS: usize = 2;

/// A request of an advance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewAdvance {
    /// A function of who requests it and of the request's idempotency key: a repeated request has the same one.
    pub id: AdvanceId,
    /// The holder of the account, in the register.
    pub customer: Box<str>,
    /// The account that is credited and debited.
    pub account: AccountNumber,
    /// How much.
    pub amount: Money,
    /// The terms.
    pub terms: Terms,
}

/// The result of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Requested {
    /// The advance is stored.
    New(Advance),
    /// It was stored before by the same request; this is the advance as it was then.
    Earlier(Advance),
    /// The id belongs to a request of another account or amount.
    Other,
    /// Another request with the same id is running: repeat it.
    Running,
}

/// Stores an advance at most once for its id. Then request its payments ([`Advance::requests`]).
pub async fn request<A: Advances>(advances: &A, new: &NewAdvance, now: Moment) -> Result<Requested, CreateError> {
    if let Some(earlier) = earlier(advances, new).await? {
        return Ok(earlier);
    }
    let NewAdvance { id, customer, account, amount, terms } = new.clone();
    let facts = Advance::request(id, &customer, account, amount, terms, now).map_err(FoldError::from)?;
    match create(advances, facts).await? {
        (Appended::Stored, advance) => Ok(Requested::New(advance)),
        _ => Ok(earlier(advances, new).await?.unwrap_or(Requested::Running)),
    }
}

async fn earlier<A: Advances>(advances: &A, new: &NewAdvance) -> Result<Option<Requested>, CreateError> {
    let facts = advances.load(&new.id).await?;
    let Some(first) = facts.get(..FIRST_FACTS) else { return Ok(None) };
    let earlier = if new.is_of(first) { Requested::Earlier(Advance::fold(first)?) } else { Requested::Other };
    Ok(Some(earlier))
}

impl NewAdvance {
    /// Whether `facts` are of the same request. The terms are not compared: they are the lender's, not the caller's.
    fn is_of(&self, facts: &[Fact]) -> bool {
        matches!(facts.first().map(|it| &it.event), Some(Event::Requested { account, amount, .. })
            if *account == self.account && *amount == self.amount)
    }
}
