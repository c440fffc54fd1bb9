#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a contract is a test")]
#![allow(clippy::missing_panics_doc, reason = "a contract panics if it is not kept")]

use calendar::{Date, Moment};
use money::{Currency, Money};

use storage::{Saved, Version};

use crate::ports::{AdvanceList, Advances, Append, Appended, Breaks, CallGate, Runs};
use crate::{
    Advance, AdvanceId, Break, BreakKind, Claim, Claims, Direction, Fact, Gate, Order, Outcome, Payment, Reference,
    ReportLine, RunPhase, RunRecord, SeenReports, Slot, Status, Terms,
};

fn day(days: i32) -> Date {
    "2026-03-02".parse::<Date>().and_then(|it| it.plus_days(days)).unwrap()
}

fn requested(id: &AdvanceId, customer: &str) -> Vec<Fact> {
    let amount = Money::new(10_000, Currency::EUR);
    let account = "DE89370400440532013000".parse().unwrap();
    Advance::request(id.clone(), customer, account, amount, Terms::weekly(Currency::EUR), Moment::day(day(0))).unwrap()
}

fn appending(facts: &[Fact], new: &[Fact]) -> Append {
    let all: Vec<Fact> = facts.iter().chain(new).cloned().collect();
    let advance = Advance::fold(&all).unwrap();
    Append {
        advance: advance.id().clone(),
        expected: facts.len().try_into().unwrap(),
        facts: new.to_vec(),
        claims: Claims::default(),
        index: advance.index_item(),
    }
}

/// The contract of [`Advances`] and [`AdvanceList`], on an empty store.
pub async fn advances_contract(store: &(impl Advances + AdvanceList)) {
    let ids = ["one", "two", "three"].map(|it| AdvanceId::of_request("contract", it));
    let [one, two, three] = &ids;
    assert_eq!(store.load(one).await.unwrap(), [], "no facts of an unknown advance");
    for (id, customer) in ids.iter().zip(["ada", "ada", "eve"]) {
        let facts = requested(id, customer);
        let append = appending(&[], &facts);
        assert_eq!(store.append(&append).await.unwrap(), Appended::Stored);
        assert_eq!(store.append(&append).await.unwrap(), Appended::Conflict, "a second time");
        assert_eq!(store.load(id).await.unwrap(), facts);
    }

    // A claim is held until it is released, and facts with a held claim are not written.
    let first = requested(one, "ada");
    let amount = Money::new(10_000, Currency::EUR);
    let account: banking::AccountNumber = "DE89370400440532013000".parse().unwrap();
    let credit = Payment::Credit { attempt: 1 };
    let order = |id: &AdvanceId| Order {
        reference: Reference { advance: id.clone(), payment: credit },
        direction: Direction::Credit,
        account: account.clone(),
        amount,
    };
    let calling = |id: &AdvanceId| Fact {
        at: "2026-03-02T10:00:00.5Z".parse().unwrap(),
        event: crate::Event::Calling { payment: credit, call: 1, order: order(id) },
    };
    let slot = Claim::Slot(Slot { account: account.clone(), direction: Direction::Credit, amount });
    let transaction = Claim::Transaction("T-1".parse().unwrap());
    let take = vec![(slot.clone(), credit), (transaction.clone(), credit)];
    let mut append = appending(&first, &[calling(one)]);
    append.claims.take.clone_from(&take);
    assert_eq!(store.append(&append).await.unwrap(), Appended::Stored);
    for claim in [&slot, &transaction] {
        assert_eq!(store.holder(claim).await.unwrap(), Some(order(one).reference));
    }
    let second = requested(two, "ada");
    let mut held = appending(&second, &[calling(two)]);
    held.claims.take = vec![(slot.clone(), credit)];
    assert_eq!(store.append(&held).await.unwrap(), Appended::Held(slot.clone()));
    assert_eq!(store.load(two).await.unwrap(), second, "nothing was written");
    let taken = Fact {
        at: Moment::day(day(0)),
        event: crate::Event::Taken { payment: credit, transaction: "T-1".parse().unwrap() },
    };
    let called: Vec<Fact> = first.iter().cloned().chain([calling(one)]).collect();
    let mut release = appending(&called, &[taken]);
    release.claims.release = vec![slot.clone()];
    assert_eq!(store.append(&release).await.unwrap(), Appended::Stored);
    assert_eq!(store.holder(&slot).await.unwrap(), None);
    assert_eq!(store.append(&held).await.unwrap(), Appended::Stored);
    assert_eq!(store.holder(&slot).await.unwrap(), Some(order(two).reference));
    assert_eq!(store.holder(&transaction).await.unwrap(), Some(order(one).reference), "for ever");
    assert_eq!(store.load(one).await.unwrap().len(), called.len() + 1);

    lists_contract(store, [one, two, three]).await;
}

