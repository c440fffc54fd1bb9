//! Suppressed addresses: one item each, under the hash of the address.

use calendar::Moment;
use dynamodb::{Condition, Item, Key, sortable, text, text_of};
use mail::EmailAddress;
use mail::events::{Suppressed, Suppression, SuppressionCopies, Suppressions, suppression_key};
use mail::outbox::SummariesError;

use crate::{DynamoDbSummaries, broken, failed};

/// The prefix of the `pk`, and the `sk`.
const PREFIX: &str = "SUPPRESSED#";
const ADDRESS: &str = "ADDRESS";

impl Suppressions for DynamoDbSummaries {
    async fn suppression(&self, address: &EmailAddress) -> Result<Option<Suppression>, SummariesError> {
        self.table.get(&key(&suppression_key(address))).await.map_err(failed)?.as_ref().map(why).transpose()
    }

    async fn suppress(&self, address: &EmailAddress, why: Suppression, now: Moment) -> Result<(), SummariesError> {
        let item = item(&Suppressed { key: suppression_key(address), at: now, why });
        self.table.put(item, Condition::Absent).await.map(drop).map_err(failed)
    }

    async fn allow(&self, address: &EmailAddress) -> Result<bool, SummariesError> {
        self.table.delete(&key(&suppression_key(address))).await.map_err(failed)
    }
}

impl SuppressionCopies for DynamoDbSummaries {
    async fn suppressions(&self) -> Result<Vec<Suppressed>, SummariesError> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let (items, next) = self.table.scan(ADDRESS, after).await.map_err(failed)?;
            all.extend(items.iter().map(suppressed).collect::<Result<Vec<_>, _>>()?);
            if next.is_none() {
                return Ok(all);
            }
            after = next;
        }
    }

    async fn copy_suppressions(&self, suppressed: &[Suppressed]) -> Result<u64, SummariesError> {
        let puts = suppressed.iter().map(|it| (item(it), Condition::Absent)).collect();
        self.table.put_all(puts).await.map_err(failed)
    }
}

fn key(hash: &str) -> Key {
    Key::new(format!("{PREFIX}{hash}"), ADDRESS)
}

fn item(suppressed: &Suppressed) -> Item {
    let why = match suppressed.why {
        Suppression::Bounce => "bounce",
        Suppression::Complaint => "complaint",
    };
    key(&suppressed.key).with([("why", text(why)), ("at", text(sortable(suppressed.at)))])
}

fn why(item: &Item) -> Result<Suppression, SummariesError> {
    match text_of(item, "why").map_err(failed)? {
        "bounce" => Ok(Suppression::Bounce),
        "complaint" => Ok(Suppression::Complaint),
        _ => Err(broken("an address is suppressed for an unknown reason")),
    }
}

fn suppressed(item: &Item) -> Result<Suppressed, SummariesError> {
    let key = text_of(item, "pk").map_err(failed)?.strip_prefix(PREFIX).ok_or_else(|| broken("a key of an address"))?;
    let at = text_of(item, "at").map_err(failed)?.parse().map_err(broken)?;
    Ok(Suppressed { key: key.to_owned(), at, why: why(item)? })
}
