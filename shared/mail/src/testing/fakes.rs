use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use banking::AccountNumber;
use calendar::{Date, Moment};

use crate::events::{Feedback, MailEvent, Suppressed, Suppression, SuppressionCopies, Suppressions, suppression_key};
use crate::gate::{Gate, SendGate};
use crate::mailer::{Mailer, SendMailError, Sent};
use crate::outbox::{
    RequestSummariesError, Saved, StateCounts, Summaries, SummariesError, SummaryList, SummaryRequest, SummaryRequests,
    Version,
};
use crate::tally::{Tallies, Tally};
use crate::{EmailAddress, Mail, SummaryKey, SummaryMail, UnsubscribeKey, UnsubscribeKeys, UnsubscribeKeysError};

/// A provider that stores the mails it accepts.
#[derive(Default, Debug)]
pub struct FakeMailer {
    taken: Mutex<Vec<Mail>>,
    answers: Mutex<VecDeque<Answer>>,
    events: Mutex<Vec<(SummaryKey, String, Feedback, EmailAddress)>>,
}

/// The result of one call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Accepts the mail.
    Take,
    /// Accepts the mail, but the response is lost.
    TakeSilently,
    /// Loses the mail and the response.
    Lose,
    /// Refuses it permanently.
    Refuse,
    /// Throttles it: too many mails in this second.
    Throttle,
    /// Refuses it: the quota is used up.
    ExceedQuota,
    /// Refuses all mails: the sender is not verified.
    Misconfigure,
    /// Refuses it: the receiver is not verified.
    UnverifiedRecipient,
}

impl FakeMailer {
    /// A provider that returns `answers` for the first calls and accepts all later ones.
    pub fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self { answers: Mutex::new(answers.into_iter().collect()), ..Self::default() }
    }

    /// The accepted mails, in order.
    pub fn taken(&self) -> Vec<Mail> {
        lock(&self.taken).clone()
    }

    /// The events since the last call. As in the mailbox simulator of SES, mails to `bounce@…` bounce, and mails to
    /// `complaint@…` cause a complaint.
    pub fn take_events(&self, now: Moment) -> Vec<MailEvent> {
        let events = std::mem::take(&mut *lock(&self.events)).into_iter();
        let event = |(key, provider_id, feedback, to)| MailEvent {
            key,
            provider_id,
            sent_at: now,
            feedback,
            recipients: vec![to],
        };
        events.map(event).collect()
    }

    fn report(&self, mail: &Mail, key: &SummaryKey, provider_id: &str) {
        let feedback = match mail.to.as_str().split('@').next() {
            Some("bounce") => Feedback::HardBounce,
            Some("full") => Feedback::SoftBounce,
            Some("complaint") => Feedback::Complaint,
            _ => return,
        };
        lock(&self.events).push((key.clone(), provider_id.to_owned(), feedback, mail.to.clone()));
    }
}

impl Mailer for FakeMailer {
    async fn send(&self, mail: &Mail, key: &SummaryKey) -> Result<Sent, SendMailError> {
        let answer = lock(&self.answers).pop_front().unwrap_or(Answer::Take);
        let mut taken = lock(&self.taken);
        if matches!(answer, Answer::Take | Answer::TakeSilently) {
            taken.push(mail.clone());
            self.report(mail, key, &format!("fake-{}", taken.len()));
        }
        match answer {
            Answer::Take => Ok(Sent::Taken { provider_id: format!("fake-{}", taken.len()) }),
            Answer::TakeSilently | Answer::Lose => Ok(Sent::Unknown { reason: "no answer".to_owned() }),
            Answer::Refuse => Ok(Sent::Refused { reason: "refused".to_owned() }),
            Answer::Throttle => Err(SendMailError::Throttled("a pause, please".into())),
            Answer::ExceedQuota => Err(SendMailError::QuotaExceeded("come back tomorrow".into())),
            Answer::Misconfigure => Err(SendMailError::Misconfigured {
                reason: "the sender is not verified".to_owned(),
                source: "verify it".into(),
            }),
            Answer::UnverifiedRecipient => Err(SendMailError::UnverifiedRecipient("verify it".into())),
        }
    }
}

