use dynamodb::{Condition, Item, Key, Put, Transacted, Write, number, sortable, text, text_of};
use imports::{Import, ImportId, Imports, PortError, Saved, State};

use crate::{DynamoDbImports, IMPORT, broken, failed, import_key, import_of};

impl Imports for DynamoDbImports {
    async fn receive(&self, import: &Import) -> Result<Import, PortError> {
        let first = Import { revision: 1, ..import.clone() };
        match self.table.put_if_absent(item(&first)?).await.map_err(failed)? {
            Put::Stored => Ok(first),
            Put::There(item) if !item.is_empty() => import_of(&item),
            Put::There(_) => self.find(import.id).await?.ok_or_else(|| broken("an import has gone")),
        }
    }

    async fn find(&self, id: ImportId) -> Result<Option<Import>, PortError> {
        let item = self.table.get(&import_key(id)).await.map_err(failed)?;
        item.as_ref().map(import_of).transpose()
    }

    async fn save(&self, import: &Import) -> Result<Saved, PortError> {
        let (next, write) = next(import)?;
        match self.table.transact(vec![write]).await.map_err(failed)? {
            Transacted::Done => Ok(Saved::Stored(next)),
            Transacted::Failed(_) => Ok(Saved::Conflict),
        }
    }

    async fn first_with(&self, content: &str, import: ImportId) -> Result<ImportId, PortError> {
        let key = Key::new(format!("CONTENT#{content}"), "CONTENT");
        let item = key.with([("import", text(import.to_string()))]);
        let first = match self.table.put_if_absent(item.clone()).await.map_err(failed)? {
            Put::Stored => return Ok(import),
            Put::There(item) if !item.is_empty() => import_named(&item)?,
            Put::There(_) => self.first(&key).await?,
        };
        if first == import || !self.has_failed(first).await? {
            return Ok(first);
        }
        let unchanged = Condition::Is("import", text(first.to_string()));
        if self.table.put_if(item, unchanged).await.map_err(failed)? { Ok(import) } else { self.first(&key).await }
    }
}

impl DynamoDbImports {
    async fn first(&self, key: &Key) -> Result<ImportId, PortError> {
        let item = self.table.get(key).await.map_err(failed)?;
        import_named(&item.ok_or_else(|| broken("the record of a content has gone"))?)
    }

    /// Whether the import has failed, was refused, or is gone.
    async fn has_failed(&self, import: ImportId) -> Result<bool, PortError> {
        let import = self.find(import).await?;
        Ok(import.is_none_or(|it| matches!(it.state, State::Failed { .. } | State::Refused { .. })))
    }
}

pub(crate) fn import_named(item: &Item) -> Result<ImportId, PortError> {
    text_of(item, "import").map_err(failed)?.parse().map_err(broken)
}

/// The write of an import over the revision it was read in, and its new revision.
fn next(import: &Import) -> Result<(u64, Write), PortError> {
    let next = import.revision.saturating_add(1);
    let item = item(&Import { revision: next, ..import.clone() })?;
    Ok((next, Write::Put(item, Condition::version("revision", import.revision))))
}

fn item(import: &Import) -> Result<Item, PortError> {
    let doc = serde_json::to_string(import).map_err(broken)?;
    let received_at = format!("{}#{}", sortable(import.received_at), import.id);
    let mut item = import_key(import.id).with([
        ("doc", text(doc)),
        ("revision", number(import.revision)),
        ("listing", text(IMPORT)),
        ("received_at", text(received_at)),
    ]);
    if !import.state.is_final() {
        item.insert("open".to_owned(), text("1"));
        item.insert("open_since".to_owned(), text(sortable(import.touched_at)));
    }
    Ok(item)
}
