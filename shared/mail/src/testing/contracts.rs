#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "for tests: a broken contract panics"
)]

use std::collections::BTreeSet;

use banking::AccountNumber;
use calendar::Moment;

use crate::mailer::{Mailer, Sent};
use crate::outbox::{Saved, StateCounts, Summaries, SummaryRequest, SummaryRequests, Version};
use crate::{Address, Envelope, Intent, Mail, Summary, SummaryKey, SummaryMail};

/// What every [`Mailer`] does with a good mail: takes it, each time it is asked, and names it.
pub async fn mailer_contract(port: &impl Mailer, mail: &Mail) {
    for _ in 0..2 {
        match port.send(mail).await.expect("the carrier can be reached") {
            Sent::Taken { carrier_id } => assert!(!carrier_id.is_empty(), "a taken mail has the carrier's name for it"),
            other => panic!("a good mail is taken, not {other:?}"),
        }
    }
}

/// What every [`SummaryRequests`] does: each account's request arrives. `received` waits for the given number of
/// requests and takes them off the queue.
pub async fn summary_requests_contract(
    port: &impl SummaryRequests,
    received: impl AsyncFn(usize) -> Vec<SummaryRequest>,
) {
    port.request("contract", &[]).await.expect("no account is no error");
    let accounts: Vec<AccountNumber> = (1000..1025).map(|number| account(&number.to_string())).collect();
    port.request("contract", &accounts).await.expect("the queue can be reached");
    let arrived: BTreeSet<_> = received(accounts.len()).await.iter().map(SummaryRequest::key).collect();
    let expected: BTreeSet<_> = accounts.into_iter().map(|account| key(account, "contract")).collect();
    assert_eq!(arrived, expected, "each account is asked for");
}

/// What every [`Summaries`] does. `import` must be one the table does not know yet.
pub async fn summaries_contract(port: &impl Summaries, import: &str) {
    let (one, two, three) = (account("CONTRACT-1"), account("CONTRACT-2"), account("CONTRACT-3"));
    let accounts = [one.clone(), two.clone(), three.clone()];

    wanting_is_idempotent(port, import, &accounts).await;
    saving_is_conditional(port, import, &one).await;
    final_records_are_not_open(port, import, &two).await;

    let open = open_of(port, import, at("2026-08-14T09:59:59Z")).await;
    assert!(open.is_empty(), "nothing was open before it was wanted: {open:?}");
    let open = open_of(port, import, at("2026-08-14T10:00:00Z")).await;
    assert_eq!(open, [three], "the oldest alone is open since then");
    let open = open_of(port, import, at("2026-08-14T23:00:00Z")).await;
    assert_eq!(open, [accounts[2].clone(), one.clone()], "the oldest comes first, a final one not at all");
    let limited = port.open_since(at("2026-08-14T23:00:00Z"), 1).await.expect("the table can be read");
    assert!(limited.len() <= 1, "not more than asked for");

    let counts = port.count_by_state(import).await.expect("the table can be read");
    assert_eq!(counts, StateCounts { wanted: 1, sending: 1, sent: 1, ..StateCounts::default() });
    let counts = port.count_by_state(&format!("{import}-other")).await.expect("the table can be read");
    assert_eq!(counts, StateCounts::default(), "an import without summaries has none");
}

async fn wanting_is_idempotent(port: &impl Summaries, import: &str, accounts: &[AccountNumber]) {
    let now = at("2026-08-14T10:00:00Z");
    let unknown = key(account("CONTRACT-1"), import);
    assert_eq!(port.load(&unknown).await.expect("the table can be read"), None, "not wanted yet");
    let never = SummaryMail::wanted(unknown, now);
    let saved = port.save(&never, Version::FIRST).await.expect("the table can be written");
    assert_eq!(saved, Saved::Conflict, "a save makes no record");

    assert_eq!(port.want(import, &[], now).await.expect("no account is no error"), 0);
    let (first, rest) = accounts.split_at(1);
    assert_eq!(port.want(import, first, now).await.expect("the table can be written"), 1);
    assert_eq!(port.want(import, accounts, now).await.expect("the table can be written"), 2, "only the new ones count");
    assert_eq!(port.want(import, rest, at("2026-08-15T10:00:00Z")).await.expect("the table can be written"), 0);
    for account in accounts {
        let (record, _) = load(port, import, account).await;
        assert_eq!(record, SummaryMail::wanted(key(account.clone(), import), now), "wanted since the first time");
    }
}

async fn saving_is_conditional(port: &impl Summaries, import: &str, account: &AccountNumber) {
    let (record, version) = load(port, import, account).await;
    let sending = record.sending(intent(&record), at("2026-08-14T11:00:00Z")).expect("it is wanted");
    let Saved::Stored(stored) = port.save(&sending, version).await.expect("the table can be written") else {
        panic!("nobody else wrote");
    };
    assert_eq!(load(port, import, account).await, (sending.clone(), stored), "all of it is read back");
    let late = port.save(&record, version).await.expect("the table can be written");
    assert_eq!(late, Saved::Conflict, "the version has moved on");
    assert_eq!(load(port, import, account).await, (sending.clone(), stored), "a conflict changes nothing");
    assert_eq!(
        port.want(import, std::slice::from_ref(account), at("2026-08-16T10:00:00Z")).await.expect("writable"),
        0
    );
    assert_eq!(load(port, import, account).await, (sending, stored), "wanting it again changes nothing");
}

async fn final_records_are_not_open(port: &impl Summaries, import: &str, account: &AccountNumber) {
    let (record, version) = load(port, import, account).await;
    let now = at("2026-08-14T12:00:00Z");
    let sending = record.sending(intent(&record), now).expect("it is wanted");
    let Saved::Stored(version) = port.save(&sending, version).await.expect("the table can be written") else {
        panic!("nobody else wrote");
    };
    let taken = Sent::Taken { carrier_id: "carrier-1".to_owned() };
    let sent = sending.on_answer(taken, now).expect("it is being sent");
    let Saved::Stored(version) = port.save(&sent, version).await.expect("the table can be written") else {
        panic!("a save gives the version for the next one");
    };
    assert_eq!(load(port, import, account).await, (sent, version));
}

async fn load(port: &impl Summaries, import: &str, account: &AccountNumber) -> (SummaryMail, Version) {
    let loaded = port.load(&key(account.clone(), import)).await.expect("the table can be read");
    loaded.expect("the record is there")
}

async fn open_of(port: &impl Summaries, import: &str, before: Moment) -> Vec<AccountNumber> {
    let open = port.open_since(before, 1000).await.expect("the table can be read");
    open.into_iter().filter(|it| it.key.import == import).map(|it| it.key.account).collect()
}

fn intent(record: &SummaryMail) -> Intent {
    Intent {
        envelope: Envelope {
            from: Address::parse("books@example.com").expect("an address"),
            to: Address::parse("holder@example.com").expect("an address"),
            reference: record.key.reference(),
            sent_on: at("2026-08-14T10:00:00Z"),
            contact: None,
            unsubscribe_url: None,
        },
        summary: Summary {
            holder: Some("Zoë \"Z\" O'Neill".to_owned()),
            account: record.key.account.clone(),
            as_of: "2026-08-13".parse().expect("a date"),
            currencies: vec![],
        },
    }
}

fn key(account: AccountNumber, import: &str) -> SummaryKey {
    SummaryKey { account, import: import.to_owned() }
}

fn account(text: &str) -> AccountNumber {
    text.parse().expect("an account number")
}

fn at(text: &str) -> Moment {
    text.parse().expect("a time stamp")
}
