use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason, ConditionCheck, Delete, Put, TransactWriteItem};
use backoff::Backoff;
use storage::{Saved, Version};

use crate::error::is_passing;
use crate::{DynamoDbError, Item, Key, Table, number};

/// A condition on an item of a transaction.
#[derive(Clone, PartialEq, Debug)]
pub enum Condition {
    /// Nothing.
    Any,
    /// It is not there.
    Absent,
    /// An attribute has this value.
    Is(&'static str, AttributeValue),
    /// An attribute is below this value, or it is not there.
    Below(&'static str, AttributeValue),
}

/// One part of a transaction.
#[derive(Clone, PartialEq, Debug)]
pub enum Write {
    /// Puts an item, if the condition holds.
    Put(Item, Condition),
    /// Deletes an item, which need not exist.
    Delete(Key),
    /// Writes nothing, but the condition must hold.
    Check(Key, Condition),
}

/// The result of a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Transacted {
    /// All of it is written.
    Done,
    /// Nothing is written: the conditions of these parts (from 0) failed.
    Failed(Vec<usize>),
}

impl Write {
    /// Puts an item with the next version in the attribute `name`, if the stored version is still `expected`.
    pub fn next(item: Item, name: &'static str, expected: Version) -> Self {
        let (item, condition) = next(item, name, expected);
        Self::Put(item, condition)
    }
}

pub(crate) fn next(mut item: Item, name: &'static str, expected: Version) -> (Item, Condition) {
    item.insert(name.to_owned(), number(expected.next().0));
    (item, Condition::version(name, expected))
}

impl Transacted {
    /// The result for a record with the version `expected` before.
    pub fn saved(&self, expected: Version) -> Saved {
        if *self == Self::Done { Saved::Stored(expected.next()) } else { Saved::Conflict }
    }
}

impl Condition {
    /// The item's version attribute has this value; 0: the item does not exist.
    pub fn version(name: &'static str, version: Version) -> Self {
        match version.0 {
            0 => Self::Absent,
            version => Self::Is(name, number(version)),
        }
    }

    pub(crate) fn parts(self) -> (Option<String>, Option<&'static str>, Option<AttributeValue>) {
        match self {
            Self::Any => (None, None, None),
            Self::Absent => (Some("attribute_not_exists(pk)".to_owned()), None, None),
            Self::Is(name, value) => (Some("#c = :c".to_owned()), Some(name), Some(value)),
            Self::Below(name, value) => {
                (Some("attribute_not_exists(#c) OR #c < :c".to_owned()), Some(name), Some(value))
            }
        }
    }
}

impl Table {
    /// Applies all of `writes` or nothing. At most 100, each on a different item; an empty list succeeds.
    ///
    /// Retries conflicts with other transactions and throttling. The SDK's own retries of a call use the same token, so
    /// a successful call with a lost response is not reported as a failed condition.
    pub async fn transact(&self, writes: Vec<Write>) -> Result<Transacted, DynamoDbError> {
        if writes.is_empty() {
            return Ok(Transacted::Done);
        }
        let items = writes.into_iter().map(|write| self.part(write)).collect::<Result<Vec<_>, _>>()?;
        let mut backoff = Backoff::default();
        loop {
            let request = self.client.transact_write_items();
            let Err(error) = request.set_transact_items(Some(items.clone())).send().await else {
                return Ok(Transacted::Done);
            };
            let verdict = match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    verdict(cancelled.cancellation_reasons())
                }
                _ => match error.code() {
                    Some(code) if is_passing(code) => Verdict::Again(code.to_owned()),
                    _ => Verdict::Never,
                },
            };
            let reason = match verdict {
                Verdict::Failed(parts) => return Ok(Transacted::Failed(parts)),
                Verdict::Never => return Err(DynamoDbError::unavailable(OPERATION)(error.into())),
                Verdict::Again(reason) => reason,
            };
            if !backoff.wait().await {
                return Err(DynamoDbError::Busy { operation: OPERATION, reason });
            }
        }
    }

    fn part(&self, write: Write) -> Result<TransactWriteItem, DynamoDbError> {
        let failed = |error| DynamoDbError::unavailable(OPERATION)(error);
        let part = TransactWriteItem::builder();
        Ok(match write {
            Write::Put(item, condition) => {
                let (expression, name, value) = condition.parts();
                let put = Put::builder()
                    .table_name(&self.name)
                    .set_item(Some(item))
                    .set_condition_expression(expression)
                    .set_expression_attribute_names(name.map(|name| [("#c".to_owned(), name.to_owned())].into()))
                    .set_expression_attribute_values(value.map(|value| [(":c".to_owned(), value)].into()));
                part.put(put.build().map_err(|error| failed(error.into()))?)
            }
            Write::Delete(key) => {
                let delete = Delete::builder().table_name(&self.name).set_key(Some(key.item()));
                part.delete(delete.build().map_err(|error| failed(error.into()))?)
            }
            Write::Check(key, condition) => {
                let (expression, name, value) = condition.parts();
                let check = ConditionCheck::builder()
                    .table_name(&self.name)
                    .set_key(Some(key.item()))
                    .condition_expression(expression.unwrap_or_else(|| "attribute_exists(pk)".to_owned()))
                    .set_expression_attribute_names(name.map(|name| [("#c".to_owned(), name.to_owned())].into()))
                    .set_expression_attribute_values(value.map(|value| [(":c".to_owned(), value)].into()));
                part.condition_check(check.build().map_err(|error| failed(error.into()))?)
            }
        }
        .build())
    }
}

