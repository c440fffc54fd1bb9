//! The figures of a feed, or of a part of it: folded of pages and of what became of them, and added up.

use std::collections::{BTreeMap, BTreeSet};

use imports::{BatchOutcome, Found};
use money::{Currency, Money};
use serde::{Deserialize, Serialize};

use crate::proof::{Gaps, Posting};
use crate::{Counted, PageRecord};

/// Pages of a feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PageProof {
    /// Those that were taken.
    pub taken: u64,
    /// How often one was asked for.
    pub asked: u64,
    /// How often another one came instead.
    pub repeated: u64,
    /// Imports they were gathered into.
    pub imports: u64,
    /// Those that declare neither rows nor sums.
    #[serde(default)]
    pub undeclared: u64,
    /// Answers that ended in the middle or could not be read, of a server that may not repeat them.
    #[serde(default)]
    pub damaged: u64,
}

/// Rows of a feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct RowProof {
    /// As the pages say.
    pub declared: u64,
    /// As counted on the pages.
    pub received: u64,
    /// As the imports have read them.
    pub read: u64,
    /// Those that the imports took.
    pub taken: u64,
    /// Those that they did not, each with its reason.
    pub rejected: u64,
}

/// Entries made of a feed's rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct EntryProof {
    /// One for each account we keep.
    pub made: u64,
    /// New in the books. Entries of rows that the bank has withdrawn since are not counted: the proof's notes name them.
    pub posted: u64,
    /// In the books before.
    pub duplicates: u64,
    /// Batch payments and invalid IBANs: posted, but in no balance.
    pub dirty: u64,
}

/// Sums of one currency. Those of entries are without their signs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CurrencyProof {
    /// Of rows, as the pages say.
    pub declared: Money,
    /// Of rows, as counted on the pages.
    pub received: Money,
    /// Of rows that were taken.
    pub taken: Money,
    /// Of rows that were not.
    pub rejected: Money,
    /// Of entries made.
    pub made: Money,
    /// Of those that are new in the books.
    pub posted: Money,
    /// Of those that were there before.
    pub duplicates: Money,
    /// Of those that are dirty.
    pub dirty: Money,
}

/// All figures of a feed, or of a part of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Its pages.
    pub pages: PageProof,
    /// Its rows: declared = received = read = taken + rejected.
    pub rows: RowProof,
    /// The entries made of them: made = posted + duplicates; dirty ones are posted, too.
    pub entries: EntryProof,
    /// The sums of the same, by currency.
    pub currencies: Vec<CurrencyProof>,
}

impl Figures {
    /// The figures of pages that were gathered into one import, and of that import; `None`: into none.
    pub(crate) fn of(pages: &[PageRecord], posting: Option<&Posting>) -> Self {
        let sum = |count: fn(&PageRecord) -> u64| pages.iter().map(count).fold(0, u64::saturating_add);
        let found = |count: fn(&Found) -> u64| posting.and_then(Posting::found).map_or(0, count);
        let outcome = |count: fn(&BatchOutcome) -> u64| {
            posting.iter().flat_map(|it| &it.outcomes).map(count).fold(0, u64::saturating_add)
        };
        let earlier = |count: fn(&BatchOutcome) -> u64| {
            posting.iter().flat_map(|it| &it.earlier).map(count).fold(0, u64::saturating_add)
        };
        // What an earlier import has posted of rows that are not on the corrected pages, on at most both sides of each.
        let superseded = earlier(|it| it.posted).saturating_sub(outcome(|it| it.duplicates));
        let superseded = superseded.min(sum(PageRecord::withdrawn).saturating_mul(2));
        Self {
            pages: PageProof {
                taken: u64::try_from(pages.len()).unwrap_or(u64::MAX),
                asked: sum(|it| u64::from(it.asked)),
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
                // What an earlier import of the same pages has posted is no duplicate, though this one found it posted.
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

    /// Whether the pages and their import, which is done, add up.
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
            asked: self.asked.saturating_add(other.asked),
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
        // Only of transfers are there sums of rows.
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
        // A row whose currency cannot be read is in no sum of the pages, nor is it in one of the imports.
        if !unreadable {
            let read = self.taken.minor().saturating_add(self.rejected.minor());
            equal("sums received, and taken or rejected", self.received.minor(), read);
        }
        equal("sums of rows taken, on each side, and of entries made", sides, self.made.minor());
        // More may be dirty than was posted: a row may show that one of another file is part of a batch payment.
        if self.duplicates.minor() < 0 {
            gaps.add(format!("{currency}: more is posted than was made"));
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
        // More is posted than was made only of rows that the bank has withdrawn.
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

/// What the rows taken come to, those with both accounts twice.
fn sides_minor(currency: Currency, posting: &Posting) -> i128 {
    let transfers = posting.found().into_iter().flat_map(|it| &it.transfers);
    let of_currency = transfers.filter(|it| it.taken.currency() == currency);
    of_currency.fold(0, |sum, it| sum.saturating_add(it.taken.minor()).saturating_add(it.both.minor()))
}
