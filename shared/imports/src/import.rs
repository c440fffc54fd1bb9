use std::ops::Deref;

use calendar::Moment;
use serde::{Deserialize, Serialize};
use storage::Version;

use crate::{ImportId, ImportStats, Kind, ParsedFile, Refusal, State, Upload};

/// One imported file and its results. Its record is read only: only the transitions below change it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Import(ImportRecord);

impl Deref for Import {
    type Target = ImportRecord;

    fn deref(&self) -> &ImportRecord {
        &self.0
    }
}

#[cfg(any(test, feature = "testing"))]
impl From<ImportRecord> for Import {
    fn from(record: ImportRecord) -> Self {
        Self(record)
    }
}

/// An import's state does not allow a transition.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("the import is {0}")]
pub struct NotAllowed(&'static str);

/// What is known of an import.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImportRecord {
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
    #[serde(rename = "taken_up")]
    pub retries: u32,
    /// The version of the record for conditional writes; managed by the storage.
    #[serde(skip)]
    pub version: Version,
}

impl Import {
    /// A new import after the upload of its file.
    pub fn received(upload: &Upload) -> Self {
        Self(ImportRecord {
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
            version: Version::default(),
        })
    }

    /// Its file is read, and its batches are being written. `repeats` is the first import of the same content.
    pub fn splitting(&self, read: &ParsedFile, repeats: Option<ImportId>, now: Moment) -> Result<Self, NotAllowed> {
        self.to(State::Splitting, now, matches!(self.state, State::Received | State::Splitting)).map(|mut it| {
            it.0.kind = Some(read.kind);
            it.0.source = Some(read.source.clone());
            it.0.content = Some(read.content.clone());
            it.0.repeats = repeats;
            it
        })
    }

    /// Its batches are written, with the list of this version; without batches it has ended.
    pub fn split(&self, found: ImportStats, index: Option<String>, now: Moment) -> Result<Self, NotAllowed> {
        let state = if found.batches == 0 { found.end_state() } else { State::Posting };
        let split = self.to(state, now, self.state == State::Splitting)?.0;
        Ok(Self(ImportRecord { found: Some(found), index_version: index, ..split }))
    }

    /// Its file was refused.
    pub fn refused(&self, refusal: &Refusal, now: Moment) -> Result<Self, NotAllowed> {
        let reason = refusal.to_string();
        self.to(State::Refused { reason }, now, matches!(self.state, State::Received | State::Splitting))
    }

    /// All its batches are posted, even if it has failed before.
    pub fn posted(&self, now: Moment) -> Result<Self, NotAllowed> {
        self.to(State::Done, now, matches!(self.state, State::Posting | State::Failed { .. }))
    }

    /// It has failed. `what` is the cause; the reason names the remedy, too.
    pub fn failed(&self, what: &str, now: Moment) -> Result<Self, NotAllowed> {
        let id = self.id;
        let reason = format!("{what}; see the log, then run `millrace imports retry {id}` or upload the file again");
        self.to(State::Failed { reason }, now, !self.state.is_final())
    }

    /// Its newest batch was posted at `at`.
    pub fn progressed(&self, at: Moment) -> Result<Self, NotAllowed> {
        let progressed = self.to(self.state.clone(), at, !self.state.is_final())?.0;
        Ok(Self(ImportRecord { retries: 0, ..progressed }))
    }

    /// It has stalled and is tried again.
    pub fn tried_again(&self, now: Moment) -> Result<Self, NotAllowed> {
        let again = self.to(self.state.clone(), now, !self.state.is_final())?.0;
        Ok(Self(ImportRecord { retries: self.retries.saturating_add(1), ..again }))
    }

    /// An operator has retried it after it failed: it continues from where it stopped, under the same id.
    pub fn retried(&self, now: Moment) -> Result<Self, NotAllowed> {
        // The statistics are saved after all batches are written.
        let state = if self.found.is_some() { State::Posting } else { State::Received };
        let retried = self.to(state, now, matches!(self.state, State::Failed { .. }))?.0;
        Ok(Self(ImportRecord { retries: 0, ..retried }))
    }

    /// As the storage has it, under this version.
    #[must_use]
    pub fn with_version(&self, version: Version) -> Self {
        Self(ImportRecord { version, ..self.0.clone() })
    }

    fn to(&self, state: State, now: Moment, is_allowed: bool) -> Result<Self, NotAllowed> {
        let to = Self(ImportRecord { state, touched_at: now, ..self.0.clone() });
        is_allowed.then_some(to).ok_or(NotAllowed(self.state.name()))
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
    use crate::{BatchOutcome, FullAccount, ImportIdError};

    fn import(state: State) -> Import {
        let received = Import::received(&Upload {
            key: "imports/a.csv".to_owned(),
            version: "v1".to_owned(),
            size_bytes: 1,
            uploaded_at: "2026-11-20T10:00:00Z".parse().unwrap(),
            metadata: std::collections::BTreeMap::new(),
        });
        Import(ImportRecord { state, retries: 5, ..received.0 })
    }

    #[test]
    fn a_failed_import_continues_where_it_stopped() {
        let now: Moment = "2026-11-21T10:00:00Z".parse().unwrap();
        let failed = import(State::Failed { reason: "x".to_owned() });
        let retried = ImportRecord { state: State::Received, retries: 0, touched_at: now, ..failed.0.clone() };
        assert_eq!(failed.retried(now), Ok(Import(retried)));
        let split = Import(ImportRecord { found: Some(ImportStats::default()), ..failed.0 });
        assert_eq!(split.retried(now).unwrap().state, State::Posting);
    }

    #[test]
    fn a_split_import_has_its_statistics_and_the_version_of_the_list_of_its_batches() {
        let now: Moment = "2026-11-21T10:00:00Z".parse().unwrap();
        for (batches, state) in [(0, State::Done), (1, State::Posting)] {
            let found = ImportStats { batches, ..ImportStats::default() };
            let version = Some("v7".to_owned());
            let split = import(State::Splitting).split(found.clone(), version.clone(), now).unwrap();
            assert_eq!((&split.state, &split.found, &split.index_version), (&state, &Some(found), &version));
        }
    }

    #[test]
    fn a_state_allows_its_transitions_only() {
        let now: Moment = "2026-11-21T10:00:00Z".parse().unwrap();
        let reason = || "x".to_owned();
        let all = [
            State::Received,
            State::Splitting,
            State::Posting,
            State::Done,
            State::Rejected { reason: reason() },
            State::Refused { reason: reason() },
            State::Failed { reason: reason() },
        ];
        let allowed = |transition: &dyn Fn(&Import) -> Result<Import, NotAllowed>| {
            let names = all.iter().filter(|it| transition(&import((*it).clone())).is_ok()).map(State::name);
            names.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(allowed(&|it| it.split(ImportStats::default(), None, now)), "splitting");
        assert_eq!(allowed(&|it| it.refused(&Refusal::Empty, now)), "received splitting");
        assert_eq!(allowed(&|it| it.posted(now)), "posting failed");
        assert_eq!(allowed(&|it| it.failed("x", now)), "received splitting posting");
        assert_eq!(allowed(&|it| it.progressed(now)), "received splitting posting");
        assert_eq!(allowed(&|it| it.tried_again(now)), "received splitting posting");
        assert_eq!(allowed(&|it| it.retried(now)), "failed");
        assert_eq!(import(State::Done).retried(now).unwrap_err().to_string(), "the import is done");
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
    fn each_state_has_a_name_and_a_running_one_is_not_final() {
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
}
