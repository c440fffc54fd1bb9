//! The figures of a feed, or of a part of it: folded from its pages and their imports.

use std::collections::{BTreeMap, BTreeSet};

use imports::{BatchOutcome, Import, ImportStats, State};
use money::{Currency, Money};
use serde::{Deserialize, Serialize};

use crate::gaps::Gaps;
use crate::{Counted, PageBatch, PageRecord};

/// A page batch with its import and the outcomes of the import.
pub struct Posting {
    /// Which pages.
    pub page_batch: PageBatch,
    /// The valid import: the last one of these pages. `None` if it has no record.
    pub import: Option<Import>,
    /// The outcomes of its batches.
    pub outcomes: Vec<BatchOutcome>,
    /// The outcomes of earlier imports of the same pages, which failed or contained a page that was replaced.
    pub earlier: Vec<BatchOutcome>,
}

impl Posting {
    /// Whether the state is final.
    pub fn is_final(&self) -> bool {
        self.import.as_ref().is_some_and(|it| it.state.is_final())
    }

    /// Whether its pages must be imported again: their import was refused, has failed or was never created.
    pub fn is_lost(&self) -> bool {
        let state = self.import.as_ref().map(|it| &it.state);
        state.is_none_or(|it| matches!(it, State::Refused { .. } | State::Failed { .. }))
    }

    pub(crate) fn found(&self) -> Option<&ImportStats> {
        self.import.as_ref().and_then(|it| it.found.as_ref())
    }
}

/// Pages of a feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PageProof {
    /// The number of accepted pages.
    pub taken: u64,
    /// The number of requests.
    #[serde(rename = "asked")]
    pub requests: u64,
    /// The number of responses with another page.
    pub repeated: u64,
    /// The number of imports of these pages.
    pub imports: u64,
    /// Pages that declare neither rows nor sums.
    pub undeclared: u64,
    /// Truncated or unreadable responses of a server that may not repeat them.
    pub damaged: u64,
}

/// Rows of a feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct RowProof {
    /// As declared by the pages.
    pub declared: u64,
    /// As counted on the pages.
    pub received: u64,
    /// As read by the imports.
    pub read: u64,
    /// Rows that the imports accepted.
    pub taken: u64,
    /// Rows that the imports rejected, each with its reason.
    pub rejected: u64,
}

/// Entries from the rows of a feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct EntryProof {
    /// One for each registered account.
    pub made: u64,
    /// New in the books, without entries of rows that the bank has withdrawn since: the proof's notes name those.
    pub posted: u64,
    /// Entries that were already in the books.
    pub duplicates: u64,
    /// Batch payments and invalid IBANs: posted, but not part of any balance.
    pub dirty: u64,
}

/// Sums of one currency. The sums of entries ignore the sign.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CurrencyProof {
    /// Of rows, as declared by the pages.
    pub declared: Money,
    /// Of rows, as counted on the pages.
    pub received: Money,
    /// Of accepted rows.
    pub taken: Money,
    /// Of rejected rows.
    pub rejected: Money,
    /// Of entries.
    pub made: Money,
    /// Of entries that are new in the books.
    pub posted: Money,
    /// Of entries that already existed.
    pub duplicates: Money,
    /// Of dirty entries.
    pub dirty: Money,
}

/// All figures of a feed, or of a part of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Its pages.
    pub pages: PageProof,
    /// Its rows: declared = received = read = taken + rejected.
    pub rows: RowProof,
    /// The entries from these rows: made = posted + duplicates; dirty entries are posted, too.
    pub entries: EntryProof,
    /// The sums, by currency.
    pub currencies: Vec<CurrencyProof>,
}

