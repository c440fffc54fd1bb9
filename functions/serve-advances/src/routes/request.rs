//! The request of an advance: the id is a function of caller and key, so a repeated request finds its advance.

use advances::ports::{Advances as _, Appended};
use advances::{Advance, AdvanceId, CreateError, Event, Fact, FoldError, Terms, create};
use api_kit::Caller;
use axum::http::StatusCode;
use banking::AccountNumber;
use customers::{CustomerId, Customers as _};
use lambda_kit::{FieldError, Problem};
use money::{Currency, Money};

use crate::Ports;
use crate::documents::AdvanceRequest;
use crate::error::ServeError;

/// The number of facts that a request stores: the request, and that its credit is due.
const FIRST_FACTS: usize = 2;

/// A request with valid fields.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Requested {
    account: AccountNumber,
    amount: Money,
    terms: Terms,
}

impl Requested {
    /// Reads the fields; the problem names all that are not accepted.
    pub(crate) fn read(body: &AdvanceRequest) -> Result<Self, Problem> {
        let account = body.account.parse::<AccountNumber>();
        let account = account.map_err(|error| FieldError::new("account", error.to_string()));
        let currency = Currency::parse(body.currency.as_bytes());
        let currency = currency.map_err(|error| FieldError::new("currency", error.to_string()));
        let amount = match &currency {
            Ok(currency) => amount_in(&body.amount, *currency),
            // Without its currency an amount cannot be checked.
            Err(error) => Err(error.clone()),
        };
        match (account, amount) {
            (Ok(account), Ok((amount, terms))) => Ok(Self { account, amount, terms }),
            (account, amount) => {
                Err(Problem::unprocessable([account.err(), amount.err()].into_iter().flatten().collect()))
            }
        }
    }

    /// Whether `facts` are of an advance of the same request. The terms are not: they were ours, not the caller's.
    fn is_of(&self, facts: &[Fact]) -> bool {
        matches!(facts.first().map(|it| &it.event), Some(Event::Requested { account, amount, .. })
            if *account == self.account && *amount == self.amount)
    }
}

fn amount_in(text: &str, currency: Currency) -> Result<(Money, Terms), FieldError> {
    let error = |detail: String| FieldError::new("amount", detail);
    let amount = Money::parse(text, currency).map_err(|it| error(it.to_string()))?;
    let terms = Terms::weekly(currency);
    terms.check(amount).map_err(|it| error(it.to_string()))?;
    Ok((amount, terms))
}

/// Stores the advance and returns it as it was requested, also if it was stored before.
pub(crate) async fn request<P: Ports>(
    ports: &P,
    caller: Caller,
    id: AdvanceId,
    requested: Requested,
) -> Result<(StatusCode, Advance), ServeError> {
    if let Some(earlier) = earlier(ports, &id, &requested).await? {
        return Ok((StatusCode::OK, earlier));
    }
    let customer = holder(ports, caller, &requested.account).await?.to_string();
    let Requested { account, amount, terms } = requested.clone();
    let facts = Advance::request(id.clone(), &customer, account, amount, terms, ports.now());
    let facts = facts.map_err(|error| CreateError::Fold(FoldError::from(error)))?;
    let (appended, advance) = create(ports.advances(), facts).await?;
    if appended == Appended::Stored {
        return Ok((StatusCode::CREATED, advance));
    }
    let earlier = earlier(ports, &id, &requested).await?;
    let running = || Problem::conflict("a request with this Idempotency-Key is running; repeat it");
    Ok((StatusCode::OK, earlier.ok_or_else(running)?))
}

/// The advance as an earlier request with the same key has left it; a problem if that was another request.
async fn earlier<P: Ports>(ports: &P, id: &AdvanceId, requested: &Requested) -> Result<Option<Advance>, ServeError> {
    let facts = ports.advances().load(id).await?;
    let Some(first) = facts.get(..FIRST_FACTS) else { return Ok(None) };
    if !requested.is_of(&facts) {
        let detail = "this Idempotency-Key belongs to a request with another body; use a new key for a new advance";
        return Err(Problem::new(422, "key-reused", "The key belongs to another request").with_detail(detail).into());
    }
    Ok(Some(Advance::fold(first)?))
}

/// The holder of the account. An account of somebody else is refused like an unknown one.
async fn holder<P: Ports>(ports: &P, caller: Caller, account: &AccountNumber) -> Result<CustomerId, ServeError> {
    let found = ports.customers().account(account).await?.map(|it| it.customer);
    let found = found.filter(|it| caller.may_see(*it).is_ok());
    let unknown = || Problem::unprocessable(vec![FieldError::new("account", "not an account of the register")]);
    Ok(found.ok_or_else(unknown)?)
}
