//! The results of the accounts of a batch, and which of them get a summary.

use banking::AccountNumber;
use calendar::Clock;
use futures_util::{StreamExt, TryStreamExt, stream};
use imports::{BatchOutcome, BatchQueue, Batches, Files, FullAccount, Imports, PostBatch};
use ledger::{Books, Entry, PostError, Posted, PostingId, post};
use mail::SummaryKey;
use mail::outbox::{Summaries, SummariesError, SummaryRequests};

use crate::{ACCOUNTS_AT_ONCE, PostEntries};

/// The reason, and what to do.
const FULL: &str = "the account's entries are in too many months and currencies; look for wrong dates, and upload the \
                    corrected file";

/// The result of an account.
pub(crate) struct PostedAccount {
    account: AccountNumber,
    posted: Posted,
    /// Entries that the account has no room for.
    not_posted: u64,
}

/// Posts the entries of an account. An account without room is not an error: the other accounts of the batch are
/// posted.
pub(crate) async fn post_account<B: Books>(
    books: &B,
    account: AccountNumber,
    entries: Vec<Entry>,
    posting: PostingId,
) -> Result<PostedAccount, PostError> {
    let offered = u64::try_from(entries.len()).unwrap_or(u64::MAX);
    match post(books, &account, entries, posting).await {
        Ok(posted) => Ok(PostedAccount { account, posted, not_posted: 0 }),
        Err(PostError::TooManyMonths(added)) => {
            tracing::error!("an account has too many months and currencies; its entries are not posted");
            let not_posted = offered.saturating_sub(added.entries);
            Ok(PostedAccount { account, posted: Posted { added, ..Posted::default() }, not_posted })
        }
        Err(error) => Err(error),
    }
}

/// The result of a batch.
pub(crate) fn outcome(accounts: &[PostedAccount]) -> BatchOutcome {
    let sum = accounts.iter().fold(Posted::default(), |sum, PostedAccount { posted, .. }| Posted {
        added: sum.added.and(&posted.added),
        duplicates: sum.duplicates.saturating_add(posted.duplicates),
        from_another_source: sum.from_another_source.saturating_add(posted.from_another_source),
    });
    let count = u64::try_from(accounts.len()).unwrap_or(u64::MAX);
    let from_another_source = sum.from_another_source;
    let mut outcome = BatchOutcome { from_another_source, ..BatchOutcome::new(&sum.added, sum.duplicates, count) };
    for it in accounts.iter().filter(|it| it.not_posted > 0) {
        let account = it.account.clone();
        outcome.not_posted.add(FullAccount { account, entries: it.not_posted, reason: FULL.to_owned() });
    }
    outcome
}

impl<F, I, B, T, S, Q, C> PostEntries<F, I, B, T, S, Q, C>
where
    F: Files,
    I: Imports + Batches,
    B: Books,
    T: BatchQueue,
    S: Summaries,
    Q: SummaryRequests,
    C: Clock,
{
    /// The accounts that get a summary: all accounts, except those without new entries if the import repeats another
    /// one or the account is full. The books remember the result of a posting, so that its repetition finds the same
    /// accounts; the earlier batches of a large account count, too.
    ///
    /// A failed import may have posted entries without requesting the account's summary. Then the import that replaces
    /// it requests the summary.
    pub(crate) async fn with_summary(
        &self,
        accounts: Vec<PostedAccount>,
        request: &PostBatch,
    ) -> Result<Vec<AccountNumber>, SummariesError> {
        let wanted = stream::iter(accounts).map(async |it| {
            let has_new = request.posted_before > 0 || it.posted.added.entries > 0;
            let wants = has_new
                || it.not_posted == 0 && (!request.repeats || self.was_left_without(&it.account, request).await?);
            Ok::<_, SummariesError>(wants.then_some(it.account))
        });
        wanted.buffered(ACCOUNTS_AT_ONCE).try_filter_map(async |it| Ok(it)).try_collect().await
    }

    /// Whether imports of the same content failed, and none of them has requested a summary of the account.
    async fn was_left_without(&self, account: &AccountNumber, request: &PostBatch) -> Result<bool, SummariesError> {
        for failed in &request.failed_before {
            let key = SummaryKey { account: account.clone(), import: failed.to_string() };
            if self.summaries.load(&key).await?.is_some() {
                return Ok(false);
            }
        }
        Ok(!request.failed_before.is_empty())
    }
}
