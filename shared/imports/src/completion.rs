//! Detects that the last batch of an import is posted, at a constant cost for each batch.

use crate::{Batches, ImportId, PortError};

/// The number of batches in a group, and of groups in a group of the next level. Ten outcomes fit into one read unit
/// of DynamoDB.
pub const GROUP: u32 = 10;

/// Whether all `of` batches of `import` are posted, after `batch` was recorded.
///
/// Batches form groups, groups form groups of the next level, up to a single one. An instance that finds its group
/// complete marks it and checks the group above. Other instances may do the same concurrently: each reads after its
/// write, so the last reader sees everything, and marking a group twice is harmless. If a process stops in between, the
/// next delivery of its message continues, or `split-import`, which reads all outcomes when an import is retried.
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
