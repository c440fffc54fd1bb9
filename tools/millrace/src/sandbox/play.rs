//! Plays days on a stack: the clocks, the run, the payments.

use std::time::Duration;

use advances::ports::{RunQueue as _, RunRequest, Runs};
use advances::{RunPhase, RunRecord};
use advances_dynamodb::DynamoDbAdvances;
use anyhow::{Context as _, Result, bail};
use aws_sdk_sqs::types::QueueAttributeName;
use calendar::{Clock as _, Date, Moment};
use lambda_kit::SystemClock;
use serde_json::json;

use super::{SandboxProcessor, elapsed, set_clocks};
use crate::Verdict;
use crate::advances::clock;
use crate::interrupt;
use crate::output::Output;
use crate::progress_bar::ProgressBar;
use crate::stack::Stack;
use crate::table::counted;

/// The time of day of each run.
const RUN_AT: Duration = Duration::from_hours(6);
const PAUSE: Duration = Duration::from_millis(50);

/// Plays `days` days after the latest run, or from today.
pub(super) async fn run(
    output: &Output,
    stack: &Stack,
    processor: &SandboxProcessor,
    days: u32,
    patience: Duration,
) -> Result<Verdict> {
    let store = stack.advances()?;
    let first = first_day(&store).await?;
    interrupt::end_with("the days so far are played; `millrace sandbox play` continues after the last".to_owned());
    let progress_bar = ProgressBar::counting("Days", u64::from(days));
    let mut last = first;
    for number in 0..days {
        last = first.plus_days(i32::try_from(number)?)?;
        let at = Moment::day(last).plus(RUN_AT);
        if at > clock(&store).await?.now() {
            set_clocks(processor, &store, at).await?;
        }
        stack.run_requests()?.send(RunRequest::new(last)).await?;
        let run = played(stack, &store, last, patience).await?;
        progress_bar.reached(u64::from(number).saturating_add(1), u64::from(days));
        progress_bar.note(&format!("{last}: {}", counted(run.totals.count, "payment", "payments")));
    }
    progress_bar.done(&format!("{first} to {last}"));
    output.answer(
        || json!({ "first": first, "last": last }),
        || format!("played from {first} to {last}; `millrace sandbox ledger` compares both ledgers"),
    )?;
    Ok(Verdict::Ok)
}

/// The day after the latest run; today before the first one.
async fn first_day(store: &DynamoDbAdvances) -> Result<Date> {
    Ok(match store.latest().await? {
        Some(latest) => latest.plus_days(1)?,
        None => clock(store).await?.now().date(),
    })
}

/// Waits until the run for `date` is done and the payments that it has requested are made.
async fn played(stack: &Stack, store: &DynamoDbAdvances, date: Date, patience: Duration) -> Result<RunRecord> {
    let started = SystemClock.now();
    loop {
        match Runs::load(store, date).await? {
            Some(run) if run.phase == RunPhase::Waiting => bail!(
                "the run for {date} waits: {}. Continue it with `millrace advances approve {date}`, then repeat the command",
                run.objection.as_deref().unwrap_or_default()
            ),
            Some(run) if run.phase == RunPhase::Done && is_empty(stack).await? => return Ok(run),
            _ if elapsed(started) > patience => bail!(
                "the run for {date} and its payments are not done within {} s; `cargo xtask logs run-debits` or \
                 `collect-debit` may contain the reason",
                patience.as_secs()
            ),
            _ => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Whether no payment is on the queue or being made.
async fn is_empty(stack: &Stack) -> Result<bool> {
    let names = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
    ];
    let request = stack.sqs().get_queue_attributes().queue_url(stack.output("PaymentsQueueUrl")?);
    let answer = request.set_attribute_names(Some(names.to_vec())).send().await.context("reading the queue of payments")?;
    let attributes = answer.attributes.unwrap_or_default();
    Ok(names.iter().all(|name| attributes.get(name).is_some_and(|it| it == "0")))
}
