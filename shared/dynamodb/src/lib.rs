//! Tables of DynamoDB with the keys `pk` and `sk`, as our adapters use them.
//!
//! Reads are consistent unless they are of an index. Writes are conditional: a condition that fails is an answer,
//! not an error. What only has to be tried again (conflicts of transactions, capacity, items left over from a batch)
//! is tried again here and nowhere else; what concerns a single call (time-outs, a broken connection) the SDK tries
//! again itself, under the same token. There is no `ADD`: everything written is a whole item.

mod backoff;
mod batches;
mod error;
mod item;
mod query;
mod table;
#[cfg(feature = "testing")]
pub mod testing;
mod time;
mod transaction;

pub use aws_sdk_dynamodb::Client;
pub use aws_sdk_dynamodb::types::AttributeValue as Value;
pub use backoff::Backoff;
pub use error::DynamoDbError;
pub use item::{Item, Key, bytes, bytes_of, number, number_of, text, text_of};
pub use query::Query;
pub use table::{Put, Table};
pub use time::sortable;
pub use transaction::{Condition, MOST_WRITES, Transacted, Write};
