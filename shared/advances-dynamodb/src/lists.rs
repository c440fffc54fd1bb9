use advances::ports::{AdvanceList, Page, PortError};
use advances::{AdvanceId, Status};
use calendar::Date;
use dynamodb::{Item, Query, text, text_of};

use crate::facts::{id_of, index_key};
use crate::{BY_LISTING, DynamoDbAdvances, LISTED_AT, failed};

/// The index of a customer's advances, with its hash key.
const BY_CUSTOMER: (&str, &str) = ("by-customer", "customer");
/// The sparse index of advances with work.
const WORK: &str = "work";

impl AdvanceList for DynamoDbAdvances {
    async fn work(&self, date: Date, cursor: Option<&str>, limit: usize) -> Result<Page<AdvanceId>, PortError> {
        let until = date.plus_days(1).unwrap_or(Date::MAX).to_string();
        let mut query = Query::index(WORK, "work", "1").below("next_work", until);
        if let Some(cursor) = cursor {
            query = query.after(work_key(cursor)?);
        }
        let (items, next) = self.table.page(&query, limit).await.map_err(failed)?;
        let cursor = next.as_ref().map(work_cursor).transpose()?;
        Ok(Page { items: items.iter().map(id_of).collect::<Result<_, _>>()?, cursor })
    }

    async fn list(
        &self,
        customer: Option<&str>,
        status: Option<Status>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<AdvanceId>, PortError> {
        let listing = |status: Status| format!("advance/{}", status.name());
        let mut items = match (customer, status) {
            (Some(customer), status) => {
                let listing = status.map(listing);
                self.of_customer(customer, listing.as_deref(), cursor, limit).await?
            }
            (None, Some(status)) => self.listed(&listing(status), cursor, limit).await?,
            (None, None) => {
                let mut all = Vec::new();
                for status in Status::ALL {
                    all.extend(self.listed(&listing(status), cursor, limit).await?);
                }
                all
            }
        };
        // The newest first.
        items.sort_unstable_by(|(one, _), (other, _)| other.cmp(one));
        // An index that lags has an advance under two states.
        items.dedup();
        Ok(page(items, limit))
    }
}

/// Items with their positions in a list.
pub(crate) type Listed<T> = Vec<(String, T)>;

/// The page of the first `limit` items; there are more if there is another one.
pub(crate) fn page<T>(mut items: Listed<T>, limit: usize) -> Page<T> {
    let has_more = items.len() > limit;
    items.truncate(limit);
    let cursor = items.last().filter(|_| has_more).map(|(listed_at, _)| listed_at.clone());
    Page { items: items.into_iter().map(|(_, item)| item).collect(), cursor }
}

impl DynamoDbAdvances {
    /// The newest advances of one status before `cursor`, one more than `limit`.
    async fn listed(&self, listing: &str, cursor: Option<&str>, limit: usize) -> Result<Listed<AdvanceId>, PortError> {
        let query = before(Query::index(BY_LISTING.0, BY_LISTING.1, listing), cursor);
        let items = self.table.first(query, limit.saturating_add(1)).await.map_err(failed)?;
        items.iter().map(listed_id).collect()
    }

    /// The newest advances of a customer before `cursor`, of one listing or any, one more than `limit`.
    async fn of_customer(
        &self,
        customer: &str,
        listing: Option<&str>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Listed<AdvanceId>, PortError> {
        // A customer has few advances, so those of other states are read, too.
        let mut query = before(Query::index(BY_CUSTOMER.0, BY_CUSTOMER.1, customer), cursor);
        let mut found = Vec::new();
        loop {
            let (items, next) = self.table.page(&query, limit.saturating_add(1)).await.map_err(failed)?;
            for item in &items {
                if listing.is_none_or(|it| text_of(item, BY_LISTING.1).is_ok_and(|of| of == it)) {
                    found.push(listed_id(item)?);
                }
            }
            match next {
                Some(next) if found.len() <= limit => query = query.after(next),
                _ => return Ok(found),
            }
        }
    }
}

fn before(query: Query, cursor: Option<&str>) -> Query {
    let query = query.backwards();
    match cursor {
        Some(cursor) => query.below(LISTED_AT, cursor),
        None => query,
    }
}

pub(crate) fn listed_at(item: &Item) -> Result<String, PortError> {
    Ok(text_of(item, LISTED_AT).map_err(failed)?.to_owned())
}

fn listed_id(item: &Item) -> Result<(String, AdvanceId), PortError> {
    Ok((listed_at(item)?, id_of(item)?))
}

/// `<next_work> <id>`: a position in the index of work.
fn work_cursor(last: &Item) -> Result<String, PortError> {
    Ok(format!("{} {}", text_of(last, "next_work").map_err(failed)?, id_of(last)?))
}

/// The key of the index of work, from a cursor.
fn work_key(cursor: &str) -> Result<Item, PortError> {
    let (next_work, id) = cursor.split_once(' ').ok_or(PortError::BadCursor)?;
    let next_work: Date = next_work.parse().map_err(|_| PortError::BadCursor)?;
    let id: AdvanceId = id.parse().map_err(|_| PortError::BadCursor)?;
    Ok(index_key(&id).with([("work", text("1")), ("next_work", text(next_work.to_string()))]))
}
