//! Feeds: companies, exchange rates and transfers that a bank serves in pages with cursors.
//!
//! The pages of a feed are stored unchanged, gathered into imports like any other file, and proven: declared = received
//! = read by the imports, and their entries are in the books. [`Progress`] determines the next step; each step writes
//! the progress and its effect in one transaction.

pub mod cdm;
mod counted;
mod feed;
mod figures;
mod format;
mod gaps;
mod gather;
mod left_out;
mod log;
mod notes;
mod page;
mod ports;
mod proof;
mod row_writer;
mod rows;
mod status;
mod sums;

#[cfg(feature = "testing")]
pub mod testing;

pub use counted::Counted;
pub use feed::{Feed, UnknownFeed};
pub use figures::{CurrencyProof, EntryProof, Figures, PageProof, Posting, RowProof};
pub use format::{FeedFormat, UnknownFormat};
pub use gather::Gathered;
pub use left_out::LeftOut;
pub use log::{AnswerWindow, MAX_WAITING_BYTES, Next, PageBatch, PageRecord, Progress, ReplacedPage};
pub use page::{Page, PageError};
pub use ports::{CutAnswer, FeedClient, FeedLog, FetchError, PollError, PollFeed, PollQueue, Step};
pub use proof::{Closed, Proof};
pub use status::FeedStatus;
pub use sums::UnreadableSum;
