use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use banking::AccountNumber;
use calendar::Moment;

use crate::mailer::{Mailer, SendMailError, Sent};
use crate::outbox::{
    RequestSummariesError, Saved, StateCounts, Summaries, SummariesError, SummaryRequest, SummaryRequests, Version,
};
use crate::{Mail, SummaryKey, SummaryMail, UnsubscribeKey, UnsubscribeKeys, UnsubscribeKeysError};

/// A carrier that keeps the mails it takes.
#[derive(Default, Debug)]
pub struct FakeMailer {
    taken: Mutex<Vec<Mail>>,
    answers: Mutex<VecDeque<Answer>>,
}

/// How the carrier treats one call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Takes the mail and says so.
    Take,
    /// Takes the mail, but the answer is lost.
    TakeSilently,
    /// Loses the mail, and the answer too.
    Lose,
    /// Refuses it for good.
    Refuse,
    /// Does not take it for now.
    Throttle,
}

impl FakeMailer {
    /// A carrier that treats the first calls like `answers`, and takes all later ones.
    pub fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self { answers: Mutex::new(answers.into_iter().collect()), ..Self::default() }
    }

    /// The mails taken, in their order.
    pub fn taken(&self) -> Vec<Mail> {
        lock(&self.taken).clone()
    }
}

impl Mailer for FakeMailer {
    async fn send(&self, mail: &Mail) -> Result<Sent, SendMailError> {
        let answer = lock(&self.answers).pop_front().unwrap_or(Answer::Take);
        let mut taken = lock(&self.taken);
        if matches!(answer, Answer::Take | Answer::TakeSilently) {
            taken.push(mail.clone());
        }
        match answer {
            Answer::Take => Ok(Sent::Taken { carrier_id: format!("fake-{}", taken.len()) }),
            Answer::TakeSilently | Answer::Lose => Ok(Sent::Unknown { reason: "no answer".to_owned() }),
            Answer::Refuse => Ok(Sent::Refused { reason: "refused".to_owned() }),
            Answer::Throttle => Err(SendMailError::Throttled("a pause, please".into())),
        }
    }
}

/// The records in memory.
#[derive(Default, Debug)]
pub struct FakeSummaries {
    records: Mutex<BTreeMap<SummaryKey, (SummaryMail, Version)>>,
}

impl FakeSummaries {
    /// All records, by their keys.
    pub fn records(&self) -> Vec<SummaryMail> {
        lock(&self.records).values().map(|(record, _)| record.clone()).collect()
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
                Ok(Saved::Stored(*version))
            }
            _ => Ok(Saved::Conflict),
        }
    }

    async fn open_since(&self, before: Moment, limit: usize) -> Result<Vec<SummaryMail>, SummariesError> {
        let records = lock(&self.records);
        let mut open: Vec<_> = records
            .values()
            .filter_map(|(record, _)| Some((record.open_since().filter(|since| *since <= before)?, record)))
            .collect();
        open.sort_by_key(|(since, _)| *since);
        Ok(open.into_iter().take(limit).map(|(_, record)| record.clone()).collect())
    }

    async fn count_by_state(&self, import: &str) -> Result<StateCounts, SummariesError> {
        let mut counts = StateCounts::default();
        for (record, _) in lock(&self.records).values().filter(|(record, _)| record.key.import == import) {
            let _ = counts.add(record.state.name());
        }
        Ok(counts)
    }
}

/// The queue of requests in memory.
#[derive(Default, Debug)]
pub struct FakeSummaryRequests {
    requests: Mutex<Vec<SummaryRequest>>,
}

impl FakeSummaryRequests {
    /// Takes all requests off the queue.
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

/// A key that is always there.
#[derive(Debug)]
pub struct FakeUnsubscribeKeys(pub UnsubscribeKey);

impl UnsubscribeKeys for FakeUnsubscribeKeys {
    async fn key(&self) -> Result<UnsubscribeKey, UnsubscribeKeysError> {
        Ok(self.0.clone())
    }
}
