//! The counts of each day, in several items, so that mails sent concurrently rarely update the same item.

use std::collections::BTreeMap;

use calendar::{Date, Moment};
use dynamodb::{Item, Key, Query, Write, number, number_of, sortable, text_of, version_of};
use mail::SummaryMail;
use mail::gate::SendGate;
use mail::outbox::SummariesError;
use mail::tally::{Tallies, Tally};

use crate::{DynamoDbSummaries, VERSION, broken, failed};

const PARTITION: &str = "TALLY";
/// The number of items for each day.
const SHARDS: u8 = 8;

impl Tallies for DynamoDbSummaries {
    async fn sent_since(
        &self,
        from: Date,
        resumed_at: Option<Moment>,
    ) -> Result<BTreeMap<Date, Tally>, SummariesError> {
        let query = Query::partition(partition(resumed_at)).from(from.to_string());
        let mut days = BTreeMap::<Date, Tally>::new();
        for item in self.table.all(query).await.map_err(failed)? {
            let (day, _) = text_of(&item, "sk").map_err(failed)?.split_once('#').unwrap_or_default();
            let counted = days.entry(day.parse().map_err(broken)?).or_default();
            *counted = counted.plus(tally(&item)?);
        }
        Ok(days)
    }
}

/// The partition of the counts since an operator resumed sending.
fn partition(resumed_at: Option<Moment>) -> String {
    resumed_at.map_or_else(|| PARTITION.to_owned(), |it| format!("{PARTITION}#{}", sortable(it)))
}

/// The write for the counts of `record`; `None` if it counts nothing.
pub(crate) async fn write(
    summaries: &DynamoDbSummaries,
    record: &SummaryMail,
) -> Result<Option<Write>, SummariesError> {
    if record.counts(None).is_none() {
        return Ok(None);
    }
    let resumed_at = summaries.load_gate().await?.0.resumed_at();
    let Some((day, more)) = record.counts(resumed_at) else { return Ok(None) };
    let key = Key::new(partition(resumed_at), format!("{day}#{}", shard(record)));
    let item = summaries.table.get(&key).await.map_err(failed)?;
    let (counted, version) = match &item {
        Some(item) => (tally(item)?, version_of(item, VERSION).map_err(failed)?),
        None => <_>::default(),
    };
    let sum = counted.plus(more);
    let item = key.with([
        ("sent", number(sum.sent)),
        ("bounced", number(sum.bounced)),
        ("complained", number(sum.complained)),
    ]);
    Ok(Some(Write::next(item, VERSION, version)))
}

fn tally(item: &Item) -> Result<Tally, SummariesError> {
    let count = |name| number_of(item, name).map_err(failed);
    Ok(Tally { sent: count("sent")?, bounced: count("bounced")?, complained: count("complained")? })
}

/// A record always counts in the same shard: that of the last digit of its reference, which is a hash.
fn shard(record: &SummaryMail) -> u8 {
    let reference = record.key.reference();
    reference.as_str().bytes().last().unwrap_or_default().checked_rem(SHARDS).unwrap_or_default()
}
