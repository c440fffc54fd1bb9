use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use calendar::Date;
use storage::{Saved, Version};

use super::lock;
use crate::ports::{AdvanceList, Advances, Append, Appended, Breaks, CallGate, IndexItem, Page, PortError, Runs};
use crate::{
    AdvanceId, Break, BreakKind, Claim, Fact, Gate, Reference, RunPhase, RunRecord, RunTotals, SeenReports, Status,
};

/// The facts of advances in memory; its clones are the same.
#[derive(Clone, Default)]
pub struct FakeAdvances(Arc<Mutex<Stored>>);

#[derive(Default)]
struct Stored {
    facts: BTreeMap<AdvanceId, Vec<Fact>>,
    index: BTreeMap<AdvanceId, IndexItem>,
    claims: BTreeMap<Claim, Reference>,
}

impl FakeAdvances {
    /// The facts of all advances.
    pub fn all(&self) -> BTreeMap<AdvanceId, Vec<Fact>> {
        lock(&self.0).facts.clone()
    }

    /// All claims with their holders.
    pub fn claims(&self) -> BTreeMap<Claim, Reference> {
        lock(&self.0).claims.clone()
    }
}

impl Advances for FakeAdvances {
    async fn load(&self, id: &AdvanceId) -> Result<Vec<Fact>, PortError> {
        Ok(lock(&self.0).facts.get(id).cloned().unwrap_or_default())
    }

    async fn append(&self, append: &Append) -> Result<Appended, PortError> {
        let stored = &mut *lock(&self.0);
        let known = stored.facts.get(&append.advance).map_or(0, Vec::len);
        if u64::try_from(known).ok() != Some(append.expected) {
            return Ok(Appended::Conflict);
        }
        if let Some((held, _)) = append.claims.take.iter().find(|(claim, _)| stored.claims.contains_key(claim)) {
            return Ok(Appended::Held(held.clone()));
        }
        for claim in &append.claims.release {
            stored.claims.remove(claim);
        }
        for (claim, payment) in &append.claims.take {
            let holder = Reference { advance: append.advance.clone(), payment: *payment };
            stored.claims.insert(claim.clone(), holder);
        }
        stored.facts.entry(append.advance.clone()).or_default().extend(append.facts.iter().cloned());
        stored.index.insert(append.advance.clone(), append.index.clone());
        Ok(Appended::Stored)
    }

    async fn holder(&self, claim: &Claim) -> Result<Option<Reference>, PortError> {
        Ok(lock(&self.0).claims.get(claim).cloned())
    }
}

/// The page of `sorted` after `cursor`, which is the key of the last item before it.
fn page<T>(sorted: Vec<(String, T)>, cursor: Option<&str>, limit: usize) -> Page<T> {
    let mut left = sorted.into_iter().skip_while(|(key, _)| cursor.is_some_and(|it| key.as_str() <= it)).peekable();
    let mut last = None;
    let mut items = Vec::new();
    while let Some((key, item)) = (items.len() < limit).then(|| left.next()).flatten() {
        last = Some(key);
        items.push(item);
    }
    let cursor = if left.peek().is_some() { last } else { None };
    Page { items, cursor }
}

impl AdvanceList for FakeAdvances {
    async fn work(&self, date: Date, cursor: Option<&str>, limit: usize) -> Result<Page<AdvanceId>, PortError> {
        let stored = lock(&self.0);
        let due = stored.index.iter().filter_map(|(id, it)| Some((it.next_work.filter(|it| *it <= date)?, id)));
        let mut keys: Vec<_> = due.map(|(next, id)| (format!("{next}/{id}"), id.clone())).collect();
        keys.sort_unstable();
        Ok(page(keys, cursor, limit))
    }

    async fn list(
        &self,
        customer: Option<&str>,
        status: Option<Status>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<AdvanceId>, PortError> {
        let stored = lock(&self.0);
        let wanted = stored.index.iter().filter(|(_, it)| {
            customer.is_none_or(|customer| *it.customer == *customer)
                && status.is_none_or(|status| *it.status == *status.name())
        });
        let requested = |id: &AdvanceId| stored.index.get(id).map_or(0, |it| it.requested_at.micros());
        // The newest first.
        let key = |id: &AdvanceId| format!("{:020}/{id}", i64::MAX.saturating_sub(requested(id)));
        let mut keys: Vec<_> = wanted.map(|(id, _)| (key(id), id.clone())).collect();
        keys.sort_unstable();
        Ok(page(keys, cursor, limit))
    }
}

/// A break is opened once and closed once.
const CLOSED: Version = Version(2);

/// The breaks in memory; its clones are the same.
#[derive(Clone, Default)]
pub struct FakeBreaks(Arc<Mutex<BTreeMap<Box<str>, Break>>>);

impl FakeBreaks {
    /// All breaks.
    pub fn all(&self) -> Vec<Break> {
        lock(&self.0).values().cloned().collect()
    }
}

impl Breaks for FakeBreaks {
    async fn open(&self, found: &Break) -> Result<(), PortError> {
        lock(&self.0).entry(found.id.clone()).or_insert_with(|| found.clone());
        Ok(())
    }

