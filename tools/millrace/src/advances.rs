//! `advances`: the lender's daily work: runs, the stop switch, the journal, and a simulation.

mod all;
pub(crate) mod audit;
mod bank;
mod book;
mod one;
pub(crate) mod restore;

use ::advances::ports::{AdvanceList, Advances, Breaks, CallGate, RunQueue, RunRequest, Runs};
use ::advances::simulation::{Faults, Scenario, simulate};
use ::advances::{JournalEntry, RunPhase, RunRecord, Saved, change_gate, journal_of_days, resume};
use advances_dynamodb::SimulatedClock;
use anyhow::{Context as _, Result, bail, ensure};
use calendar::{Clock as _, Date, Moment};
use lambda_kit::SystemClock;
use serde_json::json;

use crate::Verdict;
use crate::arguments::{AdvancesCommand, SimulateArgs};
use crate::output::Output;
use crate::stack::Stack;
use crate::table::{Column, table};

pub(crate) use all::advances;
pub(crate) use one::run as run_one;

/// Runs `advances …`.
pub(crate) async fn run(output: &Output, stack: &Stack, command: AdvancesCommand) -> Result<Verdict> {
    let store = stack.advances()?;
    let now = clock(stack).await?.now();
    match command {
        AdvancesCommand::Simulate(args) => play(output, &args),
        AdvancesCommand::Run { date } => request_run(output, &stack.run_requests()?, date, now).await,
        AdvancesCommand::Show { date } => {
            let run = Runs::load(&store, date).await?.with_context(|| format!("there is no run for {date}"))?;
            show(output, &run)
        }
        AdvancesCommand::Approve { date, by } => approve(output, &store, &stack.run_requests()?, date, &by.by).await,
        AdvancesCommand::Compare => bank::run(output, &store, &store, &stack.books()?).await,
        AdvancesCommand::Calls => calls(output, &store).await,
        AdvancesCommand::Stop { reason, by } => {
            change_gate(&store, |gate| gate.stop(now, &by.by, &reason)).await?;
            calls(output, &store).await
        }
        AdvancesCommand::Resume => {
            resume(&store, &store, &stack.run_requests()?).await?;
            calls(output, &store).await
        }
        AdvancesCommand::Journal { from, to } => {
            let days = (from.unwrap_or(Date::MIN), to.unwrap_or(Date::MAX));
            journal(output, &store, &store, days).await
        }
    }
}

/// Plays a portfolio; needs no stack.
pub(crate) fn play(output: &Output, args: &SimulateArgs) -> Result<Verdict> {
    let others = if args.all_faults { Faults::MANY } else { Faults::default() };
    let faults = Faults { failure: args.failure_rate, ..others };
    let scenario = Scenario { days: args.days, advances: args.advances, faults, ..Scenario::of_seed(args.seed) };
    let book = simulate(&scenario)?;
    let document = json!({
        "seed": args.seed,
        "advances": book.facts.len(),
        "breaks": book.breaks.len(),
        "days": book.days,
    });
    output.answer(|| &document, || book::render(&book))?;
    Ok(Verdict::Ok)
}

/// The lender's clock: the machine's, unless it is set ahead on a stack with the sandbox's processor. On any other stack
/// the functions do not read how it is set, so neither does the command.
pub(crate) async fn clock(stack: &Stack) -> Result<SimulatedClock<SystemClock>> {
    let advances = stack.has_sandbox_processor().then(|| stack.advances()).transpose()?;
    let clock = SimulatedClock::new(SystemClock, advances);
    clock.read().await?;
    Ok(clock)
}

async fn request_run<Q: RunQueue>(output: &Output, runs: &Q, date: Date, now: Moment) -> Result<Verdict> {
    ensure!(date <= now.date(), "{date} is in the future; a run is for today or a day before");
    runs.send(RunRequest::new(date)).await?;
    output.answer(
        || json!({ "requested": date }),
        || format!("the run for {date} is requested; see `millrace advances show {date}`"),
    )?;
    Ok(Verdict::Ok)
}

fn show(output: &Output, run: &RunRecord) -> Result<Verdict> {
    let phase = match run.phase {
        RunPhase::Planning { .. } => "planning",
        RunPhase::Waiting => "waiting",
        RunPhase::Sending { .. } => "sending",
        RunPhase::Done => "done",
    };
    let totals = run.totals.minor.iter().map(|(currency, minor)| money::Money::new(*minor, *currency));
    let totals: Vec<_> = totals.collect();
    let document = json!({
        "date": run.date,
        "phase": phase,
        "payments": run.totals.count,
        "totals": totals,
        "objection": run.objection,
        "approved_by": run.approved_by,
    });
    output.answer(
        || &document,
        || {
            let totals: Vec<String> = totals.iter().map(|it| it.grouped_with_currency()).collect();
            let mut text = format!("{}: {phase}, {} payments due, {}", run.date, run.totals.count, totals.join(", "));
            if let Some(objection) = &run.objection {
                text.push_str(&format!("\n{objection}"));
            }
            if let Some(by) = &run.approved_by {
                text.push_str(&format!("\napproved by {by}"));
            }
            text
        },
    )?;
    Ok(if run.phase == RunPhase::Waiting { Verdict::Problems } else { Verdict::Ok })
}

async fn approve<U: Runs, Q: RunQueue>(output: &Output, store: &U, runs: &Q, date: Date, by: &str) -> Result<Verdict> {
    let run = store.load(date).await?.with_context(|| format!("there is no run for {date}"))?;
    if run.approved_by.is_none() {
        let approved = run.approve(by).with_context(|| format!("the run for {date} does not wait for an approval"))?;
        if store.save(&approved).await? == Saved::Conflict {
            bail!("the run for {date} changes right now; check it again");
        }
    }
    runs.send(RunRequest::new(date)).await?;
    output.answer(|| json!({ "approved": date }), || format!("the run for {date} continues"))?;
    Ok(Verdict::Ok)
}

async fn calls<G: CallGate>(output: &Output, gate: &G) -> Result<Verdict> {
    let gate = gate.load().await?;
    let unknown = gate.unknown.iter().filter(|it| **it).count();
    let document = json!({ "stopped": gate.stopped, "remembered": gate.unknown.len(), "unknown": unknown });
    output.answer(
        || &document,
        || match &gate.stopped {
            Some(stop) => format!("no payments are made since {}: {} ({})", stop.at, stop.reason, stop.by),
            None => format!("payments are made; {unknown} of the last {} calls had no answer", gate.unknown.len()),
        },
    )?;
    Ok(if gate.stopped.is_some() { Verdict::Problems } else { Verdict::Ok })
}

async fn journal<A, B>(output: &Output, advances: &A, breaks: &B, days: (Date, Date)) -> Result<Verdict>
where
    A: Advances + AdvanceList,
    B: Breaks,
{
    let entries = journal_of_days(advances, breaks, days, usize::MAX).await?;
    output.answer(|| &entries, || postings(&entries))?;
    Ok(Verdict::Ok)
}

fn postings(entries: &[JournalEntry]) -> String {
    let columns = [
        Column::text("Date"),
        Column::id("Source"),
        Column::text("Text"),
        Column::text("Account"),
        Column::number("Amount"),
    ];
    let rows = entries.iter().flat_map(|entry| {
        entry.postings.iter().map(|it| {
            vec![
                entry.on.to_string(),
                entry.source.to_string(),
                entry.text.to_string(),
                it.account.name().replace('_', " "),
                it.amount.grouped_with_currency(),
            ]
        })
    });
    table(&columns, rows)
}
