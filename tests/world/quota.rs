//! A provider that throttles at 14 mails a second and has a daily quota: every holder gets one mail, none twice.

#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use banking::AccountNumber;
use calendar::{Clock, Moment, Timer};
use customers::testing::FakeRegister;
use customers::{Account, Customer, CustomerId, CustomerKind, Register, Registration};
use e2e::{Faults, Faulty};
use imports::testing::{FakeImports, FakeQueues};
use ledger::testing::FakeBooks;
use mail::mailer::{Mailer, SendMailError, Sent};
use mail::outbox::{Summaries, SummaryRequest};
use mail::testing::{FakeSummaries, FakeSummaryRequests, ready};
use mail::{EmailAddress, Mail, SummaryKey, SummaryMail, UnsubscribeKey, UnsubscribeLinks};
use mail_summary::MailSummary;
use record_failures::{DeadLetter, RecordFailures};
use sweep_imports::SweepImports;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// As in the template: three instances, each with two messages at once.
const WORKERS: usize = 6;
const TIMEOUT: Duration = Duration::from_secs(30);
const VISIBILITY: i64 = 180 * SECOND;
const MAX_RECEIVES: u32 = 5;
const SWEEP_EVERY: i64 = 300 * SECOND;
const START: i64 = 1_795_255_200 * SECOND;

/// A clock that moves only when nobody can work.
struct VirtualClock {
    now: AtomicI64,
    alarms: Mutex<BTreeSet<i64>>,
}

impl VirtualClock {
    fn micros(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    fn until(&self, at: i64) -> impl Future<Output = ()> + Send + '_ {
        self.alarms.lock().unwrap().insert(at);
        std::future::poll_fn(move |_| if self.micros() >= at { Poll::Ready(()) } else { Poll::Pending })
    }

    /// The next moment at which somebody wakes up.
    fn next_alarm(&self) -> Option<i64> {
        let mut alarms = self.alarms.lock().unwrap();
        *alarms = alarms.split_off(&(self.micros() + 1));
        alarms.first().copied()
    }
}

impl Timer for &VirtualClock {
    async fn wait_until(&self, at: Moment) {
        self.until(at.micros()).await;
    }
}

impl Clock for &VirtualClock {
    fn now(&self) -> Moment {
        Moment::instant(self.micros()).unwrap()
    }
}

/// A provider that accepts 14 mails in any second and `daily_quota` in any 24 hours.
struct ThrottlingProvider<'a> {
    clock: &'a VirtualClock,
    daily_quota: usize,
    taken_at: Mutex<VecDeque<i64>>,
    copies: Mutex<BTreeMap<String, u32>>,
    calls: AtomicU64,
    refusals: AtomicU64,
}

impl Mailer for &ThrottlingProvider<'_> {
    async fn send(&self, mail: &Mail, _: &SummaryKey) -> Result<Sent, SendMailError> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        self.clock.until(self.clock.micros() + 10_000 + i64::try_from(call * 7_919 % 60_000).unwrap()).await;
        let result = self.take(mail, call);
        self.clock.until(self.clock.micros() + 10_000).await;
        result
    }
}

impl ThrottlingProvider<'_> {
    fn take(&self, mail: &Mail, call: u64) -> Result<Sent, SendMailError> {
        let now = self.clock.micros();
        let mut taken_at = self.taken_at.lock().unwrap();
        while taken_at.front().is_some_and(|it| it + DAY <= now) {
            taken_at.pop_front();
        }
        let in_this_second = taken_at.iter().rev().take_while(|it| **it + SECOND > now).count();
        if taken_at.len() >= self.daily_quota {
            self.refusals.fetch_add(1, Ordering::Relaxed);
            return Err(SendMailError::QuotaExceeded("Daily message quota exceeded.".into()));
        }
        if in_this_second >= 14 {
            self.refusals.fetch_add(1, Ordering::Relaxed);
            return Err(SendMailError::Throttled("Maximum sending rate exceeded.".into()));
        }
        taken_at.push_back(now);
        *self.copies.lock().unwrap().entry(mail.reference.as_str().to_owned()).or_default() += 1;
        Ok(Sent::Taken { provider_id: call.to_string() })
    }
}

/// What a run came to.
#[derive(Debug)]
struct Ended {
    states: BTreeMap<&'static str, usize>,
    most_copies: u32,
    dead_letters: usize,
    calls: u64,
    refusals: u64,
    hours: i64,
}

