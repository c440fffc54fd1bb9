//! Sends an account's holder the summary of the account, once for each import.

mod config;
mod error;
mod figures;

use std::time::Duration;

use calendar::{Clock, Moment};
use customers::{Customer, Customers, MailChoice, MailChoices};
use ledger::{Books, BooksError};
use mail::mailer::Mailer;
use mail::outbox::{Saved, Summaries, SummaryRequest, Version};
use mail::{Address, Envelope, Intent, Next, SummaryMail, UnsubscribeLinks};

pub use config::Config;
pub use error::MailSummaryError;

/// How long a delivery has a summary to itself: longer than the function may run (30 s), so that whoever comes
/// later knows the first one has ended.
const LEASE: Duration = Duration::from_secs(45);

/// Sends summaries.
pub struct MailSummary<R, B, S, M, C> {
    /// The register of customers.
    pub customers: R,
    /// The books.
    pub books: B,
    /// The record of summary mails.
    pub summaries: S,
    /// The carrier.
    pub mailer: M,
    /// The clock, for leases and the mail's date.
    pub clock: C,
    /// From whom the mails are.
    pub sender: Address,
    /// Whom receivers ask, if that is not the sender.
    pub contact: Option<Address>,
    /// What makes the links with which receivers opt out.
    pub unsubscribe: UnsubscribeLinks,
}

impl<R: Customers + MailChoices, B: Books, S: Summaries, M: Mailer, C: Clock> MailSummary<R, B, S, M, C> {
    /// Brings one summary as far as it goes.
    #[tracing::instrument(skip_all, fields(import.id = request.import))]
    pub async fn handle(&self, request: SummaryRequest) -> Result<(), MailSummaryError> {
        let Some((record, version)) = self.summaries.load(&request.key()).await? else {
            tracing::warn!("a summary was asked for that nobody noted; nothing is sent");
            return Ok(());
        };
        let now = self.clock.now();
        match record.on_delivery(now, LEASE) {
            Next::Done => Ok(()),
            Next::WaitFor(_) => Err(MailSummaryError::AtWork),
            Next::GiveUp(record) => self.save(&record, version).await.map(|_| ()),
            Next::SendAgain(record) => {
                let version = self.save(&record, version).await?;
                self.send(&record, version).await
            }
            Next::Prepare => self.prepare(&record, version, now).await,
        }
    }

    async fn prepare(&self, record: &SummaryMail, version: Version, now: Moment) -> Result<(), MailSummaryError> {
        let holder = self.holder(record).await?;
        let Some((holder, to)) = holder.and_then(|it| it.email.clone().map(|email| (it, email))) else {
            return self.save(&record.no_address(now)?, version).await.map(|_| ());
        };
        if self.customers.mail_choice(holder.id).await? == MailChoice::Unwanted {
            return self.save(&record.opted_out(now)?, version).await.map(|_| ());
        }
        let totals = self.books.read(&record.key.account, &[]).await?.totals().map_err(BooksError::from)?;
        let envelope = Envelope {
            from: self.sender.clone(),
            to,
            reference: record.key.reference(),
            sent_on: now,
            contact: self.contact.clone(),
            unsubscribe_url: Some(self.unsubscribe.link(holder.id)),
        };
        let summary = figures::summary(holder.name, record.key.account.clone(), now.date(), &totals);
        let sending = record.sending(Intent { envelope, summary }, now)?;
        let version = self.save(&sending, version).await?;
        self.send(&sending, version).await
    }

    /// Hands the mail over. The intent is stored: a repeat has the same bytes.
    async fn send(&self, record: &SummaryMail, version: Version) -> Result<(), MailSummaryError> {
        let Some(intent) = record.intent() else { return Ok(()) };
        let mail = intent.mail()?;
        let answer = match self.mailer.send(&mail).await {
            Ok(answer) => answer,
            Err(error) => {
                self.save(&record.on_not_taken(self.clock.now())?, version).await?;
                return Err(MailSummaryError::NotTaken(error));
            }
        };
        let answered = record.on_answer(answer, self.clock.now())?;
        if answered == *record {
            return Err(MailSummaryError::NoAnswer);
        }
        self.save(&answered, version).await?;
        tracing::info!(state = answered.state.name(), "a summary was handed to the carrier");
        Ok(())
    }

    async fn holder(&self, record: &SummaryMail) -> Result<Option<Customer>, MailSummaryError> {
        let Some(account) = self.customers.account(&record.key.account).await? else { return Ok(None) };
        Ok(self.customers.customer(account.customer).await?.map(|(customer, _)| customer))
    }

    async fn save(&self, record: &SummaryMail, version: Version) -> Result<Version, MailSummaryError> {
        match self.summaries.save(record, version).await? {
            Saved::Stored(version) => Ok(version),
            Saved::Conflict => Err(MailSummaryError::AtWork),
        }
    }
}
