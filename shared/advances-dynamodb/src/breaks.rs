use advances::ports::{Breaks, Page, PortError};
use advances::{Break, BreakKind, Saved, Version};
use dynamodb::{Document, DynamoDbError, Item, Key, Query, text};

use crate::lists::{listed_at, page};
use crate::{BY_LISTING, DynamoDbAdvances, LISTED_AT, VERSION, failed};

const BREAK: &str = "BREAK";
const DOCUMENT: Document<Break> = Document::version(1);
/// How many breaks one read examines.
const READ_AT_ONCE: usize = 200;

impl Breaks for DynamoDbAdvances {
    async fn open(&self, found: &Break) -> Result<(), PortError> {
        let item = item(found).map_err(failed)?;
        // A break that exists stays as it is, closed or not.
        self.table.save(item, VERSION, Version::default()).await.map_err(failed)?;
        Ok(())
    }

    async fn close(&self, closed: &Break) -> Result<Saved, PortError> {
        let item = item(closed).map_err(failed)?;
        self.table.save(item, VERSION, Version::FIRST).await.map_err(failed)
    }

    async fn load(&self, id: &str) -> Result<Option<Break>, PortError> {
        let item = self.table.get(&key(id)).await.map_err(failed)?;
        item.map(|it| DOCUMENT.read(&it).map_err(failed)).transpose()
    }

    async fn list(
        &self,
        kind: Option<BreakKind>,
        closed: Option<bool>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Break>, PortError> {
        let mut found = Vec::new();
        for is_closed in [false, true].into_iter().filter(|it| closed.is_none_or(|wanted| wanted == *it)) {
            found.extend(self.listed_breaks(kind, is_closed, cursor, limit).await?);
        }
        // The oldest first.
        found.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        found.dedup_by(|(one, _), (other, _)| one == other);
        Ok(page(found, limit))
    }
}

impl DynamoDbAdvances {
    /// The oldest breaks after `cursor`, open or closed, one more than `limit`.
    async fn listed_breaks(
        &self,
        kind: Option<BreakKind>,
        is_closed: bool,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Break)>, PortError> {
        let mut query = Query::index(BY_LISTING.0, BY_LISTING.1, listing(is_closed));
        if let Some(cursor) = cursor {
            query = query.above(LISTED_AT, cursor);
        }
        let mut found = Vec::new();
        loop {
            let (items, next) = self.table.page(&query, READ_AT_ONCE).await.map_err(failed)?;
            for item in &items {
                let it = DOCUMENT.read(item).map_err(failed)?;
                if kind.is_none_or(|kind| kind == it.kind) {
                    found.push((listed_at(item)?, it));
                }
            }
            match next {
                Some(next) if found.len() <= limit => query = query.after(next),
                _ => return Ok(found),
            }
        }
    }
}

fn key(id: &str) -> Key {
    Key::new(format!("BREAK#{id}"), BREAK)
}

fn listing(is_closed: bool) -> &'static str {
    if is_closed { "break/closed" } else { "break/open" }
}

fn item(it: &Break) -> Result<Item, DynamoDbError> {
    let listing = (BY_LISTING.1, text(listing(it.closed.is_some())));
    Ok(key(&it.id).with([listing, (LISTED_AT, text(format!("{}#{}", it.opened_on, it.id))), DOCUMENT.of(it)?]))
}
