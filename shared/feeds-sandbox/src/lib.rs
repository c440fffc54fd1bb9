//! Feeds as banks and data vendors serve them: companies, exchange rates, and transfers of SEPA and SWIFT, page by page.
//! For the laptop and for staging. What it serves is `datamaker`'s, so what is true of it is known; and it fails as
//! often as it is told to.
//!
//! | route | answers |
//! | --- | --- |
//! | `GET /ping` | `{"ok":true}` |
//! | `GET /company_info?cursor=` | companies with their accounts, 500 a page |
//! | `GET /exchange_rates?cursor=` | what currencies are worth, 1,000 rates a page |
//! | `GET /sepa?cursor=`, `GET /swift?cursor=` | transfers: five days or 20,000 rows a page, whichever is less |
//! | `GET /faults` | how often it failed, and how |
//!
//! A page declares how many rows it has and, for transfers, their sum in each currency; it names the cursor that it
//! was asked for and the one of what follows. Without `more` that is the end so far: asking there has no rows.
//!
//! [`cdm_router`] serves the same in the format of the original assignment. [`guarded`] lets only those in who have the
//! right credentials.

mod access;
mod cdm;
mod chances;
mod cursor;
mod faults;
mod feed;
mod page;
mod routes;

pub use datamaker::{Format, Plan, Size, UnknownSize, make};

pub use access::{Access, guarded};
pub use cdm::cdm_router;
pub use chances::{Chances, ChancesError, PerMille, PerMilleError};
pub use faults::{Carrier, Faults, Served};
pub use feed::SandboxFeed;
pub use routes::router;