const OPERATION: &str = "TransactWriteItems";

#[derive(PartialEq, Debug)]
enum Verdict {
    /// Conditions do not hold.
    Failed(Vec<usize>),
    /// A retry of the same transaction may succeed.
    Again(String),
    /// A retry does not help.
    Never,
}

/// Interprets the reasons of a cancelled transaction. A failed condition takes precedence over conflicts of other
/// parts.
fn verdict(reasons: &[CancellationReason]) -> Verdict {
    let codes = || reasons.iter().map(|reason| reason.code().unwrap_or("None"));
    let failed: Vec<usize> =
        codes().enumerate().filter(|(_, code)| *code == "ConditionalCheckFailed").map(|(at, _)| at).collect();
    let mut others = codes().filter(|code| *code != "None");
    if !failed.is_empty() {
        return Verdict::Failed(failed);
    }
    match others.clone().find(|code| !is_passing(code)) {
        Some(_) => Verdict::Never,
        None => others.next().map_or(Verdict::Never, |code| Verdict::Again(code.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::needless_pass_by_value, reason = "so that each row is one line")]
    fn check(codes: &[&str], expected: &Verdict) {
        let reason = |code: &&str| CancellationReason::builder().code(*code).build();
        let reasons: Vec<_> = codes.iter().map(reason).collect();
        assert_eq!(&verdict(&reasons), expected, "{codes:?}");
    }

    #[test]
    fn the_reasons_decide() {
        let again = |code: &str| Verdict::Again(code.to_owned());
        check(&["None", "ConditionalCheckFailed"], &Verdict::Failed(vec![1]));
        check(
            &["ConditionalCheckFailed", "TransactionConflict", "ConditionalCheckFailed"],
            &Verdict::Failed(vec![0, 2]),
        );
        check(&["None", "TransactionConflict"], &again("TransactionConflict"));
        check(&["ThrottlingError", "None"], &again("ThrottlingError"));
        check(&["ProvisionedThroughputExceeded"], &again("ProvisionedThroughputExceeded"));
        check(&["TransactionConflict", "ValidationError"], &Verdict::Never);
        check(&["ItemCollectionSizeLimitExceeded"], &Verdict::Never);
        check(&[], &Verdict::Never);
    }
}
