//! Carries the daily run of advances out: `advances::DailyRun` decides, this continues it until its end.

mod config;
mod reports;

use std::time::Duration;

use advances::ports::{
    AdvanceList, Advances, Breaks, CallGate, PaymentQueue, PortError, ReportSource, RunQueue, RunRequest, Runs,
};
use advances::{AppendError, DailyRun, ProcessorRules, RunError, RunGuard, RunResult};
use calendar::{Clock, Date};
use lambda_kit::batch::MessageError;
use lambda_kit::{Failure, Severity};

pub use config::Config;
use reports::Tolerant;

/// A page of a run ends within this time; with less left another invocation continues.
pub const TIME_OF_A_PAGE: Duration = Duration::from_mins(1);

/// Runs the debits of a business date.
pub struct RunDebits<A, B, U, G, R, Q, N, C> {
    /// The facts and the lists of advances.
    pub advances: A,
    /// The breaks.
    pub breaks: B,
    /// The runs.
    pub runs: U,
    /// The gate of calls.
    pub gate: G,
    /// The processor's reports.
    pub reports: R,
    /// The queue of payments.
    pub payments: Q,
    /// The queue of runs, to continue.
    pub run_requests: N,
    /// The clock: no run is for a future date.
    pub clock: C,
    /// What the processor guarantees.
    pub rules: ProcessorRules,
    /// The first day with a report.
    pub first_report: Date,
    /// When a run has to be approved.
    pub guard: RunGuard,
}

/// Why a run has not ended. A retry is always safe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunDebitsError {
    /// The message is unreadable.
    #[error("cannot read the request for a run")]
    Message(#[from] MessageError),
    /// An unknown version of the message.
    #[error("unknown version {0} of a request")]
    UnknownVersion(u32),
    /// The business date has not begun.
    #[error("a run for {0} is requested, which is in the future")]
    Future(Date),
    /// The run stopped.
    #[error("the run for {0} has stopped")]
    Run(Date, #[source] RunError),
    /// The request to continue is not on the queue.
    #[error("cannot request the rest of the run for {0}")]
    Continue(Date, #[source] PortError),
}

impl Failure for RunDebitsError {
    fn severity(&self) -> Severity {
        let is_busy = matches!(self, Self::Run(_, RunError::Busy(_) | RunError::Append(AppendError::Busy(_))));
        if is_busy { Severity::Warn } else { Severity::Error }
    }
}

impl<A, B, U, G, R, Q, N, C> RunDebits<A, B, U, G, R, Q, N, C>
where
    A: Advances + AdvanceList,
    B: Breaks,
    U: Runs,
    G: CallGate,
    R: ReportSource + Sync,
    Q: PaymentQueue,
    N: RunQueue,
    C: Clock,
{
    /// Runs for the requested date; `has_time` is checked between pages, and without time another invocation continues.
    #[tracing::instrument(skip_all, fields(run.date = %request.date.date()))]
    pub async fn handle(&self, request: RunRequest, has_time: impl Fn() -> bool) -> Result<RunResult, RunDebitsError> {
        if request.v != RunRequest::VERSION {
            return Err(RunDebitsError::UnknownVersion(request.v));
        }
        let date = request.date.date();
        if date > self.clock.now().date() {
            return Err(RunDebitsError::Future(date));
        }
        let reports = Tolerant::new(&self.reports);
        let result = self.daily_run(&reports).run(date, has_time).await.map_err(|error| stopped(date, error))?;
        match &result {
            RunResult::Done => tracing::info!(runs_done = 1, "the run is done"),
            RunResult::Waiting(date) => {
                tracing::warn!(runs_waiting = 1, "the run for {date} has to be approved");
            }
            RunResult::Unfinished => {
                let next = self.run_requests.send(RunRequest::new(date)).await;
                next.map_err(|error| RunDebitsError::Continue(date, error))?;
                tracing::info!("the time is used up; another invocation continues");
            }
        }
        Ok(result)
    }

    fn daily_run<'a>(&'a self, reports: &'a Tolerant<'a, R>) -> DailyRun<'a, A, A, Tolerant<'a, R>, Q, B, U, G> {
        DailyRun {
            advances: &self.advances,
            list: &self.advances,
            reports,
            queue: &self.payments,
            breaks: &self.breaks,
            runs: &self.runs,
            gate: &self.gate,
            rules: self.rules,
            first_report: self.first_report,
            guard: self.guard,
        }
    }
}

fn stopped(date: Date, error: RunError) -> RunDebitsError {
    if let RunError::Append(AppendError::Broken(advance, _)) = &error {
        tracing::error!(invariants_failed = 1, advance.id = %advance, "an advance does not add up; all calls are stopped");
    }
    RunDebitsError::Run(date, error)
}
