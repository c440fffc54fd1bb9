//! Fakes of the ports of imports, and the contracts they share with every adapter.

mod contracts;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use calendar::{Date, Moment};
use money::Currency;

use crate::{
    BatchOutcome, BatchQueue, Batches, ContentHistory, DatedRate, Files, GROUP, Import, ImportId, ImportList,
    ImportRecord, Imports, PortError, PostBatch, Rates, RecentPage, Saved, Sources, SplitFile, StalledPage, State,
    UnreadableImport, Upload, UploadQueue, Version,
};

pub use contracts::{files_contract, imports_contract};

/// The time of all writes of the functions: 2026-11-21.
const WRITTEN_ON: i32 = 20_778;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An import as no transition makes it.
pub fn altered(import: &Import, change: impl FnOnce(&mut ImportRecord)) -> Import {
    let mut record = ImportRecord::clone(import);
    change(&mut record);
    Import::from(record)
}

/// A bucket in memory.
#[derive(Default)]
pub struct FakeFiles {
    versions: Mutex<Versions>,
    arrived: Mutex<Vec<SplitFile>>,
}

/// By key and version.
type Versions = BTreeMap<(String, String), (Upload, Vec<u8>)>;

impl FakeFiles {
    /// Uploads an object as a user would.
    pub fn upload(&self, upload: Upload, bytes: &[u8]) {
        let key = (upload.key.clone(), upload.version.clone());
        lock(&self.versions).insert(key, (upload, bytes.to_vec()));
    }

    /// Takes the S3 events for objects that were written under `imports/`.
    pub fn take_arrived(&self) -> Vec<SplitFile> {
        std::mem::take(&mut lock(&self.arrived))
    }

    /// All objects by key.
    pub fn all(&self) -> BTreeMap<String, Vec<u8>> {
        lock(&self.versions).iter().map(|((key, _), (_, bytes))| (key.clone(), bytes.clone())).collect()
    }

    fn find(&self, key: &str, version: Option<&str>) -> Option<(Upload, Vec<u8>)> {
        let files = lock(&self.versions);
        let mut versions = files.iter().filter(|((k, v), _)| k == key && version.is_none_or(|it| it == v));
        versions.next_back().map(|(_, file)| file.clone())
    }
}

impl Files for FakeFiles {
    async fn describe(&self, key: &str, version: Option<&str>) -> Result<Option<Upload>, PortError> {
        Ok(self.find(key, version).map(|(upload, _)| upload))
    }

    async fn read(&self, key: &str, version: Option<&str>, range: Range<u64>) -> Result<Option<Vec<u8>>, PortError> {
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        Ok(self.find(key, version).map(|(_, bytes)| {
            let end = place(range.end).min(bytes.len());
            bytes.get(place(range.start).min(end)..end).unwrap_or_default().to_vec()
        }))
    }

    async fn write(&self, key: &str, bytes: Vec<u8>, _content_type: &str) -> Result<String, PortError> {
        let mut files = lock(&self.versions);
        let version = format!("{:08}", files.keys().filter(|(k, _)| k == key).count());
        let upload = Upload {
            key: key.to_owned(),
            version: version.clone(),
            size_bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            uploaded_at: Moment::day(Date::from_days(WRITTEN_ON).unwrap_or(Date::MIN)),
            metadata: BTreeMap::new(),
        };
        files.insert((key.to_owned(), version.clone()), (upload, bytes));
        if key.starts_with("imports/") {
            lock(&self.arrived).push(SplitFile { key: key.to_owned(), version: Some(version.clone()) });
        }
        Ok(version)
    }

    async fn list(&self, prefix: &str, after: &str) -> Result<Vec<String>, PortError> {
        let files = self.all();
        let keys = files.into_keys().filter(|key| key.starts_with(prefix) && key.as_str() > after);
        Ok(keys.collect())
    }
}

#[derive(Default)]
struct Records {
    imports: BTreeMap<ImportId, Import>,
    first: BTreeMap<String, ContentHistory>,
    batches: BTreeMap<(ImportId, u32), (BatchOutcome, Moment)>,
    groups: BTreeSet<(ImportId, u8, u32)>,
    rates: BTreeMap<(Currency, Date), (Moment, DatedRate)>,
    unreadable: BTreeSet<ImportId>,
    sources: BTreeSet<String>,
    first_from: BTreeMap<String, ImportId>,
}

/// The record of imports in memory.
#[derive(Default)]
pub struct FakeImports(Mutex<Records>);

impl Records {
    fn save(&mut self, import: &Import) -> Saved {
        let stored = self.imports.get(&import.id).map_or(Version::default(), |it| it.version);
        if stored != import.version {
            return Saved::Conflict;
        }
        let version = stored.next();
        self.imports.insert(import.id, import.with_version(version));
        Saved::Stored(version)
    }
}

impl Imports for FakeImports {
    async fn receive(&self, import: &Import) -> Result<Import, PortError> {
        let mut records = lock(&self.0);
        let first = import.with_version(Version::FIRST);
        Ok(records.imports.entry(import.id).or_insert(first).clone())
    }

