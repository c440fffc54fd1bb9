//! Feeds as banks and data vendors serve them: companies, exchange rates, and transfers of SEPA and SWIFT, page by
//! page. For the laptop and for staging. It serves the data of `datamaker`, so the correct results are known, and it
//! fails at configured rates.
//!
//! | route | answers |
//! | --- | --- |
//! | `GET /ping` | `{"ok":true}` |
//! | `GET /company_info?cursor=` | companies with their accounts, 500 a page |
//! | `GET /exchange_rates?cursor=` | exchange rates, 1,000 a page |
//! | `GET /sepa?cursor=`, `GET /swift?cursor=` | transfers: five days or 20,000 rows a page, whichever is less |
//! | `GET /faults` | counts of requests and failures |
//!
//! A page declares how many rows it has and, for transfers, their sum in each currency; it contains the requested
//! cursor and the cursor of the next page. `more: false` marks the current end: the next page has no rows yet.
//!
//! [`cdm_router`] serves the same in the format of the original assignment. [`guarded`] restricts access to clients
//! with valid credentials.

mod access;
mod cdm;
mod chances;
mod cursor;
mod faults;
mod feed;
mod page;
mod routes;

pub use datamaker::{Format, PerMille, PerMilleError, Plan, Size, UnknownSize, make};

pub use access::{Access, guarded};
pub use cdm::cdm_router;
pub use chances::{Chances, ChancesError};
pub use faults::{Faults, Served, Transport};
pub use feed::SandboxFeed;
pub use routes::router;
