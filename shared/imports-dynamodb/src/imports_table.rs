use dynamodb::{Condition, Item, Key, Put, Write, number, sortable, text, text_of};
use imports::{ContentHistory, Import, ImportId, Imports, PortError, Saved, State, Version};

use crate::{DOCUMENT, DynamoDbImports, IMPORT, VERSION, broken, failed, import_key, import_of};

impl Imports for DynamoDbImports {
    async fn receive(&self, import: &Import) -> Result<Import, PortError> {
        let first = import.with_version(Version::FIRST);
        let item = item(&first)?;
        match self.table.put(item, Condition::Absent).await.map_err(failed)? {
            Put::Stored => Ok(first),
            Put::Failed(item) => import_of(&item),
        }
    }

    async fn find(&self, id: ImportId) -> Result<Option<Import>, PortError> {
        let item = self.table.get(&import_key(id)).await.map_err(failed)?;
        item.as_ref().map(import_of).transpose()
    }

    async fn save(&self, import: &Import) -> Result<Saved, PortError> {
        let write = Write::next(item(import)?, VERSION, import.version);
        Ok(self.table.transact(vec![write]).await.map_err(failed)?.saved(import.version))
    }

    async fn first_with(&self, content: &str, import: &Import) -> Result<ContentHistory, PortError> {
        let key = Key::new(format!("CONTENT#{content}"), "CONTENT");
        let own = ContentHistory::of(import);
        let put = self.table.put(content_item(&key, &own), Condition::Absent).await.map_err(failed)?;
        let Put::Failed(item) = put else { return Ok(own) };
        let stored = history_of(&item)?;
        let is_valid = |it: Import| !matches!(it.state, State::Failed { .. } | State::Refused { .. });
        if stored.first == import.id || self.find(stored.first).await?.is_some_and(is_valid) {
            return Ok(stored);
        }
        let passed = stored.passed_to(import.id);
        let unchanged = Condition::Is("import", text(stored.first.to_string()));
        match self.table.put(content_item(&key, &passed), unchanged).await.map_err(failed)? {
            Put::Stored => Ok(passed),
            Put::Failed(item) => history_of(&item),
        }
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

fn history_of(item: &Item) -> Result<ContentHistory, PortError> {
    let received_at = text_of(item, "received_at").map_err(failed)?.parse().map_err(broken)?;
    let ids = text_of(item, "failed").map_err(failed)?.split(' ').filter(|it| !it.is_empty());
    let failed = ids.map(|it| it.parse().map_err(broken)).collect::<Result<_, _>>()?;
    Ok(ContentHistory { first: import_named(item)?, received_at, failed })
}

pub(crate) fn import_named(item: &Item) -> Result<ImportId, PortError> {
    text_of(item, "import").map_err(failed)?.parse().map_err(broken)
}

fn item(import: &Import) -> Result<Item, PortError> {
    let received_at = format!("{}#{}", sortable(import.received_at), import.id);
    let mut item = import_key(import.id).with([
        DOCUMENT.of(import).map_err(failed)?,
        (VERSION, number(import.version.0)),
        ("listing", text(IMPORT)),
        ("received_at", text(received_at)),
    ]);
    if !import.state.is_final() {
        item.insert("open".to_owned(), text("1"));
        item.insert("open_since".to_owned(), text(sortable(import.touched_at)));
    }
    Ok(item)
}
