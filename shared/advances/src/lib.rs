//! Advances: credited once, collected back in instalments, and explained to the cent.
//!
//! An advance is the fold of its facts ([`Advance::fold`]), which are only appended. [`Advance::run`] decides what a daily
//! run adds; [`Advance::next_step`] decides what a worker does with one payment, so that a payment is never made twice;
//! [`Advance::on_line`] takes in a line of the processor's report. [`DailyRun`] and [`Collect`] carry the decisions out
//! over the ports of [`ports`].
//!
//! Always: paid + due later + in progress + refused = advance ([`Advance::check`]).

mod advance;
mod append;
mod books;
mod breaks;
mod collect;
mod commands;
mod daily;
mod fact;
mod figures;
mod fold;
mod gate;
mod guard;
mod ids;
mod journal;
mod payment;
pub mod ports;
mod progress;
mod protocol;
mod reconcile;
mod report;
mod request;
mod restore;
mod resume;
mod run;
#[cfg(feature = "simulation")]
pub mod simulation;
mod story;
mod terms;
#[cfg(any(feature = "testing", feature = "simulation"))]
pub mod testing;

pub use advance::{Advance, Instalment, Refund, Status};
pub use append::{AppendError, CreateError, append, change, create, load};
pub use books::{BooksError, journal_of_days};
pub use breaks::{Break, BreakKind, Closed};
pub use collect::{Collect, Collected, change_gate};
pub use daily::{DailyRun, RunError, RunPhase, RunRecord, RunResult};
pub use fact::{Event, Evidence, Fact, PlannedInstalment};
pub use figures::{Figures, InvariantError};
pub use fold::FoldError;
pub use gate::{Gate, REMEMBERED_CALLS, Stop};
pub use guard::{COMPARED_RUNS, RunGuard, RunTotals};
pub use ids::{AdvanceId, IdError, Reference, TransactionId};
pub use journal::{JournalAccount, JournalEntry, Posting, TrialBalance, journal};
pub use payment::{Direction, Order, Payment};
pub use progress::{Calls, Progress};
pub use protocol::{Answer, Claim, Claims, ProcessorRules, ReferenceKind, ReferenceStatus, Slot, Step};
pub use reconcile::{BankEntry, Matched};
pub use report::{Outcome, Report, ReportLine, SeenReports};
pub use request::{NewAdvance, Requested, request};
pub use resume::resume;
pub use run::DecideError;
pub use storage::{Saved, Version};
pub use story::{Change, changes, story};
pub use terms::{MAX_INSTALMENTS, Terms, TermsError, split};
