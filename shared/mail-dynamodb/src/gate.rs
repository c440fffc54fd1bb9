//! The gate: one item with conditional writes on its version.

use std::time::Duration;

use backoff::Backoff;
use dynamodb::{Condition, Key, number, number_of, text, text_of};
use mail::gate::{Gate, SendGate};
use mail::outbox::{Saved, SummariesError, Version};

use crate::{DynamoDbSummaries, broken, failed};

/// The maximum wait between two attempts to reserve a slot.
const LONGEST_WAIT: Duration = Duration::from_millis(100);

impl SendGate for DynamoDbSummaries {
    async fn load_gate(&self) -> Result<(Gate, Version), SummariesError> {
        let Some(item) = self.table.get(&key()).await.map_err(failed)? else {
            return Ok((Gate::default(), Version::default()));
        };
        let gate = serde_json::from_str(text_of(&item, "doc").map_err(failed)?).map_err(broken)?;
        Ok((gate, Version(number_of(&item, "v").map_err(failed)?)))
    }

    async fn save_gate(&self, gate: &Gate, expected: Version) -> Result<Saved, SummariesError> {
        let doc = serde_json::to_string(gate).map_err(broken)?;
        let item = key().with([("doc", text(doc)), ("v", number(expected.next().0))]);
        let is_stored = self.table.put_if(item, Condition::version("v", expected.0)).await.map_err(failed)?;
        Ok(if is_stored { Saved::Stored(expected.next()) } else { Saved::Conflict })
    }

    async fn wait_after(&self, conflicts: u32) {
        Backoff::pause(conflicts, LONGEST_WAIT).await;
    }
}

fn key() -> Key {
    Key::new("GATE", "GATE")
}
