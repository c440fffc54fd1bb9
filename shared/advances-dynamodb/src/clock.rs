use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use advances::ports::PortError;
use advances::{Saved, Version};
use calendar::{Clock, Moment};
use dynamodb::{Document, Key, version_of};
use serde::{Deserialize, Serialize};

use crate::{DynamoDbAdvances, VERSION, failed};

const CLOCK: &str = "CLOCK";
const DOCUMENT: Document<Shift> = Document::version(1);

/// How far a clock is ahead of the machine's.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
struct Shift {
    micros: i64,
}

/// The lender's clock: the machine's, or, on a stack with the sandbox's processor, one that was set ahead and runs on from
/// there. All clones have the same time.
#[derive(Clone, Debug)]
pub struct SimulatedClock<C> {
    machine: C,
    advances: Option<DynamoDbAdvances>,
    shift: Arc<AtomicI64>,
}

impl<C: Clock> SimulatedClock<C> {
    /// The machine's clock until [`SimulatedClock::read`]; always, without the `advances` that store how it is set.
    pub fn new(machine: C, advances: Option<DynamoDbAdvances>) -> Self {
        Self { machine, advances, shift: Arc::default() }
    }

    /// Reads how the clock is set. A function does so at the beginning of each invocation.
    pub async fn read(&self) -> Result<(), PortError> {
        if let Some(advances) = &self.advances {
            let (shift, _) = advances.shift().await?;
            self.shift.store(shift.micros, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Sets the stored clock; [`Saved::Conflict`] if it is later already, or was set meanwhile: it never goes back.
    pub async fn set(&self, advances: &DynamoDbAdvances, to: Moment) -> Result<Saved, PortError> {
        let (stored, expected) = advances.shift().await?;
        let micros = to.micros().saturating_sub(self.machine.now().micros());
        if micros < stored.micros {
            return Ok(Saved::Conflict);
        }
        let item = key().with([DOCUMENT.of(&Shift { micros }).map_err(failed)?]);
        advances.table.save(item, VERSION, expected).await.map_err(failed)
    }
}

impl<C: Clock> Clock for SimulatedClock<C> {
    fn now(&self) -> Moment {
        let machine = self.machine.now();
        match self.shift.load(Ordering::Relaxed) {
            0 => machine,
            shift => Moment::instant(machine.micros().saturating_add(shift)).unwrap_or(machine),
        }
    }
}

impl DynamoDbAdvances {
    async fn shift(&self) -> Result<(Shift, Version), PortError> {
        let Some(item) = self.table.get(&key()).await.map_err(failed)? else { return Ok(Default::default()) };
        let version = version_of(&item, VERSION).map_err(failed)?;
        Ok((DOCUMENT.read(&item).map_err(failed)?, version))
    }
}

fn key() -> Key {
    Key::new(CLOCK, CLOCK)
}