    async fn find(&self, id: ImportId) -> Result<Option<Import>, PortError> {
        let records = lock(&self.0);
        if records.unreadable.contains(&id) {
            return Err(PortError::Broken("the record of imports", "made unreadable".into()));
        }
        Ok(records.imports.get(&id).cloned())
    }

    async fn save(&self, import: &Import) -> Result<Saved, PortError> {
        Ok(lock(&self.0).save(import))
    }

    async fn first_with(&self, content: &str, import: &Import) -> Result<ContentHistory, PortError> {
        let mut records = lock(&self.0);
        let history = match records.first.get(content) {
            None => ContentHistory::of(import),
            Some(stored) => {
                let state = records.imports.get(&stored.first).map(|it| &it.state);
                let has_failed = state.is_none_or(|it| matches!(it, State::Failed { .. } | State::Refused { .. }));
                if has_failed && stored.first != import.id { stored.passed_to(import.id) } else { stored.clone() }
            }
        };
        records.first.insert(content.to_owned(), history.clone());
        Ok(history)
    }
}

impl Sources for FakeImports {
    async fn declare(&self, source: &str, _now: Moment) -> Result<(), PortError> {
        lock(&self.0).sources.insert(source.to_owned());
        Ok(())
    }

    async fn declared(&self) -> Result<Vec<String>, PortError> {
        Ok(lock(&self.0).sources.iter().cloned().collect())
    }

    async fn first_from(&self, source: &str, import: ImportId) -> Result<ImportId, PortError> {
        Ok(*lock(&self.0).first_from.entry(source.to_owned()).or_insert(import))
    }
}

impl Batches for FakeImports {
    async fn finish(
        &self,
        import: ImportId,
        batch: u32,
        outcome: BatchOutcome,
        now: Moment,
    ) -> Result<BatchOutcome, PortError> {
        Ok(lock(&self.0).batches.entry((import, batch)).or_insert((outcome, now)).0.clone())
    }

    async fn finished(&self, import: ImportId) -> Result<Vec<(u32, BatchOutcome)>, PortError> {
        let records = lock(&self.0);
        let ours = records.batches.iter().filter(|((id, _), _)| *id == import);
        Ok(ours.map(|((_, batch), (outcome, _))| (*batch, outcome.clone())).collect())
    }

    async fn is_finished(&self, import: ImportId, batch: u32) -> Result<bool, PortError> {
        Ok(lock(&self.0).batches.contains_key(&(import, batch)))
    }

    async fn last_progress(&self, import: ImportId) -> Result<Option<Moment>, PortError> {
        let records = lock(&self.0);
        let ours = records.batches.iter().filter(|((id, _), _)| *id == import);
        Ok(ours.map(|(_, (_, at))| *at).max())
    }

    async fn complete(&self, import: ImportId, level: u8, number: u32) -> Result<(), PortError> {
        lock(&self.0).groups.insert((import, level, number));
        Ok(())
    }

    async fn complete_in(&self, import: ImportId, level: u8, group: u32) -> Result<u32, PortError> {
        let records = lock(&self.0);
        let complete = |number: &u32| match level {
            0 => records.batches.contains_key(&(import, *number)),
            _ => records.groups.contains(&(import, level, *number)),
        };
        let first = group.saturating_mul(GROUP);
        let count = (first..first.saturating_add(GROUP)).filter(complete).count();
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }
}

impl ImportList for FakeImports {
    async fn recent(&self, after: Option<&str>, limit: usize) -> Result<RecentPage, PortError> {
        let skip: usize = after.map_or(Ok(0), |it| it.parse().map_err(|_| PortError::BadCursor))?;
        let records = lock(&self.0);
        let mut all: Vec<&Import> = records.imports.values().collect();
        all.sort_by_key(|it| std::cmp::Reverse((it.received_at, it.id)));
        let end = skip.saturating_add(limit);
        let next = (all.len() > end).then(|| end.to_string());
        let read = |import: &Import| {
            let ImportRecord { id, received_at, .. } = **import;
            if records.unreadable.contains(&id) {
                let source = PortError::Broken("the record of imports", "made unreadable".into());
                return Err(UnreadableImport { id, received_at, source });
            }
            Ok(import.clone())
        };
        Ok(RecentPage { imports: all.into_iter().skip(skip).take(limit).map(read).collect(), next })
    }

    async fn stalled(&self, before: Moment, after: Option<&str>) -> Result<StalledPage, PortError> {
        let place = |it: &Import| (it.touched_at, it.id);
        let after = after.map(|it| {
            let (touched_at, id) = it.split_once(' ').ok_or(PortError::BadCursor)?;
            let moment = touched_at.parse::<Moment>().map_err(|_| PortError::BadCursor)?;
            Ok((moment, id.parse::<ImportId>().map_err(|_| PortError::BadCursor)?))
        });
        let after = after.transpose()?;
        let records = lock(&self.0);
        let open = records.imports.values().filter(|it| !it.state.is_final() && it.touched_at < before);
        let mut stalled: Vec<&Import> = open.filter(|it| after.is_none_or(|after| place(it) > after)).collect();
        stalled.sort_by_key(|it| place(it));
        let more = stalled.len() > MAX_STALLED;
        stalled.truncate(MAX_STALLED);
        let next = stalled.last().filter(|_| more).map(|it| format!("{} {}", it.touched_at, it.id));
        let read = |import: &Import| {
            if records.unreadable.contains(&import.id) {
                return Err(PortError::Broken("the record of imports", "made unreadable".into()));
            }
            Ok(import.clone())
        };
        Ok(StalledPage { imports: stalled.into_iter().map(read).collect(), next })
    }
}

