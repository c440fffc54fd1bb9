//! A feed and its proof, as JSON.

use calendar::Moment;
use feeds::{CurrencyProof, FeedStatus, PollError, Proof};
use serde::Serialize;
use utoipa::ToSchema;

use super::Money;

/// A feed: its progress and its proof.
#[derive(Serialize, ToSchema)]
#[schema(as = Feed)]
pub struct FeedDocument {
    /// `company-info`, `exchange-rates`, `sepa` or `swift`.
    feed: &'static str,
    /// `never-polled`, `fetching`, `importing`, `proving`, or `idle` if no poll is running.
    state: &'static str,
    /// When the current or the last poll was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    poll: Option<Moment>,
    /// The number of fetched pages.
    pages: u32,
    /// When the feed was last proven.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    proven_at: Option<Moment>,
    /// The last error since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<FeedErrorDocument>,
    /// The last proof; absent before the first poll has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<ProofDocument>,
}

/// The last error of a feed's poll.
#[derive(Serialize, ToSchema)]
#[schema(as = FeedError)]
struct FeedErrorDocument {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    /// What happened.
    what: String,
}

/// The proof that everything a feed has declared is in the books.
#[derive(Serialize, ToSchema)]
#[schema(as = Proof)]
struct ProofDocument {
    /// The poll.
    #[schema(value_type = String, format = DateTime)]
    poll: Moment,
    /// Whether there is no gap: all compared figures add up.
    complete: bool,
    /// What is missing or does not add up, and where.
    gaps: Vec<String>,
    /// What could not be compared, and what was compared instead; rows that the bank withdrew after they were fetched.
    notes: Vec<String>,
    pages: PageCounts,
    rows: FeedRows,
    entries: FeedEntries,
    /// The sums, by currency.
    sums: Vec<FeedSums>,
}

/// Pages of a feed.
#[derive(Serialize, ToSchema)]
struct PageCounts {
    /// The number of accepted pages.
    taken: u64,
    /// The number of requests.
    requests: u64,
    /// The number of responses with another page.
    repeated: u64,
    /// The number of imports of these pages.
    imports: u64,
}

/// Rows of a feed: declared = received = read = taken + rejected.
#[derive(Serialize, ToSchema)]
struct FeedRows {
    declared: u64,
    received: u64,
    read: u64,
    taken: u64,
    rejected: u64,
}

/// Entries of a feed: made = posted + duplicates; dirty entries are posted, too.
#[derive(Serialize, ToSchema)]
struct FeedEntries {
    made: u64,
    posted: u64,
    duplicates: u64,
    dirty: u64,
}

/// Sums of one currency; those of entries ignore the sign.
#[derive(Serialize, ToSchema)]
struct FeedSums {
    /// Of rows, as declared by the pages.
    declared: Money,
    /// Of rows, as counted on the pages.
    received: Money,
    /// Of accepted rows.
    taken: Money,
    /// Of rejected rows.
    rejected: Money,
    /// Of entries.
    made: Money,
    /// Of entries that are new in the books.
    posted: Money,
    /// Of entries that already existed.
    duplicates: Money,
    /// Of dirty entries.
    dirty: Money,
}

impl From<FeedStatus> for FeedDocument {
    fn from(status: FeedStatus) -> Self {
        let FeedStatus { feed, state, poll, pages, proven_at, error, proof } = status;
        let error = error.map(|PollError { at, what }| FeedErrorDocument { at, what });
        Self { feed: feed.name(), state, poll, pages, proven_at, error, proof: proof.map(ProofDocument::from) }
    }
}

impl From<Proof> for ProofDocument {
    fn from(proof: Proof) -> Self {
        let notes = proof.notes();
        let (complete, Proof { poll, gaps, pages, rows, entries, currencies, .. }) = (proof.is_complete(), proof);
        Self {
            poll,
            complete,
            gaps,
            notes,
            pages: PageCounts {
                taken: pages.taken,
                requests: pages.requests,
                repeated: pages.repeated,
                imports: pages.imports,
            },
            rows: FeedRows {
                declared: rows.declared,
                received: rows.received,
                read: rows.read,
                taken: rows.taken,
                rejected: rows.rejected,
            },
            entries: FeedEntries {
                made: entries.made,
                posted: entries.posted,
                duplicates: entries.duplicates,
                dirty: entries.dirty,
            },
            sums: currencies.into_iter().map(FeedSums::from).collect(),
        }
    }
}

impl From<CurrencyProof> for FeedSums {
    fn from(proof: CurrencyProof) -> Self {
        Self {
            declared: proof.declared.into(),
            received: proof.received.into(),
            taken: proof.taken.into(),
            rejected: proof.rejected.into(),
            made: proof.made.into(),
            posted: proof.posted.into(),
            duplicates: proof.duplicates.into(),
            dirty: proof.dirty.into(),
        }
    }
}