    async fn close(&self, closed: &Break) -> Result<Saved, PortError> {
        match lock(&self.0).get_mut(&closed.id) {
            Some(stored) if stored.closed.is_none() => {
                *stored = closed.clone();
                Ok(Saved::Stored(CLOSED))
            }
            _ => Ok(Saved::Conflict),
        }
    }

    async fn load(&self, id: &str) -> Result<Option<Break>, PortError> {
        Ok(lock(&self.0).get(id).cloned())
    }

    async fn list(
        &self,
        kind: Option<BreakKind>,
        closed: Option<bool>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Break>, PortError> {
        let breaks = lock(&self.0);
        let wanted = breaks.values().filter(|it| {
            kind.is_none_or(|kind| it.kind == kind) && closed.is_none_or(|closed| it.closed.is_some() == closed)
        });
        let mut keys: Vec<_> = wanted.map(|it| (format!("{}/{}", it.opened_on, it.id), it.clone())).collect();
        keys.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Ok(page(keys, cursor, limit))
    }
}

/// The runs in memory; its clones are the same.
#[derive(Clone, Default)]
pub struct FakeRuns(Arc<Mutex<StoredRuns>>);

#[derive(Default)]
struct StoredRuns {
    runs: BTreeMap<Date, RunRecord>,
    seen: Option<(SeenReports, Version)>,
}

impl Runs for FakeRuns {
    async fn load(&self, date: Date) -> Result<Option<RunRecord>, PortError> {
        Ok(lock(&self.0).runs.get(&date).cloned())
    }

    async fn save(&self, run: &RunRecord) -> Result<Saved, PortError> {
        let stored = &mut *lock(&self.0);
        if stored.runs.get(&run.date).map_or_else(Version::default, |it| it.version) != run.version {
            return Ok(Saved::Conflict);
        }
        let version = run.version.next();
        stored.runs.insert(run.date, RunRecord { version, ..run.clone() });
        Ok(Saved::Stored(version))
    }

    async fn latest(&self) -> Result<Option<Date>, PortError> {
        Ok(lock(&self.0).runs.keys().next_back().copied())
    }

    async fn totals_before(&self, date: Date, limit: usize) -> Result<Vec<RunTotals>, PortError> {
        let stored = lock(&self.0);
        let earlier = stored.runs.range(..date).rev().map(|(_, it)| it);
        let done = earlier.filter(|it| it.phase == RunPhase::Done && it.totals.count > 0);
        Ok(done.take(limit).map(|it| it.totals.clone()).collect())
    }

    async fn seen(&self) -> Result<Option<(SeenReports, Version)>, PortError> {
        Ok(lock(&self.0).seen.clone())
    }

    async fn save_seen(&self, seen: &SeenReports, expected: Version) -> Result<Saved, PortError> {
        let stored = &mut *lock(&self.0);
        if stored.seen.as_ref().map_or_else(Version::default, |(_, version)| *version) != expected {
            return Ok(Saved::Conflict);
        }
        stored.seen = Some((seen.clone(), expected.next()));
        Ok(Saved::Stored(expected.next()))
    }
}

/// The gate in memory; its clones are the same.
#[derive(Clone, Default)]
pub struct FakeGate(Arc<Mutex<Gate>>);

impl CallGate for FakeGate {
    async fn load(&self) -> Result<Gate, PortError> {
        Ok(lock(&self.0).clone())
    }

    async fn save(&self, gate: &Gate) -> Result<Saved, PortError> {
        let mut stored = lock(&self.0);
        if stored.version != gate.version {
            return Ok(Saved::Conflict);
        }
        *stored = Gate { version: gate.version.next(), ..gate.clone() };
        Ok(Saved::Stored(stored.version))
    }
}
