use calendar::Moment;
use dynamodb::{Condition, Document, Item, Key, Put, Query, sortable, text, text_of};
use imports::{BatchOutcome, Batches, ImportId, PortError};

use crate::{DynamoDbImports, broken, failed};

const OUTCOME: Document<BatchOutcome> = Document::version(1);
const BATCH: &str = "BATCH#";
const GROUP: &str = "GROUP#";

impl Batches for DynamoDbImports {
    async fn finish(
        &self,
        import: ImportId,
        batch: u32,
        outcome: BatchOutcome,
        now: Moment,
    ) -> Result<BatchOutcome, PortError> {
        let document = OUTCOME.of(&outcome).map_err(failed)?;
        let item = batch_key(import, batch).with([document, ("finished_at", text(sortable(now)))]);
        match self.table.put(item, Condition::Absent).await.map_err(failed)? {
            Put::Stored => Ok(outcome),
            Put::Failed(item) => OUTCOME.read(&item).map_err(failed),
        }
    }

    async fn finished(&self, import: ImportId) -> Result<Vec<(u32, BatchOutcome)>, PortError> {
        let query = Query::partition(partition(import)).begins_with(BATCH);
        self.table.all(query).await.map_err(failed)?.iter().map(batch).collect()
    }

    async fn is_finished(&self, import: ImportId, batch: u32) -> Result<bool, PortError> {
        Ok(self.table.get(&batch_key(import, batch)).await.map_err(failed)?.is_some())
    }

    async fn last_progress(&self, import: ImportId) -> Result<Option<Moment>, PortError> {
        let query = Query::partition(partition(import)).begins_with(BATCH).only(&["finished_at"]);
        let items = self.table.all(query).await.map_err(failed)?;
        let moments = items.iter().filter(|it| it.contains_key("finished_at")).map(|item| {
            let finished_at = text_of(item, "finished_at").map_err(failed)?;
            finished_at.parse::<Moment>().map_err(broken)
        });
        moments.reduce(|newest, it| Ok(newest?.max(it?))).transpose()
    }

    async fn complete(&self, import: ImportId, level: u8, number: u32) -> Result<(), PortError> {
        let key = Key::new(partition(import), format!("{GROUP}{level}#{number:08}"));
        self.table.put(key.item(), Condition::Absent).await.map(drop).map_err(failed)
    }

    /// Numbers have eight digits, and a group has ten members: they share the first seven.
    async fn complete_in(&self, import: ImportId, level: u8, group: u32) -> Result<u32, PortError> {
        let members = match level {
            0 => format!("{BATCH}{group:07}"),
            _ => format!("{GROUP}{level}#{group:07}"),
        };
        let query = Query::partition(partition(import)).begins_with(members).only(&["sk"]);
        let items = self.table.all(query).await.map_err(failed)?;
        Ok(u32::try_from(items.len()).unwrap_or(u32::MAX))
    }
}

fn partition(import: ImportId) -> String {
    format!("IMPORT#{import}")
}

fn batch_key(import: ImportId, batch: u32) -> Key {
    Key::new(partition(import), format!("{BATCH}{batch:08}"))
}

fn batch(item: &Item) -> Result<(u32, BatchOutcome), PortError> {
    let sk = text_of(item, "sk").map_err(failed)?;
    let batch = sk.strip_prefix(BATCH).and_then(|it| it.parse().ok()).ok_or_else(|| broken("a batch's key"))?;
    Ok((batch, OUTCOME.read(item).map_err(failed)?))
}
