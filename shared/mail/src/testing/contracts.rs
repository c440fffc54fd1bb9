#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "for tests: a broken contract panics"
)]

use std::collections::BTreeSet;

use banking::AccountNumber;
use calendar::Moment;

use crate::events::{Feedback, MailEvent, Suppressed, Suppression, SuppressionCopies, Suppressions, suppression_key};
use crate::gate::{HoldReason, SendGate};
use crate::mailer::{Mailer, Sent};
use crate::outbox::{Saved, StateCounts, Summaries, SummaryList, SummaryRequest, SummaryRequests, Version};
use crate::tally::{Tallies, Tally};
use crate::{EmailAddress, Envelope, Intent, Mail, MailState, Summary, SummaryKey, SummaryMail, gate};

/// Tests that a [`Mailer`] accepts a valid mail each time and returns an id.
pub async fn mailer_contract(port: &impl Mailer, mail: &Mail) {
    for _ in 0..2 {
        match port.send(mail, &key(account("CONTRACT-1"), "contract")).await.expect("the provider is reachable") {
            Sent::Taken { provider_id } => assert!(!provider_id.is_empty(), "an accepted mail has an id"),
            other => panic!("a valid mail is accepted, not {other:?}"),
        }
    }
}

/// Tests that the request of each account arrives. `received` waits for the given number of requests and removes them
/// from the queue.
pub async fn summary_requests_contract(
    port: &impl SummaryRequests,
    received: impl AsyncFn(usize) -> Vec<SummaryRequest>,
) {
    port.request("contract", &[]).await.expect("no account is no error");
    let accounts: Vec<AccountNumber> = (1000..1025).map(|number| account(&number.to_string())).collect();
    port.request("contract", &accounts).await.expect("the queue can be reached");
    let arrived: BTreeSet<_> = received(accounts.len()).await.iter().map(SummaryRequest::key).collect();
    let expected: BTreeSet<_> = accounts.into_iter().map(|account| key(account, "contract")).collect();
    assert_eq!(arrived, expected, "each account is requested");
}

/// Tests the contract of [`Summaries`]. `import` must be new to the table.
pub async fn summaries_contract(port: &impl Summaries, import: &str) {
    let (one, two, three) = (account("CONTRACT-1"), account("CONTRACT-2"), account("CONTRACT-3"));
    let accounts = [one.clone(), two.clone(), three.clone()];

    wanting_is_idempotent(port, import, &accounts).await;
    saving_is_conditional(port, import, &one).await;
    final_records_are_not_open(port, import, &two).await;

    let open = open_of(port, import, at("2026-08-14T09:59:59Z")).await;
    assert!(open.is_empty(), "nothing was open before it was wanted: {open:?}");
    let open = open_of(port, import, at("2026-08-14T10:00:00Z")).await;
    assert_eq!(open, [three], "only the oldest is open since then");
    let open = open_of(port, import, at("2026-08-14T23:00:00Z")).await;
    assert_eq!(open, [accounts[2].clone(), one.clone()], "the oldest comes first, a final one not at all");
    let limited = port.open_since(at("2026-08-14T23:00:00Z"), 1).await.expect("the table can be read");
    assert!(limited.len() <= 1, "not more than the limit");

    let counts = port.count_by_state(import).await.expect("the table can be read");
    assert_eq!(counts, StateCounts { wanted: 1, sending: 1, sent: 1, ..StateCounts::default() });
    let counts = port.count_by_state(&format!("{import}-other")).await.expect("the table can be read");
    assert_eq!(counts, StateCounts::default(), "an import without summaries has none");
}

