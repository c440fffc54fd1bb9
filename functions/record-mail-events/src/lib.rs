//! Records events of mails after the provider has accepted them, and stops further mails if necessary.

mod config;

use calendar::Clock;
use lambda_kit::Failure;
use mail::events::{MailEvent, Suppressions};
use mail::gate::SendGate;
use mail::outbox::{Saved, Summaries, SummariesError};
use mail::tally::{self, Tallies};

pub use config::Config;

/// The maximum number of retries of a conflicting write; then SQS retries the message.
const MAX_CONFLICTS: u32 = 8;

/// Records events of mails.
pub struct RecordMailEvents<S, C> {
    /// The record of summary mails, their counts, their gate, and the addresses that get none.
    pub summaries: S,
    /// The clock.
    pub clock: C,
}

/// Why an event was not recorded. Its next delivery does what is left.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordMailEventsError {
    /// The message is none of SES's.
    #[error("cannot read the event of a mail")]
    Event(#[from] mail_ses::ReadEventError),
    /// The record of summaries failed.
    #[error("cannot record the event of a mail")]
    Summaries(#[from] SummariesError),
    /// Other instances keep changing the record.
    #[error("other instances keep changing the record of a mail")]
    Busy,
}

impl Failure for RecordMailEventsError {}

impl<S: Summaries + Tallies + SendGate + Suppressions, C: Clock> RecordMailEvents<S, C> {
    /// Records one event. The address comes first: another mail to it may be in progress.
    pub async fn handle(&self, event: MailEvent) -> Result<(), RecordMailEventsError> {
        if let Some(why) = event.feedback.suppression() {
            for address in &event.recipients {
                self.summaries.suppress(address, why, self.clock.now()).await?;
            }
        }
        self.record(&event).await?;
        if let Some(overrun) = tally::pause_if_needed(&self.summaries, self.clock.now()).await? {
            tracing::error!(mails_paused = 1, "no more mails are sent until `millrace mails resume`: {overrun}");
        }
        Ok(())
    }

    async fn record(&self, event: &MailEvent) -> Result<(), RecordMailEventsError> {
        let mut conflicts = 0_u32;
        while conflicts < MAX_CONFLICTS {
            let Some((record, version)) = self.summaries.load(&event.key).await? else {
                tracing::warn!("an event is about a summary that is not recorded");
                return Ok(());
            };
            let Some(next) = record.on_event(event, self.clock.now()) else { return Ok(()) };
            match self.summaries.save(&next, version).await? {
                Saved::Stored(_) => tracing::info!(state = next.state.name(), "the provider reported on a summary"),
                Saved::Conflict => conflicts = conflicts.saturating_add(1),
            }
        }
        Err(RecordMailEventsError::Busy)
    }
}
