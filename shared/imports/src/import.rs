use banking::AccountNumber;
use calendar::Moment;
use ledger::Added;
use money::Money;
use serde::{Deserialize, Serialize};

use crate::{ImportId, Kind, Upload};

/// The state of an import.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum State {
    /// The file is in the bucket.
    Received,
    /// The file is readable; batches are being written.
    Splitting,
    /// Its batches are being posted.
    Posting,
    /// All its entries are in the books, except those that an account has no room for ([`NotPosted`]).
    // Earlier releases marked an import that repeats another one as `duplicate` and did not read it.
    #[serde(alias = "duplicate")]
    Done,
    /// All its rows were read, and each of them was rejected.
    Rejected {
        /// The number of rows, and the reason of the first one.
        reason: String,
    },
    /// The whole file was refused.
    Refused {
        /// The reason, and what to do.
        reason: String,
    },
    /// All retries failed; posted entries stay. Uploading the file again posts the rest.
    Failed {
        /// Why.
        reason: String,
    },
}

impl State {
    /// Whether the state is final.
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Received | Self::Splitting | Self::Posting)
    }

    /// Its name in tables and documents.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Splitting => "splitting",
            Self::Posting => "posting",
            Self::Done => "done",
            Self::Rejected { .. } => "rejected",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
        }
    }
}

/// One imported file and its results.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Import {
    /// Its id.
    pub id: ImportId,
    /// The object's key in the bucket.
    pub key: String,
    /// The object's version.
    pub object_version: String,
    /// The object's size.
    pub size_bytes: u64,
    /// When it was uploaded.
    pub received_at: Moment,
    /// Its state.
    pub state: State,
    /// The kind of the file, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The source of its rows: `account`, `sepa`, a profile's name; once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// SHA-256 of its text and its instructions, in hexadecimal; once the file is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// The first import of the same content. The file is read again: each row that is already in the books is a
    /// duplicate, every other row (the profile was wrong, the accounts were not registered) is posted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<ImportId>,
    /// The version of the list of its batches ([`Import::index_key`]), once written: another split of the same import
    /// may write the list, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_version: Option<String>,
    /// The statistics of the file, once it is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<ImportStats>,
    /// When its state last changed.
    pub touched_at: Moment,
    /// The number of retries since its last progress.
    #[serde(default, rename = "taken_up")]
    pub retries: u32,
    /// The version of the record for conditional writes; managed by the storage.
    #[serde(default, rename = "revision")]
    pub version: u64,
}

/// The statistics of a file. Rows: read = taken + rejected.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ImportStats {
    /// Data rows, without the header.
    pub rows_read: u64,
    /// Accepted rows.
    pub rows_taken: u64,
    /// Rejected rows, each with its reason in the rejects file.
    pub rows_rejected: u64,
    /// The number of rejects that exceed the limit of the rejects file.
    #[serde(default)]
    pub rejects_left_out: u64,
    /// Entries from the accepted rows; a transfer gives one entry for each registered account.
    pub entries: u64,
    /// Accounts they are on.
    pub accounts: u64,
    /// Customers and companies that the file names.
    pub customers: u64,
    /// Batches they were split into.
    pub batches: u32,
    /// The sums of the entries, by currency.
    pub sums: Vec<Sums>,
    /// For a file of transfers: the sums of its rows, by currency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<TransferSums>,
    /// Warnings about accepted rows, and hints about rejected ones.
    pub warnings: Vec<Warning>,
    /// The first rejects.
    pub first_rejects: Vec<Reject>,
    /// Whether the holders of the accounts get a summary.
    pub summaries: bool,
}

/// Credits and debits of one currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sums {
    /// The sum of the amounts above zero.
    pub credits: Money,
    /// The sum of the amounts below zero.
    pub debits: Money,
}

/// The rows of one currency in a file of transfers, and the sums of their amounts. The number of their entries is
/// `taken_rows` + `both_rows`; the same holds for the sums.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TransferSums {
    /// Accepted rows.
    pub taken_rows: u64,
    /// Their sum.
    pub taken: Money,
    /// The accepted rows with two registered accounts: each gives two entries.
    pub both_rows: u64,
    /// Their sum.
    pub both: Money,
    /// Rejected rows with a readable currency and amount.
    pub rejected_rows: u64,
    /// Their sum.
    pub rejected: Money,
}

/// A warning, and its number of rows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Warning {
    /// What.
    pub what: String,
    /// In how many rows.
    pub rows: u64,
}

