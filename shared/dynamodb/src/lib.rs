//! Tables of DynamoDB with the keys `pk` and `sk`, as our adapters use them.
//!
//! Reads are consistent unless they are of an index. Writes are conditional: a failed condition is a result, not an
//! error. Transient failures (transaction conflicts, throttling, unprocessed items of a batch) are retried only here;
//! the SDK retries failures of a single call (time-outs, a broken connection) with the same token. There is no `ADD`:
//! every write replaces a whole item.

mod batches;
mod document;
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
pub use document::Document;
pub use error::DynamoDbError;
pub use item::{Item, Key, bytes, bytes_of, number, number_of, text, text_of, version_of};
pub use query::Query;
pub use table::{Put, Table};
pub use time::sortable;
pub use transaction::{Condition, Transacted, Write};
