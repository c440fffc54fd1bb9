use calendar::Moment;
use dynamodb::{Condition, Key, Put, Query, sortable, text, text_of};
use imports::{ImportId, PortError, Sources};

use crate::imports_table::import_named;
use crate::{DynamoDbImports, failed};

const SOURCES: &str = "SOURCES";

impl Sources for DynamoDbImports {
    async fn declare(&self, source: &str, now: Moment) -> Result<(), PortError> {
        let item = Key::new(SOURCES, source).with([("declared_at", text(sortable(now)))]);
        self.table.put(item, Condition::Absent).await.map(drop).map_err(failed)
    }

    async fn declared(&self) -> Result<Vec<String>, PortError> {
        let items = self.table.all(Query::partition(SOURCES)).await.map_err(failed)?;
        items.iter().map(|item| text_of(item, "sk").map(str::to_owned).map_err(failed)).collect()
    }

    async fn first_from(&self, source: &str, import: ImportId) -> Result<ImportId, PortError> {
        let key = Key::new(format!("SOURCE#{source}"), "FIRST");
        if let Some(item) = self.table.get(&key).await.map_err(failed)? {
            return import_named(&item);
        }
        let item = key.with([("import", text(import.to_string()))]);
        match self.table.put(item, Condition::Absent).await.map_err(failed)? {
            Put::Stored => Ok(import),
            Put::Failed(item) => import_named(&item),
        }
    }
}
