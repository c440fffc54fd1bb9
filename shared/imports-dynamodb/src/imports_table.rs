use calendar::Moment;
use dynamodb::{Condition, Item, Key, Put, Transacted, Write, number, sortable, text, text_of};
use imports::{ContentHistory, Import, ImportId, Imports, PortError, Saved, State};

use crate::{DynamoDbImports, IMPORT, broken, failed, import_key, import_of};

impl Imports for DynamoDbImports {
    async fn receive(&self, import: &Import) -> Result<Import, PortError> {
        let first = import.with_version(1);
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

    async fn first_with(&self, content: &str, import: &Import) -> Result<ContentHistory, PortError> {
        let key = Key::new(format!("CONTENT#{content}"), "CONTENT");
        let own = ContentHistory::of(import);
        let item = match self.table.put_if_absent(content_item(&key, &own)).await.map_err(failed)? {
            Put::Stored => return Ok(own),
            Put::There(item) if !item.is_empty() => item,
            Put::There(_) => self.content(&key).await?,
        };
        let first = import_named(&item)?;
        if first == import.id {
            return history_of(&item, import.received_at);
        }
        let found = self.find(first).await?;
        let stored = history_of(&item, found.as_ref().map_or(import.received_at, |it| it.received_at))?;
        if found.is_some_and(|it| !matches!(it.state, State::Failed { .. } | State::Refused { .. })) {
            return Ok(stored);
        }
        let passed = stored.passed_to(import.id);
        let unchanged = Condition::Is("import", text(first.to_string()));
        if self.table.put_if(content_item(&key, &passed), unchanged).await.map_err(failed)? {
            return Ok(passed);
        }
        history_of(&self.content(&key).await?, stored.received_at)
    }
}

impl DynamoDbImports {
    async fn content(&self, key: &Key) -> Result<Item, PortError> {
        let item = self.table.get(key).await.map_err(failed)?;
        item.ok_or_else(|| broken("the record of a content is missing"))
    }
}

fn content_item(key: &Key, history: &ContentHistory) -> Item {
    let ids: Vec<String> = history.failed.iter().map(ToString::to_string).collect();
    key.with([
        ("import", text(history.first.to_string())),
        ("received_at", text(history.received_at.to_string())),
        ("failed", text(ids.join(" "))),
    ])
}

/// The imports of a content. Items of earlier releases lack the time of the earliest import: then it is `received_at`.
fn history_of(item: &Item, received_at: Moment) -> Result<ContentHistory, PortError> {
    let received_at = optional(item, "received_at")?.map_or(Ok(received_at), |it| it.parse().map_err(broken))?;
    let ids = optional(item, "failed")?.unwrap_or_default().split(' ').filter(|it| !it.is_empty());
    let failed = ids.map(|it| it.parse().map_err(broken)).collect::<Result<_, _>>()?;
    Ok(ContentHistory { first: import_named(item)?, received_at, failed })
}

fn optional<'a>(item: &'a Item, name: &'static str) -> Result<Option<&'a str>, PortError> {
    item.contains_key(name).then(|| text_of(item, name)).transpose().map_err(failed)
}

pub(crate) fn import_named(item: &Item) -> Result<ImportId, PortError> {
    text_of(item, "import").map_err(failed)?.parse().map_err(broken)
}

/// The conditional write of an import, and its new version.
fn next(import: &Import) -> Result<(u64, Write), PortError> {
    let next = import.version.saturating_add(1);
    let item = item(&import.with_version(next))?;
    Ok((next, Write::Put(item, Condition::version("revision", import.version))))
}

fn item(import: &Import) -> Result<Item, PortError> {
    let doc = serde_json::to_string(import).map_err(broken)?;
    let received_at = format!("{}#{}", sortable(import.received_at), import.id);
    let mut item = import_key(import.id).with([
        ("doc", text(doc)),
        ("revision", number(import.version)),
        ("listing", text(IMPORT)),
        ("received_at", text(received_at)),
    ]);
    if !import.state.is_final() {
        item.insert("open".to_owned(), text("1"));
        item.insert("open_since".to_owned(), text(sortable(import.touched_at)));
    }
    Ok(item)
}