impl Ended {
    fn of(simulation: &Simulation<'_>, provider: &ThrottlingProvider<'_>) -> Self {
        let mut states = BTreeMap::new();
        for record in simulation.suite.summaries.records() {
            *states.entry(record.state.name()).or_default() += 1;
        }
        Self {
            states,
            most_copies: provider.copies.lock().unwrap().values().copied().max().unwrap_or(0),
            dead_letters: simulation.dead_letters,
            calls: provider.calls.load(Ordering::Relaxed),
            refusals: provider.refusals.load(Ordering::Relaxed),
            hours: (simulation.now() - START) / (3600 * SECOND),
        }
    }
}

struct Waiting {
    request: SummaryRequest,
    visible_at: i64,
    receives: u32,
}

struct Running<'a> {
    handling: Pin<Box<dyn Future<Output = bool> + 'a>>,
    message: Waiting,
}

fn account(number: usize) -> AccountNumber {
    format!("{number:06}").parse().unwrap()
}

fn register(holders: usize) -> FakeRegister {
    let register = FakeRegister::default();
    let registrations: Vec<Registration> = (0..holders)
        .map(|number| {
            let id = CustomerId::of_account(&account(number));
            let email = Some(EmailAddress::parse(&format!("holder{number}@example.com")).unwrap());
            let customer = Customer {
                id,
                kind: CustomerKind::Person,
                name: None,
                born_on: None,
                email,
                owner: None,
                address: None,
                first_email: None,
            };
            let accounts = vec![Account { number: account(number), customer: id, r#type: None }];
            Registration { customer, accounts }
        })
        .collect();
    ready(register.register(&registrations, Moment::instant(START).unwrap())).unwrap();
    register
}

/// The functions over one table of mails, one provider and one clock.
struct Suite<'a> {
    clock: &'a VirtualClock,
    mail_summary: MailSummary<
        Faulty<'a, FakeRegister>,
        Faulty<'a, FakeBooks>,
        Faulty<'a, FakeSummaries>,
        &'a ThrottlingProvider<'a>,
        &'a VirtualClock,
    >,
    sweeper: SweepImports<
        Faulty<'a, FakeImports>,
        Faulty<'a, FakeQueues>,
        Faulty<'a, FakeSummaries>,
        Faulty<'a, FakeSummaryRequests>,
        &'a VirtualClock,
    >,
    recorder: RecordFailures<Faulty<'a, FakeImports>, Faulty<'a, FakeSummaries>, &'a VirtualClock>,
    summaries: &'a FakeSummaries,
    requests: &'a FakeSummaryRequests,
}

/// The queue of summaries and the functions that read it.
struct Simulation<'a> {
    suite: &'a Suite<'a>,
    queue: VecDeque<Waiting>,
    hidden: Vec<Waiting>,
    running: Vec<Running<'a>>,
    next_sweep: i64,
    dead_letters: usize,
}

impl Simulation<'_> {
    fn now(&self) -> i64 {
        self.suite.clock.micros()
    }

    fn send(&mut self, request: SummaryRequest) {
        self.queue.push_back(Waiting { request, visible_at: self.now(), receives: 0 });
    }

    fn run(&mut self) {
        loop {
            self.start();
            if self.poll() {
                continue;
            }
            let is_idle = self.queue.is_empty() && self.hidden.is_empty() && self.running.is_empty();
            if is_idle && self.suite.summaries.records().iter().all(SummaryMail::is_final) {
                return;
            }
            self.advance_clock();
            assert!(self.now() < START + 60 * DAY, "it never ends");
        }
    }

    fn start(&mut self) {
        while self.running.len() < WORKERS
            && let Some(message) = self.queue.pop_front()
        {
            let (suite, request) = (self.suite, message.request.clone());
            let ends_at = suite.clock.now().plus(TIMEOUT);
            let handling = Box::pin(async move { suite.mail_summary.handle(request, ends_at).await.is_ok() });
            self.running.push(Running { handling, message });
        }
    }

    /// Lets everybody work; whether somebody came to an end.
    fn poll(&mut self) -> bool {
        let (before, mut at) = (self.running.len(), 0);
        while let Some(task) = self.running.get_mut(at) {
            match task.handling.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Pending => at += 1,
                Poll::Ready(acknowledged) => {
                    let message = self.running.swap_remove(at).message;
                    self.ended(message, acknowledged);
                }
            }
        }
        self.running.len() < before
    }

    fn ended(&mut self, message: Waiting, acknowledged: bool) {
        let receives = message.receives + 1;
        if acknowledged {
            return;
        }
        if receives < MAX_RECEIVES {
            let visible_at = self.now() + VISIBILITY;
            self.hidden.push(Waiting { visible_at, receives, ..message });
        } else {
            self.dead_letters += 1;
            ready(self.suite.recorder.handle(DeadLetter::Summary(message.request))).unwrap();
        }
    }

    /// The clock advances to the next event.
    fn advance_clock(&mut self) {
        let visible_at = self.hidden.iter().map(|it| it.visible_at).min();
        let moments = [self.suite.clock.next_alarm(), visible_at, Some(self.next_sweep)];
        let next = moments.into_iter().flatten().min().unwrap();
        self.suite.clock.now.store(next, Ordering::Relaxed);
        let hidden = std::mem::take(&mut self.hidden);
        let (visible, rest): (Vec<_>, Vec<_>) = hidden.into_iter().partition(|it| it.visible_at <= next);
        self.hidden = rest;
        self.queue.extend(visible);
        if next >= self.next_sweep {
            self.next_sweep += SWEEP_EVERY;
            ready(self.suite.sweeper.handle()).unwrap();
            self.suite.requests.take().into_iter().for_each(|request| self.send(request));
        }
    }
}

