use dynamodb::{Condition, Item, Key, Put, Transacted, Write, number, sortable, text, text_of};
use imports::{Claimed, Import, ImportId, Imports, PortError, Saved, State};

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

    async fn claim(&self, import: &Import) -> Result<Claimed, PortError> {
        let content = import.content.as_deref().ok_or_else(|| broken("an import without content claims it"))?;
        let key = Key::new(format!("CONTENT#{content}"), "CONTENT");
        let owner = self.owner(&key).await?;
        let condition = match owner {
            None => Condition::Absent,
            Some(owner) if owner == import.id || self.is_up(owner).await? => {
                Condition::Is("import", text(owner.to_string()))
            }
            Some(owner) => return Ok(Claimed::By(owner)),
        };
        let (next, write) = next(import)?;
        let claim = Write::Put(key.with([("import", text(import.id.to_string()))]), condition);
        match self.table.transact(vec![write, claim]).await.map_err(failed)? {
            Transacted::Done => Ok(Claimed::Ours(next)),
            Transacted::Failed(parts) if parts.contains(&0) => Ok(Claimed::Conflict),
            // Somebody claimed in between; who, the next look tells.
            Transacted::Failed(_) => match self.owner(&key).await? {
                Some(owner) if owner != import.id => Ok(Claimed::By(owner)),
                _ => Ok(Claimed::Conflict),
            },
        }
    }
}

impl DynamoDbImports {
    async fn owner(&self, key: &Key) -> Result<Option<ImportId>, PortError> {
        let Some(item) = self.table.get(key).await.map_err(failed)? else { return Ok(None) };
        text_of(&item, "import").map_err(failed)?.parse().map(Some).map_err(broken)
    }

    /// Whether an import's claim may pass to another: it has failed, was refused, or is gone.
    async fn is_up(&self, owner: ImportId) -> Result<bool, PortError> {
        let owner = self.find(owner).await?;
        Ok(owner.is_none_or(|it| matches!(it.state, State::Failed { .. } | State::Refused { .. })))
    }
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
