//! The books in a table: one partition for each account.
//!
//! | `pk` | `sk` | attributes |
//! | --- | --- | --- |
//! | `ACCT#<account>` | `MONTH#2024-03` | `v` version; `b` the packed month, or `s` its SHA-256, under which the vault has it |
//! | `ACCT#<account>` | `TOTALS` | `v` version; `b` the packed totals |

mod archive;
mod books;
mod item;
mod vault;

pub use books::DynamoDbBooks;
pub use vault::{NoVault, Vault, VaultError};
