//! The gate: one item with conditional writes on its version.

use std::time::Duration;

use backoff::Backoff;
use dynamodb::{Document, Key, version_of};
use mail::gate::{Gate, SendGate};
use mail::outbox::{Saved, SummariesError, Version};

use crate::{DynamoDbSummaries, VERSION, failed};

const GATE: Document<Gate> = Document::version(1);

/// The maximum wait between two attempts to reserve a slot.
const LONGEST_WAIT: Duration = Duration::from_millis(100);

impl SendGate for DynamoDbSummaries {
    async fn load_gate(&self) -> Result<(Gate, Version), SummariesError> {
        let Some(item) = self.table.get(&key()).await.map_err(failed)? else {
            return Ok((Gate::default(), Version::default()));
        };
        Ok((GATE.read(&item).map_err(failed)?, version_of(&item, VERSION).map_err(failed)?))
    }

    async fn save_gate(&self, gate: &Gate, expected: Version) -> Result<Saved, SummariesError> {
        let item = key().with([GATE.of(gate).map_err(failed)?]);
        self.table.save(item, VERSION, expected).await.map_err(failed)
    }

    async fn wait_after(&self, conflicts: u32) {
        Backoff::pause(conflicts, LONGEST_WAIT).await;
    }
}

fn key() -> Key {
    Key::new("GATE", "GATE")
}
