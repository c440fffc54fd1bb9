use calendar::Moment;
use dynamodb::{Item, Key, Query, sortable, text, text_of};
use imports::{Import, ImportId, ImportList, PortError, RecentPage, StalledPage, UnreadableImport};

use crate::{DynamoDbImports, IMPORT, broken, failed, import_key, import_of};

/// The maximum number of stalled imports on a page.
const MAX_STALLED: usize = 100;

impl ImportList for DynamoDbImports {
    async fn recent(&self, after: Option<&str>, limit: usize) -> Result<RecentPage, PortError> {
        let mut query = Query::index("by-received", "listing", IMPORT).backwards();
        if let Some(after) = after {
            query = query.after(start(after)?);
        }
        let mut items = self.table.first(query, limit.saturating_add(1)).await.map_err(failed)?;
        let more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| more).map(|it| text_of(it, "received_at").map(str::to_owned));
        let next = last.transpose().map_err(failed)?;
        Ok(RecentPage { imports: items.iter().map(listed).collect::<Result<_, _>>()?, next })
    }

    async fn stalled(&self, before: Moment, after: Option<&str>) -> Result<StalledPage, PortError> {
        let mut query = Query::index("open", "open", "1").below("open_since", sortable(before));
        if let Some(after) = after {
            query = query.after(stalled_after(after)?);
        }
        let (items, last) = self.table.page(&query, MAX_STALLED).await.map_err(failed)?;
        let next = last.as_ref().map(stalled_cursor).transpose()?;
        let read = |item| import_of(item).map_err(|error| named(item, error));
        Ok(StalledPage { imports: items.iter().map(read).collect(), next })
    }
}

/// The import of an item or, if it is unreadable, an error with the data of the index key.
fn listed(item: &Item) -> Result<Result<Import, UnreadableImport>, PortError> {
    match import_of(item) {
        Ok(import) => Ok(Ok(import)),
        Err(source) => {
            let (received_at, id) =
                received(text_of(item, "received_at").map_err(failed)?).map_err(|_| broken("the key of an import"))?;
            Ok(Err(UnreadableImport { id, received_at, source }))
        }
    }
}

/// The error of a record that cannot be read, with the record's key.
fn named(item: &Item, error: PortError) -> PortError {
    match (error, text_of(item, "pk")) {
        (PortError::Broken(_, source), Ok(pk)) => broken(format!("{pk}: {source}")),
        (error, _) => error,
    }
}

fn stalled_cursor(last: &Item) -> Result<String, PortError> {
    let part = |name| text_of(last, name).map_err(failed);
    Ok(format!("{} {}", part("open_since")?, part("pk")?))
}

/// The key of an item of the index `open`, from the `<open_since> <pk>` that is a cursor.
fn stalled_after(cursor: &str) -> Result<Item, PortError> {
    let (open_since, pk) = cursor.split_once(' ').ok_or(PortError::BadCursor)?;
    open_since.parse::<Moment>().map_err(|_| PortError::BadCursor)?;
    Ok(Key::new(pk, IMPORT).with([("open", text("1")), ("open_since", text(open_since))]))
}

/// The key of an index item, from the `<received_at>#<id>` that is a cursor.
fn start(cursor: &str) -> Result<Item, PortError> {
    let (_, id) = received(cursor)?;
    Ok(import_key(id).with([("listing", text(IMPORT)), ("received_at", text(cursor))]))
}

/// Moment and id of a `<received_at>#<id>`.
fn received(text: &str) -> Result<(Moment, ImportId), PortError> {
    let (received_at, id) = text.split_once('#').ok_or(PortError::BadCursor)?;
    let received_at = received_at.parse().map_err(|_| PortError::BadCursor)?;
    Ok((received_at, id.parse().map_err(|_| PortError::BadCursor)?))
}
