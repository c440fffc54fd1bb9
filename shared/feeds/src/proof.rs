use calendar::Moment;
use imports::State;
use serde::{Deserialize, Serialize};

use crate::gaps::Gaps;
use crate::notes;
use crate::{
    CurrencyProof, EntryProof, Feed, Figures, LeftOut, PageBatch, PageProof, PageRecord, Posting, RowProof,
    UnreadableSum,
};

/// The maximum number of corrections in a proof.
const MAX_CORRECTIONS: usize = 50;

/// The proof that everything a feed has declared is in the books, row by row and cent by cent. It covers all pages
/// since the first one: [`Closed`] holds the figures of the closed part, the other pages are folded again for each
/// proof.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Proof {
    /// The feed.
    pub feed: Feed,
    /// The poll.
    pub poll: Moment,
    /// What is missing or does not add up, and where; empty if the feed is complete.
    pub gaps: Vec<String>,
    /// Its pages.
    pub pages: PageProof,
    /// Its rows: declared = received = read = taken + rejected.
    pub rows: RowProof,
    /// The entries from these rows: made = posted + duplicates; dirty entries are posted, too.
    pub entries: EntryProof,
    /// The sums, by currency.
    pub currencies: Vec<CurrencyProof>,
    /// Pages with rows that the bank has withdrawn after they were fetched, and what an operator has to do: the latest
    /// 50.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<String>,
    /// The latest imports with rows or sides that are in no book.
    #[serde(default, skip_serializing_if = "LeftOut::is_empty")]
    pub left_out: LeftOut,
}

/// The part of a feed that is proven without a gap, from its first page. It does not change any more, and its pages and
/// imports are not read again. (A row of a later import may make an entry of an earlier import dirty; the later import
/// reports and counts it.)
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Closed {
    /// Its number of pages.
    pub pages: u32,
    /// Its number of imports.
    pub imports: u32,
    /// The cursor of the following page.
    pub cursor: String,
    /// Its figures.
    pub figures: Figures,
    /// Its pages with withdrawn rows, as in [`Proof::corrections`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<String>,
    /// The latest imports with rows or sides that are in no book.
    #[serde(default, skip_serializing_if = "LeftOut::is_empty")]
    pub left_out: LeftOut,
}

impl Proof {
    /// Folds all pages of a feed and their imports.
    pub fn of(feed: Feed, poll: Moment, pages: &[PageRecord], postings: &[Posting]) -> Self {
        Self::since(&Closed::default(), feed, poll, pages, postings).0
    }

    /// Folds all pages after the closed part of a feed and their imports, and adds the closed part. Returns the new
    /// closed part: everything up to the first gap.
    pub fn since(
        closed: &Closed,
        feed: Feed,
        poll: Moment,
        pages: &[PageRecord],
        postings: &[Posting],
    ) -> (Self, Closed) {
        let (mut closed, mut figures, mut gaps) = (closed.clone(), closed.figures.clone(), Gaps::default());
        let (mut corrections, mut left_out) = (closed.corrections.clone(), closed.left_out.clone());
        let (mut end, mut next, mut open) = (closed.pages, (closed.pages, closed.cursor.clone()), pages);
        for posting in postings {
            let PageBatch { from, to, .. } = posting.page_batch;
            if from != end {
                gaps.add(format!("pages {end} to {from} are in no import"));
            }
            end = to;
            let (of_it, after) = open.split_at_checked(open.partition_point(|it| it.number < to)).unwrap_or_default();
            open = after;
            next = check_pages(of_it, next, &mut gaps);
            if next.0 != end {
                gaps.add(format!("pages {} to {end} have no record", next.0));
            }
            let part = Figures::of(of_it, Some(posting));
            check_posting(of_it, posting, &part, &mut gaps);
            figures = figures.and(&part);
            corrections.extend(of_it.iter().filter_map(notes::correction));
            corrections.drain(..corrections.len().saturating_sub(MAX_CORRECTIONS));
            left_out.add(posting);
            if gaps.is_empty() {
                let imports = closed.imports.saturating_add(1);
                closed = Closed {
                    pages: end,
                    imports,
                    cursor: next.1.clone(),
                    figures: figures.clone(),
                    corrections: corrections.clone(),
                    left_out: left_out.clone(),
                };
            }
        }
        check_pages(open, next, &mut gaps);
        if let Some(last) = open.last() {
            gaps.add(format!("pages {end} to {} are in no import", last.number.saturating_add(1)));
            figures = figures.and(&Figures::of(open, None));
        }
        let Figures { pages, rows, entries, currencies } = figures;
        (Self { feed, poll, gaps: gaps.finish(), pages, rows, entries, currencies, corrections, left_out }, closed)
    }