/// Tests the contract of [`SendGate`]. Nobody else may use the gate meanwhile; it is open at the end.
pub async fn gate_contract(port: &impl SendGate) {
    let now = at("2026-08-14T10:00:00Z");
    let (before, first) = port.load_gate().await.expect("the gate can be read");
    let mut held = before.clone();
    held.hold(HoldReason::Quota, "contract", now);
    let Saved::Stored(second) = port.save_gate(&held, first).await.expect("the gate can be written") else {
        panic!("nobody else wrote");
    };
    assert_eq!(port.load_gate().await.expect("the gate can be read"), (held.clone(), second), "all of it is read back");
    let late = port.save_gate(&before, first).await.expect("the gate can be written");
    assert_eq!(late, Saved::Conflict, "the version has moved on");
    assert_eq!(port.load_gate().await.expect("the gate can be read"), (held, second), "a conflict changes nothing");
    gate::change(port, |gate| gate.resume(now)).await.expect("the gate can be changed");
    let (open, third) = port.load_gate().await.expect("the gate can be read");
    assert_eq!((open.closed(now), third), (None, second.next()));
    gate::change(port, |_| ()).await.expect("the gate can be read");
    assert_eq!(port.load_gate().await.expect("the gate can be read"), (open, third), "no change, no write");
}

/// Tests the contracts of [`Suppressions`] and [`SuppressionCopies`]. No address may be suppressed yet.
pub async fn suppressions_contract(port: &(impl Suppressions + SuppressionCopies), address: &EmailAddress) {
    let now = at("2026-08-14T10:00:00Z");
    let shouted = EmailAddress::parse(&address.as_str().to_uppercase()).expect("an address");
    let find = async |address: &EmailAddress| port.suppression(address).await.expect("the list can be read");
    assert_eq!(find(address).await, None);
    port.suppress(address, Suppression::Bounce, now).await.expect("the list can be written");
    port.suppress(&shouted, Suppression::Complaint, now).await.expect("a suppressed address is not an error");
    assert_eq!(find(address).await, Some(Suppression::Bounce), "the first reason stays");
    assert_eq!(find(&shouted).await, Some(Suppression::Bounce), "in any case");
    let stored = Suppressed { key: suppression_key(address), at: now, why: Suppression::Bounce };
    assert_eq!(port.suppressions().await.expect("the table can be read"), std::slice::from_ref(&stored));
    let other = EmailAddress::parse("copied@example.com").expect("an address");
    let copy = |key| Suppressed { key, at: now, why: Suppression::Complaint };
    let copies = [copy(stored.key.clone()), copy(suppression_key(&other))];
    for new in [1, 0] {
        assert_eq!(port.copy_suppressions(&copies).await.expect("the list can be written"), new);
    }
    assert_eq!(find(address).await, Some(Suppression::Bounce), "a copy does not replace the first reason");
    assert_eq!(find(&other).await, Some(Suppression::Complaint));
    assert!(port.allow(&shouted).await.expect("the list can be written"));
    assert!(!port.allow(address).await.expect("the list can be written"), "it is allowed already");
    assert_eq!(find(address).await, None);
}

/// Tests the counts of [`Summaries`] and the lists of [`SummaryList`]. `import` must be new to the table, and August
/// 2031 must be without mails.
pub async fn counts_contract(port: &(impl Summaries + SummaryList + Tallies + SendGate), import: &str) {
    let resumed_at = port.load_gate().await.expect("the gate can be read").0.resumed_at();
    let accounts: Vec<AccountNumber> = (0..12).map(|number| account(&format!("COUNT-{number}"))).collect();
    port.want(import, &accounts, at("2031-08-14T10:00:00Z")).await.expect("the table can be written");
    for (number, account) in accounts.iter().enumerate() {
        let (record, version) = load(port, import, account).await;
        let sending = record.sending(intent(&record), at("2031-08-14T11:00:00Z")).expect("it is wanted");
        let before = stored(port, &sending, version).await;
        let taken = Sent::Taken { provider_id: number.to_string() };
        let sent = sending.on_answer(taken, at("2031-08-14T23:59:59Z")).expect("it is being sent");
        let version = stored(port, &sent, before).await;
        let late = port.save(&sent, before).await.expect("the table can be written");
        assert_eq!(late, Saved::Conflict, "what is not saved is not counted");
        let feedback = match number {
            0 | 1 => Feedback::HardBounce,
            2 => Feedback::SoftBounce,
            3 => Feedback::Complaint,
            _ => continue,
        };
        let event = MailEvent {
            key: sent.key.clone(),
            provider_id: number.to_string(),
            sent_at: at("2031-08-14T23:59:59Z"),
            feedback,
            recipients: vec![],
        };
        let came_back = sent.on_event(&event, at("2031-08-15T10:00:00Z")).expect("it was sent");
        stored(port, &came_back, version).await;
    }
    let days =
        port.sent_since("2031-08-01".parse().expect("a date"), resumed_at).await.expect("the counts can be read");
    let expected = Tally { sent: 12, bounced: 2, complained: 1 };
    assert_eq!(days, [("2031-08-14".parse().expect("a date"), expected)].into(), "by the day of sending");
    let none =
        port.sent_since("2031-08-15".parse().expect("a date"), resumed_at).await.expect("the counts can be read");
    assert_eq!(none, [].into());

    let resumed_at = at("2031-08-15T00:00:00Z");
    gate::change(port, |gate| gate.resume(resumed_at)).await.expect("the gate can be changed");
    let (record, version) = load(port, import, accounts.get(4).expect("five accounts")).await;
    let sent_at = record.state.at();
    let bounced = MailState::Bounced { at: at("2031-08-15T10:00:00Z"), sent_at, hard: true };
    stored(port, &SummaryMail { state: bounced, ..record }, version).await;
    let days = port.sent_since("2031-08-01".parse().expect("a date"), Some(resumed_at)).await;
    assert_eq!(days.expect("the counts can be read"), [].into(), "a late bounce counts against no later mails");

    lists_contract(port, import).await;
}

