use dynamodb::{Item, Key, Query, number, number_of, text_of};
use imports::{BatchOutcome, Batches, ImportId, PortError};

use crate::{DynamoDbImports, broken, failed};

const BATCH: &str = "BATCH#";

impl Batches for DynamoDbImports {
    async fn finish(&self, import: ImportId, batch: u32, outcome: BatchOutcome) -> Result<(), PortError> {
        let key = Key::new(format!("IMPORT#{import}"), format!("{BATCH}{batch:08}"));
        let item = key.with([
            ("posted", number(outcome.posted)),
            ("duplicates", number(outcome.duplicates)),
            ("accounts", number(outcome.accounts)),
        ]);
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
    let number = |name| number_of(item, name).map_err(failed);
    let outcome =
        BatchOutcome { posted: number("posted")?, duplicates: number("duplicates")?, accounts: number("accounts")? };
    Ok((batch, outcome))
}
