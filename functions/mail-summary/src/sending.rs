//! Sends a mail in its time slot and updates the gate according to the response.

use std::time::Duration;

use calendar::{Moment, Timer};
use customers::{Customers, MailChoice, MailChoices};
use lambda_kit::{Chain, Pace};
use ledger::Books;
use mail::events::Suppressions;
use mail::gate::{self, Admission, HoldReason, SendGate};
use mail::mailer::{Mailer, SendMailError};
use mail::outbox::{Summaries, Version};
use mail::{EmailAddress, MailState, Next, SummaryMail};

use crate::{LEASE, MailSummary, MailSummaryError};

/// The maximum duration of a delivery after its slot: reads, writes and one call of the provider (8 s).
pub(crate) const TIME_TO_SEND: Duration = Duration::from_secs(14);
/// The delay before a retry for a receiver that is not verified in the provider's sandbox.
const UNVERIFIED_RECIPIENT: Duration = Duration::from_hours(6);

/// The result of one attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Attempt {
    /// The delivery is over.
    Over,
    /// The provider throttled the mail, and it may be tried again at once, in a later slot.
    Throttled,
}

impl<R, B, S, M, C> MailSummary<R, B, S, M, C> {
    /// The number of summaries of a batch that are sent concurrently: one below seven mails a second, so that no
    /// summary waits long for a slot.
    pub fn pace(&self) -> Pace {
        let at_once = usize::try_from(self.rate.get() / 7).unwrap_or(usize::MAX).clamp(1, 4);
        Pace { at_once, time_each: Duration::ZERO }
    }
}

impl<R, B, S, M, C> MailSummary<R, B, S, M, C>
where
    R: Customers + MailChoices,
    B: Books,
    S: Summaries + SendGate + Suppressions,
    M: Mailer,
    C: Timer,
{
    /// Waits for a time slot; returns whether there is one. Without a slot the request is acknowledged, too: the
    /// summary stays wanted, and the sweeper requests it again.
    pub(crate) async fn is_admitted(&self, ends_at: Moment) -> Result<bool, MailSummaryError> {
        let latest = ends_at.minus(TIME_TO_SEND);
        let admit = |gate: &mut gate::Gate| gate.admit(self.clock.now(), self.rate, latest);
        match gate::change(&self.summaries, admit).await? {
            Admission::At(slot) => {
                self.clock.wait_until(slot).await;
                return Ok(true);
            }
            Admission::TooLate => tracing::info!("too many mails are sent now; the sweeper requests it again"),
            Admission::Closed(closed) => tracing::info!("no mails are sent now; they are {closed}"),
        }
        Ok(false)
    }

    /// Sends the same bytes again; the lease begins with their slot. A receiver who has opted out since gets no
    /// second copy, nor does an address that is suppressed or corrected since: whether the first one arrived stays unknown.
    pub(crate) async fn send_again(
        &self,
        record: &SummaryMail,
        version: Version,
        ends_at: Moment,
    ) -> Result<Attempt, MailSummaryError> {
        if let Some(reason) = self.is_unwanted_by_now(record).await? {
            let reason = &format!("the first attempt got no answer, and {reason}");
            return self.save(&record.give_up(reason, self.clock.now()), version).await.map(|_| Attempt::Over);
        }
        if !self.is_admitted(ends_at).await? {
            return Ok(Attempt::Over);
        }
        let Next::SendAgain(again) = record.on_delivery(self.clock.now(), LEASE) else { return Ok(Attempt::Over) };
        let version = self.save(&again, version).await?;
        self.send(&again, version).await
    }

    async fn is_unwanted_by_now(&self, record: &SummaryMail) -> Result<Option<&'static str>, MailSummaryError> {
        const NO_MORE: &str = "the receiver wants no more mails";
        let Some(intent) = record.intent() else { return Ok(None) };
        if self.summaries.suppression(&intent.envelope.to).await?.is_some() {
            return Ok(Some(NO_MORE));
        }
        let Some(holder) = self.holder(record).await? else { return Ok(None) };
        if holder.email.as_ref().map(EmailAddress::normalised) != Some(intent.envelope.to.normalised()) {
            return Ok(Some("the holder has another mail address since"));
        }
        let choice = self.customers.mail_choice(holder.mail_choice_id()).await?;
        Ok((choice == MailChoice::Unwanted).then_some(NO_MORE))
    }

    /// Sends the mail. The intent is stored: a repeat has the same bytes.
    pub(crate) async fn send(&self, record: &SummaryMail, version: Version) -> Result<Attempt, MailSummaryError> {
        let Some(intent) = record.intent() else { return Ok(Attempt::Over) };
        let mail = intent.mail()?;
        let answer = match self.mailer.send(&mail, &record.key).await {
            Ok(answer) => answer,
            Err(error) => return self.not_taken(record, version, error).await,
        };
        let answered = record.on_answer(answer, self.clock.now())?;
        if answered == *record {
            return Err(MailSummaryError::NoAnswer);
        }
        self.save(&answered, version).await?;
        // The alarm `MailsRefusedAlarm` looks for `mails_refused`.
        let mails_refused = u64::from(matches!(answered.state, MailState::Refused { .. }));
        tracing::info!(state = answered.state.name(), mails_refused, "a summary was sent to the provider");
        Ok(Attempt::Over)
    }

    /// The provider certainly did not accept the mail: the summary becomes wanted again, and no message is lost.
    async fn not_taken(
        &self,
        record: &SummaryMail,
        version: Version,
        error: SendMailError,
    ) -> Result<Attempt, MailSummaryError> {
        let now = self.clock.now();
        let is_alone = matches!(error, SendMailError::UnverifiedRecipient(_));
        let record = record.on_not_taken(now, is_alone.then(|| now.plus(UNVERIFIED_RECIPIENT)))?;
        self.save(&record, version).await?;
        let text = error.to_string();
        let hold = |reason| gate::change(&self.summaries, move |gate| gate.hold(reason, &text, now));
        match &error {
            SendMailError::Throttled(_) => gate::change(&self.summaries, |gate| gate.slow_down(now)).await?,
            SendMailError::QuotaExceeded(_) => hold(HoldReason::Quota).await?,
            SendMailError::Misconfigured { .. } => hold(HoldReason::Configuration).await?,
            SendMailError::UnverifiedRecipient(_) => {}
            _ => hold(HoldReason::Outage).await?,
        }
        log(&error);
        let is_throttled = matches!(error, SendMailError::Throttled(_));
        let is_wanted = matches!(record.state, MailState::Wanted { .. });
        Ok(if is_throttled && is_wanted { Attempt::Throttled } else { Attempt::Over })
    }
}

fn log(error: &SendMailError) {
    let chain = Chain(error);
    match error {
        SendMailError::Misconfigured { .. } | SendMailError::UnverifiedRecipient(_) => {
            tracing::error!(error = %error, mails_misconfigured = 1, "the provider refuses mails until this is corrected");
        }
        _ => tracing::warn!(error = %chain, "the provider did not accept a mail; it is sent later"),
    }
}
