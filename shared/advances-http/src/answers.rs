//! What the processor's answers mean.

use advances::{Answer, Reference, ReferenceStatus, TransactionId};
use calendar::Moment;
use http_client::{BodyError, HttpAnswer};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::documents::{AcceptedDocument, OrderDocument, ProblemDocument, REFUSED};

const CREATED: u16 = 201;
const UNPROCESSABLE: u16 = 422;
/// The maximum length of a reason in characters.
const MAX_REASON_CHARS: usize = 200;

/// An answer to a question that is not the one wanted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadAnswer {
    #[error("it answers with status {0}")]
    Status(u16),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("it is not as documented: {0}")]
    Undocumented(String),
}

/// The answer to an order. Whatever is not documented as final is unknown.
pub(crate) fn to_order(order: &OrderDocument<'_>, answer: HttpAnswer) -> Answer {
    let status = answer.status.as_u16();
    let unknown = |why: &str| Answer::Unknown(format!("status {status}: {why}").into());
    let body = match answer.body {
        Ok(body) => body,
        Err(error) => return unknown(&error.to_string()),
    };
    match status {
        CREATED => match read::<AcceptedDocument>(&body) {
            Ok(accepted) if accepted.is_of(order) => Answer::Taken(accepted.transaction),
            Ok(_) => unknown("it is about another order"),
            Err(error) => unknown(&error.to_string()),
        },
        UNPROCESSABLE => match read::<ProblemDocument>(&body) {
            Ok(problem) if problem.r#type == REFUSED && problem.reference == order.reference => {
                Answer::Refused(reason(problem.detail.as_deref()))
            }
            Ok(_) => unknown("it is not a refusal of this order"),
            Err(error) => unknown(&error.to_string()),
        },
        _ => unknown("it is not final"),
    }
}

/// `GET /transactions/{reference}`.
#[derive(Deserialize)]
struct StatusDocument {
    reference: String,
    #[serde(flatten)]
    status: Status,
}

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
enum Status {
    Accepted { transaction: TransactionId },
    NotKnown { as_of: Moment },
}

pub(crate) fn about_reference(reference: &Reference, answer: HttpAnswer) -> Result<ReferenceStatus, BadAnswer> {
    let StatusDocument { reference: of, status } = read(&success(answer)?)?;
    if of != reference.to_string() {
        return Err(BadAnswer::Undocumented("it is about another reference".to_owned()));
    }
    match status {
        Status::Accepted { transaction } => Ok(ReferenceStatus::Known(transaction)),
        Status::NotKnown { as_of } if as_of.is_instant() => Ok(ReferenceStatus::NotKnown { as_of }),
        Status::NotKnown { .. } => Err(BadAnswer::Undocumented("`as_of` is not an instant".to_owned())),
    }
}

/// The body of an answer with the status 200.
pub(crate) fn success(answer: HttpAnswer) -> Result<Vec<u8>, BadAnswer> {
    match answer.status.as_u16() {
        200 => Ok(answer.body?),
        status => Err(BadAnswer::Status(status)),
    }
}

/// Reads a document; the error does not quote it.
pub(crate) fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, BadAnswer> {
    serde_json::from_slice(json).map_err(|error| {
        BadAnswer::Undocumented(format!("the JSON cannot be read at line {}, column {}", error.line(), error.column()))
    })
}

/// The processor's reason, without control characters.
pub(crate) fn reason(text: Option<&str>) -> Box<str> {
    let text = text.unwrap_or("no reason given");
    text.chars().filter(|it| !it.is_control()).take(MAX_REASON_CHARS).collect()
}
