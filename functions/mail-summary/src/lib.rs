//! Sends an account's holder the summary of the account, once for each import.

mod config;
mod error;
mod figures;
mod sending;

use std::time::Duration;

use calendar::{Moment, Timer};
use customers::{Customer, Customers, MailChoice, MailChoices};
use ledger::{Books, BooksError};
use mail::events::Suppressions;
use mail::gate::{MailsPerSecond, SendGate};
use mail::mailer::Mailer;
use mail::outbox::{Saved, Summaries, SummaryRequest, Version};
use mail::{EmailAddress, Envelope, Intent, Next, SummaryMail, UnsubscribeLinks};

use sending::{Attempt, TIME_TO_SEND};

pub use config::Config;
pub use error::MailSummaryError;

/// The lease of a delivery: longer than the function's time-out (30 s), so that a later delivery knows that the first
/// one has ended.
const LEASE: Duration = Duration::from_secs(45);
/// The maximum number of attempts for a throttled mail in one delivery.
const MAX_ATTEMPTS: u32 = 5;

/// Sends summaries.
pub struct MailSummary<R, B, S, M, C> {
    /// The register of customers.
    pub customers: R,
    /// The books.
    pub books: B,
    /// The records of summary mails, the gate and the suppressed addresses.
    pub summaries: S,
    /// The provider.
    pub mailer: M,
    /// The clock, for leases, time slots and the mail's date.
    pub clock: C,
    /// The sender of the mails.
    pub sender: EmailAddress,
    /// The maximum rate over all instances, in mails per second.
    pub rate: MailsPerSecond,
    /// The address for replies, if it differs from the sender.
    pub contact: Option<EmailAddress>,
    /// The creator of unsubscribe links.
    pub unsubscribe: UnsubscribeLinks,
}

impl<R, B, S, M, C> MailSummary<R, B, S, M, C>
where
    R: Customers + MailChoices,
    B: Books,
    S: Summaries + SendGate + Suppressions,
    M: Mailer,
    C: Timer,
{
    /// Processes one summary. The function ends at `ends_at`.
    ///
    /// A request that has to wait for longer is acknowledged: the sweeper requests it again.
    pub async fn handle(&self, request: SummaryRequest, ends_at: Moment) -> Result<(), MailSummaryError> {
        for _ in 0..MAX_ATTEMPTS {
            if ends_at.since(self.clock.now()) < TIME_TO_SEND {
                tracing::info!("too little time is left; the sweeper requests it again");
                return Ok(());
            }
            if self.attempt(&request, ends_at).await? == Attempt::Over {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn attempt(&self, request: &SummaryRequest, ends_at: Moment) -> Result<Attempt, MailSummaryError> {
        let Some((record, version)) = self.summaries.load(&request.key()).await? else {
            tracing::warn!("a requested summary has no record; nothing is sent");
            return Ok(Attempt::Over);
        };
        match record.on_delivery(self.clock.now(), LEASE) {
            Next::Done | Next::KeptBack => Ok(Attempt::Over),
            Next::WaitFor(_) => Err(MailSummaryError::InProgress),
            Next::GiveUp(record) => self.save(&record, version).await.map(|_| Attempt::Over),
            Next::SendAgain(_) => self.send_again(&record, version, ends_at).await,
            Next::Prepare => self.prepare(&record, version, ends_at).await,
        }
    }

    async fn prepare(
        &self,
        record: &SummaryMail,
        version: Version,
        ends_at: Moment,
    ) -> Result<Attempt, MailSummaryError> {
        let holder = self.holder(record).await?;
        let Some((holder, to)) = holder.and_then(|it| it.email.clone().map(|email| (it, email))) else {
            return self.save(&record.no_address(self.clock.now())?, version).await.map(|_| Attempt::Over);
        };
        if self.customers.mail_choice(holder.mail_choice_id()).await? == MailChoice::Unwanted {
            return self.save(&record.opted_out(self.clock.now())?, version).await.map(|_| Attempt::Over);
        }
        if self.summaries.suppression(&to).await?.is_some() {
            return self.save(&record.suppressed(self.clock.now())?, version).await.map(|_| Attempt::Over);
        }
        if !self.is_admitted(ends_at).await? {
            return Ok(Attempt::Over);
        }
        let stored_books = self.books.read(&record.key.account, &[]).await?;
        let now = self.clock.now();
        let envelope = Envelope {
            from: self.sender.clone(),
            to,
            reference: record.key.reference(),
            sent_on: now,
            contact: self.contact.clone(),
            unsubscribe_url: Some(self.unsubscribe.link(holder.mail_choice_id())),
        };
        let account = record.key.account.clone();
        let summary = figures::summary(holder.name, account, now.date(), &stored_books).map_err(BooksError::from)?;
        let sending = record.sending(Intent { envelope, summary }, now)?;
        let version = self.save(&sending, version).await?;
        self.send(&sending, version).await
    }

    async fn holder(&self, record: &SummaryMail) -> Result<Option<Customer>, MailSummaryError> {
        let Some(account) = self.customers.account(&record.key.account).await? else { return Ok(None) };
        Ok(self.customers.customer(account.customer).await?.map(|(customer, _)| customer))
    }

    async fn save(&self, record: &SummaryMail, version: Version) -> Result<Version, MailSummaryError> {
        match self.summaries.save(record, version).await? {
            Saved::Stored(version) => Ok(version),
            Saved::Conflict => Err(MailSummaryError::InProgress),
        }
    }
}
