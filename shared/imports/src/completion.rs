//! How an import learns that its last batch is posted, at a cost for each batch that does not grow with their number.

use crate::{Batches, ImportId, PortError};

/// How many batches make a group, and how many groups a group of the next level. Ten outcomes fit into one read unit
/// of DynamoDB.
pub const GROUP: u32 = 10;

/// Whether all `of` batches of `import` are posted, `batch` being the one that was just recorded.
///
/// Batches form groups, groups form groups of the next level, up to a single one. Whoever finds its group complete
/// marks it and looks at the group above. Other instances may do the same meanwhile: each looks after it has written,
/// so the last to look sees everything, and marking a group twice is harmless. A process that stops in between leaves
/// the rest to the next delivery of its message, or to `split-import`, which reads all outcomes when an import is
/// retried.
pub async fn is_complete<B: Batches>(batches: &B, import: ImportId, batch: u32, of: u32) -> Result<bool, PortError> {
    let (mut number, mut count) = (batch, of);
    for level in 0.. {
        let group = number.checked_div(GROUP).unwrap_or(0);
        let members = count.saturating_sub(group.saturating_mul(GROUP)).min(GROUP);
        if batches.complete_in(import, level, group).await? < members {
            return Ok(false);
        }
        count = count.div_ceil(GROUP);
        if count <= 1 {
            break;
        }
        number = group;
        batches.complete(import, level.saturating_add(1), number).await?;
    }
    Ok(true)
}
