//! The states of one summary mail when deliveries repeat, overlap and stop in the middle.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests; clippy.toml allows it only inside of #[test]"
)]

mod samples;

use std::cell::Cell;
use std::time::Duration;

use calendar::Moment;
use mail::events::{Feedback, MailEvent};
use mail::mailer::Mailer;
use mail::outbox::{Saved, Summaries};
use mail::testing::{Answer, FakeMailer, FakeSummaries, ready};
use mail::{Intent, MailState, Next, SummaryKey, SummaryMail};
use samples::{envelope, four_rows};

const LEASE: Duration = Duration::from_mins(1);

fn key() -> SummaryKey {
    SummaryKey { account: "DE89370400440532013000".parse().unwrap(), import: "imp-1".to_owned() }
}

fn at(second: i64) -> Moment {
    Moment::instant(1_786_000_000_000_000 + second * 1_000_000).unwrap()
}

/// The intent as made at some time: a later one would differ.
fn intent(now: Moment) -> Intent {
    let mut envelope = envelope();
    envelope.sent_on = now;
    envelope.reference = key().reference();
    Intent { envelope, summary: four_rows() }
}

#[derive(Debug, PartialEq, Eq)]
enum Stopped {
    Crashed,
    Later,
    Conflict,
}

/// A handler as `mail-summary` has one; it stops at the given one of its steps.
struct Handler<'a> {
    summaries: &'a FakeSummaries,
    mailer: &'a FakeMailer,
    steps_left: Cell<Option<u32>>,
}

impl Handler<'_> {
    fn step(&self) -> Result<(), Stopped> {
        match self.steps_left.get() {
            Some(0) => return Err(Stopped::Crashed),
            Some(left) => self.steps_left.set(Some(left - 1)),
            None => {}
        }
        Ok(())
    }

    fn deliver(&self, now: Moment) -> Result<(), Stopped> {
        self.step()?;
        let (record, version) = ready(self.summaries.load(&key())).unwrap().unwrap();
        self.step()?;
        let record = match record.on_delivery(now, LEASE) {
            Next::Prepare => record.sending(intent(now), now).unwrap(),
            Next::SendAgain(record) => record,
            Next::GiveUp(record) => return self.save(&record, version).map(|_| ()),
            Next::WaitFor(_) | Next::KeptBack => return Err(Stopped::Later),
            Next::Done => return Ok(()),
        };
        let version = self.save(&record, version)?;
        let mail = record.intent().unwrap().mail().unwrap();
        self.step()?;
        let answer = ready(self.mailer.send(&mail, &key()));
        self.step()?;
        let answered = match answer {
            Ok(answer) => record.on_answer(answer, now).unwrap(),
            Err(_) => record.on_not_taken(now, None).unwrap(),
        };
        self.save(&answered, version)?;
        if answered.is_final() { Ok(()) } else { Err(Stopped::Later) }
    }

    fn save(&self, record: &SummaryMail, version: mail::outbox::Version) -> Result<mail::outbox::Version, Stopped> {
        self.step()?;
        let saved = ready(self.summaries.save(record, version)).unwrap();
        self.step()?;
        match saved {
            Saved::Stored(version) => Ok(version),
            Saved::Conflict => Err(Stopped::Conflict),
        }
    }
}

/// Delivers until nothing is left to do, each delivery stopped at one of `crashes`, half a lease apart.
fn run(crashes: &[u32], answers: &[Answer]) -> (MailState, Vec<mail::Mail>) {
    let (summaries, mailer) = (FakeSummaries::default(), FakeMailer::answering(answers.iter().copied()));
    ready(summaries.want("imp-1", &[key().account], at(0))).unwrap();
    let mut crashes = crashes.iter();
    for delivery in 0..40 {
        let handler =
            Handler { summaries: &summaries, mailer: &mailer, steps_left: Cell::new(crashes.next().copied()) };
        let _ = handler.deliver(at(delivery * 31));
    }
    let state = summaries.records().remove(0).state;
    (state, mailer.taken())
}

/// Before and after each of load, save, send and save.
const STEPS: u32 = 8;

#[test]
fn without_a_crash_there_is_one_mail_whatever_is_redelivered() {
    let (state, mails) = run(&[], &[]);
    assert_eq!(state.name(), "sent");
    assert_eq!(mails.len(), 1);
}

