//! Feeds polled over the whole suite, stopped before and after each call of a port: the books and the proofs are the
//! same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use e2e::{Stop, Stopped, World};
use feeds::{EntryProof, Feed, RowProof};
use serde_json::{Value, json};

const ALDER: &str = "DE89370400440532013000";
const BIRCH: &str = "AT611904300234573201";
const ABROAD: &str = "GB82WEST12345698765432";

fn companies() -> [Value; 2] {
    let company = |id: &str, iban: &str| json!({"id": id, "name": id, "owner": "O", "address": "A 1", "email": "a@b.example", "ibans": [iban]});
    [company("C1", ALDER), company("C2", BIRCH)]
}

fn sepa(id: u32, payer: &str, beneficiary: &str, amount: &str, day: u32) -> Value {
    let time = format!("2026-{:02}-{:02}T10:00:00Z", 1 + day / 28, 1 + day % 28);
    json!({"id": format!("S{id}"), "payer_iban": payer, "beneficiary_iban": beneficiary, "amount": amount, "time": time})
}

fn swift(id: u32, sender: &str, receiver: &str, amount: &str, currency: &str, day: u32) -> Value {
    let time = format!("2026-{:02}-{:02}T11:00:00Z", 1 + day / 28, 1 + day % 28);
    json!({
        "transaction_id": format!("W{id}"), "sender": sender, "receiver": receiver, "amount": amount,
        "currency": currency, "timestamp": time,
    })
}

/// Feeds with three rows on a page: a batch payment over two pages, another with its second row in a later
/// poll, repeated rows, an invalid IBAN, a stranger's transfer.
fn fill(world: &World) {
    world.server.add(Feed::CompanyInfo, companies());
    let rate = json!({"currency": "USD", "date": "2026-01-01", "usd_rate": "1", "eur_rate": "0.9"});
    world.server.add(Feed::ExchangeRates, [rate]);
    let rows = [
        sepa(1, ALDER, BIRCH, "10.00", 1),
        sepa(2, BIRCH, ALDER, "2.50", 30),
        sepa(2, BIRCH, ALDER, "2.50", 30),
        sepa(3, ALDER, BIRCH, "1.00", 31),
    ];
    world.server.add(Feed::Sepa, rows);
    let rows = [
        swift(1, ALDER, ABROAD, "100.00", "USD", 1),
        swift(2, ABROAD, BIRCH, "7.00", "EUR", 2),
        swift(3, ALDER, ABROAD, "5.00", "EUR", 3),
        swift(3, ALDER, ABROAD, "6.00", "EUR", 3),
        swift(4, "XX00", BIRCH, "900", "JPY", 4),
        swift(1, ALDER, ABROAD, "100.00", "USD", 1),
        swift(5, ABROAD, "FR1420041010050500013M02606", "3.00", "EUR", 5),
        swift(6, ALDER, BIRCH, "1.125", "KWD", 6),
        swift(7, ABROAD, ALDER, "20.00", "EUR", 7),
    ];
    world.server.add(Feed::Swift, rows);
}

fn fill_later(world: &World) {
    world.server.add(Feed::Sepa, [sepa(1, ALDER, BIRCH, "10.00", 1), sepa(4, ALDER, BIRCH, "4.00", 60)]);
    world.server.add(Feed::Swift, [swift(7, ABROAD, ALDER, "21.00", "EUR", 7)]);
}

fn played(mut world: World) -> World {
    fill(&world);
    world.poll();
    world.run();
    fill_later(&world);
    world.poll();
    world.run();
    world
}

/// The figures of the proofs, without the import of a page and its number of requests, which may differ.
fn figures(world: &World) -> Vec<(RowProof, EntryProof, String, Vec<String>)> {
    let figures = |feed| {
        let proof = world.proof(feed).expect("each feed is proven");
        (proof.rows, proof.entries, format!("{:?}", proof.currencies), proof.gaps)
    };
    Feed::ALL.map(figures).into()
}

