//! The register of customers and accounts in a DynamoDB table.
//!
//! | pk | sk | attributes |
//! | --- | --- | --- |
//! | `C#<shard>` | `<customer>` | `doc` the profile as JSON, `as_of` |
//! | `C#<shard>` | `<customer>#<account>` | that the account is theirs |
//! | `M#<shard>` | `<customer>`, or the id of a corrected address | `choice` whether they want mails, `at` when they chose |
//! | `A#<shard>` | `<account>` | `doc` the account as JSON, `customer` |
//!
//! Both are stored in [`customers::SHARDS`] shards, which are read concurrently.

mod find;
mod held_accounts;
mod items;
mod mail_choices;
mod register;
mod round;

use dynamodb::{Client, Table};

/// The register in a table.
#[derive(Clone, Debug)]
pub struct DynamoDbRegister {
    table: Table,
}

impl DynamoDbRegister {
    /// The register in the table of this name.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { table: Table::new(client, table) }
    }
}