#[test]
fn one_crash_costs_at_most_one_repeat_of_the_same_bytes() {
    for crash in 0..STEPS {
        let (state, mails) = run(&[crash], &[]);
        assert_eq!(state.name(), "sent", "stopped at step {crash}");
        assert!((1..=2).contains(&mails.len()), "{} mails, stopped at step {crash}", mails.len());
        assert!(mails.iter().all(|mail| mail.mime == mails[0].mime), "stopped at step {crash}");
    }
    let repeated = (0..STEPS).filter(|crash| run(&[*crash], &[]).1.len() == 2).count();
    assert_eq!(repeated, 2, "only between the call and its record");
}

#[test]
fn crashes_without_end_never_make_a_third_mail() {
    let all = || 0..STEPS;
    // Three of them only around the call, where it matters.
    let around = || 4..STEPS;
    let two = all().flat_map(|first| all().map(move |second| vec![first, second]));
    let three = around().flat_map(|one| around().flat_map(move |two| around().map(move |three| vec![one, two, three])));
    for crashes in two.chain(three) {
        let (state, mails) = run(&crashes, &[]);
        assert!(matches!(state.name(), "sent" | "unknown"), "{state:?}, stopped at {crashes:?}");
        assert!(mails.len() <= 2, "stopped at {crashes:?}");
        assert!(mails.iter().all(|mail| mail.mime == mails[0].mime), "stopped at {crashes:?}");
    }
}

#[test]
fn answers_decide_the_state() {
    use Answer::{Lose, Refuse, Take, TakeSilently, Throttle};
    for (answers, state, mails) in [
        ([Take].as_slice(), "sent", 1),
        (&[Refuse], "refused", 0),
        (&[Lose, Take], "sent", 1),
        (&[TakeSilently, Take], "sent", 2),
        (&[TakeSilently, TakeSilently, Take], "unknown", 2),
        (&[Lose, Lose, Take], "unknown", 0),
        // The first may have been taken, so a refused repeat does not make it refused.
        (&[TakeSilently, Refuse], "unknown", 1),
        // A pause is no attempt.
        (&[Throttle, Throttle, Throttle, Take], "sent", 1),
        (&[TakeSilently, Throttle, Throttle, Take, Take], "sent", 2),
        (&[Throttle, Lose, Throttle, Lose, Take], "unknown", 0),
    ] {
        let (ended, taken) = run(&[], answers);
        assert_eq!((ended.name(), taken.len()), (state, mails), "{answers:?}");
        assert!(taken.iter().all(|mail| mail.mime == taken[0].mime), "{answers:?}");
    }
}

#[test]
fn a_second_delivery_waits_while_the_first_may_be_at_it() {
    let record = SummaryMail::wanted(key(), at(0));
    assert_eq!(record.on_delivery(at(5), LEASE), Next::Prepare);
    let sending = record.sending(intent(at(5)), at(5)).unwrap();
    assert_eq!(sending.on_delivery(at(5), LEASE), Next::WaitFor(LEASE));
    assert_eq!(sending.on_delivery(at(64), LEASE), Next::WaitFor(Duration::from_secs(1)));
    assert_eq!(sending.on_delivery(at(0), LEASE), Next::WaitFor(LEASE), "a clock that is behind");
    let Next::SendAgain(again) = sending.on_delivery(at(65), LEASE) else { panic!("the lease is over") };
    assert_eq!(again.intent(), sending.intent(), "the same text");
    assert_eq!(again.on_delivery(at(66), LEASE), Next::WaitFor(Duration::from_secs(59)));
    let Next::GiveUp(unknown) = again.on_delivery(at(125), LEASE) else { panic!("twice is enough") };
    assert_eq!(unknown.state.name(), "unknown");
    assert_eq!(unknown.on_delivery(at(9999), LEASE), Next::Done);
}

#[test]
fn two_deliveries_at_once_send_one_mail() {
    let (summaries, mailer) = (FakeSummaries::default(), FakeMailer::default());
    ready(summaries.want("imp-1", &[key().account], at(0))).unwrap();
    // The other one reads before this one starts, and continues after it has saved its intent.
    let (read_before, version_before) = ready(summaries.load(&key())).unwrap().unwrap();
    let handler = Handler { summaries: &summaries, mailer: &mailer, steps_left: Cell::new(None) };
    assert_eq!(handler.deliver(at(1)), Ok(()));
    let late = read_before.sending(intent(at(2)), at(2)).unwrap();
    assert_eq!(handler.save(&late, version_before), Err(Stopped::Conflict));
    assert_eq!(handler.deliver(at(3)), Ok(()));
    assert_eq!(mailer.taken().len(), 1);
}

