//! What it costs to learn that an import's last batch is posted: a record of batches in memory that counts the items
//! it reads and writes.

#![cfg(test)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicU64, Ordering};

use calendar::{Date, Moment};
use imports::testing::FakeImports;
use imports::{BatchOutcome, Batches, ImportId, PortError, is_complete};
use serde_json::{Value, json};

#[derive(Default)]
struct Counter {
    batches: FakeImports,
    requests: AtomicU64,
    read: AtomicU64,
    written: AtomicU64,
}

impl Counter {
    fn reads(&self, items: usize) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.read.fetch_add(u64::try_from(items).unwrap(), Ordering::Relaxed);
    }

    fn writes(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.written.fetch_add(1, Ordering::Relaxed);
    }
}

impl Batches for Counter {
    async fn finish(
        &self,
        import: ImportId,
        batch: u32,
        outcome: BatchOutcome,
        now: Moment,
    ) -> Result<BatchOutcome, PortError> {
        self.writes();
        self.batches.finish(import, batch, outcome, now).await
    }

    async fn finished(&self, import: ImportId) -> Result<Vec<(u32, BatchOutcome)>, PortError> {
        self.batches.finished(import).await.inspect(|it| self.reads(it.len()))
    }

    async fn is_finished(&self, import: ImportId, batch: u32) -> Result<bool, PortError> {
        self.reads(1);
        self.batches.is_finished(import, batch).await
    }

    async fn last_progress(&self, import: ImportId) -> Result<Option<Moment>, PortError> {
        self.reads(self.batches.finished(import).await?.len());
        self.batches.last_progress(import).await
    }

    async fn complete(&self, import: ImportId, level: u8, number: u32) -> Result<(), PortError> {
        self.writes();
        self.batches.complete(import, level, number).await
    }

    async fn complete_in(&self, import: ImportId, level: u8, group: u32) -> Result<u32, PortError> {
        let count = self.batches.complete_in(import, level, group).await?;
        self.reads(usize::try_from(count).unwrap());
        Ok(count)
    }
}

/// Posts batches in order; records each, then checks whether it was the last one.
fn count(of: u32) -> Value {
    let (counter, import) = (Counter::default(), ImportId::of("imports/a.csv", "1"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for batch in 0..of {
        let ended = runtime.block_on(async {
            counter.finish(import, batch, BatchOutcome::default(), Moment::day(Date::MIN)).await?;
            is_complete(&counter, import, batch, of).await
        });
        assert_eq!(ended.unwrap(), batch + 1 == of);
    }
    let of_all = |count: &AtomicU64| count.load(Ordering::Relaxed);
    json!({
        "batches": of,
        "requests": of_all(&counter.requests),
        "items_read": of_all(&counter.read),
        "items_written": of_all(&counter.written),
    })
}

/// After an intended change, copy the output into `batches.json`.
#[test]
fn the_end_of_an_import_costs_each_batch_the_same_however_many_there_are() {
    let counted = [10, 100, 1_000, 10_000].map(count);
    for it in &counted {
        let [batches, read, written] =
            ["batches", "items_read", "items_written"].map(|name| it[name].as_u64().unwrap());
        assert!(read <= batches * 7, "{read} items read for {batches} batches");
        assert!(written * 8 <= batches * 9, "{written} items written for {batches} batches");
    }
    let committed: Value = serde_json::from_str(include_str!("../batches.json")).unwrap();
    assert_eq!(json!(counted), committed, "{:#}", json!(counted));
}
