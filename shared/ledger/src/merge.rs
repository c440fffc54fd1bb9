use std::collections::{HashMap, HashSet};

use banking::{AccountNumber, country_of};

use crate::{Entry, JournalMonth, Mark, Side};
use calendar::{Moment, Month};
use money::Currency;

/// The result of merging entries into a month.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Merged {
    /// Every entry already existed.
    Unchanged,
    /// The month with the new entries and updated marks.
    Changed(JournalMonth),
}

/// Merges `incoming` entries into `current`, the month as stored (`None`: it has no entries yet).
///
/// The union is by identity (see [`Entry`]). If identical entries differ in their text, the merge keeps the smallest
/// text, and prefers any text to none. If rows of an account's own file have the same id, a row with a counterparty
/// replaces one without. So the order does not matter. Then the merge marks batch payments and invalid IBANs over the
/// whole month. Commutative, associative and idempotent.
pub fn merge(account: &AccountNumber, month: Month, current: Option<&JournalMonth>, incoming: Vec<Entry>) -> Merged {
    let mut entries = incoming;
    for entry in &mut entries {
        entry.mark = Mark::Clean;
    }
    if let Some(current) = current {
        entries.extend(current.clone().into_entries());
    }
    entries.sort();
    entries.dedup_by(|later, kept| later.same(kept));
    drop_without_counterparty(&mut entries);
    mark(account, &mut entries);
    let merged = JournalMonth::of(month, entries);
    if current == Some(&merged) || merged.entries().is_empty() {
        return Merged::Unchanged;
    }
    Merged::Changed(merged)
}

/// The fields that identical entries of several sources share.
fn transfer(it: &Entry) -> (Moment, Option<&str>, Side, Option<&str>, i64, Currency) {
    (it.at, it.id.as_deref(), it.side, it.counterparty.as_deref(), it.amount_minor, it.currency)
}

/// How many of `incoming` are in `month` from another source: transfers with the same id, accounts, time, amount and
/// currency; rows of an account's own file with the same day, amount and currency, each entry for one row.
pub(crate) fn known_from_another_source(month: &JournalMonth, incoming: &[Entry]) -> u64 {
    let Some(source) = incoming.first().map(|it| &it.source) else { return 0 };
    let others: Vec<&Entry> = month.entries().iter().filter(|it| it.source != *source).collect();
    if others.is_empty() {
        return 0;
    }
    let transfers: HashSet<_> = others.iter().filter(|it| it.id.is_some()).map(|it| transfer(it)).collect();
    let booking = |it: &Entry| (it.at.date(), it.amount_minor, it.currency);
    let mut bookings = HashMap::new();
    for other in &others {
        bookings.entry(booking(other)).and_modify(|count: &mut u64| *count = count.saturating_add(1)).or_insert(1);
    }
    let is_known = move |it: &&Entry| match (it.side, bookings.get_mut(&booking(it))) {
        (Side::None, Some(count)) if *count > 0 => {
            *count = count.saturating_sub(1);
            true
        }
        (Side::None, _) => false,
        _ => transfers.contains(&transfer(it)),
    };
    let known = incoming.iter().filter(|it| it.source == *source).filter(is_known);
    u64::try_from(known.count()).unwrap_or(u64::MAX)
}

/// Drops rows of an account's own file that also exist with their counterparty: a profile without that column produced
/// them earlier.
fn drop_without_counterparty(entries: &mut Vec<Entry>) {
    let may_lack = |it: &Entry| it.side == Side::None && it.id.is_some();
    let lacks = |it: &Entry| may_lack(it) && it.counterparty.is_none();
    if !entries.iter().any(lacks) {
        return;
    }
    let row = |it: &Entry| (it.at, it.source.clone(), it.id.clone(), it.ordinal, it.amount_minor, it.currency);
    let full = entries.iter().filter(|it| may_lack(it) && it.counterparty.is_some());
    let full: HashSet<_> = full.map(row).collect();
    entries.retain(|it| !(lacks(it) && full.contains(&row(it))));
}

/// Marks sorted entries. Several adjacent rows of the same transfer are a batch payment.
fn mark(account: &AccountNumber, entries: &mut [Entry]) {
    let account_has_country = country_of(account.as_str()).is_some();
    for run in entries.chunk_by_mut(Entry::same_transfer) {
        let batch = run.len() > 1;
        for entry in run {
            let valid = entry.side == Side::None
                || (account_has_country && entry.counterparty.as_deref().is_some_and(|it| country_of(it).is_some()));
            entry.mark = match (valid, batch) {
                (false, _) => Mark::InvalidIban,
                (true, true) => Mark::BatchPayment,
                (true, false) => Mark::Clean,
            };
        }
    }
}