/// The records in memory.
#[derive(Default, Debug)]
pub struct FakeSummaries {
    records: Mutex<BTreeMap<SummaryKey, (SummaryMail, Version)>>,
    gate: Mutex<(Gate, Version)>,
    suppressed: Mutex<BTreeMap<String, Suppressed>>,
    tallies: Mutex<BTreeMap<(Option<Moment>, Date), Tally>>,
    listed: AtomicUsize,
    imports_listed: AtomicUsize,
}

impl FakeSummaries {
    /// All records, by their keys.
    pub fn records(&self) -> Vec<SummaryMail> {
        lock(&self.records).values().map(|(record, _)| record.clone()).collect()
    }

    /// How many lists [`SummaryList::of_import`] has read.
    pub fn imports_listed(&self) -> usize {
        self.imports_listed.load(Ordering::Relaxed)
    }

    /// How many records [`Summaries::open_since`] has read.
    pub fn listed(&self) -> usize {
        self.listed.load(Ordering::Relaxed)
    }
}

impl Summaries for FakeSummaries {
    async fn want(&self, import: &str, accounts: &[AccountNumber], now: Moment) -> Result<u64, SummariesError> {
        let mut records = lock(&self.records);
        let mut new = 0_u64;
        for account in accounts {
            let key = SummaryKey { account: account.clone(), import: import.to_owned() };
            records.entry(key.clone()).or_insert_with(|| {
                new = new.saturating_add(1);
                (SummaryMail::wanted(key, now), Version::FIRST)
            });
        }
        Ok(new)
    }

    async fn load(&self, key: &SummaryKey) -> Result<Option<(SummaryMail, Version)>, SummariesError> {
        Ok(lock(&self.records).get(key).cloned())
    }

    async fn save(&self, record: &SummaryMail, expected: Version) -> Result<Saved, SummariesError> {
        let mut records = lock(&self.records);
        match records.get_mut(&record.key) {
            Some((stored, version)) if *version == expected => {
                *stored = record.clone();
                *version = version.next();
                let resumed_at = lock(&self.gate).0.resumed_at();
                if let Some((day, tally)) = record.counts(resumed_at) {
                    let mut tallies = lock(&self.tallies);
                    let counted = tallies.entry((resumed_at, day)).or_default();
                    *counted = counted.plus(tally);
                }
                Ok(Saved::Stored(*version))
            }
            _ => Ok(Saved::Conflict),
        }
    }

    async fn open_since(&self, before: Moment, limit: usize) -> Result<Vec<SummaryKey>, SummariesError> {
        let records = lock(&self.records);
        let mut open: Vec<_> = records
            .values()
            .filter_map(|(record, _)| Some((record.open_since().filter(|since| *since <= before)?, record)))
            .collect();
        open.sort_by_key(|(since, _)| *since);
        open.truncate(limit);
        self.listed.fetch_add(open.len(), Ordering::Relaxed);
        Ok(open.into_iter().map(|(_, record)| record.key.clone()).collect())
    }

    async fn count_by_state(&self, import: &str) -> Result<StateCounts, SummariesError> {
        let mut counts = StateCounts::default();
        for (record, _) in lock(&self.records).values().filter(|(record, _)| record.key.import == import) {
            let _ = counts.add(record.state.name());
        }
        Ok(counts)
    }
}

impl SummaryList for FakeSummaries {
    async fn of_import(
        &self,
        import: &str,
        state: Option<&str>,
        limit: usize,
    ) -> Result<Vec<SummaryMail>, SummariesError> {
        self.imports_listed.fetch_add(1, Ordering::Relaxed);
        let of_import = self.records().into_iter().filter(|it| it.key.import == import);
        Ok(of_import.filter(|it| state.is_none_or(|state| it.state.name() == state)).take(limit).collect())
    }

