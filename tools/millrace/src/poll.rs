//! `feed poll` and `feed proof`: polls the bank's feeds and shows their proofs.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use api_documents::{FeedDocument, Part};
use calendar::Moment;
use feeds::{CurrencyProof, Feed, FeedLog, FeedStatus, Next, PollError, PollFeed, PollQueue, Progress, Proof};

use crate::Verdict;
use crate::imports::to_the_minute;
use crate::interrupt;
use crate::output::Output;
use crate::progress_bar::ProgressBar;
use crate::table::{Column, NOTHING, count, counted, table};

/// The interval for checking a poll's progress.
const PAUSE: Duration = Duration::from_millis(500);
/// After each of these the wait says that nothing is new: a bank may take so long for a page.
const SILENCE_SECONDS: u64 = 20;

/// Requests a poll of all feeds; with `patience`, waits until they are proven and shows the proofs.
pub(crate) async fn poll(
    output: &Output,
    log: &impl FeedLog,
    queue: &impl PollQueue,
    now: Moment,
    patience: Option<Duration>,
) -> Result<Verdict> {
    queue.send(PollFeed { poll: Some(now), ..PollFeed::all() }, 0).await?;
    wait(output, log, &Feed::ALL, now, patience).await
}

/// Requests a retry of one feed or of all; with `patience`, waits like [`poll`].
pub(crate) async fn retry(
    output: &Output,
    log: &impl FeedLog,
    queue: &impl PollQueue,
    now: Moment,
    feed: Option<Feed>,
    patience: Option<Duration>,
) -> Result<Verdict> {
    // Transfers wait for the companies of the same poll.
    let feeds = match feed {
        None => Feed::ALL.to_vec(),
        Some(feed @ (Feed::Sepa | Feed::Swift)) => vec![Feed::CompanyInfo, feed],
        Some(feed) => vec![feed],
    };
    for feed in &feeds {
        let request = PollFeed { feed: Some(*feed), poll: Some(now), retry: true, ..PollFeed::all() };
        queue.send(request, 0).await?;
    }
    wait(output, log, &feeds, now, patience).await
}

