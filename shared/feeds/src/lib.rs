//! Feeds: companies, exchange rates and transfers that a bank serves page by page, from a cursor on.
//!
//! A feed's pages are kept as they come, gathered into imports like any other file, and proven: what the pages declare
//! is what was received, what was received is what the imports read, and what they made is in the books. [`Progress`]
//! says what is to be done next; whoever does it writes the progress and its effect in one step.

pub mod cdm;
mod credentials;
mod feed;
mod figures;
mod format;
mod gather;
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

pub use credentials::{ClientCredentials, Credentials, CredentialsError, FeedSecrets, NoSecrets, Secret};
pub use feed::{Feed, UnknownFeed};
pub use figures::{CurrencyProof, EntryProof, Figures, PageProof, RowProof};
pub use format::{FeedFormat, UnknownFormat};
pub use gather::Gathered;
pub use log::{AnswerWindow, Gathering, MOST_WAITING_BYTES, Next, PageRecord, Progress, ReplacedPage, Step};
pub use page::{Counted, Page, PageError};
pub use ports::{AskError, CutAnswer, FeedLog, FeedServer, PollFeed, PollQueue};
pub use proof::{Closed, Posting, Proof};
pub use status::{FeedStatus, PollError};
pub use sums::UnreadableSum;
