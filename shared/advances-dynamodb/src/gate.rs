use advances::ports::{CallGate, PortError};
use advances::{Gate, Saved};
use dynamodb::{Document, Key, version_of};

use crate::{DynamoDbAdvances, VERSION, failed};

const GATE: &str = "GATE";
const DOCUMENT: Document<Gate> = Document::version(1);

impl CallGate for DynamoDbAdvances {
    async fn load(&self) -> Result<Gate, PortError> {
        let Some(item) = self.table.get(&Key::new(GATE, GATE)).await.map_err(failed)? else {
            return Ok(Gate::default());
        };
        let version = version_of(&item, VERSION).map_err(failed)?;
        Ok(Gate { version, ..DOCUMENT.read(&item).map_err(failed)? })
    }

    async fn save(&self, gate: &Gate) -> Result<Saved, PortError> {
        let item = Key::new(GATE, GATE).with([DOCUMENT.of(gate).map_err(failed)?]);
        self.table.save(item, VERSION, gate.version).await.map_err(failed)
    }
}
