//! Suppressed addresses: one item each, under the hash of the address.

use calendar::Moment;
use dynamodb::{Key, sortable, text, text_of};
use mail::Address;
use mail::events::{Suppression, Suppressions, suppression_key};
use mail::outbox::SummariesError;

use crate::{DynamoDbSummaries, broken, failed};

impl Suppressions for DynamoDbSummaries {
    async fn suppression(&self, address: &Address) -> Result<Option<Suppression>, SummariesError> {
        let Some(item) = self.table.get(&key(address)).await.map_err(failed)? else { return Ok(None) };
        match text_of(&item, "why").map_err(failed)? {
            "bounce" => Ok(Some(Suppression::Bounce)),
            "complaint" => Ok(Some(Suppression::Complaint)),
            _ => Err(broken("an address is suppressed for an unknown reason")),
        }
    }

    async fn suppress(&self, address: &Address, why: Suppression, now: Moment) -> Result<(), SummariesError> {
        let why = match why {
            Suppression::Bounce => "bounce",
            Suppression::Complaint => "complaint",
        };
        let item = key(address).with([("why", text(why)), ("at", text(sortable(now)))]);
        self.table.put_if_absent(item).await.map(|_| ()).map_err(failed)
    }

    async fn allow(&self, address: &Address) -> Result<bool, SummariesError> {
        self.table.delete(&key(address)).await.map_err(failed)
    }
}

fn key(address: &Address) -> Key {
    Key::new(format!("SUPPRESSED#{}", suppression_key(address)), "ADDRESS")
}
