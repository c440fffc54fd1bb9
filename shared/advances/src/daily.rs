use calendar::{Date, Moment};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use storage::{Saved, Version};

use crate::append::{AppendError, append, change, load};
use crate::collect::change_gate;
use crate::ports::{
    AdvanceList, Advances, Appended, Breaks, CallGate, PaymentQueue, PaymentRequest, PortError, ReportSource, Runs,
};
use crate::{
    Advance, AdvanceId, Break, COMPARED_RUNS, Claim, Payment, ProcessorRules, Progress, Reference, Report, ReportLine,
    RunGuard, RunTotals, SeenReports, Slot,
};

/// The number of advances on a page.
const PAGE: usize = 100;
/// How many lines or advances are worked on concurrently.
const CONCURRENT: usize = 16;
/// How often a run repeats what another run for the same date interferes with.
const MAX_CONFLICTS: u32 = 100;

/// The daily run, over its ports.
///
/// Several may be running for the same date at once, and each may stop anywhere: the next one continues, and the facts
/// are the same.
#[derive(Clone, Copy, Debug)]
pub struct DailyRun<'a, A, L, R, Q, B, U, G> {
    /// The facts.
    pub advances: &'a A,
    /// The index of work.
    pub list: &'a L,
    /// The processor's reports.
    pub reports: &'a R,
    /// The requests of payments.
    pub queue: &'a Q,
    /// The breaks.
    pub breaks: &'a B,
    /// The runs.
    pub runs: &'a U,
    /// The stop switch: a failed invariant stops all calls.
    pub gate: &'a G,
    /// What the processor guarantees.
    pub rules: ProcessorRules,
    /// The first day with a report: not after the first payment.
    pub first_report: Date,
    /// When a run has to be approved.
    pub guard: RunGuard,
}

/// The stored state of the run for one date.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RunRecord {
    /// The version of the stored item; 0: not stored.
    #[serde(skip)]
    pub version: Version,
    /// The business date.
    pub date: Date,
    /// What comes next.
    pub phase: RunPhase,
    /// The payments that are due, as far as they are counted.
    pub totals: RunTotals,
    /// Why it has to be approved.
    pub objection: Option<Box<str>>,
    /// Who has approved it.
    pub approved_by: Option<Box<str>>,
}

/// The phases of a run, in order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum RunPhase {
    /// Reports are taken in; facts are added, from this cursor.
    Planning {
        /// `None`: from the beginning.
        cursor: Option<String>,
    },
    /// It waits for an operator's approval. Later runs wait, too.
    Waiting,
    /// Payments are requested, from this cursor.
    Sending {
        /// `None`: from the beginning.
        cursor: Option<String>,
    },
    /// Everything is requested.
    Done,
}

/// The result of one invocation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RunResult {
    /// The runs for the date and for all dates before are done.
    Done,
    /// There is no time left: invoke it again.
    Unfinished,
    /// The run for this date has to be approved.
    Waiting(Date),
}