async fn lists_contract(store: &impl AdvanceList, [one, two, three]: [&AdvanceId; 3]) {
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let page = store.work(day(0), cursor.as_deref(), 1).await.unwrap();
        found.extend(page.items);
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    found.sort();
    let mut all = [one, two, three].map(Clone::clone);
    all.sort();
    assert_eq!(found, all);
    assert_eq!(store.work(day(-1), None, 10).await.unwrap().items, [], "no work before the request");

    for (customer, status, expected) in [
        (None, None, vec![one, two, three]),
        (Some("ada"), None, vec![one, two]),
        (Some("eve"), Some(Status::Requested), vec![three]),
        (Some("eve"), Some(Status::Active), vec![]),
        (None, Some(Status::Crediting), vec![one, two]),
        (Some("bob"), None, vec![]),
    ] {
        let mut found = store.list(customer, status, None, 10).await.unwrap().items;
        found.sort();
        let mut expected: Vec<AdvanceId> = expected.into_iter().cloned().collect();
        expected.sort();
        assert_eq!(found, expected, "{customer:?} {status:?}");
    }
}

/// The contract of [`Breaks`], on an empty store.
pub async fn breaks_contract(store: &impl Breaks) {
    let found = |transaction: &str| {
        let line = ReportLine {
            transaction: transaction.parse().unwrap(),
            reference: None,
            direction: Direction::Debit,
            account: "2378".parse().unwrap(),
            amount: Money::new(833, Currency::EUR),
            accepted_on: day(0),
            outcome: Outcome::Success,
        };
        Break::orphan(&line, day(1))
    };
    let (first, second) = (found("T-1"), found("T-2"));
    assert_ne!(first.id, second.id);
    assert_eq!(store.load(&first.id).await.unwrap(), None);
    for it in [&first, &second, &first] {
        store.open(it).await.unwrap();
    }
    let closed = first.close(Moment::day(day(2)), "ada", "a fee of the processor").unwrap();
    assert_eq!(store.close(&closed).await.unwrap(), Saved::Stored(Version(2)));
    assert_eq!(store.close(&closed).await.unwrap(), Saved::Conflict, "it is closed");
    store.open(&first).await.unwrap();
    assert_eq!(store.load(&first.id).await.unwrap(), Some(closed.clone()), "it stays closed");
    for (kind, is_closed, expected) in [
        (None, Some(false), vec![&second]),
        (Some(BreakKind::Orphan), Some(true), vec![&closed]),
        (Some(BreakKind::Amount), None, vec![]),
    ] {
        let page = store.list(kind, is_closed, None, 10).await.unwrap();
        assert_eq!(page.items.iter().collect::<Vec<_>>(), expected, "{kind:?} {is_closed:?}");
    }
    let unknown = found("T-3").close(Moment::day(day(2)), "ada", "unknown").unwrap();
    assert_eq!(store.close(&unknown).await.unwrap(), Saved::Conflict, "it was never opened");
}

/// The contract of [`Runs`], on an empty store.
pub async fn runs_contract(store: &impl Runs) {
    assert_eq!(store.latest().await.unwrap(), None);
    assert_eq!(store.load(day(0)).await.unwrap(), None);
    assert_eq!(store.seen().await.unwrap(), None);
    for (index, count) in [5_u64, 0, 7].into_iter().enumerate() {
        let mut run = RunRecord::new(day(i32::try_from(index).unwrap()));
        assert_eq!(store.save(&run).await.unwrap(), Saved::Stored(Version(1)));
        assert_eq!(store.save(&run).await.unwrap(), Saved::Conflict, "of another version");
        run.version = Version(1);
        run.totals.count = count;
        run.phase = RunPhase::Done;
        assert_eq!(store.save(&run).await.unwrap(), Saved::Stored(Version(2)));
        run.version = Version(2);
        assert_eq!(store.load(run.date).await.unwrap(), Some(run));
    }
    assert_eq!(store.latest().await.unwrap(), Some(day(2)));
    let counts = |limit| async move {
        let totals = store.totals_before(day(3), limit).await.unwrap();
        totals.iter().map(|it| it.count).collect::<Vec<_>>()
    };
    assert_eq!(counts(30).await, [7, 5], "latest first, without runs that had no payments");
    assert_eq!(counts(1).await, [7]);
    assert_eq!(store.totals_before(day(2), 30).await.unwrap().len(), 1, "before the date only");

    let seen = SeenReports::since(day(0));
    assert_eq!(store.save_seen(&seen, Version(0)).await.unwrap(), Saved::Stored(Version(1)));
    assert_eq!(store.save_seen(&seen, Version(0)).await.unwrap(), Saved::Conflict);
    assert_eq!(store.seen().await.unwrap(), Some((seen, Version(1))));
}

/// The contract of [`CallGate`], on an empty store.
pub async fn gate_contract(store: &impl CallGate) {
    let open = store.load().await.unwrap();
    assert_eq!(open, Gate::default());
    let stopped = open.after_call(true, Moment::day(day(0))).stop(Moment::day(day(0)), "ada", "a test");
    assert_eq!(store.save(&stopped).await.unwrap(), Saved::Stored(Version(1)));
    assert_eq!(store.save(&stopped).await.unwrap(), Saved::Conflict);
    assert_eq!(store.load().await.unwrap(), Gate { version: Version(1), ..stopped });
}
