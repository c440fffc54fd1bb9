//! What a delivery does when the provider does not take the mail: it is acknowledged, and the summary stays wanted.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::cell::Cell;
use std::time::Duration;

use calendar::{Clock, Moment, Timer};
use customers::testing::FakeRegister;
use customers::{
    Account, Corrections as _, Customer, CustomerId, CustomerKind, Customers as _, MailChoice, MailChoices, Register,
    Registration,
};
use ledger::testing::FakeBooks;
use ledger::{Entry, Mark, PostingId, Side, post};
use mail::events::{Suppression, Suppressions};
use mail::gate::{self, Closed, HoldReason, SendGate};
use mail::outbox::{Summaries, SummaryRequest};
use mail::testing::{Answer, FakeMailer, FakeSummaries, ready};
use mail::{EmailAddress, UnsubscribeKey, UnsubscribeLinks};
use mail_summary::{MailSummary, MailSummaryError};
use money::Currency;

/// A clock on which waiting passes time.
struct TestClock(Cell<Moment>);

impl Clock for TestClock {
    fn now(&self) -> Moment {
        self.0.get()
    }
}

impl Timer for TestClock {
    async fn wait_until(&self, at: Moment) {
        self.0.set(self.0.get().max(at));
    }
}

type Sender = MailSummary<FakeRegister, FakeBooks, FakeSummaries, FakeMailer, TestClock>;

fn start() -> Moment {
    "2026-08-14T10:00:00Z".parse().unwrap()
}

fn request() -> SummaryRequest {
    SummaryRequest::new("imp-1", "4711".parse().unwrap())
}

