use std::collections::BTreeMap;

use calendar::Moment;
use money::{Currency, Money};

use super::altered;
use crate::{
    BatchOutcome, Batches, ContentHistory, DatedRate, Files, FullAccount, Import, ImportId, ImportList, Imports,
    PortError, PostedSums, Rates, RecentPage, Saved, Sources, State, Upload, Version,
};

/// What every record of imports must do. It must be empty; it contains imports afterwards.
///
/// # Panics
///
/// If the contract is violated.
#[allow(clippy::unwrap_used, reason = "a contract test fails by panicking")]
pub async fn imports_contract<I: Imports + Batches + ImportList + Rates + Sources>(imports: &I) {
    let at = |text: &str| text.parse::<Moment>().unwrap();
    let import = |key: &str, received_at: &str| {
        Import::received(&Upload {
            key: key.to_owned(),
            version: "v".to_owned(),
            size_bytes: 7,
            uploaded_at: at(received_at),
            metadata: BTreeMap::new(),
        })
    };
    let first = import("imports/a.csv", "2024-03-01T10:00:00Z");
    assert_eq!(imports.find(first.id).await.unwrap(), None);
    let stored = imports.receive(&first).await.unwrap();
    assert_eq!(stored, first.with_version(Version::FIRST));
    assert_eq!(imports.receive(&altered(&first, |it| it.size_bytes = 8)).await.unwrap(), stored, "received once");

    let splitting = altered(&stored, |it| {
        it.state = State::Splitting;
        it.content = Some("c1".to_owned());
    });
    assert_eq!(imports.save(&splitting).await.unwrap(), Saved::Stored(Version(2)));
    assert_eq!(imports.save(&splitting).await.unwrap(), Saved::Conflict, "an old version");
    let splitting = splitting.with_version(Version(2));
    assert_eq!(imports.find(first.id).await.unwrap(), Some(splitting.clone()));

    let second = imports.receive(&import("imports/b.csv", "2024-03-02T10:00:00Z")).await.unwrap();
    let history = async |content: &str, import: &Import| imports.first_with(content, import).await.unwrap();
    assert_eq!(history("c1", &first).await, ContentHistory::of(&first));
    for _ in 0..2 {
        assert_eq!(history("c1", &second).await, ContentHistory::of(&first));
        assert_eq!(history("c1", &first).await, ContentHistory::of(&first), "a repeated call gives the same answer");
    }
    assert_eq!(history("c2", &second).await, ContentHistory::of(&second), "another content");

    let failed = altered(&splitting, |it| it.state = State::Failed { reason: "x".to_owned() });
    assert_eq!(imports.save(&failed).await.unwrap(), Saved::Stored(Version(3)));
    let passed = ContentHistory { first: second.id, received_at: first.received_at, failed: vec![first.id] };
    for import in [&second, &second, &first] {
        assert_eq!(history("c1", import).await, passed, "after a failed import the next one is the first");
    }

    batches_contract(imports, second.id).await;
    sources_contract(imports, first.id, second.id).await;

    let third = imports.receive(&import("imports/c.csv", "2024-03-03T10:00:00Z")).await.unwrap();
    let ids = |page: &RecentPage| page.imports.iter().map(|it| it.as_ref().unwrap().id).collect::<Vec<_>>();
    let page = imports.recent(None, 2).await.unwrap();
    assert_eq!(ids(&page), [third.id, second.id], "the latest first");
    let page = imports.recent(page.next.as_deref(), 2).await.unwrap();
    assert_eq!((ids(&page), page.next), (vec![first.id], None));
    assert!(matches!(imports.recent(Some("…"), 2).await, Err(PortError::BadCursor)));

    stalled_contract(imports, &second).await;

    rates_contract(imports, &second, &third).await;
}