impl Figures {
    /// The figures of pages and of their import; `None` if the pages have no import.
    pub(crate) fn of(pages: &[PageRecord], posting: Option<&Posting>) -> Self {
        let sum = |count: fn(&PageRecord) -> u64| pages.iter().map(count).fold(0, u64::saturating_add);
        let found = |count: fn(&ImportStats) -> u64| posting.and_then(Posting::found).map_or(0, count);
        let outcome = |count: fn(&BatchOutcome) -> u64| {
            posting.iter().flat_map(|it| &it.outcomes).map(count).fold(0, u64::saturating_add)
        };
        let earlier = |count: fn(&BatchOutcome) -> u64| {
            posting.iter().flat_map(|it| &it.earlier).map(count).fold(0, u64::saturating_add)
        };
        // Entries that an earlier import has posted for rows missing on the corrected pages, at most two for each row.
        let superseded = earlier(|it| it.posted).saturating_sub(outcome(|it| it.duplicates));
        let superseded = superseded.min(sum(PageRecord::withdrawn).saturating_mul(2));
        Self {
            pages: PageProof {
                taken: u64::try_from(pages.len()).unwrap_or(u64::MAX),
                requests: sum(|it| u64::from(it.requests)),
                repeated: sum(|it| u64::from(it.repeated)),
                imports: u64::from(posting.is_some()),
                undeclared: sum(|it| u64::from(!it.format.declares())),
                damaged: sum(|it| u64::from(it.damaged)),
            },
            rows: RowProof {
                declared: sum(|it| it.declared.rows),
                received: sum(|it| it.received.rows),
                read: found(|it| it.rows_read),
                taken: found(|it| it.rows_taken),
                rejected: found(|it| it.rows_rejected),
            },
            entries: EntryProof {
                made: found(|it| it.entries),
                posted: outcome(|it| it.posted).saturating_add(earlier(|it| it.posted)).saturating_sub(superseded),
                // Entries that an earlier import of the same pages has posted are not duplicates, although this import
                // reports them as such.
                duplicates: outcome(|it| it.duplicates).saturating_sub(earlier(|it| it.posted)),
                dirty: outcome(|it| it.dirty).saturating_add(earlier(|it| it.dirty)),
            },
            currencies: currencies(pages, posting),
        }
    }

    /// These figures and those.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut currencies = BTreeMap::<Currency, CurrencyProof>::new();
        for proof in self.currencies.iter().chain(&other.currencies) {
            let sum = currencies.entry(proof.declared.currency());
            sum.and_modify(|sum| *sum = sum.and(proof)).or_insert_with(|| proof.clone());
        }
        Self {
            pages: self.pages.and(other.pages),
            rows: self.rows.and(other.rows),
            entries: self.entries.and(other.entries),
            currencies: currencies.into_values().collect(),
        }
    }

    /// Checks that the pages and their finished import add up.
    pub(crate) fn check(&self, pages: &[PageRecord], posting: &Posting, gaps: &mut Gaps) {
        self.rows.check(gaps);
        self.entries.check(posting, gaps);
        let unreadable = pages.iter().any(|it| it.received.unreadable > 0);
        let undeclared = pages.iter().filter(|it| !it.format.declares());
        let undeclared = undeclared.fold(Counted::default(), |sum, it| sum.and(&it.received));
        for currency in &self.currencies {
            currency.check(
                unreadable,
                undeclared.sum_minor(currency.taken.currency()),
                sides_minor(currency.taken.currency(), posting),
                gaps,
            );
        }
    }
}

impl PageProof {
    fn and(self, other: Self) -> Self {
        Self {
            taken: self.taken.saturating_add(other.taken),
            requests: self.requests.saturating_add(other.requests),
            repeated: self.repeated.saturating_add(other.repeated),
            imports: self.imports.saturating_add(other.imports),
            undeclared: self.undeclared.saturating_add(other.undeclared),
            damaged: self.damaged.saturating_add(other.damaged),
        }
    }
}

impl RowProof {
    fn and(self, other: Self) -> Self {
        Self {
            declared: self.declared.saturating_add(other.declared),
            received: self.received.saturating_add(other.received),
            read: self.read.saturating_add(other.read),
            taken: self.taken.saturating_add(other.taken),
            rejected: self.rejected.saturating_add(other.rejected),
        }
    }

    fn check(&self, gaps: &mut Gaps) {
        gaps.equal("rows received and read", self.received.into(), self.read.into());
        gaps.equal(
            "rows read, and taken or rejected",
            self.read.into(),
            i128::from(self.taken).saturating_add(self.rejected.into()),
        );
    }
}

impl EntryProof {
    fn and(self, other: Self) -> Self {
        Self {
            made: self.made.saturating_add(other.made),
            posted: self.posted.saturating_add(other.posted),
            duplicates: self.duplicates.saturating_add(other.duplicates),
            dirty: self.dirty.saturating_add(other.dirty),
        }
    }

    fn check(&self, posting: &Posting, gaps: &mut Gaps) {
        // Only transfers have sums of rows.
        let sides = posting.found().into_iter().flat_map(|it| &it.transfers);
        let sides = sides.map(|it| it.taken_rows.saturating_add(it.both_rows)).fold(0, u64::saturating_add);
        gaps.equal("entries of rows taken, and made", sides.into(), self.made.into());
        let known = self.posted.saturating_add(self.duplicates);
        gaps.equal("entries made, and posted or known before", self.made.into(), known.into());
    }
}