/// A summary that is wanted, and a provider that gives these answers first.
fn sender(answers: &[Answer]) -> Sender {
    let (customers, summaries) = (FakeRegister::default(), FakeSummaries::default());
    let number = request().account;
    let id = CustomerId::of_account(&number);
    let customer = Customer {
        id,
        kind: CustomerKind::Person,
        name: None,
        born_on: None,
        email: Some(ada()),
        owner: None,
        address: None,
        first_email: None,
    };
    let accounts = vec![Account { number: number.clone(), customer: id, r#type: None }];
    ready(customers.register(&[Registration { customer, accounts }], start())).unwrap();
    ready(summaries.want("imp-1", &[number], start())).unwrap();
    MailSummary {
        customers,
        books: FakeBooks::default(),
        summaries,
        mailer: FakeMailer::answering(answers.iter().copied()),
        clock: TestClock(Cell::new(start())),
        sender: EmailAddress::parse("summaries@millrace.example").unwrap(),
        contact: None,
        unsubscribe: UnsubscribeLinks {
            url: "https://api.millrace.example/unsubscribe".to_owned(),
            key: UnsubscribeKey::try_new(&[7; 32]).unwrap(),
        },
        rate: "14".parse().unwrap(),
    }
}

fn ada() -> EmailAddress {
    EmailAddress::parse("ada@example.com").unwrap()
}

/// One delivery, to a function that has half a minute.
fn deliver(sender: &Sender) -> Result<(), MailSummaryError> {
    ready(sender.handle(request(), sender.clock.now().plus(Duration::from_secs(30))))
}

fn state(sender: &Sender) -> &'static str {
    ready(sender.summaries.load(&request().key())).unwrap().unwrap().0.state.name()
}

fn hold(sender: &Sender) -> Option<HoldReason> {
    match ready(sender.summaries.load_gate()).unwrap().0.closed(sender.clock.now()) {
        Some(Closed::Held(hold)) => Some(hold.reason),
        Some(Closed::Paused(_)) => panic!("it is paused"),
        None => None,
    }
}

fn pass(sender: &Sender, time: Duration) {
    sender.clock.0.set(sender.clock.now().plus(time));
}

#[test]
fn a_throttled_mail_is_sent_in_a_later_slot_of_the_same_delivery() {
    let sender = sender(&[Answer::Throttle, Answer::Throttle]);
    deliver(&sender).unwrap();
    assert_eq!((state(&sender), sender.mailer.taken().len()), ("sent", 1));
    assert!(sender.clock.now() >= start().plus(Duration::from_secs(2)), "a second after each");
}

#[test]
fn a_mail_that_is_throttled_all_the_time_stays_wanted() {
    let sender = sender(&[Answer::Throttle; 5]);
    deliver(&sender).unwrap();
    assert_eq!((state(&sender), hold(&sender)), ("wanted", None));
    deliver(&sender).unwrap();
    assert_eq!((state(&sender), sender.mailer.taken().len()), ("sent", 1));
}

#[test]
fn quota_and_configuration_hold_all_mails_for_a_time() {
    for (answer, reason, minutes) in
        [(Answer::ExceedQuota, HoldReason::Quota, 60), (Answer::Misconfigure, HoldReason::Configuration, 15)]
    {
        let sender = sender(&[answer]);
        deliver(&sender).unwrap();
        assert_eq!((state(&sender), hold(&sender)), ("wanted", Some(reason)));
        pass(&sender, Duration::from_mins(minutes - 1));
        deliver(&sender).unwrap();
        assert_eq!((state(&sender), sender.mailer.taken().len()), ("wanted", 0), "nobody calls the provider");
        pass(&sender, Duration::from_mins(1));
        deliver(&sender).unwrap();
        assert_eq!((state(&sender), sender.mailer.taken().len()), ("sent", 1));
    }
}

#[test]
fn a_receiver_that_the_sandbox_does_not_know_keeps_back_no_other_mail() {
    let sender = sender(&[Answer::UnverifiedRecipient]);
    deliver(&sender).unwrap();
    assert_eq!((state(&sender), hold(&sender)), ("wanted", None));
    deliver(&sender).unwrap();
    assert_eq!(state(&sender), "wanted", "it is not tried at once");
    pass(&sender, Duration::from_hours(6));
    deliver(&sender).unwrap();
    assert_eq!(state(&sender), "sent");
}

#[test]
fn a_suppressed_address_gets_no_mail() {
    let sender = sender(&[]);
    ready(sender.summaries.suppress(&ada(), Suppression::Complaint, start())).unwrap();
    deliver(&sender).unwrap();
    assert_eq!((state(&sender), sender.mailer.taken().len()), ("suppressed", 0));
}

#[test]
fn a_mail_without_an_answer_is_not_repeated_to_an_address_that_is_suppressed_since() {
    let sender = sender(&[Answer::Lose]);
    let _ = deliver(&sender);
    assert_eq!(state(&sender), "sending");
    ready(sender.summaries.suppress(&ada(), Suppression::Complaint, start())).unwrap();
    pass(&sender, Duration::from_mins(5));
    deliver(&sender).unwrap();
    assert_eq!((state(&sender), sender.mailer.taken().len()), ("unknown", 0));
}

#[test]
fn a_mail_without_an_answer_is_not_repeated_to_a_holder_who_opts_out_since() {
    let sender = sender(&[Answer::Lose]);
    let _ = deliver(&sender);
    let holder = CustomerId::of_account(&request().account);
    ready(sender.customers.choose_mails(holder, MailChoice::Unwanted, start())).unwrap();
    pass(&sender, Duration::from_mins(5));
    deliver(&sender).unwrap();
    assert_eq!((state(&sender), sender.mailer.taken().len()), ("unknown", 0));
}

#[test]
fn a_mail_without_an_answer_is_not_repeated_to_an_address_that_is_corrected_since() {
    let sender = sender(&[Answer::Lose]);
    let _ = deliver(&sender);
    let holder = CustomerId::of_account(&request().account);
    let corrected = EmailAddress::parse("ada@example.org").unwrap();
    assert!(ready(sender.customers.set_email(holder, &corrected, start())).unwrap());
    pass(&sender, Duration::from_mins(5));
    deliver(&sender).unwrap();
    assert_eq!((state(&sender), sender.mailer.taken().len()), ("unknown", 0));
}

#[test]
fn an_opt_out_at_the_wrong_address_does_not_count_for_the_corrected_one() {
    let sender = sender(&[]);
    let holder = CustomerId::of_account(&request().account);
    ready(sender.customers.choose_mails(holder, MailChoice::Unwanted, start())).unwrap();
    let corrected = EmailAddress::parse("ada@example.org").unwrap();
    assert!(ready(sender.customers.set_email(holder, &corrected, start())).unwrap());
    deliver(&sender).unwrap();
    let (customer, _) = ready(sender.customers.customer(holder)).unwrap().unwrap();
    let link = sender.unsubscribe.link(customer.mail_choice_id());
    assert_ne!(link, sender.unsubscribe.link(holder), "the first receiver's links do not opt out this one");
    let sent = sender.mailer.taken().remove(0);
    assert!(sent.html.contains(&link), "its own link");
    assert_eq!((state(&sender), sent.to), ("sent", corrected));
}

#[test]
fn without_time_or_a_slot_the_request_is_acknowledged() {
    let sender = sender(&[]);
    ready(sender.handle(request(), start().plus(Duration::from_secs(5)))).unwrap();
    assert_eq!(state(&sender), "wanted");
    let later = start().plus(Duration::from_mins(1));
    ready(gate::change(&sender.summaries, |gate| gate.slow_down(later))).unwrap();
    deliver(&sender).unwrap();
    assert_eq!((state(&sender), sender.mailer.taken().len()), ("wanted", 0));
}

#[test]
fn a_mail_says_how_many_entries_are_dirty_and_their_sums() {
    let sender = sender(&[]);
    let row = |id: &str, amount_minor, counterparty: &str| Entry {
        at: start(),
        source: "sepa".into(),
        id: Some(id.into()),
        ordinal: 0,
        amount_minor,
        currency: Currency::EUR,
        side: if amount_minor < 0 { Side::Payer } else { Side::Beneficiary },
        counterparty: Some(counterparty.into()),
        text: None,
        mark: Mark::Clean,
    };
    let invalid = "XX1420041010050500013M02606";
    let own = Entry { side: Side::None, counterparty: None, ..row("1", 10_000, "") };
    let entries = vec![own, row("2", 250_000, invalid), row("3", -100, invalid)];
    ready(post(&sender.books, &request().account, entries, PostingId([1; 16]))).unwrap();
    deliver(&sender).unwrap();
    let text = sender.mailer.taken().remove(0).text;
    assert!(text.contains("Total balance   100.00 EUR\n"), "{text}");
    let expected = "Not included: 2 transactions that failed a check,\n2,500.00 in and -1.00 EUR out.\n";
    assert!(text.contains(expected), "{text}");
}
