//! The request of an advance: the fields of its body, and the holder of its account.

use advances::{Advance, AdvanceId, NewAdvance, Requested, Terms};
use api_kit::Caller;
use axum::http::StatusCode;
use banking::AccountNumber;
use customers::{CustomerId, Customers as _};
use lambda_kit::{FieldError, Problem};
use money::{Currency, Money};

use crate::Ports;
use crate::documents::AdvanceRequest;
use crate::error::ServeError;

/// The valid fields of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ValidRequest {
    account: AccountNumber,
    amount: Money,
    terms: Terms,
}

impl ValidRequest {
    /// Reads the fields; the problem names all that are not accepted.
    pub(crate) fn read(body: &AdvanceRequest) -> Result<Self, Problem> {
        let account = body.account.parse::<AccountNumber>();
        let account = account.map_err(|error| FieldError::new("account", error.to_string()));
        let currency = Currency::parse(body.currency.as_bytes());
        let currency = currency.map_err(|error| FieldError::new("currency", error.to_string()));
        // Without its currency an amount cannot be checked.
        let amount = currency.and_then(|currency| amount_in(&body.amount, currency));
        match (account, amount) {
            (Ok(account), Ok((amount, terms))) => Ok(Self { account, amount, terms }),
            (account, amount) => {
                Err(Problem::unprocessable([account.err(), amount.err()].into_iter().flatten().collect()))
            }
        }
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
    valid: ValidRequest,
) -> Result<(StatusCode, Advance), ServeError> {
    let customer = holder(ports, caller, &valid.account).await?.to_string().into();
    let ValidRequest { account, amount, terms } = valid;
    let new = NewAdvance { id, customer, account, amount, terms };
    match advances::request(ports.advances(), &new, ports.now()).await? {
        Requested::New(advance) => Ok((StatusCode::CREATED, advance)),
        Requested::Earlier(advance) => Ok((StatusCode::OK, advance)),
        Requested::Other => {
            let detail = "this Idempotency-Key belongs to a request with another body; use a new key";
            Err(Problem::new(422, "key-reused", "The key belongs to another request").with_detail(detail).into())
        }
        Requested::Running => {
            Err(Problem::conflict("a request with this Idempotency-Key is running; repeat it").into())
        }
    }
}

/// The holder of the account. An account of somebody else is refused like an unknown one.
async fn holder<P: Ports>(ports: &P, caller: Caller, account: &AccountNumber) -> Result<CustomerId, ServeError> {
    let found = ports.customers().account(account).await?.map(|it| it.customer);
    let found = found.filter(|it| caller.may_see(*it).is_ok());
    let unknown = || Problem::unprocessable(vec![FieldError::new("account", "not an account of the register")]);
    Ok(found.ok_or_else(unknown)?)
}
