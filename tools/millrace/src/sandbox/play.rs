//! Plays days on a stack: the clocks, the run, the payments, and what an operator does in the evening.

use std::time::Duration;

use advances::ports::{AdvanceList, CallGate, RunQueue as _, RunRequest, Runs};
use advances::{Advance, AdvanceId, Gate, RunPhase, RunRecord, change, change_gate};
use advances_dynamodb::DynamoDbAdvances;
use anyhow::{Context as _, Result, bail};
use aws_sdk_sqs::types::QueueAttributeName;
use calendar::{Clock as _, Date, Moment};
use lambda_kit::SystemClock;
use serde::Serialize;

use super::{SandboxProcessor, elapsed, set_clocks};
use crate::Verdict;
use crate::advances::clock;
use crate::arguments::PlayArgs;
use crate::interrupt;
use crate::output::Output;
use crate::progress_bar::ProgressBar;
use crate::stack::Stack;
use crate::table::counted;

/// The time of day of each run.
const RUN_AT: Duration = Duration::from_hours(6);
const PAUSE: Duration = Duration::from_millis(50);
const PAGE: usize = 100;
/// Refunds of all advances are looked at once a week.
const REFUNDS_EVERY_DAYS: u32 = 7;
/// The operator of these days, for the record.
const OPERATOR: &str = "sandbox play";

/// What happened.
#[derive(Serialize)]
struct Played {
    first: Date,
    last: Date,
    /// The payments that were due, each day again until they were made.
    payments: u64,
    /// What the operator did.
    approved_runs: u64,
    approved_refunds: u64,
    resumed: u64,
}

/// Plays the days after the latest run, or from today.
pub(super) async fn run(
    output: &Output,
    stack: &Stack,
    processor: &SandboxProcessor,
    args: &PlayArgs,
) -> Result<Verdict> {
    let store = stack.advances()?;
    let (first, days) = (first_day(stack, &store).await?, u64::from(args.days));
    interrupt::end_with("the days so far are played; `millrace sandbox play` continues after the last".to_owned());
    let progress_bar = ProgressBar::counting("Days", days);
    let mut played = Played { first, last: first, payments: 0, approved_runs: 0, approved_refunds: 0, resumed: 0 };
    for number in 0..args.days {
        let date = first.plus_days(i32::try_from(number)?)?;
        let at = Moment::day(date).plus(RUN_AT);
        if at > clock(stack).await?.now() {
            set_clocks(processor, stack, at).await?;
        }
        stack.run_requests()?.send(RunRequest::new(date)).await?;
        let run = end_of(stack, &store, date, args, &mut played).await?;
        played.last = date;
        played.payments = played.payments.saturating_add(run.totals.count);
        if args.as_operator {
            resume(&store, &mut played).await?;
            let days = number.saturating_add(1);
            if days.is_multiple_of(REFUNDS_EVERY_DAYS) || days == args.days {
                approve_all_refunds(stack, &store, &mut played).await?;
            }
        }
        progress_bar.reached(u64::from(number).saturating_add(1), days);
        progress_bar.note(&format!("{date}: {}", counted(run.totals.count, "payment", "payments")));
    }
    progress_bar.done(&format!("{first} to {}", played.last));
    output.answer(|| &played, || render(&played))?;
    Ok(Verdict::Ok)
}

fn render(played: &Played) -> String {
    let Played { first, last, payments, approved_runs, approved_refunds, resumed } = played;
    let mut text = format!("played from {first} to {last}: {} due", counted(*payments, "payment", "payments"));
    let done = [
        (*approved_runs, "large run approved", "large runs approved"),
        (*approved_refunds, "refund approved", "refunds approved"),
        (*resumed, "stop of all payments resumed", "stops of all payments resumed"),
    ];
    for (count, one, many) in done.into_iter().filter(|(count, ..)| *count > 0) {
        text.push_str(&format!("\n{} by the operator", counted(count, one, many)));
    }
    text.push_str("\n`millrace sandbox ledger` compares both ledgers");
    text
}

/// The day after the latest run; today before the first one.
async fn first_day(stack: &Stack, store: &DynamoDbAdvances) -> Result<Date> {
    Ok(match store.latest().await? {
        Some(latest) => latest.plus_days(1)?,
        None => clock(stack).await?.now().date(),
    })
}

/// Waits until the run for `date` is done and no payment is on the queue.
async fn end_of(
    stack: &Stack,
    store: &DynamoDbAdvances,
    date: Date,
    args: &PlayArgs,
    played: &mut Played,
) -> Result<RunRecord> {
    let (started, patience) = (SystemClock.now(), Duration::from_secs(args.timeout));
    loop {
        match Runs::load(store, date).await? {
            Some(run) if run.phase == RunPhase::Waiting && args.as_operator => {
                if let Some(approved) = run.approve(OPERATOR) {
                    Runs::save(store, &approved).await?;
                    stack.run_requests()?.send(RunRequest::new(date)).await?;
                    played.approved_runs = played.approved_runs.saturating_add(1);
                }
            }
            Some(run) if run.phase == RunPhase::Waiting => bail!(
                "the run for {date} waits: {}. Continue it with `millrace advances approve {date}`, or play with \
                 --as-operator",
                run.objection.as_deref().unwrap_or_default()
            ),
            Some(run) if run.phase == RunPhase::Done && is_empty(stack).await? => return Ok(run),
            _ if elapsed(started) > patience => bail!(
                "the run for {date} and its payments are not done within {} s; `cargo xtask logs run-debits` or \
                 `cargo xtask logs collect-debit` may contain the reason",
                patience.as_secs()
            ),
            _ => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Whether no payment is on the queue or being made.
async fn is_empty(stack: &Stack) -> Result<bool> {
    let names =
        [QueueAttributeName::ApproximateNumberOfMessages, QueueAttributeName::ApproximateNumberOfMessagesNotVisible];
    let request = stack.sqs().get_queue_attributes().queue_url(stack.output("PaymentsQueueUrl")?);
    let answer = request.set_attribute_names(Some(names.to_vec())).send().await;
    let attributes = answer.context("reading the queue of payments")?.attributes.unwrap_or_default();
    Ok(names.iter().all(|name| attributes.get(name).is_some_and(|it| it == "0")))
}

async fn resume(store: &DynamoDbAdvances, played: &mut Played) -> Result<()> {
    if CallGate::load(store).await?.stopped.is_some() {
        change_gate(store, Gate::resume).await?;
        played.resumed = played.resumed.saturating_add(1);
    }
    Ok(())
}

async fn approve_all_refunds(stack: &Stack, store: &DynamoDbAdvances, played: &mut Played) -> Result<()> {
    let now = clock(stack).await?.now();
    let mut cursor = None;
    loop {
        let page = AdvanceList::list(store, None, None, cursor.as_deref(), PAGE).await?;
        for id in &page.items {
            let approved = approve_refunds(store, id, now).await?;
            played.approved_refunds = played.approved_refunds.saturating_add(approved);
        }
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

async fn approve_refunds(store: &DynamoDbAdvances, id: &AdvanceId, now: Moment) -> Result<u64> {
    let mut approved = 0;
    let decide = |advance: &Advance| {
        let refunds = advance.refunds().iter().filter_map(|it| advance.approve_refund(it.instalment, OPERATOR, now));
        let facts: Vec<_> = refunds.collect();
        approved = u64::try_from(facts.len()).unwrap_or(u64::MAX);
        Ok(facts)
    };
    change(store, id, decide).await?;
    Ok(approved)
}