/// `import` has no batches yet.
#[allow(clippy::unwrap_used, reason = "a contract test fails by panicking")]
async fn batches_contract<I: Batches>(imports: &I, import: ImportId) {
    let at = |minute: u8| format!("2024-03-02T10:{minute:02}:00Z").parse::<Moment>().unwrap();
    assert!(imports.finished(import).await.unwrap().is_empty());
    assert_eq!(imports.last_progress(import).await.unwrap(), None);
    let sums = PostedSums { entries: 5, posted: Money::new(500, Currency::EUR), dirty: Money::new(20, Currency::EUR) };
    let mut outcome = BatchOutcome {
        posted: 5,
        duplicates: 2,
        dirty: 1,
        accounts: 1,
        from_another_source: 3,
        sums: vec![sums],
        ..BatchOutcome::default()
    };
    let full = FullAccount { account: "4711".parse().unwrap(), entries: 3, reason: "it is full".to_owned() };
    outcome.not_posted.add(full);
    for (batch, minute) in [(1, 1), (0, 4), (11, 3), (2, 2)] {
        assert_eq!(imports.finish(import, batch, outcome.clone(), at(minute)).await.unwrap(), outcome);
    }
    let again = imports.finish(import, 1, BatchOutcome::default(), at(9)).await.unwrap();
    assert_eq!(again, outcome, "what was recorded first");
    let finished = imports.finished(import).await.unwrap();
    assert_eq!(finished, [0, 1, 2, 11].map(|batch| (batch, outcome.clone())), "once, by number");
    assert_eq!(imports.last_progress(import).await.unwrap(), Some(at(4)), "not that of the repetition");
    assert!(imports.is_finished(import, 11).await.unwrap() && !imports.is_finished(import, 10).await.unwrap());

    for (level, group, expected) in [(0, 0, 3), (0, 1, 1), (0, 2, 0), (1, 0, 0)] {
        assert_eq!(imports.complete_in(import, level, group).await.unwrap(), expected, "{level} {group}");
    }
    for (level, number) in [(1, 9), (1, 9), (1, 10), (2, 9)] {
        imports.complete(import, level, number).await.unwrap();
    }
    for (level, group, expected) in [(0, 0, 3), (1, 0, 1), (1, 1, 1), (2, 0, 1), (2, 1, 0), (3, 0, 0)] {
        assert_eq!(imports.complete_in(import, level, group).await.unwrap(), expected, "{level} {group}");
    }
    assert_eq!(imports.finished(import).await.unwrap().len(), 4, "groups are no batches");
}

/// `stalled` is open and was touched on 2 March 2024; no other open import was touched before.
#[allow(clippy::unwrap_used, reason = "a contract test fails by panicking")]
async fn stalled_contract<I: Imports + ImportList>(imports: &I, stalled: &Import) {
    let at = |text: &str| text.parse::<Moment>().unwrap();
    let ids = async |before: &str| {
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let page = imports.stalled(at(before), after.as_deref()).await.unwrap();
            ids.extend(page.imports.into_iter().map(|it| it.unwrap().id));
            after = page.next;
            if after.is_none() {
                return ids;
            }
        }
    };
    assert_eq!(ids("2024-03-02T12:00:00Z").await, [stalled.id], "not the failed one, not the later one");
    let mut expected = Vec::new();
    for number in (0..5).rev() {
        let upload = Upload {
            key: format!("imports/old-{number}.csv"),
            version: "v".to_owned(),
            size_bytes: 7,
            uploaded_at: at(&format!("2024-02-0{}T10:00:00Z", 9_i32.saturating_sub(number))),
            metadata: BTreeMap::new(),
        };
        expected.push(imports.receive(&Import::received(&upload)).await.unwrap().id);
    }
    expected.push(stalled.id);
    assert_eq!(ids("2024-03-02T12:00:00Z").await, expected, "over all pages, oldest first");
    assert!(matches!(imports.stalled(at("2024-03-02T12:00:00Z"), Some("…")).await, Err(PortError::BadCursor)));
}