/// A rejected row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reject {
    /// Its line in the file; the header is line 1.
    pub line: u64,
    /// Why, and where in it.
    pub reason: String,
    /// The row, cut after 200 bytes.
    pub row: String,
}

/// The result of posting one batch.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct BatchOutcome {
    /// Entries that are new in the books.
    pub posted: u64,
    /// Entries that already existed.
    pub duplicates: u64,
    /// Entries that became dirty: new ones, and existing ones that a new entry identifies as part of a batch payment.
    #[serde(default)]
    pub dirty: u64,
    /// Accounts they are on.
    pub accounts: u64,
    /// Entries that the books also have from another source.
    #[serde(default)]
    pub from_another_source: u64,
    /// The sums of the new and of the dirty ones, by currency.
    #[serde(default)]
    pub sums: Vec<PostedSums>,
    /// Entries that do not fit into the books: entries = posted + duplicates + not posted.
    #[serde(default, skip_serializing_if = "NotPosted::is_empty")]
    pub not_posted: NotPosted,
}

/// Entries that an account of the books has no room for.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct NotPosted {
    /// How many entries.
    pub entries: u64,
    /// How many accounts they are on.
    pub accounts: u64,
    /// The first of these accounts, at most [`NotPosted::MAX_FIRST`].
    pub first: Vec<FullAccount>,
}

/// An account that has no room for entries of an import.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FullAccount {
    /// The account.
    pub account: AccountNumber,
    /// How many entries were not posted to it.
    pub entries: u64,
    /// The reason, and what to do.
    pub reason: String,
}

impl NotPosted {
    /// How many accounts are named.
    pub const MAX_FIRST: usize = 20;

    /// Whether every entry was posted.
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// Counts an account.
    pub fn add(&mut self, full: FullAccount) {
        self.and(&Self { entries: full.entries, accounts: 1, first: vec![full] });
    }

    /// Adds the accounts of another batch.
    pub fn and(&mut self, other: &Self) {
        self.entries = self.entries.saturating_add(other.entries);
        self.accounts = self.accounts.saturating_add(other.accounts);
        let room = Self::MAX_FIRST.saturating_sub(self.first.len());
        self.first.extend(other.first.iter().take(room).cloned());
    }
}

/// Sums of amounts without their signs in one currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PostedSums {
    /// How many entries are new in the books.
    #[serde(default)]
    pub entries: u64,
    /// Of entries that are new in the books.
    pub posted: Money,
    /// Of entries that are dirty since.
    pub dirty: Money,
}

impl BatchOutcome {
    /// The outcome of posting to `accounts` accounts.
    pub fn new(added: &Added, duplicates: u64, accounts: u64) -> Self {
        let money = |minor: u128, currency| Money::new(i128::try_from(minor).unwrap_or(i128::MAX), currency);
        let sums = added.gross.iter().map(|(currency, gross)| PostedSums {
            entries: gross.entries,
            posted: money(gross.added_minor, *currency),
            dirty: money(gross.dirty_minor, *currency),
        });
        Self {
            posted: added.entries,
            duplicates,
            dirty: added.dirty,
            accounts,
            from_another_source: 0,
            sums: sums.collect(),
            not_posted: NotPosted::default(),
        }
    }
}

impl ImportStats {
    /// Whether the file has rows and all of them were rejected.
    pub fn is_rejected(&self) -> bool {
        self.rows_read > 0 && self.rows_taken == 0
    }

    /// The final state of the import, after everything is posted.
    pub fn end_state(&self) -> State {
        if !self.is_rejected() {
            return State::Done;
        }
        let first = self.first_rejects.first().map(|it| format!("; line {}: {}", it.line, it.reason));
        let reason = format!("0 of {} rows were taken{}", self.rows_read, first.unwrap_or_default());
        State::Rejected { reason }
    }
}

impl Import {
    /// A new import after the upload of its file.
    pub fn received(upload: &Upload) -> Self {
        Self {
            id: upload.id(),
            key: upload.key.clone(),
            object_version: upload.version.clone(),
            size_bytes: upload.size_bytes,
            received_at: upload.uploaded_at,
            state: State::Received,
            kind: None,
            source: None,
            content: None,
            repeats: None,
            index_version: None,
            found: None,
            touched_at: upload.uploaded_at,
            retries: 0,
            version: 0,
        }
    }