#[test]
fn giving_up_tells_what_is_known() {
    let wanted = SummaryMail::wanted(key(), at(0));
    let sending = wanted.sending(intent(at(1)), at(1)).unwrap();
    let nowhere = wanted.no_address(at(1)).unwrap();
    assert_eq!(wanted.give_up("dead letter", at(9)).state.name(), "failed", "certainly not sent");
    assert_eq!(sending.give_up("dead letter", at(9)).state.name(), "unknown", "may have been sent");
    assert_eq!(nowhere.give_up("dead letter", at(9)), nowhere, "a final state stays");
    assert_eq!(nowhere.on_delivery(at(9), LEASE), Next::Done);
}

#[test]
fn an_attempt_that_was_not_taken_does_not_count() {
    let wanted = SummaryMail::wanted(key(), at(0));
    let first = wanted.sending(intent(at(1)), at(1)).unwrap();
    assert_eq!(first.on_not_taken(at(2), None), Ok(SummaryMail::wanted(key(), at(2))), "nothing was ever handed over");
    let Next::SendAgain(second) = first.on_delivery(at(90), LEASE) else { panic!("the lease is over") };
    let expected = MailState::Sending { attempt: 1, since: at(95), intent: Box::new(intent(at(1))) };
    assert_eq!(
        second.on_not_taken(at(95), None).unwrap().state,
        expected,
        "the first may have been taken: the same text"
    );
}

#[test]
fn a_log_shows_the_state_and_not_the_provider_s_words() {
    let wanted = SummaryMail::wanted(key(), at(0));
    let sending = wanted.sending(intent(at(1)), at(1)).unwrap();
    let refused = mail::mailer::Sent::Refused { reason: "no such mailbox: ada@example.com".to_owned() };
    assert_eq!(format!("{:?}", sending.on_answer(refused, at(2)).unwrap().state), "refused");
    assert_eq!(format!("{:?}", wanted.state), "wanted");
    assert_eq!(format!("{:?}", sending.state), format!("sending(1, since {})", at(1)));
}

#[test]
fn the_reason_is_the_provider_s_or_that_of_the_bounce() {
    let wanted = SummaryMail::wanted(key(), at(0));
    let sending = wanted.sending(intent(at(1)), at(1)).unwrap();
    let refused = sending.on_answer(mail::mailer::Sent::Refused { reason: "no mailbox".to_owned() }, at(2)).unwrap();
    let sent = sending.on_answer(mail::mailer::Sent::Taken { provider_id: "c-1".to_owned() }, at(2)).unwrap();
    let bounced = |feedback| sent.on_event(&event(feedback), at(9)).unwrap();
    for (record, reason) in [
        (&wanted, None),
        (&sending, None),
        (&sent, None),
        (&refused, Some("no mailbox")),
        (&wanted.give_up("dead letter", at(2)), Some("dead letter")),
        (&sending.give_up("no answer", at(2)), Some("no answer")),
        (&bounced(Feedback::HardBounce), Some("the address permanently refuses mails")),
        (&bounced(Feedback::SoftBounce), Some("a temporary delivery failure")),
        (&bounced(Feedback::Complaint), None),
    ] {
        assert_eq!(record.state.reason(), reason, "{:?}", record.state);
    }
}

#[test]
fn a_final_record_takes_no_further_step() {
    let nowhere = SummaryMail::wanted(key(), at(0)).no_address(at(1)).unwrap();
    let refused = nowhere.sending(intent(at(2)), at(2)).unwrap_err();
    assert_eq!(refused.to_string(), "a summary mail that is no_address cannot become sending");
    assert!(nowhere.on_answer(mail::mailer::Sent::Taken { provider_id: "1".to_owned() }, at(2)).is_err());
    assert!(nowhere.on_not_taken(at(2), None).is_err());
    assert!(nowhere.no_address(at(2)).is_err());
}

#[test]
fn a_stored_record_reads_back() {
    let wanted = SummaryMail::wanted(key(), at(0));
    let sending = wanted.sending(intent(at(1)), at(1)).unwrap();
    let sent = sending.on_answer(mail::mailer::Sent::Taken { provider_id: "c-1".to_owned() }, at(2)).unwrap();
    for record in [wanted.clone(), sending.clone(), sent, wanted.give_up("x", at(3)), sending.give_up("y", at(3))] {
        let stored = serde_json::to_value(&record).unwrap();
        assert_eq!(stored["state"]["state"], record.state.name(), "the stored name");
        assert_eq!(serde_json::from_value::<SummaryMail>(stored).unwrap(), record);
    }
}

