use crate::ImportId;
use crate::import::{Import, NotAllowed};
use crate::ports::{Imports, PortError, Saved};

/// The maximum number of attempts; then the caller's message is retried.
const MAX_CONFLICTS: u32 = 8;

/// The result of [`update`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Updated {
    /// The transition is stored.
    Stored,
    /// The import is gone, or its state does not allow the transition.
    Unchanged,
    /// Other instances keep changing the import.
    Busy,
}

/// Reads an import, applies a transition and writes the result if nobody has changed it since; else again.
pub async fn update<I: Imports>(
    imports: &I,
    id: ImportId,
    transition: impl Fn(&Import) -> Result<Import, NotAllowed>,
) -> Result<Updated, PortError> {
    for _ in 0..MAX_CONFLICTS {
        let Some(import) = imports.find(id).await? else { return Ok(Updated::Unchanged) };
        let Ok(next) = transition(&import) else { return Ok(Updated::Unchanged) };
        if let Saved::Stored(_) = imports.save(&next).await? {
            return Ok(Updated::Stored);
        }
    }
    Ok(Updated::Busy)
}
