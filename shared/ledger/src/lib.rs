//! The books of every account.
//!
//! An account's books are its **journal months** (all entries of one calendar month) and its **totals** (the
//! figures of every month). One operation writes: [`post`], which merges entries into the months they belong to.
//! The merge is a pure function of the entries: the same entries, in any order and in any batches, give the same bytes.
//! Totals are always folded from the entries, never incremented.

mod added;
mod audit;
mod books;
mod budget;
mod codec;
mod entry;
mod history;
mod journal;
mod merge;
mod post;
mod queries;
mod settled;
mod summary;
mod totals;

#[cfg(feature = "testing")]
pub mod testing;

pub use added::{Added, Gross};
pub use audit::{Finding, audit_account, missing_entries};
pub use books::{Archive, Books, BooksError, Change, MAX_MONTHS, StoredBooks, Versioned};
pub use budget::EntryBudget;
pub use codec::{CodecError, decode_entries, encode_entries};
pub use entry::{Entry, Mark, PostingId, Side};
pub use history::{FlowsByDay, History, HistoryRequest, Movement, Period, history};
pub use journal::JournalMonth;
pub use merge::{Merged, merge};
pub use post::{MAX_MONTHS_AND_CURRENCIES, PostError, Posted, post};
pub use queries::{EntryCursor, Overview, entries, figures_on, overview, page_of_entries};
pub use storage::{Saved, Version};
pub use summary::{LastEntry, MonthFigures, SummaryFigures, summarise};
pub use totals::{Figures, Split, Splits, Totals, View, balances};
