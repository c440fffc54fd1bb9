//! Imports: the entries of a bank's file are posted exactly once, and each row is an entry, a duplicate or a reject.

mod accounts;
mod assumed_years;
mod batches;
mod bounds;
mod completion;
mod context;
mod control;
mod customers_file;
mod dated_rate;
mod entry_file;
mod euro_table;
mod format;
mod gunzip;
mod hints;
mod holders;
mod ids;
mod import;
mod import_id;
mod importer;
mod intern;
mod kind;
mod layout;
mod metadata;
mod outcome;
mod ports;
mod profile;
mod rates_file;
mod refusal;
mod rejects;
mod report;
mod row_error;
mod rows;
mod sources;
mod state;
mod stats;
mod suggest;
mod sums;
mod thousands;
mod update;
mod upload;
mod waiting;

#[cfg(feature = "testing")]
pub mod testing;

pub use batches::{BatchError, BatchIndex, Chain, PackedEntries, read_batch};
pub use completion::{GROUP, is_complete};
pub use context::ImportContext;
pub use control::{Control, ControlDifference, ControlTotals};
pub use dated_rate::DatedRate;
pub use import::{Import, ImportRecord, NotAllowed};
pub use import_id::{ImportId, ImportIdError};
pub use importer::{Ended, Importer, MAX_NEW_CUSTOMERS, MAX_TEXT_BYTES, ParsedFile};
pub use kind::{Column, Kind};
pub use metadata::metadata_value;
pub use outcome::{BatchOutcome, FullAccount, NotPosted, PostedSums};
pub use ports::{
    BatchQueue, Batches, ContentHistory, Downloads, Files, ImportList, Imports, PortError, PostBatch, Rates,
    RecentPage, Saved, Sources, SplitFile, StalledPage, UnreadableImport, UploadQueue, Version,
};
pub use profile::Profile;
pub use refusal::Refusal;
pub use report::{BatchCounts, EntryCounts, ImportReport, MailCounts, ReportSums, RowCounts};
pub use sources::{FEED_SOURCES, is_known_source, is_source_name};
pub use state::State;
pub use stats::{ImportStats, Reject, Sums, TransferSums, Warning};
pub use suggest::{NoSuggestion, Suggestion, suggest_profile};
pub use update::{Updated, update};
pub use upload::{Instructions, Upload, e_tag_of, object_version};
