//! The register of customers (persons and companies) and their accounts, which all jobs share.

mod corrections;
mod customer;
mod email;
mod holder_change;
mod mail_choice;
mod register;

#[cfg(feature = "testing")]
pub mod testing;

pub use corrections::{ChangedHolder, Corrections};
pub use customer::{Account, Customer, CustomerId, CustomerIdError, CustomerKind, SHARDS, shard_of};
pub use email::{EmailAddress, EmailError};
pub use holder_change::{HolderChange, StoredProfile, holder_change};
pub use mail_choice::{ChosenMails, MailChoice, MailChoiceCopies, MailChoices};
pub use register::{Customers, Directory, Page, Register, RegisterError, Registered, Registration};