/// After [`counts_contract`], with mails in these states.
async fn lists_contract(port: &(impl Summaries + SummaryList), import: &str) {
    let list = async |state, limit| port.of_import(import, state, limit).await.expect("the table can be read").len();
    assert_eq!((list(None, 100).await, list(Some("sent"), 100).await, list(Some("bounced"), 2).await), (12, 7, 2));
    assert_eq!((list(None, 5).await, list(Some("failed"), 100).await), (5, 0));

    let open = async |state: Option<&str>, limit| {
        let open = port.open(state, limit).await.expect("the table can be read").into_iter();
        open.filter(|it| it.key.import == import).map(|it| it.key.account).collect::<Vec<_>>()
    };
    assert_eq!(open(None, 1000).await, [], "all are final");
    let accounts = [account("OPEN-1"), account("OPEN-2")];
    for (account, since) in accounts.iter().zip(["2001-08-15T10:00:00Z", "2001-08-14T10:00:00Z"]) {
        port.want(import, std::slice::from_ref(account), at(since)).await.expect("the table can be written");
    }
    let [newer, older] = accounts;
    assert_eq!(open(None, 1000).await, [older.clone(), newer.clone()], "the oldest first");
    assert_eq!(open(Some("wanted"), 1).await, std::slice::from_ref(&older));
    let (record, version) = load(port, import, &older).await;
    let sending = record.sending(intent(&record), at("2031-08-14T11:00:00Z")).expect("it is wanted");
    stored(port, &sending, version).await;
    assert_eq!((open(Some("wanted"), 1).await, open(Some("sending"), 1000).await), (vec![newer], vec![older]));
}

async fn stored(port: &impl Summaries, record: &SummaryMail, version: Version) -> Version {
    match port.save(record, version).await.expect("the table can be written") {
        Saved::Stored(version) => version,
        Saved::Conflict => panic!("nobody else wrote"),
    }
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
    let taken = Sent::Taken { provider_id: "provider-1".to_owned() };
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
    open.into_iter().filter(|it| it.import == import).map(|it| it.account).collect()
}

fn intent(record: &SummaryMail) -> Intent {
    Intent {
        envelope: Envelope {
            from: EmailAddress::parse("books@example.com").expect("an address"),
            to: EmailAddress::parse("holder@example.com").expect("an address"),
            reference: record.key.reference(),
            sent_on: at("2026-08-14T10:00:00Z"),
            contact: None,
            unsubscribe_url: None,
        },
        summary: Summary {
            holder: Some("Zoë \"Z\" O'Neill".to_owned()),
            account: record.key.account.clone(),
            as_of: "2026-08-13".parse().expect("a date"),
            last_entry: None,
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