    /// Its figures.
    pub fn figures(&self) -> Figures {
        let Self { pages, rows, entries, currencies, .. } = self;
        Figures { pages: *pages, rows: *rows, entries: *entries, currencies: currencies.clone() }
    }

    /// For a bank that declares nothing: what the proof cannot compare, and what it compares instead; then the rows
    /// that the bank has withdrawn after they were posted; then the counts of what is in no book, and the remedy.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = notes::comparisons(self.feed, self.pages);
        notes.extend(self.corrections.iter().cloned());
        notes.extend(self.left_out.notes(self.feed, self.rows, self.entries));
        notes
    }

    /// Whether nothing is missing and everything adds up.
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty()
    }
}

/// Checks that each page matches its declared counts and follows the page before: the first one must have the number
/// and the cursor of `next`. Returns the number and the cursor of the page after them.
fn check_pages(pages: &[PageRecord], next: (u32, String), gaps: &mut Gaps) -> (u32, String) {
    let (mut number, mut cursor) = next;
    for page in pages {
        if page.number != number || page.cursor != cursor {
            gaps.add(format!("page {} does not follow page {}", page.number, i64::from(number).saturating_sub(1)));
        }
        number = number.saturating_add(1);
        cursor.clone_from(&page.next);
        for UnreadableSum { currency, amount, reason } in &page.unreadable_sums {
            gaps.add(format!(
                "page {} (cursor `{}`) declares a sum that cannot be read: `{amount}` `{currency}`: {reason}",
                page.number, page.cursor
            ));
        }
        if page.format.declares() && !page.received.is_as_declared(&page.declared) {
            let sums = if page.received.rows == page.declared.rows { "; its sums differ" } else { "" };
            let (declared, received) = (page.declared.rows, page.received.rows);
            gaps.add(format!(
                "page {} (cursor `{}`) declares {declared} rows and has {received}{sums}",
                page.number, page.cursor
            ));
        }
    }
    (number, cursor)
}

/// Checks that the import of some pages is in the books, with the same number of rows and the same sums.
fn check_posting(pages: &[PageRecord], posting: &Posting, figures: &Figures, gaps: &mut Gaps) {
    let PageBatch { from, to, import: id, .. } = &posting.page_batch;
    match posting.import.as_ref().map(|it| &it.state) {
        // Rejected rows are no gap: the notes count them.
        Some(State::Done | State::Rejected { .. }) => {}
        Some(State::Refused { reason } | State::Failed { reason }) => gaps.add(format!("import {id}: {reason}")),
        Some(state) => gaps.add(format!("import {id} is {}", state.name())),
        None => gaps.add(format!("there is no record of import {id}")),
    }
    let of_it = pages.iter().filter(|it| (*from..*to).contains(&it.number)).map(|it| it.received.rows);
    let (received, read) = (of_it.fold(0, u64::saturating_add), posting.found().map_or(0, |it| it.rows_read));
    if received != read {
        gaps.add(format!("pages {from} to {to} have {received} rows, import {id} has read {read}"));
    }
    figures.check(pages, posting, gaps);
}