    /// A failed import after an operator has retried it: it continues from where it stopped, under the same id. `None`
    /// if it has not failed.
    pub fn retried(&self, now: Moment) -> Option<Self> {
        let State::Failed { .. } = self.state else { return None };
        // The statistics are saved after all batches are written.
        let state = if self.found.is_some() { State::Posting } else { State::Received };
        Some(Self { state, touched_at: now, retries: 0, ..self.clone() })
    }

    /// The name of the uploaded file.
    pub fn file_name(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or_default()
    }

    /// The key of the object that holds its batches.
    pub fn entries_key(id: ImportId) -> String {
        format!("work/{id}/entries.bin")
    }

    /// The key of the list of its batches.
    pub fn index_key(id: ImportId) -> String {
        format!("work/{id}/batches.json")
    }

    /// The key of its rejects.
    pub fn rejects_key(id: ImportId) -> String {
        format!("rejects/{id}.csv")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ImportIdError;

    #[test]
    fn a_failed_import_continues_where_it_stopped() {
        let now: Moment = "2026-11-21T10:00:00Z".parse().unwrap();
        let received = Import::received(&Upload {
            key: "imports/a.csv".to_owned(),
            version: "v1".to_owned(),
            size_bytes: 1,
            uploaded_at: "2026-11-20T10:00:00Z".parse().unwrap(),
            metadata: std::collections::BTreeMap::new(),
        });
        let failed = State::Failed { reason: "x".to_owned() };
        let unread = Import { state: failed.clone(), retries: 5, ..received.clone() };
        let retried = Import { state: State::Received, retries: 0, touched_at: now, ..unread.clone() };
        assert_eq!(unread.retried(now), Some(retried));
        let split = Import { found: Some(ImportStats::default()), state: failed, ..received.clone() };
        assert_eq!(split.retried(now).unwrap().state, State::Posting);
        for state in [State::Received, State::Posting, State::Done] {
            assert_eq!(Import { state, ..received.clone() }.retried(now), None);
        }
    }

    #[test]
    fn an_import_is_the_object_and_its_version() {
        let id = ImportId::of("imports/a.csv", "v1");
        assert_eq!(id, ImportId::of("imports/a.csv", "v1"));
        assert_ne!(id, ImportId::of("imports/a.csv", "v2"));
        assert_ne!(ImportId::of("ab", "c"), ImportId::of("a", "bc"));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("xyz".parse::<ImportId>(), Err(ImportIdError));
    }

    #[test]
    fn what_is_kept_of_an_import_has_its_id_in_its_key() {
        let id: ImportId = "0123456789abcdef0123456789abcdef".parse().unwrap();
        assert_eq!(format!("{id:?}"), "0123456789abcdef0123456789abcdef");
        assert_eq!(Import::entries_key(id), "work/0123456789abcdef0123456789abcdef/entries.bin");
        assert_eq!(Import::index_key(id), "work/0123456789abcdef0123456789abcdef/batches.json");
        assert_eq!(Import::rejects_key(id), "rejects/0123456789abcdef0123456789abcdef.csv");
    }

    #[test]
    fn each_state_has_a_name_and_what_is_under_way_is_not_final() {
        let reason = String::new;
        for (state, name, is_final) in [
            (State::Received, "received", false),
            (State::Splitting, "splitting", false),
            (State::Posting, "posting", false),
            (State::Done, "done", true),
            (State::Rejected { reason: reason() }, "rejected", true),
            (State::Refused { reason: reason() }, "refused", true),
            (State::Failed { reason: reason() }, "failed", true),
        ] {
            assert_eq!((state.name(), state.is_final()), (name, is_final));
        }
    }

    #[test]
    fn what_was_not_posted_is_stored_only_if_there_is_some() {
        let mut outcome = BatchOutcome::default();
        assert!(!serde_json::to_string(&outcome).unwrap().contains("not_posted"));
        outcome.not_posted.add(FullAccount { account: "4711".parse().unwrap(), entries: 2, reason: "x".to_owned() });
        let stored = serde_json::to_string(&outcome).unwrap();
        assert_eq!(serde_json::from_str::<BatchOutcome>(&stored).unwrap(), outcome);
    }

    #[test]
    fn a_duplicate_of_an_earlier_version_reads_as_done() {
        let stored = r#"{"name": "duplicate", "of": "0123456789abcdef0123456789abcdef"}"#;
        assert_eq!(serde_json::from_str::<State>(stored).unwrap(), State::Done);
    }
}
