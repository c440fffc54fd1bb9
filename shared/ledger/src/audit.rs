use std::collections::{BTreeMap, BTreeSet};

use banking::AccountNumber;
use calendar::Month;

use crate::totals::fold;
use crate::{CodecError, Entry, Merged, StoredBooks, merge};

/// An inconsistency that an audit found in an account's books.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// A stored value cannot be read.
    #[error("{place} cannot be read")]
    Unreadable {
        /// A month, or `totals`.
        place: String,
        /// The problem.
        source: CodecError,
    },
    /// Merging a month with itself changes it: its order, marks or identities violate the rules.
    #[error("the entries of {0} differ from the result of a merge")]
    NotMerged(Month),
    /// The totals of a month are not the fold of its entries.
    #[error("the totals of {0} are not the sum of its entries")]
    TotalsDiffer(Month),
    /// The totals have figures for a month without entries.
    #[error("the totals have figures for {0}, which has no entries")]
    MonthMissing(Month),
}

/// Counts how many of `entries`, all posted to `account`, are missing in its books. `stored_books` holds all books of
/// the account.
///
/// [`audit_account`] compares the books with themselves, so it cannot detect an entry that is missing everywhere; this
/// function compares the books with the imported entries.
pub fn missing_entries(
    account: &AccountNumber,
    stored_books: &StoredBooks,
    entries: Vec<Entry>,
) -> Result<u64, CodecError> {
    let mut by_month = BTreeMap::<Month, Vec<Entry>>::new();
    for entry in entries {
        by_month.entry(entry.at.date().month()).or_default().push(entry);
    }
    let mut missing = 0_u64;
    for (month, entries) in by_month {
        let journal = stored_books.month(month)?;
        let kept = journal.as_ref().map_or(0, |it| it.entries().len());
        if let Merged::Changed(merged) = merge(account, month, journal.as_ref(), entries) {
            let added = merged.entries().len().saturating_sub(kept);
            missing = missing.saturating_add(u64::try_from(added).unwrap_or(u64::MAX));
        }
    }
    Ok(missing)
}

/// Verifies the books of one account: merging a month with itself changes nothing, and totals = fold(months) =
/// fold(entries). `stored_books` holds all books of the account. Returns the number of entries and the findings.
pub fn audit_account(account: &AccountNumber, stored_books: &StoredBooks) -> (u64, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut entries = 0_u64;
    let unreadable = |place: &dyn ToString, source| Finding::Unreadable { place: place.to_string(), source };
    let item = stored_books.open().unwrap_or_else(|source| {
        findings.push(unreadable(&"totals", source));
        <_>::default()
    });
    let totals = &item.totals;
    let months: BTreeSet<Month> = stored_books.months.keys().chain(totals.months.keys()).copied().collect();
    for month in months {
        let journal = match stored_books.month_of(&item, month) {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use money::Currency;

    use super::*;
    use crate::codec::{TotalsItem, encode_month};
    use crate::{Entry, Mark, Side, Totals, Versioned};

    fn transfer(id: &str, minor: i64, mark: Mark) -> Entry {
        Entry {
            at: "2026-07-01".parse().unwrap(),
            source: "sepa".into(),
            id: Some(id.into()),
            ordinal: 0,
            amount_minor: minor,
            currency: Currency::EUR,
            side: Side::Payer,
            counterparty: Some("FR14".into()),
            text: None,
            mark,
        }
    }

    /// Books with these entries of July in a separate item, and with the totals of `totals_of`.
    fn stored_books(entries: &[Entry], totals_of: &[Entry]) -> StoredBooks {
        let july: Month = "2026-07".parse().unwrap();
        let totals = Totals { months: BTreeMap::from([(july, fold(totals_of))]) };
        let totals = TotalsItem { totals, ..TotalsItem::default() }.encode();
        let bytes = encode_month(&fold(entries), entries);
        StoredBooks {
            totals: Some(Versioned { version: crate::Version(1), bytes: totals }),
            months: [(july, Versioned { version: crate::Version(1), bytes })].into(),
        }
    }

    #[test]
    fn entries_that_were_posted_and_are_not_in_the_books_are_missing() {
        let account: AccountNumber = "DE89370400440532013000".parse().unwrap();
        let july = [1, 2, 3].map(|id: i64| transfer(&id.to_string(), -id, Mark::Clean));
        let august = Entry { at: "2026-08-01".parse().unwrap(), ..july[0].clone() };
        let missing = |kept: &[Entry], posted: &[Entry]| {
            missing_entries(&account, &stored_books(kept, kept), posted.to_vec()).unwrap()
        };
        assert_eq!(missing(&july, &july), 0);
        assert_eq!(missing(&july, &july[..1]), 0, "the books may have more");
        assert_eq!(missing(&july[..1], &july), 2);
        assert_eq!(missing(&july, &[july.to_vec(), vec![august.clone(), august]].concat()), 1, "a month is missing");
    }

    #[test]
    fn an_audit_names_what_is_wrong() {
        let account: AccountNumber = "DE89370400440532013000".parse().unwrap();
        let july: Month = "2026-07".parse().unwrap();
        let audit = |stored_books: &StoredBooks| audit_account(&account, stored_books);
        let two = [transfer("1", -1, Mark::Clean), transfer("2", -2, Mark::Clean)];
        assert_eq!(audit(&stored_books(&two, &two)), (2, vec![]));
        assert_eq!(audit(&stored_books(&two, &two[..1])), (2, vec![Finding::TotalsDiffer(july)]));

        let batch = [transfer("1", -2, Mark::Clean), transfer("1", -1, Mark::Clean)];
        assert_eq!(audit(&stored_books(&batch, &batch)), (2, vec![Finding::NotMerged(july)]), "not marked");
        let twice = [transfer("1", -1, Mark::Clean), transfer("1", -1, Mark::Clean)];
        assert_eq!(audit(&stored_books(&twice, &twice)), (2, vec![Finding::NotMerged(july)]), "kept twice");

        let mut unreadable = stored_books(&two, &two);
        unreadable.totals = Some(Versioned { version: crate::Version(1), bytes: vec![9, 9] });
        let source = CodecError::UnknownVersion(9);
        let places = [Finding::Unreadable { place: "totals".into(), source }, Finding::TotalsDiffer(july)];
        assert_eq!(audit(&unreadable), (2, places.to_vec()));
        let mut unreadable = stored_books(&two, &two);
        unreadable.months.values_mut().for_each(|kept| kept.bytes.truncate(1));
        let source = CodecError::Broken("cut off");
        assert_eq!(audit(&unreadable), (0, vec![Finding::Unreadable { place: "2026-07".into(), source }]));
        let mut missing = stored_books(&two, &two);
        missing.months.clear();
        assert_eq!(audit(&missing), (0, vec![Finding::MonthMissing(july)]));
    }
}
