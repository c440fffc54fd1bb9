use advances::ports::{PortError, Runs};
use advances::{RunPhase, RunRecord, RunTotals, Saved, SeenReports, Version};
use calendar::Date;
use dynamodb::{Document, DynamoDbError, Item, Key, Query, version_of};

use crate::{DynamoDbAdvances, VERSION, failed};

const RUNS: &str = "RUNS";
const REPORTS: &str = "REPORTS";
const RUN_DOCUMENT: Document<RunRecord> = Document::version(1);
const REPORTS_DOCUMENT: Document<SeenReports> = Document::version(1);

impl Runs for DynamoDbAdvances {
    async fn load(&self, date: Date) -> Result<Option<RunRecord>, PortError> {
        let item = self.table.get(&run_key(date)).await.map_err(failed)?;
        item.as_ref().map(run_of).transpose()
    }

    async fn save(&self, run: &RunRecord) -> Result<Saved, PortError> {
        let item = run_key(run.date).with([RUN_DOCUMENT.of(run).map_err(failed)?]);
        self.table.save(item, VERSION, run.version).await.map_err(failed)
    }

    async fn latest(&self) -> Result<Option<Date>, PortError> {
        let query = Query::partition(RUNS).backwards();
        let items = self.table.first(query, 1).await.map_err(failed)?;
        items.first().map(|it| Ok(run_of(it)?.date)).transpose()
    }

    async fn totals_before(&self, date: Date, limit: usize) -> Result<Vec<RunTotals>, PortError> {
        let mut query = Query::partition(RUNS).below("sk", run_key(date).sk).backwards();
        let mut totals = Vec::new();
        loop {
            let (items, next) = self.table.page(&query, limit).await.map_err(failed)?;
            for item in &items {
                let run = run_of(item)?;
                if run.phase == RunPhase::Done && run.totals.count > 0 {
                    totals.push(run.totals);
                }
            }
            match next {
                Some(next) if totals.len() < limit => query = query.after(next),
                _ => break,
            }
        }
        totals.truncate(limit);
        Ok(totals)
    }

    async fn seen(&self) -> Result<Option<(SeenReports, Version)>, PortError> {
        let item = self.table.get(&Key::new(REPORTS, REPORTS)).await.map_err(failed)?;
        let seen = item.map(|it| Ok::<_, DynamoDbError>((REPORTS_DOCUMENT.read(&it)?, version_of(&it, VERSION)?)));
        seen.transpose().map_err(failed)
    }

    async fn save_seen(&self, seen: &SeenReports, expected: Version) -> Result<Saved, PortError> {
        let item = Key::new(REPORTS, REPORTS).with([REPORTS_DOCUMENT.of(seen).map_err(failed)?]);
        self.table.save(item, VERSION, expected).await.map_err(failed)
    }
}

fn run_key(date: Date) -> Key {
    Key::new(RUNS, format!("RUN#{date}"))
}

fn run_of(item: &Item) -> Result<RunRecord, PortError> {
    let version = version_of(item, VERSION).map_err(failed)?;
    Ok(RunRecord { version, ..RUN_DOCUMENT.read(item).map_err(failed)? })
}
