//! The ports to the records of summary mails and to the queue of requests.

use std::future::Future;

use banking::AccountNumber;
use calendar::Moment;
use serde::{Deserialize, Serialize};
pub use storage::{Saved, Version};

pub use crate::error::SummariesError;
use crate::{SummaryKey, SummaryMail};

/// The records of all summary mails, one for each account and import.
pub trait Summaries {
    /// Records that each of `accounts` needs a summary after `import`, and returns the number of new records.
    ///
    /// Existing records do not change, whatever their state, so a repeated call has no effect. After an error some
    /// accounts may have been recorded: retry.
    fn want(
        &self,
        import: &str,
        accounts: &[AccountNumber],
        now: Moment,
    ) -> impl Future<Output = Result<u64, SummariesError>> + Send;

    /// The current record (a consistent read) and its version; `None` if no summary was requested.
    fn load(
        &self,
        key: &SummaryKey,
    ) -> impl Future<Output = Result<Option<(SummaryMail, Version)>, SummariesError>> + Send;

    /// Replaces the record if its version is still `expected`; otherwise, or if the record does not exist, changes
    /// nothing and returns [`Saved::Conflict`].
    ///
    /// Updates the counts of [`SummaryMail::counts`] for [`Tallies`](crate::tally::Tallies) in the same transaction. An
    /// operator may resume sending at the same time; then the counts may be missing.
    fn save(
        &self,
        record: &SummaryMail,
        expected: Version,
    ) -> impl Future<Output = Result<Saved, SummariesError>> + Send;

    /// The keys of at most `limit` records that have been open since `before` or longer, oldest first. The index may lag,
    /// so check each with [`Summaries::load`]; a record that cannot be read does not hide the others.
    fn open_since(
        &self,
        before: Moment,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<SummaryKey>, SummariesError>> + Send;

    /// The number of summaries of `import` in each state.
    fn count_by_state(&self, import: &str) -> impl Future<Output = Result<StateCounts, SummariesError>> + Send;
}

/// The lists of summary mails, for operators. The records may be of different moments. In one state or, with `None`, in
/// any.
pub trait SummaryList {
    /// At most `limit` records of `import`. Consistent.
    fn of_import(
        &self,
        import: &str,
        state: Option<&str>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<SummaryMail>, SummariesError>> + Send;

    /// At most `limit` records that are not final, of all imports, oldest first. The index may lag.
    fn open(
        &self,
        state: Option<&str>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<SummaryMail>, SummariesError>> + Send;
}

/// The port that requests summaries.
pub trait SummaryRequests {
    /// Puts one [`SummaryRequest`] for each of `accounts` on the queue: each is delivered at least once, in any order.
    /// After an error some may be on the queue: retry.
    fn request(
        &self,
        import: &str,
        accounts: &[AccountNumber],
    ) -> impl Future<Output = Result<(), RequestSummariesError>> + Send;
}

/// The number of summaries of one import in each state.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct StateCounts {
    /// Wanted, nothing sent yet.
    pub wanted: u64,
    /// Being sent.
    pub sending: u64,
    /// Accepted by the provider.
    pub sent: u64,
    /// Refused by the provider.
    pub refused: u64,
    /// Without an address.
    pub no_address: u64,
    /// To holders who have opted out.
    pub opted_out: u64,
    /// Sent twice without a response.
    pub unknown: u64,
    /// Failed before anything was sent.
    pub failed: u64,
    /// To a suppressed address.
    pub suppressed: u64,
    /// Accepted by the provider, not delivered.
    pub bounced: u64,
    /// Delivered; the receiver complained.
    pub complained: u64,
}

/// The names of all states, as [`MailState::name`] gives them.
///
/// [`MailState::name`]: crate::MailState::name
pub const STATES: [&str; 11] = [
    "wanted",
    "sending",
    "sent",
    "refused",
    "no_address",
    "opted_out",
    "suppressed",
    "bounced",
    "complained",
    "unknown",
    "failed",
];

impl StateCounts {
    /// Increments the count of the state with this [`MailState::name`]; `None` for an unknown state.
    ///
    /// [`MailState::name`]: crate::MailState::name
    pub fn add(&mut self, name: &str) -> Option<()> {
        let count = match name {
            "wanted" => &mut self.wanted,
            "sending" => &mut self.sending,
            "sent" => &mut self.sent,
            "refused" => &mut self.refused,
            "no_address" => &mut self.no_address,
            "opted_out" => &mut self.opted_out,
            "unknown" => &mut self.unknown,
            "failed" => &mut self.failed,
            "suppressed" => &mut self.suppressed,
            "bounced" => &mut self.bounced,
            "complained" => &mut self.complained,
            _ => return None,
        };
        *count = count.saturating_add(1);
        Some(())
    }
}

/// The message that requests one summary (`summary-requested`, version 1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SummaryRequest {
    /// The version of the message: 1. Other versions fail.
    pub schema: SchemaOne,
    /// The import that caused the summary.
    pub import: String,
    /// The account.
    pub account: AccountNumber,
}

impl SummaryRequest {
    /// A request for the summary of `account` after `import`.
    pub fn new(import: &str, account: AccountNumber) -> Self {
        Self { schema: SchemaOne, import: import.to_owned(), account }
    }

    /// The key of the record.
    pub fn key(&self) -> SummaryKey {
        SummaryKey { account: self.account.clone(), import: self.import.clone() }
    }
}

/// The number 1: the only version of the message.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct SchemaOne;

impl Serialize for SchemaOne {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(1)
    }
}

impl<'de> Deserialize<'de> for SchemaOne {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            1 => Ok(Self),
            _ => Err(serde::de::Error::custom("an unknown version of summary-requested")),
        }
    }
}

/// Not all requests are on the queue: retry.
#[derive(Debug, thiserror::Error)]
#[error("the summaries could not be requested")]
pub struct RequestSummariesError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_reads_back_and_an_unknown_version_fails() {
        let request = SummaryRequest::new("imp-1", "2378".parse().unwrap());
        let json = r#"{"schema":1,"import":"imp-1","account":"2378"}"#;
        assert_eq!(serde_json::to_string(&request).unwrap(), json);
        assert_eq!(serde_json::from_str::<SummaryRequest>(json).unwrap(), request);
        for wrong in [json.replace(":1,", ":2,"), json.replace('}', r#","more":1}"#)] {
            assert!(serde_json::from_str::<SummaryRequest>(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn each_state_has_a_count_of_its_own() {
        for name in STATES {
            let mut counts = StateCounts::default();
            assert_eq!(counts.add(name), Some(()));
            assert_eq!(counts.add(name), Some(()));
            let stored = serde_json::to_value(counts).unwrap();
            let counted: Vec<_> = stored.as_object().unwrap().iter().filter(|(_, count)| **count != 0).collect();
            assert_eq!(counted, [(&name.to_owned(), &serde_json::json!(2))]);
        }
        let mut counts = StateCounts::default();
        assert_eq!(counts.add("lost"), None);
        assert_eq!(counts, StateCounts::default());
    }
}
