use banking::{AccountNumber, country_of};

use crate::{Entry, JournalMonth, Mark, Side};
use calendar::Month;

/// What a merge did to a month.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Merged {
    /// Every entry was there already.
    Unchanged,
    /// The month with the new entries, all marked anew.
    Changed(JournalMonth),
}

/// Merges `incoming` entries into `current`, the month as stored (`None`: it has no entries yet).
///
/// The union is by identity (see [`Entry`]); where two entries are the same one but differ in their text, the
/// lesser text stays, so that order does not matter. Then batch payments and invalid IBANs are marked over the
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
    mark(account, &mut entries);
    let merged = JournalMonth::of(month, entries);
    if current == Some(&merged) || merged.entries().is_empty() {
        return Merged::Unchanged;
    }
    Merged::Changed(merged)
}

/// Marks sorted entries. A run of more than one row of the same transfer is a batch payment.
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
