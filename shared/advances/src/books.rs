//! The lender's journal over all advances and breaks.

use calendar::Date;
use futures_util::future::try_join_all;

use crate::ports::{AdvanceList, Advances, Breaks, PortError};
use crate::{AdvanceId, FoldError, JournalEntry, journal};

/// How many items one page of a list has.
const PAGE: usize = 100;
/// How many advances are loaded concurrently.
const CONCURRENT: usize = 16;

/// Why the journal cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BooksError {
    /// A port failed.
    #[error("cannot read the journal")]
    Port(#[from] PortError),
    /// The facts of an advance do not fit together.
    #[error("the facts of advance {0} do not fit together")]
    Broken(AdvanceId, #[source] FoldError),
    /// There are more advances than may be read.
    #[error("there are more than {0} advances")]
    TooManyAdvances(usize),
}

/// The entries of all advances and breaks that move money, from the first to the last day of `days`, by day.
///
/// Reads at most `max` advances. They may change meanwhile; the entries of days before today do not.
pub async fn journal_of_days<A, B>(
    advances: &A,
    breaks: &B,
    days: (Date, Date),
    max: usize,
) -> Result<Vec<JournalEntry>, BooksError>
where
    A: Advances + AdvanceList,
    B: Breaks,
{
    let mut entries = entries_of_advances(advances, max).await?;
    let mut cursor = None;
    loop {
        let page = breaks.list(None, None, cursor.as_deref(), PAGE).await?;
        entries.extend(page.items.iter().flat_map(crate::Break::journal));
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    let (from, to) = days;
    entries.retain(|it| !it.postings.is_empty() && (from..=to).contains(&it.on));
    entries.sort_by(|one, other| (one.on, &one.source).cmp(&(other.on, &other.source)));
    Ok(entries)
}

async fn entries_of_advances<A>(advances: &A, max: usize) -> Result<Vec<JournalEntry>, BooksError>
where
    A: Advances + AdvanceList,
{
    let (mut entries, mut read, mut cursor) = (Vec::new(), 0_usize, None);
    loop {
        let page = advances.list(None, None, cursor.as_deref(), PAGE).await?;
        read = read.saturating_add(page.items.len());
        if read > max {
            return Err(BooksError::TooManyAdvances(max));
        }
        for ids in page.items.chunks(CONCURRENT) {
            let loaded = try_join_all(ids.iter().map(|id| advances.load(id))).await?;
            for (id, facts) in ids.iter().zip(&loaded) {
                entries.extend(journal(facts).map_err(|error| BooksError::Broken(id.clone(), error))?);
            }
        }
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(entries);
        }
    }
}
