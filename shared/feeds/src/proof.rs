use std::collections::BTreeSet;

use calendar::Moment;
use imports::{BatchOutcome, Found, Import, State};
use money::{Currency, Money};
use serde::{Deserialize, Serialize};

use crate::{Counted, Feed, Gathering, PageRecord};

/// How many gaps a proof names.
const MOST_GAPS: usize = 50;

/// Whether all that a feed has declared is in the books, row by row and cent by cent. Of all pages since the first
/// one, folded anew each time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Proof {
    /// Of which feed.
    pub feed: Feed,
    /// After which poll.
    pub poll: Moment,
    /// What is missing or does not add up, and where; nothing: the feed is complete.
    pub gaps: Vec<String>,
    /// Its pages.
    pub pages: PageProof,
    /// Its rows: declared = received = read = taken + rejected.
    pub rows: RowProof,
    /// The entries made of them: made = posted + duplicates; dirty ones are posted, too.
    pub entries: EntryProof,
    /// The sums of the same, by currency.
    pub currencies: Vec<CurrencyProof>,
}

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
    /// New in the books.
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

/// What became of a gathering: its import, and what its batches brought.
pub struct Posting {
    /// Which pages.
    pub gathering: Gathering,
    /// Their import; `None`: there is no record of it.
    pub import: Option<Import>,
    /// What was posted of it.
    pub outcomes: Vec<BatchOutcome>,
}

impl Posting {
    /// Whether nothing more happens to it by itself.
    pub fn is_final(&self) -> bool {
        self.import.as_ref().is_some_and(|it| it.state.is_final())
    }

    fn found(&self) -> Option<&Found> {
        self.import.as_ref().and_then(|it| it.found.as_ref())
    }
}

impl Proof {
    /// Folds all pages of a feed and what became of them.
    pub fn of(feed: Feed, poll: Moment, pages: &[PageRecord], postings: &[Posting]) -> Self {
        let mut gaps = Gaps::default();
        check_pages(pages, &mut gaps);
        check_gatherings(pages, postings, &mut gaps);
        let sum = |count: fn(&PageRecord) -> u64| pages.iter().map(count).fold(0, u64::saturating_add);
        let empty = Counted::default();
        let declared = pages.iter().fold(empty.clone(), |sum, it| sum.and(&it.declared));
        let received = pages.iter().fold(empty, |sum, it| sum.and(&it.received));
        let found = |count: fn(&Found) -> u64| {
            postings.iter().filter_map(Posting::found).map(count).fold(0, u64::saturating_add)
        };
        let outcome = |count: fn(&BatchOutcome) -> u64| {
            postings.iter().flat_map(|it| &it.outcomes).map(count).fold(0, u64::saturating_add)
        };
        let rows = RowProof {
            declared: declared.rows,
            received: received.rows,
            read: found(|it| it.rows_read),
            taken: found(|it| it.rows_taken),
            rejected: found(|it| it.rows_rejected),
        };
        let entries = EntryProof {
            made: found(|it| it.entries),
            posted: outcome(|it| it.posted),
            duplicates: outcome(|it| it.duplicates),
            dirty: outcome(|it| it.dirty),
        };
        let currencies = currencies(&declared, &received, postings);
        let undeclared = pages.iter().filter(|it| !it.format.declares());
        let undeclared = undeclared.fold(Counted::default(), |sum, it| sum.and(&it.received));
        rows.check(&mut gaps);
        entries.check(postings, &mut gaps);
        for currency in &currencies {
            let sides = sides_minor(currency.taken.currency(), postings);
            let undeclared = undeclared.sum_minor(currency.taken.currency());
            currency.check(received.unreadable, undeclared, sides, &mut gaps);
        }
        Self {
            feed,
            poll,
            gaps: gaps.finish(),
            pages: PageProof {
                taken: u64::try_from(pages.len()).unwrap_or(u64::MAX),
                asked: sum(|it| u64::from(it.asked)),
                repeated: sum(|it| u64::from(it.repeated)),
                imports: u64::try_from(postings.len()).unwrap_or(u64::MAX),
                undeclared: sum(|it| u64::from(!it.format.declares())),
                damaged: sum(|it| u64::from(it.damaged)),
            },
            rows,
            entries,
            currencies,
        }
    }

    /// Whether nothing is missing and all adds up.
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty()
    }
}

/// Each page has what it declares, and begins where the one before ends.
fn check_pages(pages: &[PageRecord], gaps: &mut Gaps) {
    let mut cursor = "";
    for (number, page) in (0..).zip(pages) {
        if page.number != number || page.cursor != cursor {
            gaps.add(format!("page {} does not follow page {}", page.number, i64::from(number).saturating_sub(1)));
        }
        cursor = &page.next;
        if page.format.declares() && !page.received.is_as_declared(&page.declared) {
            let sums = if page.received.rows == page.declared.rows { "; its sums differ" } else { "" };
            let (declared, received) = (page.declared.rows, page.received.rows);
            gaps.add(format!(
                "page {} (cursor `{}`) declares {declared} rows and has {received}{sums}",
                page.number, page.cursor
            ));
        }
    }
}

