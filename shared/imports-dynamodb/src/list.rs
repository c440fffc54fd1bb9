use calendar::Moment;
use dynamodb::{Item, Query, sortable, text, text_of};
use imports::{Import, ImportId, ImportList, PortError};

use crate::{DynamoDbImports, IMPORT, failed, import_key, import_of};

/// How many standing imports one look finds.
const MOST_STANDING: usize = 100;

impl ImportList for DynamoDbImports {
    async fn recent(&self, after: Option<&str>, limit: usize) -> Result<(Vec<Import>, Option<String>), PortError> {
        let mut query = Query::index("by-received", "listing", IMPORT).backwards();
        if let Some(after) = after {
            query = query.after(start(after)?);
        }
        let mut items = self.table.first(query, limit.saturating_add(1)).await.map_err(failed)?;
        let more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| more).map(|it| text_of(it, "received_at").map(str::to_owned));
        let next = last.transpose().map_err(failed)?;
        Ok((items.iter().map(import_of).collect::<Result<_, _>>()?, next))
    }

    async fn standing(&self, before: Moment) -> Result<Vec<Import>, PortError> {
        let query = Query::index("open", "open", "1").below("open_since", sortable(before));
        self.table.first(query, MOST_STANDING).await.map_err(failed)?.iter().map(import_of).collect()
    }
}

/// The key of an index item, from the `<received_at>#<id>` that is a cursor.
fn start(cursor: &str) -> Result<Item, PortError> {
    let (received_at, id) = cursor.split_once('#').ok_or(PortError::BadCursor)?;
    let id: ImportId = id.parse().map_err(|_| PortError::BadCursor)?;
    received_at.parse::<Moment>().map_err(|_| PortError::BadCursor)?;
    Ok(import_key(id).with([("listing", text(IMPORT)), ("received_at", text(cursor))]))
}