fn run(holders: usize, daily_quota: usize) -> Ended {
    let clock = &VirtualClock { now: AtomicI64::new(START), alarms: Mutex::default() };
    let provider = &ThrottlingProvider {
        clock,
        daily_quota,
        taken_at: Mutex::default(),
        copies: Mutex::default(),
        calls: AtomicU64::new(0),
        refusals: AtomicU64::new(0),
    };
    let (summaries, requests) = (&FakeSummaries::default(), &FakeSummaryRequests::default());
    let accounts: Vec<AccountNumber> = (0..holders).map(account).collect();
    ready(summaries.want("imp-1", &accounts, clock.now())).unwrap();
    let (register, books) = (&register(holders), &FakeBooks::default());
    let (imports, uploads, faults) = (&FakeImports::default(), &FakeQueues::default(), &Faults::new(vec![]));
    let suite = Suite {
        clock,
        mail_summary: MailSummary {
            customers: Faulty { port: register, faults },
            books: Faulty { port: books, faults },
            summaries: Faulty { port: summaries, faults },
            mailer: provider,
            clock,
            sender: EmailAddress::parse("summaries@millrace.example").unwrap(),
            contact: None,
            unsubscribe: UnsubscribeLinks {
                url: "https://api.millrace.example/unsubscribe".to_owned(),
                key: UnsubscribeKey::try_new(&[7; 32]).unwrap(),
            },
            rate: "14".parse().unwrap(),
        },
        sweeper: SweepImports {
            imports: Faulty { port: imports, faults },
            uploads: Faulty { port: uploads, faults },
            summaries: Faulty { port: summaries, faults },
            requests: Faulty { port: requests, faults },
            clock,
            rate: "14".parse().unwrap(),
        },
        recorder: RecordFailures {
            imports: Faulty { port: imports, faults },
            summaries: Faulty { port: summaries, faults },
            clock,
        },
        summaries,
        requests,
    };
    let mut simulation = Simulation {
        suite: &suite,
        queue: VecDeque::new(),
        hidden: Vec::new(),
        running: Vec::new(),
        next_sweep: START + SWEEP_EVERY,
        dead_letters: 0,
    };
    accounts.into_iter().for_each(|account| simulation.send(SummaryRequest::new("imp-1", account)));
    simulation.run();
    Ended::of(&simulation, provider)
}

/// Few calls are refused: some because they took less time than others, and a few in each hour without quota.
fn check(holders: usize, daily_quota: usize, days: i64) {
    let ended = run(holders, daily_quota);
    assert_eq!(ended.states, BTreeMap::from([("sent", holders)]), "{ended:?}");
    assert_eq!((ended.most_copies, ended.dead_letters), (1, 0), "{ended:?}");
    assert!(ended.hours <= days * 25 + 2, "{ended:?}");
    let most = u64::try_from(ended.hours).unwrap() * 10 + u64::try_from(holders / 10).unwrap();
    assert!(ended.refusals <= most, "{} of {} calls refused", ended.refusals, ended.calls);
}

#[test]
fn twenty_thousand_holders_get_one_mail_each_from_a_provider_that_throttles_and_has_a_daily_quota() {
    check(20_000, 6_000, 3);
}

#[test]
fn a_new_account_with_two_hundred_mails_a_day_sends_all_of_them_in_the_end() {
    check(1_000, 200, 4);
}
