//! What an event of SES changes.

#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use std::time::Duration;

use banking::AccountNumber;
use calendar::{Clock, Moment};
use mail::events::{Feedback, MailEvent, Suppression, Suppressions};
use mail::gate::{self, Closed, SendGate};
use mail::mailer::Sent;
use mail::outbox::{Saved, Summaries};
use mail::tally::{Tallies, Tally};
use mail::testing::{FakeSummaries, ready};
use mail::{EmailAddress, Envelope, Intent, Summary, SummaryKey};
use record_mail_events::RecordMailEvents;

const BOUNCE: &str = include_str!("../../../events/ses-bounce.json");
const COMPLAINT: &str = include_str!("../../../events/ses-complaint.json");

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Moment {
        "2026-08-14T12:00:00Z".parse().unwrap()
    }
}

type Recorder = RecordMailEvents<FakeSummaries, Noon>;

fn recorder() -> Recorder {
    RecordMailEvents { summaries: FakeSummaries::default(), clock: Noon }
}

fn ada() -> EmailAddress {
    EmailAddress::parse("ada@example.com").unwrap()
}

/// A summary with a mail accepted at `sent_at`.
fn sent(recorder: &Recorder, key: &SummaryKey, sent_at: Moment) {
    ready(recorder.summaries.want(&key.import, std::slice::from_ref(&key.account), Noon.now())).unwrap();
    let (record, version) = ready(recorder.summaries.load(key)).unwrap().unwrap();
    let envelope = Envelope {
        from: ada(),
        to: ada(),
        reference: key.reference(),
        sent_on: Noon.now(),
        contact: None,
        unsubscribe_url: None,
    };
    let summary = Summary {
        holder: None,
        account: key.account.clone(),
        as_of: Noon.now().date(),
        last_entry: None,
        currencies: Vec::new(),
    };
    let sending = record.sending(Intent { envelope, summary }, Noon.now()).unwrap();
    let Saved::Stored(version) = ready(recorder.summaries.save(&sending, version)).unwrap() else { panic!() };
    let sent = sending.on_answer(Sent::Taken { provider_id: "1".to_owned() }, sent_at).unwrap();
    let Saved::Stored(_) = ready(recorder.summaries.save(&sent, version)).unwrap() else { panic!() };
}

fn state(recorder: &Recorder, key: &SummaryKey) -> &'static str {
    ready(recorder.summaries.load(key)).unwrap().unwrap().0.state.name()
}

fn today(recorder: &Recorder) -> Tally {
    let today = Noon.now().date();
    ready(recorder.summaries.sent_since(today, None)).unwrap().remove(&today).unwrap_or_default()
}

fn key(number: usize) -> SummaryKey {
    SummaryKey { account: format!("{number:04}").parse::<AccountNumber>().unwrap(), import: "imp-1".to_owned() }
}

fn event(number: usize, feedback: Feedback) -> MailEvent {
    let recipients = vec![EmailAddress::parse(&format!("a{number}@example.com")).unwrap()];
    MailEvent { key: key(number), provider_id: "1".to_owned(), sent_at: Noon.now(), feedback, recipients }
}

#[test]
fn a_bounce_and_a_complaint_are_recorded_once_and_suppress_the_address() {
    for (json, name, why, counted) in [
        (BOUNCE, "bounced", Suppression::Bounce, Tally { sent: 1, bounced: 1, complained: 0 }),
        (COMPLAINT, "complained", Suppression::Complaint, Tally { sent: 1, bounced: 0, complained: 1 }),
    ] {
        let recorder = recorder();
        let event = mail_ses::read_event(json).unwrap().unwrap();
        sent(&recorder, &event.key, Noon.now());
        for _ in 0..3 {
            ready(recorder.handle(event.clone())).unwrap();
            assert_eq!((state(&recorder, &event.key), today(&recorder)), (name, counted));
        }
        assert_eq!(ready(recorder.summaries.suppression(&ada())).unwrap(), Some(why));
    }
}

#[test]
fn a_soft_bounce_suppresses_nobody_and_is_not_counted_as_hard() {
    let recorder = recorder();
    let event = mail_ses::read_event(&BOUNCE.replace("Permanent", "Transient")).unwrap().unwrap();
    sent(&recorder, &event.key, Noon.now());
    ready(recorder.handle(event.clone())).unwrap();
    assert_eq!(state(&recorder, &event.key), "bounced");
    assert_eq!(today(&recorder), Tally { sent: 1, ..Tally::default() });
    assert_eq!(ready(recorder.summaries.suppression(&ada())).unwrap(), None);
}

#[test]
fn an_event_of_a_mail_that_is_not_recorded_suppresses_its_address_all_the_same() {
    let recorder = recorder();
    ready(recorder.handle(mail_ses::read_event(BOUNCE).unwrap().unwrap())).unwrap();
    assert_eq!(ready(recorder.summaries.suppression(&ada())).unwrap(), Some(Suppression::Bounce));
    assert_eq!(today(&recorder), Tally::default());
}

#[test]
fn at_two_percent_of_hard_bounces_sending_stops_until_it_is_resumed() {
    let recorder = recorder();
    (0..150).for_each(|number| sent(&recorder, &key(number), Noon.now()));
    let closed = || ready(recorder.summaries.load_gate()).unwrap().0.closed(Noon.now());
    for number in 0..2 {
        ready(recorder.handle(event(number, Feedback::HardBounce))).unwrap();
        assert_eq!(closed(), None, "{number} of 150");
    }
    ready(recorder.handle(event(2, Feedback::HardBounce))).unwrap();
    let Some(Closed::Paused(pause)) = closed() else { panic!("it is not paused") };
    assert_eq!(pause.reason, "3 of the newest 150 mails bounced");
    let resumed_at = Noon.now().plus(Duration::from_hours(1));
    ready(gate::change(&recorder.summaries, |gate| gate.resume(resumed_at))).unwrap();
    (150..250).for_each(|number| sent(&recorder, &key(number), resumed_at.plus(Duration::from_hours(1))));
    for number in 2..20 {
        ready(recorder.handle(event(number, Feedback::HardBounce))).unwrap();
    }
    assert_eq!(closed(), None, "bounces of mails from before do not count, however late they are");
    ready(recorder.handle(event(150, Feedback::HardBounce))).unwrap();
    assert_eq!(closed(), None, "1 of 100 since then");
    ready(recorder.handle(event(151, Feedback::HardBounce))).unwrap();
    assert!(matches!(closed(), Some(Closed::Paused(_))), "2 of 100 since then");
}
