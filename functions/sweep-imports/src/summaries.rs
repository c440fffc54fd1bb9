//! Requests unsent summaries, at most as many as can be sent until the next run.

use std::collections::BTreeMap;
use std::time::Duration;

use banking::AccountNumber;
use calendar::{Clock, Moment};
use mail::gate::{Closed, HoldReason, SendGate};
use mail::outbox::{Summaries, SummaryRequests};

use crate::{SweepImports, SweepImportsError, Swept};

/// The interval between two runs, as in the template.
const NEXT_RUN: Duration = Duration::from_mins(5);
/// The maximum number of summaries that one run requests.
const MAX_SUMMARIES: usize = 10_000;

impl<I, U, S, Q, C> SweepImports<I, U, S, Q, C>
where
    S: Summaries + SendGate,
    Q: SummaryRequests,
    C: Clock,
{
    /// Requests summaries again that have been open since `before`; none while the gate is closed: they stay wanted.
    pub(crate) async fn summaries(&self, before: Moment, swept: &mut Swept) -> Result<(), SweepImportsError> {
        let (gate, _) = self.summaries.load_gate().await?;
        if let Some(closed) = gate.closed(self.clock.now()) {
            log(&closed);
            return Ok(());
        }
        let limit = usize::try_from(self.rate.mails_in(NEXT_RUN)).unwrap_or(MAX_SUMMARIES).min(MAX_SUMMARIES);
        let mut accounts = BTreeMap::<String, Vec<AccountNumber>>::new();
        for summary in self.summaries.open_since(before, limit).await? {
            accounts.entry(summary.import).or_default().push(summary.account);
        }
        for (import, accounts) in accounts {
            self.requests.request(&import, &accounts).await?;
            let requested = u32::try_from(accounts.len()).unwrap_or(u32::MAX);
            swept.summaries = swept.summaries.saturating_add(requested);
        }
        Ok(())
    }
}

/// Each run logs why no mails are sent, so that an alarm lasts as long as its cause.
fn log(closed: &Closed) {
    match closed {
        Closed::Paused(_) => tracing::error!(mails_paused = 1, "no mails are sent: {closed}"),
        Closed::Held(hold) if hold.reason == HoldReason::Configuration => {
            tracing::error!(mails_misconfigured = 1, "no mails are sent: {closed}");
        }
        Closed::Held(_) => tracing::warn!("no mails are sent: {closed}"),
    }
}