async fn wait(
    output: &Output,
    log: &impl FeedLog,
    feeds: &[Feed],
    now: Moment,
    patience: Option<Duration>,
) -> Result<Verdict> {
    let Some(patience) = patience else {
        let args = serde_json::json!({ "poll": now });
        output.answer(|| &args, || format!("requested poll {now}; `millrace feed proof` shows the result"))?;
        return Ok(Verdict::Ok);
    };
    let continues =
        "only the waiting ended; the poll continues in the background. Look at it with: millrace feed proof";
    interrupt::end_with(continues.to_owned());
    let progress_bar = ProgressBar::counting("feeds", u64::try_from(feeds.len()).unwrap_or(0));
    let started = Instant::now();
    let mut changed = BTreeMap::new();
    loop {
        let mut open = Vec::new();
        for feed in feeds.iter().copied() {
            let progress = log.progress(feed).await?.filter(|it| it.poll >= now);
            if progress.as_ref().is_some_and(|it| it.next() == Next::Rest) {
                continue;
            }
            let error = log.last_error(feed).await?.filter(|it| it.at >= now);
            let text = render_progress(progress.as_ref());
            let since = changed.entry(feed).or_insert_with(|| (text.clone(), Instant::now()));
            if since.0 != text {
                *since = (text.clone(), Instant::now());
            }
            open.push(render_feed(feed, &text, since.1.elapsed(), error.as_ref()));
        }
        let ended = feeds.len().saturating_sub(open.len());
        progress_bar.reached(u64::try_from(ended).unwrap_or(0), u64::try_from(feeds.len()).unwrap_or(0));
        if open.is_empty() {
            progress_bar.done("proven");
            return proofs(output, log).await;
        }
        progress_bar.note(&open.join(" · "));
        if started.elapsed() >= patience {
            bail!(
                "the poll has not ended within {} s: {}. It continues in the background. Check it with `millrace feed \
                 proof`, or wait longer with --timeout; the log of poll-feed may contain the reason",
                patience.as_secs(),
                open.join("; ")
            );
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The progress of a feed, what its last request has met, and how long nothing has changed.
fn render_feed(feed: Feed, progress: &str, unchanged: Duration, error: Option<&PollError>) -> String {
    let mut text = format!("{feed} {progress}");
    // In steps, so that a log has few lines.
    let steps = unchanged.as_secs().checked_div(SILENCE_SECONDS).unwrap_or(0);
    if steps > 0 {
        text.push_str(&format!(" (nothing new for {} s)", steps.saturating_mul(SILENCE_SECONDS)));
    }
    if let Some(error) = error {
        text.push_str(&format!(", {}", error.what));
    }
    text
}

fn render_progress(progress: Option<&Progress>) -> String {
    let Some(progress) = progress else { return "queued".to_owned() };
    let pages = counted(u64::from(progress.pages), "page", "pages");
    match progress.next() {
        Next::Fetch => pages,
        Next::Review(_) => format!("{pages}, reviewed"),
        Next::Gather(_) | Next::GatherAgain(_) => format!("{pages}, to import"),
        Next::Prove | Next::Rest => format!("{pages}, to prove"),
    }
}

/// The progress of each feed, its last error, and its last proof.
pub(crate) async fn proofs(output: &Output, log: &impl FeedLog) -> Result<Verdict> {
    let mut feeds = Vec::new();
    for feed in Feed::ALL {
        feeds.push(FeedStatus::load(log, feed).await?);
    }
    output.answer(|| Part::whole(feeds.iter().cloned().map(FeedDocument::from)), || render_feeds(&feeds))?;
    Ok(if feeds.iter().all(FeedStatus::is_healthy) { Verdict::Ok } else { Verdict::Problems })
}

fn render_feeds(feeds: &[FeedStatus]) -> String {
    if feeds.iter().all(|it| it.poll.is_none()) {
        return "no feed has been polled yet; run `millrace feed poll --wait`".to_owned();
    }
    let columns = [
        Column::id("Feed"),
        Column::text("State"),
        Column::text("Poll requested"),
        Column::text("Proven"),
        Column::text("Failing since"),
    ];
    let time = |it: Option<Moment>| it.map_or_else(|| NOTHING.to_owned(), |it| to_the_minute(&it.to_string()));
    let row = |it: &FeedStatus| {
        let error = it.error.as_ref().map(|error| format!("{}: {}", time(Some(error.at)), error.what));
        let error = error.unwrap_or_else(|| NOTHING.to_owned());
        vec![it.feed.to_string(), it.state.to_owned(), time(it.poll), time(it.proven_at), error]
    };
    let states = table(&columns, feeds.iter().map(row));
    let proofs: Vec<Proof> = feeds.iter().filter_map(|it| it.proof.clone()).collect();
    if proofs.is_empty() { states } else { format!("{states}\n{}", render_text(&proofs)) }
}

fn render_text(proofs: &[Proof]) -> String {
    let columns = [
        Column::id("Feed"),
        Column::number("Pages").optional(6),
        Column::number("Tries").optional(8),
        Column::number("Declared"),
        Column::number("Received").optional(7),
        Column::number("Taken"),
        Column::number("Rejected").optional(1),
        Column::number("Entries"),
        Column::number("Posted"),
        Column::number("Duplicates").optional(2),
        Column::number("Dirty").optional(3),
        Column::id("Proof"),
    ];
    let row = |proof: &Proof| {
        let (rows, entries) = (&proof.rows, &proof.entries);
        let counts = [
            proof.pages.taken,
            proof.pages.requests,
            rows.declared,
            rows.received,
            rows.taken,
            rows.rejected,
            entries.made,
            entries.posted,
            entries.duplicates,
            entries.dirty,
        ];
        let verdict = match (proof.is_complete(), declares(proof)) {
            (true, true) => "complete",
            (true, false) => "consistent",
            (false, _) => "not complete",
        };
        let mut row = vec![proof.feed.to_string()];
        row.extend(counts.map(count));
        if let Some(declared) = row.get_mut(3).filter(|_| !declares(proof)) {
            NOTHING.clone_into(declared);
        }
        row.push(verdict.to_owned());
        row
    };
    let mut parts = vec![table(&columns, proofs.iter().map(row))];
    parts.extend(proofs.iter().filter(|it| !it.currencies.is_empty()).map(render_sums));
    if proofs.iter().any(|it| it.entries.made > 0) {
        parts.push("a transfer makes one entry for each registered side".to_owned());
    }
    for proof in proofs.iter().filter(|it| !it.is_complete()) {
        let gaps: Vec<String> = proof.gaps.iter().map(|gap| format!("  {gap}")).collect();
        parts.push(format!("{} is not complete:\n{}", proof.feed, gaps.join("\n")));
    }
    for proof in proofs.iter().filter(|it| !it.notes().is_empty()) {
        let notes: Vec<String> = proof.notes().iter().map(|note| format!("  {note}")).collect();
        parts.push(format!("{}:\n{}", proof.feed, notes.join("\n")));
    }
    parts.join("\n")
}

/// Whether the bank declares the counts of its pages.
fn declares(proof: &Proof) -> bool {
    proof.pages.undeclared == 0
}

/// The sums of a feed, by currency; those of entries ignore the sign.
fn render_sums(proof: &Proof) -> String {
    let columns = [
        Column::id(proof.feed.name()),
        Column::number("Declared"),
        Column::number("Received").optional(5),
        Column::number("Taken").optional(4),
        Column::number("Entries"),
        Column::number("Posted"),
        Column::number("Duplicates").optional(2),
        Column::number("Dirty").optional(1),
    ];
    let row = |it: &CurrencyProof| {
        let sums = [it.declared, it.received, it.taken, it.made, it.posted, it.duplicates, it.dirty];
        let amount = |sum: money::Money| if sum.minor() == 0 { NOTHING.to_owned() } else { sum.grouped() };
        std::iter::once(it.declared.currency().to_string()).chain(sums.map(amount)).collect()
    };
    table(&columns, proof.currencies.iter().map(row))
}

#[cfg(test)]
mod tests {
    use feeds::testing::{FakeFeedLog, FakePollQueue};
    use feeds::{PageRecord, Step};

    use super::*;

    fn now() -> Moment {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }

    #[tokio::test]
    async fn a_poll_is_requested_once() {
        let (log, queue) = (FakeFeedLog::default(), FakePollQueue::default());
        let verdict = poll(&Output::new(true), &log, &queue, now(), None).await.unwrap();
        assert_eq!(
            (verdict, queue.take()),
            (Verdict::Ok, vec![(PollFeed { poll: Some(now()), ..PollFeed::all() }, 0)])
        );
    }

    #[tokio::test]
    async fn a_retry_is_requested_by_feed_and_for_transfers_with_their_companies() {
        let check = async |feed: Option<Feed>, expected: &[Feed]| {
            let (log, queue) = (FakeFeedLog::default(), FakePollQueue::default());
            retry(&Output::new(true), &log, &queue, now(), feed, None).await.unwrap();
            let request = |it: &Feed| PollFeed { feed: Some(*it), poll: Some(now()), retry: true, ..PollFeed::all() };
            assert_eq!(queue.take(), expected.iter().map(|it| (request(it), 0)).collect::<Vec<_>>(), "{feed:?}");
        };
        check(None, &Feed::ALL).await;
        check(Some(Feed::Swift), &[Feed::CompanyInfo, Feed::Swift]).await;
        check(Some(Feed::ExchangeRates), &[Feed::ExchangeRates]).await;
    }

    #[test]
    fn a_bank_that_does_not_answer_is_seen() {
        let text = |seconds, error| render_feed(Feed::Sepa, "0 pages", Duration::from_secs(seconds), error);
        assert_eq!(text(19, None), "sepa 0 pages");
        assert_eq!(text(59, None), "sepa 0 pages (nothing new for 40 s)");
        let error = PollError { at: now(), what: "no answer within 10 s".to_owned() };
        assert_eq!(text(61, Some(&error)), "sepa 0 pages (nothing new for 60 s), no answer within 10 s");
    }

    #[tokio::test]
    async fn a_poll_that_takes_too_long_says_what_to_do() {
        let (log, queue) = (FakeFeedLog::default(), FakePollQueue::default());
        let waited = poll(&Output::new(true), &log, &queue, now(), Some(Duration::ZERO)).await;
        let message = waited.unwrap_err().to_string();
        assert!(message.contains("millrace feed proof") && message.contains("--timeout"), "{message}");
    }

    #[test]
    fn what_was_not_declared_is_not_called_complete() {
        let page: PageRecord = serde_json::from_value(serde_json::json!({
            "number": 0, "format": "cdm", "damaged": 1, "cursor": "", "next": "", "key": "", "asked": 1, "repeated": 0,
            "declared": {"rows": 0, "unreadable": 0, "sums": []}, "received": {"rows": 0, "unreadable": 0, "sums": []},
        }))
        .unwrap();
        let text = render_text(&[Proof { gaps: Vec::new(), ..Proof::of(Feed::Sepa, now(), &[page], &[]) }]);
        assert!(text.contains("declares neither rows nor sums") && text.contains("1 answers ended"), "{text}");
        assert!(text.contains(" consistent ") && !text.contains("complete"), "{text}");
    }

    #[tokio::test]
    async fn a_bank_that_does_not_answer_shows_beside_the_last_proof() {
        let log = FakeFeedLog::default();
        let rests = Progress { at_end: true, ..Progress::new(Feed::Sepa, now()) }.reviewed([]).proven(now());
        log.advance(&rests, &Step::Nothing).await.unwrap();
        log.keep_proof(&Proof::of(Feed::Sepa, now(), &[], &[]));
        assert_eq!(proofs(&Output::new(true), &log).await.unwrap(), Verdict::Ok);
        let next_day: Moment = "2026-11-22T10:00:00Z".parse().unwrap();
        let begun = log.progress(Feed::Sepa).await.unwrap().unwrap().begun(next_day).unwrap();
        log.advance(&begun, &Step::Nothing).await.unwrap();
        let error = PollError { at: next_day, what: "the feed's server does not answer".to_owned() };
        log.note_error(Feed::Sepa, &error).await.unwrap();
        assert_eq!(proofs(&Output::new(true), &log).await.unwrap(), Verdict::Problems);
        let text = render_feeds(&[FeedStatus::load(&log, Feed::Sepa).await.unwrap()]);
        let line =
            "│ sepa ┆ fetching ┆ 2026-11-22 10:00 ┆ 2026-11-21 10:00 ┆ 2026-11-22 10:00: the feed's server does not";
        assert!(text.contains(line) && text.contains(" complete "), "{text}");
    }

    #[tokio::test]
    async fn a_gap_is_a_problem() {
        let log = FakeFeedLog::default();
        for feed in Feed::ALL {
            log.keep_proof(&Proof::of(feed, now(), &[], &[]));
            let rests = Progress { at_end: true, ..Progress::new(feed, now()) }.reviewed([]).proven(now());
            log.advance(&rests, &Step::Nothing).await.unwrap();
        }
        let patience = Some(Duration::from_secs(5));
        let well = poll(&Output::new(true), &log, &FakePollQueue::default(), now(), patience).await.unwrap();
        assert_eq!(well, Verdict::Ok);
        let page: PageRecord = serde_json::from_value(serde_json::json!({
            "number": 0, "format": "millrace", "damaged": 0, "cursor": "", "next": "1", "key": "", "asked": 1, "repeated": 0,
            "declared": {"rows": 2, "unreadable": 0, "sums": []}, "received": {"rows": 1, "unreadable": 0, "sums": []},
        }))
        .unwrap();
        let proof = Proof::of(Feed::Sepa, now(), &[page], &[]);
        assert!(
            render_text(std::slice::from_ref(&proof))
                .contains("sepa is not complete:\n  page 0 (cursor ``) declares 2 rows and has 1")
        );
        log.keep_proof(&proof);
        assert_eq!(proofs(&Output::new(true), &log).await.unwrap(), Verdict::Problems);
    }
}
