//! Imports: a bank's file becomes entries, once, and every row of it is accounted for.

mod import;
mod kind;
mod ports;
mod refusal;
mod upload;

#[cfg(feature = "testing")]
pub mod testing;

pub use import::{BatchOutcome, Found, Import, ImportId, ImportIdError, Reject, State, Sums, Warning};
pub use kind::{Column, Kind};
pub use ports::{
    BatchQueue, Batches, Claimed, DatedRate, Downloads, Files, ImportList, Imports, PortError, PostBatch, Rates, Saved,
    SplitFile, UploadQueue,
};
pub use refusal::Refusal;
pub use upload::{Instructions, Upload};
