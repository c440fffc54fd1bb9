use std::collections::{BTreeMap, BTreeSet};

use banking::AccountNumber;
use calendar::Month;

use crate::totals::fold;
use crate::{CodecError, Entry, Merged, Shelf, merge};

/// Something an audit found wrong with an account's books.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// A stored value cannot be read.
    #[error("{place} cannot be read")]
    Unreadable {
        /// A month, or `totals`.
        place: String,
        /// What is wrong with it.
        source: CodecError,
    },
    /// Merging a month with itself changes it: its order, marks or identities are not those of the rules.
    #[error("the entries of {0} are not as the merge leaves them")]
    NotMerged(Month),
    /// The totals of a month are not the fold of its entries.
    #[error("the totals of {0} are not the sum of its entries")]
    TotalsDiffer(Month),
    /// The totals speak of a month that has no entries.
    #[error("the totals have figures for {0}, which has no entries")]
    MonthMissing(Month),
}

/// How many of `entries`, all of which were posted to `account`, are not in its books. `shelf` holds all that is kept.
///
/// [`audit_account`] compares the books with themselves, and so cannot see an entry that is gone from all of them; this
/// compares them with what was handed in.
pub fn missing_entries(account: &AccountNumber, shelf: &Shelf, entries: Vec<Entry>) -> Result<u64, CodecError> {
    let mut by_month = BTreeMap::<Month, Vec<Entry>>::new();
    for entry in entries {
        by_month.entry(entry.at.date().month()).or_default().push(entry);
    }
    let mut missing = 0_u64;
    for (month, entries) in by_month {
        let journal = shelf.month(month)?;
        let kept = journal.as_ref().map_or(0, |it| it.entries().len());
        if let Merged::Changed(merged) = merge(account, month, journal.as_ref(), entries) {
            let added = merged.entries().len().saturating_sub(kept);
            missing = missing.saturating_add(u64::try_from(added).unwrap_or(u64::MAX));
        }
    }
    Ok(missing)
}

/// Proves one account's books: every month is as the merge leaves it, and
/// totals = fold(months) = fold(entries). `shelf` holds all that is kept. Returns the entries counted and what is
/// wrong.
pub fn audit_account(account: &AccountNumber, shelf: &Shelf) -> (u64, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut entries = 0_u64;
    let unreadable = |place: &dyn ToString, source| Finding::Unreadable { place: place.to_string(), source };
    let totals = shelf.totals().unwrap_or_else(|source| {
        findings.push(unreadable(&"totals", source));
        <_>::default()
    });
    let months: BTreeSet<Month> = shelf.months.keys().chain(totals.months.keys()).copied().collect();
    for month in months {
        let journal = match shelf.month(month) {
            Ok(Some(journal)) => journal,
            Ok(None) => {
                findings.push(Finding::MonthMissing(month));
                continue;
            }
            Err(source) => {
                findings.push(unreadable(&month, source));
                continue;
            }
        };
        entries = entries.saturating_add(u64::try_from(journal.entries().len()).unwrap_or(u64::MAX));
        if merge(account, month, Some(&journal), journal.entries().to_vec()) != Merged::Unchanged {
            findings.push(Finding::NotMerged(month));
        }
        if totals.months.get(&month) != Some(&fold(journal.entries())) {
            findings.push(Finding::TotalsDiffer(month));
        }
    }
    (entries, findings)
}