    async fn open(&self, state: Option<&str>, limit: usize) -> Result<Vec<SummaryMail>, SummariesError> {
        let mut open: Vec<_> = self.records().into_iter().filter(|it| !it.is_final()).collect();
        open.sort_by_key(SummaryMail::open_since);
        Ok(open.into_iter().filter(|it| state.is_none_or(|state| it.state.name() == state)).take(limit).collect())
    }
}

impl SendGate for FakeSummaries {
    async fn load_gate(&self) -> Result<(Gate, Version), SummariesError> {
        Ok(lock(&self.gate).clone())
    }

    async fn save_gate(&self, gate: &Gate, expected: Version) -> Result<Saved, SummariesError> {
        let mut stored = lock(&self.gate);
        if stored.1 != expected {
            return Ok(Saved::Conflict);
        }
        *stored = (gate.clone(), expected.next());
        Ok(Saved::Stored(stored.1))
    }

    async fn wait_after(&self, _: u32) {}
}

impl Tallies for FakeSummaries {
    async fn sent_since(
        &self,
        from: Date,
        resumed_at: Option<Moment>,
    ) -> Result<BTreeMap<Date, Tally>, SummariesError> {
        let days = (resumed_at, from)..=(resumed_at, Date::MAX);
        Ok(lock(&self.tallies).range(days).map(|((_, day), tally)| (*day, *tally)).collect())
    }
}

impl Suppressions for FakeSummaries {
    async fn suppression(&self, address: &EmailAddress) -> Result<Option<Suppression>, SummariesError> {
        Ok(lock(&self.suppressed).get(&suppression_key(address)).map(|it| it.why))
    }

    async fn suppress(&self, address: &EmailAddress, why: Suppression, now: Moment) -> Result<(), SummariesError> {
        self.copy_suppressions(&[Suppressed { key: suppression_key(address), at: now, why }]).await.map(drop)
    }

    async fn allow(&self, address: &EmailAddress) -> Result<bool, SummariesError> {
        Ok(lock(&self.suppressed).remove(&suppression_key(address)).is_some())
    }
}

impl SuppressionCopies for FakeSummaries {
    async fn suppressions(&self) -> Result<Vec<Suppressed>, SummariesError> {
        Ok(lock(&self.suppressed).values().cloned().collect())
    }

    async fn copy_suppressions(&self, suppressed: &[Suppressed]) -> Result<u64, SummariesError> {
        let mut stored = lock(&self.suppressed);
        let before = stored.len();
        for it in suppressed {
            stored.entry(it.key.clone()).or_insert_with(|| it.clone());
        }
        Ok(u64::try_from(stored.len().saturating_sub(before)).unwrap_or(u64::MAX))
    }
}

/// The queue of requests in memory.
#[derive(Default, Debug)]
pub struct FakeSummaryRequests {
    requests: Mutex<Vec<SummaryRequest>>,
}

impl FakeSummaryRequests {
    /// Removes and returns all requests of the queue.
    pub fn take(&self) -> Vec<SummaryRequest> {
        std::mem::take(&mut *lock(&self.requests))
    }
}

impl SummaryRequests for FakeSummaryRequests {
    async fn request(&self, import: &str, accounts: &[AccountNumber]) -> Result<(), RequestSummariesError> {
        let requests = accounts.iter().map(|account| SummaryRequest::new(import, account.clone()));
        lock(&self.requests).extend(requests);
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A key that is always available.
#[derive(Debug)]
pub struct FakeUnsubscribeKeys(pub UnsubscribeKey);

impl UnsubscribeKeys for FakeUnsubscribeKeys {
    async fn key(&self) -> Result<UnsubscribeKey, UnsubscribeKeysError> {
        Ok(self.0.clone())
    }
}
