//! The record of imports, their batches, the first import of each content, and exchange rates in a DynamoDB table.
//!
//! | pk | sk | attributes |
//! | --- | --- | --- |
//! | `IMPORT#<id>` | `IMPORT` | `doc` the import as JSON, `revision` its version; `listing` and `received_at` for the index `by-received`; `open` and `open_since`, while it is not final, for the index `open` |
//! | `IMPORT#<id>` | `BATCH#<number>` | `doc` the outcome as JSON; `finished_at` |
//! | `IMPORT#<id>` | `GROUP#<level>#<number>` | none: it exists after all members of the group are complete |
//! | `CONTENT#<content>` | `CONTENT` | `import` the first import that has not failed, `received_at` of the earliest one, `failed` the ids of those before `import` |
//! | `SOURCES` | `<source>` | `declared_at` |
//! | `SOURCE#<source>` | `FIRST` | `import` |
//! | `RATES#<currency>` | `<year>` | `rates` of all days of the year, with the imports they are from, as JSON; `version` |

mod batches;
mod imports_table;
mod list;
mod rates;
mod rates_of_year;
mod sources;

use dynamodb::{Client, Document, DynamoDbError, Item, Key, Table, version_of};
use imports::{Import, ImportId, PortError};

/// The record of imports in a table.
#[derive(Clone, Debug)]
pub struct DynamoDbImports {
    table: Table,
}

impl DynamoDbImports {
    /// The record in the table of this name.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { table: Table::new(client, table) }
    }
}

const IMPORT: &str = "IMPORT";
const DOCUMENT: Document<Import> = Document::version(1);
/// The attribute of an import's version.
const VERSION: &str = "revision";

fn import_key(id: ImportId) -> Key {
    Key::new(format!("IMPORT#{id}"), IMPORT)
}

/// The import of an item, with the version of the item.
fn import_of(item: &Item) -> Result<Import, PortError> {
    Ok(DOCUMENT.read(item).map_err(failed)?.with_version(version_of(item, VERSION).map_err(failed)?))
}

fn failed(error: DynamoDbError) -> PortError {
    if error.is_broken() { broken(error) } else { PortError::Unavailable("the record of imports", error.into()) }
}

fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PortError {
    PortError::Broken("the record of imports", error.into())
}
