//! All advances, one after the other.

use ::advances::ports::{AdvanceList, Advances};
use ::advances::{Advance, AdvanceId, Fact};
use anyhow::Result;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

/// How many advances one page of the list has, and how many are loaded concurrently.
const PAGE: usize = 100;
const CONCURRENT: usize = 8;

/// The ids and the facts of all advances, newest first.
pub(crate) async fn facts<A: Advances + AdvanceList>(store: &A) -> Result<Vec<(AdvanceId, Vec<Fact>)>> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.list(None, None, cursor.as_deref(), PAGE).await?;
        let load = async |id: AdvanceId| Ok::<_, anyhow::Error>((id.clone(), store.load(&id).await?));
        let loaded: Vec<_> = stream::iter(page.items.into_iter().map(load)).buffered(CONCURRENT).try_collect().await?;
        all.extend(loaded);
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

/// All advances, newest first; an error if the facts of one do not fit together.
pub(crate) async fn advances<A: Advances + AdvanceList>(store: &A) -> Result<Vec<Advance>> {
    let folded = facts(store).await?.into_iter().map(|(id, facts)| {
        Advance::fold(&facts).map_err(|error| anyhow::Error::new(error).context(format!("advance {id}")))
    });
    folded.collect()
}