#[test]
fn two_polls_are_in_the_books_and_proven() {
    let world = played(World::new(vec![]));
    assert_eq!(world.audit(), []);
    let proof = world.proof(Feed::Swift).unwrap();
    assert_eq!(proof.gaps, Vec::<String>::new());
    assert_eq!(proof.rows, RowProof { declared: 10, received: 10, read: 10, taken: 9, rejected: 1 });
    // One entry for each side that is ours: W6 has two. W1 came twice; both rows of W3 and of W7 and the one without a
    // country are dirty.
    assert_eq!(proof.entries, EntryProof { made: 10, posted: 9, duplicates: 1, dirty: 5 });
    let eur = proof.currencies.iter().find(|it| it.declared.currency().code() == "EUR").unwrap();
    let amounts =
        [eur.declared, eur.received, eur.taken, eur.rejected, eur.made, eur.posted, eur.duplicates, eur.dirty];
    let amounts = amounts.map(money::Money::amount);
    assert_eq!(amounts, ["62.00", "62.00", "59.00", "3.00", "59.00", "59.00", "0.00", "52.00"]);
    let usd = proof.currencies.iter().find(|it| it.declared.currency().code() == "USD").unwrap();
    assert_eq!([usd.declared, usd.posted, usd.duplicates].map(money::Money::amount), ["200.00", "100.00", "100.00"]);
    let sepa = world.proof(Feed::Sepa).unwrap();
    assert!(sepa.is_complete(), "{:?}", sepa.gaps);
    assert_eq!(sepa.entries, EntryProof { made: 12, posted: 8, duplicates: 4, dirty: 0 });
    assert_eq!((sepa.pages.taken, sepa.pages.imports), (3, 2), "the second poll begins where the first one ended");
}

#[test]
fn a_page_with_a_corrected_row_is_proven_with_a_note() {
    let mut world = World::new(vec![]);
    fill(&world);
    let page = String::from_utf8(world.server.page(Feed::Sepa, "")).unwrap();
    let garbled = page.replacen(r#""amount":"10.00""#, r#""amount":"100.00""#, 1);
    assert_ne!(page, garbled);
    world.server.answer_at(Feed::Sepa, "", garbled.as_bytes(), 4);
    world.poll();
    world.run();
    let gaps = world.proof(Feed::Sepa).unwrap().gaps;
    assert!(gaps.iter().any(|it| it.contains("declares 3 rows and has 3; its sums differ")), "{gaps:?}");

    world.poll();
    world.run();
    let proof = world.proof(Feed::Sepa).unwrap();
    assert_eq!(proof.gaps, Vec::<String>::new());
    assert_eq!(proof.entries.made, proof.entries.posted + proof.entries.duplicates);
    let notes = proof.notes().join(" ");
    assert!(notes.contains("taken first: 3 rows, 105.00 EUR; corrected: 3 rows, 15.00 EUR"), "{notes}");
    // Both versions of S1 are a batch payment now; a row of our own, under a new id, brings what the balance lacks.
    let euros = |world: &World| {
        let balances = world.balances(ALDER);
        balances.into_iter().find(|it| it.currency() == money::Currency::EUR).map(money::Money::amount)
    };
    assert_eq!(euros(&world).as_deref(), Some("21.50"));
    let own = format!(
        "id,payer,beneficiary,amount,currency,timestamp\nS1-corrected,{ALDER},{BIRCH},10.00,EUR,2026-01-02T10:00:00Z\n"
    );
    world.upload("imports/sepa/own.csv", "1", &own);
    world.run();
    assert_eq!(euros(&world).as_deref(), Some("11.50"));
    assert_eq!(world.audit(), []);
}

#[test]
fn a_stop_anywhere_changes_neither_books_nor_proofs() {
    quiet();
    let calm = played(World::new(vec![]));
    let (calls, expected, books) = (calm.calls(), figures(&calm), calm.outcome().books);
    assert!(calls > 150, "{calls} calls");
    for call in 0..calls {
        for after in [false, true] {
            let plan = vec![Stop { call, after }];
            let name = format!("{plan:?}");
            let world = played(World::new(plan));
            assert_eq!(world.outcome().books, books, "{name}: the books");
            assert_eq!(figures(&world), expected, "{name}: the proofs");
        }
    }
}

#[test]
fn messages_delivered_again_and_backwards_change_nothing() {
    let calm = played(World::new(vec![]));
    let (expected, books) = (figures(&calm), calm.outcome().books);
    for (deliveries, backwards) in [(2, false), (3, false), (2, true)] {
        let mut world = World::new(vec![]);
        world.deliveries = deliveries;
        world.backwards = backwards;
        let world = played(world);
        assert_eq!(world.outcome().books, books, "{deliveries} deliveries, backwards: {backwards}");
        assert_eq!(figures(&world), expected, "{deliveries} deliveries, backwards: {backwards}");
    }
}

fn quiet() {
    std::panic::set_hook(Box::new(|info| {
        if !info.payload().is::<Stopped>() {
            eprintln!("{info}");
        }
    }));
}