/// `late` is received after `early`.
#[allow(clippy::unwrap_used, reason = "a contract test fails by panicking")]
async fn rates_contract<I: Rates>(rates: &I, early: &Import, late: &Import) {
    let rate = |currency: Currency, date: &str, usd: &str| DatedRate {
        date: date.parse().unwrap(),
        currency,
        usd: usd.parse().unwrap(),
        eur: "0.9127000000000000000000000001".parse().unwrap(),
    };
    let table = async |currencies: &[Currency], from: &str, to: &str| {
        rates.table(currencies, from.parse().unwrap(), to.parse().unwrap()).await.unwrap()
    };
    let (both, swiss) = ([Currency::USD, Currency::EUR], "CHF".parse::<Currency>().unwrap());
    assert!(table(&both, "1999-01-04", "2024-12-31").await.is_empty());

    let friday = rate(Currency::USD, "2023-12-29", "1");
    let [monday, tuesday] = ["2024-01-01", "2024-01-02"].map(|date| rate(Currency::USD, date, "1.0"));
    let euro = rate(Currency::EUR, "2024-01-02", "1.0956");
    let francs = rate(swiss, "2024-01-02", "1.1774");
    for _ in 0..2 {
        rates.keep(late, &[tuesday, euro, friday, monday, monday, francs]).await.unwrap();
    }
    let sunday = rate(Currency::USD, "2023-12-31", "1.00");
    rates.keep(early, &[rate(Currency::USD, "2024-01-02", "2"), sunday]).await.unwrap();

    for (currencies, from, to, expected) in [
        (both, "2024-01-02", "2024-01-02", vec![euro, monday, tuesday]),
        ([Currency::USD; 2], "2023-12-31", "2024-01-01", vec![friday, sunday, monday]),
        ([Currency::USD; 2], "2023-12-29", "2023-12-30", vec![friday]),
        (both, "2030-01-01", "2031-12-31", vec![euro, tuesday]),
        (both, "1999-01-04", "2023-12-28", vec![]),
        ([swiss, Currency::EUR], "2024-01-01", "2024-02-01", vec![francs, euro]),
    ] {
        assert_eq!(table(&currencies, from, to).await, expected, "{currencies:?} from {from} to {to}");
    }
    assert!(table(&[], "1999-01-04", "2024-12-31").await.is_empty());
    let again = rate(Currency::USD, "2024-01-02", "3");
    rates.keep(late, &[again]).await.unwrap();
    assert_eq!(table(&both, "2024-01-02", "2024-01-02").await, [euro, monday, again], "the same import, corrected");
}

/// What every bucket must do. `key` must not be in use.
///
/// # Panics
///
/// If the contract is violated.
#[allow(clippy::unwrap_used, reason = "a contract test fails by panicking")]
pub async fn files_contract<F: Files>(files: &F, key: &str) {
    assert_eq!(files.describe(key, None).await.unwrap(), None);
    assert_eq!(files.read(key, None, 0..9).await.unwrap(), None);
    for _ in 0..2 {
        files.write(key, b"0123456789".to_vec(), "text/csv").await.unwrap();
    }
    assert_eq!(files.describe(key, None).await.unwrap().unwrap().size_bytes, 10);
    for (range, expected) in [(0..10, "0123456789"), (3..5, "34"), (8..99, "89")] {
        assert_eq!(files.read(key, None, range).await.unwrap().unwrap(), expected.as_bytes());
    }
    files.write(key, b"other".to_vec(), "text/csv").await.unwrap();
    let written = files.write(key, b"other".to_vec(), "text/csv").await.unwrap();
    assert_eq!(files.read(key, None, 0..99).await.unwrap().unwrap(), b"other", "the latest version");
    assert_eq!(files.read(key, Some(&written), 1..99).await.unwrap().unwrap(), b"ther", "the version that was written");
    let key_of = |number: u32| format!("{key}/{number:04}");
    for number in [2, 1, 3] {
        files.write(&key_of(number), b"x".to_vec(), "text/csv").await.unwrap();
    }
    let prefix = format!("{key}/");
    assert_eq!(files.list(&prefix, "").await.unwrap(), [1, 2, 3].map(key_of), "in order, and not the key itself");
    assert_eq!(files.list(&prefix, &key_of(1)).await.unwrap(), [2, 3].map(key_of), "after a key");
    assert_eq!(files.list(&format!("{key}/none"), "").await.unwrap(), [""; 0]);
}

#[allow(clippy::unwrap_used, reason = "a contract test fails by panicking")]
async fn sources_contract(sources: &impl Sources, first: ImportId, second: ImportId) {
    assert!(sources.declared().await.unwrap().is_empty());
    let now = "2024-03-01T10:00:00Z".parse().unwrap();
    for source in ["target2", "chaps", "target2"] {
        sources.declare(source, now).await.unwrap();
    }
    assert_eq!(sources.declared().await.unwrap(), ["chaps", "target2"], "by name, each once");
    for _ in 0..2 {
        assert_eq!(sources.first_from("chaps", first).await.unwrap(), first, "a repeated call returns the same");
        assert_eq!(sources.first_from("chaps", second).await.unwrap(), first);
    }
    assert_eq!(sources.first_from("target2", second).await.unwrap(), second, "each source has its own");
}
