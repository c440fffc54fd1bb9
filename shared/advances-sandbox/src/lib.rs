//! A payment processor as `docs/processor-openapi.json` describes it, for the laptop and for staging. It fails at
//! configured rates, always in the same way for a seed: see [`Chances`].
//!
//! | route | answers |
//! | --- | --- |
//! | `POST /transactions` | 201, 422 `transaction-refused`, or a failure |
//! | `GET /transactions/{reference}` | what is known of a reference |
//! | `GET /reports/{date}` | the outcomes that became known on a day |
//! | `GET /clock`, `POST /clock` | its time: that of the machine, until it is set; then only calls move it |
//! | `GET /faults`, `POST /faults` | how it fails, from now on |
//! | `GET /ledger` | all transactions that it has accepted, with their outcomes |
//!
//! Its state is in a [`Store`]. What happens to a call is a function of the seed, the reference and the number of the
//! call: [`Processor::perform`] decides, and a conditional write records it, so concurrent calls of one reference are
//! executed one after the other.

mod chances;
mod dice;
mod documents;
mod perform;
mod processor;
mod report;
mod routes;
mod store;
#[cfg(feature = "testing")]
pub mod testing;

pub use chances::{Chances, ChancesError};
pub use documents::{Direction, Faults, Order, Outcome, Report, ReportLine, Settings, Transaction};
pub use perform::{Call, Calls, Decision, Execution, Reply, Window, decide};
pub use processor::{PerformError, Processor, ReferenceStatus};
pub use report::report;
pub use routes::{Delays, router};
pub use store::{Record, Store, StoreError};
