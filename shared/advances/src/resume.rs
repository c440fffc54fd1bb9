use storage::Saved;

use crate::Gate;
use crate::collect::change_gate;
use crate::ports::{CallGate, PortError, RunQueue, RunRequest, Runs};

/// How often the latest run is changed if a run is changing it, too.
const MAX_CONFLICTS: u32 = 100;

/// Opens the gate, and lets the latest run request its payments again: those that were not made while the gate was closed.
/// Payments that were made are not requested.
pub async fn resume<G: CallGate, U: Runs, Q: RunQueue>(gate: &G, runs: &U, queue: &Q) -> Result<(), PortError> {
    change_gate(gate, Gate::resume).await?;
    let Some(date) = runs.latest().await? else { return Ok(()) };
    for _ in 0..MAX_CONFLICTS {
        let Some(run) = runs.load(date).await? else { return Ok(()) };
        let again = run.requesting_again();
        if again == run || runs.save(&again).await? != Saved::Conflict {
            return queue.send(RunRequest::new(date)).await;
        }
    }
    Err(PortError::Unavailable("the latest run", "others keep changing it".into()))
}
