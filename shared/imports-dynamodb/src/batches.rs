use dynamodb::{Item, Key, Query, text, text_of};
use imports::{BatchOutcome, Batches, ImportId, PortError};

use crate::{DynamoDbImports, broken, failed};

const BATCH: &str = "BATCH#";

impl Batches for DynamoDbImports {
    async fn finish(&self, import: ImportId, batch: u32, outcome: BatchOutcome) -> Result<(), PortError> {
        let key = Key::new(format!("IMPORT#{import}"), format!("{BATCH}{batch:08}"));
        let item = key.with([("doc", text(serde_json::to_string(&outcome).map_err(broken)?))]);
        self.table.put_if_absent(item).await.map_err(failed)?;
        Ok(())
    }

    async fn finished(&self, import: ImportId) -> Result<Vec<(u32, BatchOutcome)>, PortError> {
        let query = Query::partition(format!("IMPORT#{import}")).begins_with(BATCH);
        self.table.all(query).await.map_err(failed)?.iter().map(batch).collect()
    }
}

fn batch(item: &Item) -> Result<(u32, BatchOutcome), PortError> {
    let sk = text_of(item, "sk").map_err(failed)?;
    let batch = sk.strip_prefix(BATCH).and_then(|it| it.parse().ok()).ok_or_else(|| broken("a batch's key"))?;
    Ok((batch, serde_json::from_str(text_of(item, "doc").map_err(failed)?).map_err(broken)?))
}