#[test]
fn after_a_restore_what_is_not_final_is_unknown_and_is_not_sent() {
    let wanted = SummaryMail::wanted(key(), at(0));
    let sending = wanted.sending(intent(at(0)), at(0)).unwrap();
    for open in [&wanted, &sending] {
        let restored = open.after_restore(at(9));
        assert_eq!((restored.state.name(), restored.on_delivery(at(99), LEASE)), ("unknown", Next::Done));
        assert_eq!(restored.after_restore(at(10)), restored);
    }
    let without = wanted.no_address(at(1)).unwrap();
    assert_eq!(without.after_restore(at(9)), without);
}

fn event(feedback: Feedback) -> MailEvent {
    MailEvent { key: key(), provider_id: "c-1".to_owned(), sent_at: at(3), feedback, recipients: vec![] }
}

/// Applies an event until it changes nothing, and returns the states in between.
fn reported(record: &SummaryMail, feedback: Feedback) -> Vec<&'static str> {
    let states = std::iter::successors(Some(record.clone()), |it| it.on_event(&event(feedback), at(9)));
    states.map(|it| it.state.name()).collect()
}

#[test]
fn an_event_of_the_provider_changes_the_state_of_the_mail() {
    use Feedback::{Complaint, HardBounce, Rejected, SoftBounce};
    let wanted = SummaryMail::wanted(key(), at(0));
    let sending = wanted.sending(intent(at(1)), at(1)).unwrap();
    let sent = sending.on_answer(mail::mailer::Sent::Taken { provider_id: "c-1".to_owned() }, at(2)).unwrap();
    assert_eq!(reported(&sent, HardBounce), ["sent", "bounced"]);
    assert_eq!(reported(&sent, SoftBounce), ["sent", "bounced"]);
    assert_eq!(reported(&sent, Complaint), ["sent", "complained"]);
    assert_eq!(reported(&sent, Rejected), ["sent", "refused"]);
    // The report is faster than the answer, or the answer never came: the mail was taken after all.
    assert_eq!(reported(&sending, HardBounce), ["sending", "sent", "bounced"]);
    assert_eq!(reported(&sending.give_up("no answer", at(4)), Complaint), ["unknown", "sent", "complained"]);
    let nowhere = wanted.no_address(at(1)).unwrap();
    assert_eq!(reported(&nowhere, HardBounce), ["no_address"], "a mail that was never sent");
    assert_eq!(reported(&wanted.suppressed(at(1)).unwrap(), HardBounce), ["suppressed"]);
}

#[test]
fn what_failed_or_was_refused_is_wanted_again_and_what_is_unknown_only_on_demand() {
    let wanted = SummaryMail::wanted(key(), at(0));
    let sending = wanted.sending(intent(at(1)), at(1)).unwrap();
    let refused = sending.on_answer(mail::mailer::Sent::Refused { reason: "no".to_owned() }, at(2)).unwrap();
    let unknown = sending.give_up("no answer", at(2));
    let again = Some(SummaryMail::wanted(key(), at(9)));
    assert_eq!(wanted.give_up("dead letter", at(2)).retried(false, at(9)), again);
    assert_eq!(refused.retried(false, at(9)), again);
    assert_eq!((unknown.retried(false, at(9)), unknown.retried(true, at(9))), (None, again));
    let sent = sending.on_answer(mail::mailer::Sent::Taken { provider_id: "c-1".to_owned() }, at(2)).unwrap();
    for record in [wanted, sending, sent] {
        assert_eq!(record.retried(true, at(9)), None, "{record:?}");
    }
}

#[test]
fn a_mail_that_is_kept_back_alone_waits_for_its_time() {
    let wanted = SummaryMail::wanted(key(), at(0));
    let sending = wanted.sending(intent(at(1)), at(1)).unwrap();
    let kept = sending.on_not_taken(at(2), Some(at(100))).unwrap();
    assert_eq!(kept.on_delivery(at(99), LEASE), Next::KeptBack);
    assert_eq!(kept.on_delivery(at(100), LEASE), Next::Prepare);
    assert_eq!(kept.open_since(), Some(at(100)), "the sweeper requests it after that");
    let stored = r#"{"key":{"account":"1","import":"i"},"state":{"state":"wanted","since":"2026-08-14T10:00:00Z"}}"#;
    let record: SummaryMail = serde_json::from_str(stored).unwrap();
    assert_eq!(serde_json::to_string(&record).unwrap(), stored, "as it was stored before");
}