impl CurrencyProof {
    fn and(&self, other: &Self) -> Self {
        let currency = self.declared.currency();
        let sum = |one: Money, other: Money| Money::new(one.minor().saturating_add(other.minor()), currency);
        Self {
            declared: sum(self.declared, other.declared),
            received: sum(self.received, other.received),
            taken: sum(self.taken, other.taken),
            rejected: sum(self.rejected, other.rejected),
            made: sum(self.made, other.made),
            posted: sum(self.posted, other.posted),
            duplicates: sum(self.duplicates, other.duplicates),
            dirty: sum(self.dirty, other.dirty),
        }
    }

    fn check(&self, unreadable: bool, undeclared_minor: i128, sides: i128, gaps: &mut Gaps) {
        let currency = self.declared.currency();
        let mut equal = |what: &str, one: i128, other: i128| gaps.equal(&format!("{currency}: {what}"), one, other);
        let declared = self.declared.minor().saturating_add(undeclared_minor);
        equal("sums declared and received", declared, self.received.minor());
        // A row with an unreadable currency is neither in the sums of the pages nor in those of the imports.
        if !unreadable {
            let read = self.taken.minor().saturating_add(self.rejected.minor());
            equal("sums received, and taken or rejected", self.received.minor(), read);
        }
        equal("sums of rows taken, on each side, and of entries made", sides, self.made.minor());
        // More entries may be dirty than posted: a row may identify a row of another file as part of a batch payment.
        if self.duplicates.minor() < 0 {
            gaps.add(format!("{currency}: more is posted than the rows give"));
        }
    }
}

fn currencies(pages: &[PageRecord], posting: Option<&Posting>) -> Vec<CurrencyProof> {
    let declared = pages.iter().fold(Counted::default(), |sum, it| sum.and(&it.declared));
    let received = pages.iter().fold(Counted::default(), |sum, it| sum.and(&it.received));
    let found = || posting.and_then(Posting::found);
    let transfers = || found().into_iter().flat_map(|it| &it.transfers);
    let outcomes = || posting.iter().flat_map(|it| it.outcomes.iter().chain(&it.earlier)).flat_map(|it| &it.sums);
    let named: BTreeSet<Currency> = [&declared.sums, &received.sums]
        .into_iter()
        .flatten()
        .map(|it| it.currency())
        .chain(transfers().map(|it| it.taken.currency()))
        .collect();
    let is_corrected = pages.iter().any(|it| it.withdrawn() > 0);
    let of_currency = |currency: Currency| {
        let total = |sums: &mut dyn Iterator<Item = Money>| {
            let of_it = sums.filter(|it| it.currency() == currency).map(Money::minor);
            Money::new(of_it.fold(0, i128::saturating_add), currency)
        };
        let taken = total(&mut transfers().map(|it| it.taken));
        let posted = total(&mut outcomes().map(|it| it.posted));
        let sums = || found().into_iter().flat_map(|it| &it.sums);
        let (credits, debits) = (total(&mut sums().map(|it| it.credits)), total(&mut sums().map(|it| it.debits)));
        let made = credits.minor().saturating_sub(debits.minor());
        // Posted entries may exceed the entries of the rows only if the bank has withdrawn rows.
        let posted = if is_corrected { Money::new(posted.minor().min(made), currency) } else { posted };
        CurrencyProof {
            declared: Money::new(declared.sum_minor(currency), currency),
            received: Money::new(received.sum_minor(currency), currency),
            taken,
            rejected: total(&mut transfers().map(|it| it.rejected)),
            made: Money::new(made, currency),
            posted,
            duplicates: Money::new(made.saturating_sub(posted.minor()), currency),
            dirty: total(&mut outcomes().map(|it| it.dirty)),
        }
    };
    named.into_iter().map(of_currency).collect()
}

/// The sum of the accepted rows; rows with two registered accounts count twice.
fn sides_minor(currency: Currency, posting: &Posting) -> i128 {
    let transfers = posting.found().into_iter().flat_map(|it| &it.transfers);
    let of_currency = transfers.filter(|it| it.taken.currency() == currency);
    of_currency.fold(0, |sum, it| sum.saturating_add(it.taken.minor()).saturating_add(it.both.minor()))
}