/// Every page is in one import, and every import is in the books with as many rows as its pages have.
fn check_gatherings(pages: &[PageRecord], postings: &[Posting], gaps: &mut Gaps) {
    let mut end = 0;
    for posting in postings {
        let Gathering { from, to, import: id, .. } = &posting.gathering;
        if *from != end {
            gaps.add(format!("pages {end} to {from} are in no import"));
        }
        end = *to;
        match posting.import.as_ref().map(|it| &it.state) {
            Some(State::Done) => {}
            Some(State::Refused { reason } | State::Failed { reason }) => gaps.add(format!("import {id}: {reason}")),
            Some(state) => gaps.add(format!("import {id} is {}", state.name())),
            None => gaps.add(format!("there is no record of import {id}")),
        }
        let received = pages.iter().filter(|it| (*from..*to).contains(&it.number)).map(|it| it.received.rows);
        let (received, read) = (received.fold(0, u64::saturating_add), posting.found().map_or(0, |it| it.rows_read));
        if received != read {
            gaps.add(format!("pages {from} to {to} have {received} rows, import {id} has read {read}"));
        }
    }
    if usize::try_from(end).unwrap_or(usize::MAX) != pages.len() {
        gaps.add(format!("pages {end} to {} are in no import", pages.len()));
    }
}

impl RowProof {
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
    fn check(&self, postings: &[Posting], gaps: &mut Gaps) {
        let sides = postings.iter().filter_map(Posting::found).flat_map(|it| &it.transfers);
        let sides = sides.map(|it| it.taken_rows.saturating_add(it.both_rows)).fold(0, u64::saturating_add);
        gaps.equal("entries of rows taken, and made", sides.into(), self.made.into());
        let known = self.posted.saturating_add(self.duplicates);
        gaps.equal("entries made, and posted or known before", self.made.into(), known.into());
    }
}

impl CurrencyProof {
    fn check(&self, unreadable: u64, undeclared: i128, sides: i128, gaps: &mut Gaps) {
        let currency = self.declared.currency();
        let mut equal = |what: &str, one: i128, other: i128| gaps.equal(&format!("{currency}: {what}"), one, other);
        let declared = self.received.minor().saturating_sub(undeclared);
        equal("sums declared and received", self.declared.minor(), declared);
        // A row whose currency cannot be read is in no sum of the pages, nor is it in one of the imports.
        if unreadable == 0 {
            let read = self.taken.minor().saturating_add(self.rejected.minor());
            equal("sums received, and taken or rejected", self.received.minor(), read);
        }
        equal("sums of rows taken, on each side, and of entries made", sides, self.made.minor());
        if self.duplicates.minor() < 0 || self.dirty.minor() > self.posted.minor() {
            gaps.add(format!("{currency}: more is posted than was made, or more is dirty than posted"));
        }
    }
}

fn currencies(declared: &Counted, received: &Counted, postings: &[Posting]) -> Vec<CurrencyProof> {
    let transfers = || postings.iter().filter_map(Posting::found).flat_map(|it| &it.transfers);
    let outcomes = || postings.iter().flat_map(|it| &it.outcomes).flat_map(|it| &it.sums);
    let named: BTreeSet<Currency> = [&declared.sums, &received.sums]
        .into_iter()
        .flatten()
        .map(|it| it.currency())
        .chain(transfers().map(|it| it.taken.currency()))
        .collect();
    let of_currency = |currency: Currency| {
        let total = |sums: &mut dyn Iterator<Item = Money>| {
            let of_it = sums.filter(|it| it.currency() == currency).map(Money::minor);
            Money::new(of_it.fold(0, i128::saturating_add), currency)
        };
        let taken = total(&mut transfers().map(|it| it.taken));
        let posted = total(&mut outcomes().map(|it| it.posted));
        let sums = || postings.iter().filter_map(Posting::found).flat_map(|it| &it.sums);
        let (credits, debits) = (total(&mut sums().map(|it| it.credits)), total(&mut sums().map(|it| it.debits)));
        let made = credits.minor().saturating_sub(debits.minor());
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
fn sides_minor(currency: Currency, postings: &[Posting]) -> i128 {
    let transfers = postings.iter().filter_map(Posting::found).flat_map(|it| &it.transfers);
    let of_currency = transfers.filter(|it| it.taken.currency() == currency);
    of_currency.fold(0, |sum, it| sum.saturating_add(it.taken.minor()).saturating_add(it.both.minor()))
}

/// What does not add up, while it is looked for.
#[derive(Default)]
struct Gaps {
    named: Vec<String>,
    more: usize,
}

impl Gaps {
    fn add(&mut self, gap: String) {
        if self.named.len() < MOST_GAPS {
            self.named.push(gap);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    fn equal(&mut self, what: &str, one: i128, other: i128) {
        if one != other {
            self.add(format!("{what}: {one} is not {other}"));
        }
    }

    fn finish(mut self) -> Vec<String> {
        if self.more > 0 {
            self.named.push(format!("and {} more", self.more));
        }
        self.named
    }
}