/// Why a run stopped. Running it again is always safe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A port failed.
    #[error("the run cannot continue")]
    Port(#[from] PortError),
    /// An advance cannot be changed. If it is [`AppendError::Broken`], the gate is closed.
    #[error("the run cannot continue with an advance")]
    Append(#[from] AppendError),
    /// Other runs keep changing its record.
    #[error("other runs keep changing the record of the run for {0}")]
    Busy(Date),
}

impl RunRecord {
    /// A run that has not begun.
    pub fn new(date: Date) -> Self {
        Self {
            version: Version::default(),
            date,
            phase: RunPhase::Planning { cursor: None },
            totals: RunTotals::default(),
            objection: None,
            approved_by: None,
        }
    }

    /// It before its requests of payments: those that were not made are requested again. Unchanged while it is planned or
    /// waits.
    #[must_use]
    pub fn requesting_again(&self) -> Self {
        let is_done = matches!(self.phase, RunPhase::Done | RunPhase::Sending { .. });
        let phase = if is_done { RunPhase::Sending { cursor: None } } else { self.phase.clone() };
        Self { phase, ..self.clone() }
    }

    /// It approved by an operator; `None` if it does not wait for an approval.
    pub fn approve(&self, by: &str) -> Option<Self> {
        let approved_by = Some(by.into());
        let phase = RunPhase::Sending { cursor: None };
        (self.phase == RunPhase::Waiting).then(|| Self { phase, approved_by, ..self.clone() })
    }
}

impl<A, L, R, Q, B, U, G> DailyRun<'_, A, L, R, Q, B, U, G>
where
    A: Advances,
    L: AdvanceList,
    R: ReportSource,
    Q: PaymentQueue,
    B: Breaks,
    U: Runs,
    G: CallGate,
{
    /// Runs for `date`, after the dates that were missed since the latest run. `has_time` is checked between pages.
    pub async fn run(&self, date: Date, has_time: impl Fn() -> bool) -> Result<RunResult, RunError> {
        let result = self.run_dates(date, &has_time).await;
        if let Err(RunError::Append(AppendError::Broken(advance, _))) = &result {
            let reason = format!("advance {advance} does not add up");
            change_gate(self.gate, |gate| gate.stop(Moment::day(date), "invariant", &reason)).await?;
        }
        result
    }

    async fn run_dates(&self, date: Date, has_time: &impl Fn() -> bool) -> Result<RunResult, RunError> {
        let mut next = self.runs.latest().await?.unwrap_or(date);
        while next <= date {
            match self.run_date(next, has_time).await? {
                RunResult::Done => next = next.plus_days(1).unwrap_or(Date::MAX),
                other => return Ok(other),
            }
            if next == Date::MAX {
                break;
            }
        }
        Ok(RunResult::Done)
    }

    async fn run_date(&self, date: Date, has_time: &impl Fn() -> bool) -> Result<RunResult, RunError> {
        for _ in 0..MAX_CONFLICTS {
            // The reports first: if a faster run is beyond this date, the record shows that this date is done.
            let seen = self.seen().await?;
            let Some(run) = self.runs.load(date).await? else {
                self.runs.save(&RunRecord::new(date)).await?;
                continue;
            };
            let saved = match &run.phase {
                RunPhase::Done => return Ok(RunResult::Done),
                RunPhase::Waiting => return Ok(RunResult::Waiting(date)),
                RunPhase::Planning { .. } => self.plan(run, seen, has_time).await?,
                RunPhase::Sending { .. } => self.send(run, has_time).await?,
            };
            if saved == Some(false) {
                return Ok(RunResult::Unfinished);
            }
        }
        Err(RunError::Busy(date))
    }

    async fn seen(&self) -> Result<(SeenReports, Version), PortError> {
        let before = || SeenReports::since(self.first_report.plus_days(-1).unwrap_or(Date::MIN));
        Ok(self.runs.seen().await?.unwrap_or_else(|| (before(), Version::default())))
    }

    /// The planning phase. `Some(false)` without time, `None` after a conflict.
    async fn plan(
        &self,
        mut run: RunRecord,
        seen: (SeenReports, Version),
        has_time: &impl Fn() -> bool,
    ) -> Result<Option<bool>, RunError> {
        let Some(seen) = self.take_reports(run.date, seen).await? else { return Ok(None) };
        while let RunPhase::Planning { cursor } = &run.phase {
            let page = self.list.work(run.date, cursor.as_deref(), PAGE).await?;
            for ids in page.items.chunks(CONCURRENT) {
                let planned = try_join_all(ids.iter().map(|id| self.plan_one(id, run.date, &seen))).await?;
                for advance in planned.iter().flatten() {
                    let due = advance.calls().into_iter().filter(|it| advance.progress(*it) == Some(&Progress::Due));
                    due.filter_map(|it| advance.amount_of(it)).for_each(|it| run.totals.add(it));
                }
            }
            if page.cursor.is_some() {
                run.phase = RunPhase::Planning { cursor: page.cursor };
            } else {
                let earlier = self.runs.totals_before(run.date, COMPARED_RUNS).await?;
                run.objection = self.guard.objection(&run.totals, &earlier).map(Into::into);
                let may_send = run.objection.is_none();
                run.phase = if may_send { RunPhase::Sending { cursor: None } } else { RunPhase::Waiting };
            }
            if !self.save(&mut run).await? {
                return Ok(None);
            }
            if !has_time() {
                return Ok(Some(false));
            }
        }
        Ok(Some(true))
    }

    async fn plan_one(&self, id: &AdvanceId, date: Date, seen: &SeenReports) -> Result<Option<Advance>, AppendError> {
        change(self.advances, id, |advance| advance.run(date, seen, &self.rules)).await
    }

    /// The sending phase. `Some(false)` without time, `None` after a conflict.
    async fn send(&self, mut run: RunRecord, has_time: &impl Fn() -> bool) -> Result<Option<bool>, RunError> {
        while let RunPhase::Sending { cursor } = &run.phase {
            let page = self.list.work(run.date, cursor.as_deref(), PAGE).await?;
            for ids in page.items.chunks(CONCURRENT) {
                let loaded = try_join_all(ids.iter().map(|id| load(self.advances, id))).await?;
                let requests = loaded.iter().flatten().flat_map(Advance::requests);
                let requests: Vec<PaymentRequest> = requests.collect();
                if !requests.is_empty() {
                    self.queue.send(&requests).await?;
                }
            }
            run.phase = match page.cursor {
                Some(cursor) => RunPhase::Sending { cursor: Some(cursor) },
                None => RunPhase::Done,
            };
            if !self.save(&mut run).await? {
                return Ok(None);
            }
            if !has_time() {
                return Ok(Some(run.phase == RunPhase::Done));
            }
        }
        Ok(Some(true))
    }

    async fn save(&self, run: &mut RunRecord) -> Result<bool, PortError> {
        match self.runs.save(run).await? {
            Saved::Stored(version) => {
                run.version = version;
                Ok(true)
            }
            Saved::Conflict => Ok(false),
        }
    }

    /// Takes in the missing reports of days before `date`; `None` if another run was faster.
    async fn take_reports(
        &self,
        date: Date,
        (mut seen, mut version): (SeenReports, Version),
    ) -> Result<Option<SeenReports>, RunError> {
        let yesterday = date.plus_days(-1).unwrap_or(Date::MIN);
        for day in seen.missing(yesterday) {
            let Some(report) = self.reports.report(day).await? else { continue };
            for lines in report.lines.chunks(CONCURRENT) {
                try_join_all(lines.iter().map(|line| self.take_line(line, &report))).await?;
            }
            if report.complete {
                seen.see(&report);
                match self.runs.save_seen(&seen, version).await? {
                    Saved::Stored(next) => version = next,
                    Saved::Conflict => return Ok(None),
                }
            }
        }
        Ok(Some(seen))
    }

    /// Records one line. Recording it again has no effect.
    async fn take_line(&self, line: &ReportLine, report: &Report) -> Result<(), RunError> {
        for _ in 0..MAX_CONFLICTS {
            let owner = self.owner(line).await?;
            let advance = match &owner {
                Some(it) => load(self.advances, &it.advance).await?,
                None => None,
            };
            let Some((owner, advance)) = owner.zip(advance) else {
                return Ok(self.breaks.open(&Break::orphan(line, report.day)).await?);
            };
            if line.reference.is_none() && !advance.may_have_called(owner.payment, line, &self.rules) {
                return Ok(self.breaks.open(&Break::orphan(line, report.day)).await?);
            }
            let matched = advance.on_line(owner.payment, line, report.day);
            // Before the facts: after them the same line shows no disagreement.
            if let Some(found) = &matched.found {
                self.breaks.open(found).await?;
            }
            if matched.facts.is_empty() {
                return Ok(());
            }
            match append(self.advances, &advance, matched.facts).await? {
                (Appended::Stored, _) => return Ok(()),
                // The processor has used the id of another payment's transaction: no other try ends differently.
                (Appended::Held(_), _) if line.reference.is_some() => {
                    return Ok(self.breaks.open(&Break::orphan(line, report.day)).await?);
                }
                // Another payment has its transaction by now, or the advance has changed: match it again.
                (Appended::Conflict | Appended::Held(_), _) => {}
            }
        }
        Err(RunError::Busy(report.day))
    }

    /// The payment of a transaction: by its id, by its reference, or else the one with a call of the same content that is
    /// without an answer.
    async fn owner(&self, line: &ReportLine) -> Result<Option<Reference>, PortError> {
        if line.reference.is_some() {
            return Ok(line.reference());
        }
        // The slot first: it is released when the transaction is claimed, so one of the two reads finds the payment.
        let slot = Slot { account: line.account.clone(), direction: line.direction, amount: line.amount };
        let unanswered = self.advances.holder(&Claim::Slot(slot)).await?;
        let owner = self.advances.holder(&Claim::Transaction(line.transaction.clone())).await?;
        Ok(owner.or(unanswered))
    }
}

impl Advance {
    /// The requests of its payments that a worker has to look at.
    pub fn requests(&self) -> Vec<PaymentRequest> {
        let reference = |payment| Reference { advance: self.id.clone(), payment };
        self.calls().into_iter().map(|payment| PaymentRequest::new(reference(payment))).collect()
    }

    /// Whether the processor can have accepted the transaction of `line` because of a call without an answer. Any line
    /// may belong to a payment with an answer.
    fn may_have_called(&self, payment: Payment, line: &ReportLine, rules: &ProcessorRules) -> bool {
        match self.progress(payment) {
            Some(Progress::Sending(calls) | Progress::Unknown(calls)) => {
                let from = calls.first_at.minus(rules.landing).date();
                (from..=rules.lands_until(calls).date()).contains(&line.accepted_on)
            }
            Some(_) => true,
            None => false,
        }
    }
}