/// The number of stalled imports on a page of the fake.
const MAX_STALLED: usize = 3;

impl FakeImports {
    /// From now on this import's record cannot be read.
    pub fn break_record(&self, id: ImportId) {
        lock(&self.0).unreadable.insert(id);
    }
}

impl Rates for FakeImports {
    async fn keep(&self, import: &Import, rates: &[DatedRate]) -> Result<(), PortError> {
        let mut records = lock(&self.0);
        for rate in rates {
            let kept = records.rates.entry((rate.currency, rate.date)).or_insert((import.received_at, *rate));
            if kept.0 <= import.received_at {
                *kept = (import.received_at, *rate);
            }
        }
        Ok(())
    }

    async fn table(&self, currencies: &[Currency], from: Date, to: Date) -> Result<Vec<DatedRate>, PortError> {
        let records = lock(&self.0);
        let of_currency = |currency: Currency| {
            let before = records.rates.range((currency, Date::MIN)..(currency, from)).next_back();
            let since = records.rates.range((currency, from)..);
            let within = since.take_while(|((of, date), _)| *of == currency && *date <= to);
            before.into_iter().chain(within).collect::<Vec<_>>()
        };
        let currencies: BTreeSet<Currency> = currencies.iter().copied().collect();
        Ok(currencies.into_iter().flat_map(of_currency).map(|(_, (_, rate))| *rate).collect())
    }
}

/// Queues in memory: the sent messages, in order.
#[derive(Default)]
pub struct FakeQueues {
    batches: Mutex<Vec<PostBatch>>,
    uploads: Mutex<Vec<SplitFile>>,
}

impl FakeQueues {
    /// Removes and returns all batch requests.
    pub fn take_batches(&self) -> Vec<PostBatch> {
        std::mem::take(&mut lock(&self.batches))
    }

    /// Removes and returns all split requests.
    pub fn take_uploads(&self) -> Vec<SplitFile> {
        std::mem::take(&mut lock(&self.uploads))
    }
}

impl BatchQueue for FakeQueues {
    async fn send(&self, requests: &[PostBatch]) -> Result<(), PortError> {
        lock(&self.batches).extend_from_slice(requests);
        Ok(())
    }
}

impl UploadQueue for FakeQueues {
    async fn send(&self, request: &SplitFile) -> Result<(), PortError> {
        lock(&self.uploads).push(request.clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::is_complete;

    #[test]
    fn an_import_is_complete_after_its_last_batch_whatever_the_order() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let import = ImportId::of("imports/a.csv", "v");
        for of in [1, 9, 10, 11, 99, 100, 101, 1234] {
            // 1237 is a prime above them all: its multiples visit every batch in some order.
            let order = (0..1237_u32).map(|it| it.saturating_mul(7).rem_euclid(1237)).filter(|it| *it < of);
            let fake = FakeImports::default();
            let mut complete = Vec::new();
            for batch in order {
                runtime.block_on(fake.finish(import, batch, BatchOutcome::default(), Moment::day(Date::MIN))).unwrap();
                complete.push(runtime.block_on(is_complete(&fake, import, batch, of)).unwrap());
            }
            assert_eq!(complete.iter().filter(|it| **it).count(), 1, "{of}");
            assert!(complete.ends_with(&[true]), "{of}");
            assert!(runtime.block_on(is_complete(&fake, import, 0, of)).unwrap(), "{of}: repeated");
        }
    }

    #[test]
    fn an_import_that_cannot_be_read_hides_no_other_from_the_list() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let fake = FakeImports::default();
        let imports = ["1", "2"].map(|version| {
            let upload = Upload {
                key: "imports/a.csv".to_owned(),
                version: version.to_owned(),
                size_bytes: 1,
                uploaded_at: Moment::day(Date::MIN),
                metadata: BTreeMap::new(),
            };
            runtime.block_on(fake.receive(&Import::received(&upload))).unwrap()
        });
        fake.break_record(imports[0].id);
        let page = runtime.block_on(fake.recent(None, 9)).unwrap();
        let (readable, unreadable): (Vec<_>, Vec<_>) = page.imports.into_iter().partition(Result::is_ok);
        assert_eq!(readable.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [imports[1].clone()]);
        assert_eq!(unreadable[0].as_ref().unwrap_err().id, imports[0].id);
    }

    #[test]
    fn the_fakes_keep_the_contracts() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(imports_contract(&FakeImports::default()));
        runtime.block_on(files_contract(&FakeFiles::default(), "a/b"));
    }
}
