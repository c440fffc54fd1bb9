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
use mail::{Address, Mail, SummaryKey};
use mail_summary::MailSummary;
use record_failures::{Letter, RecordFailures};
use sweep_imports::SweepImports;

const HOLDERS: usize = 20_000;
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
        Ok(Sent::Taken { carrier_id: call.to_string() })
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
            let email = Some(Address::parse(&format!("holder{number}@example.com")).unwrap());
            let customer = Customer {
                id,
                kind: CustomerKind::Person,
                name: None,
                born_on: None,
                email,
                owner: None,
                address: None,
            };
            let accounts = vec![Account { number: account(number), customer: id, r#type: None }];
            Registration { customer, accounts }
        })
        .collect();
    ready(register.register(&registrations, Moment::instant(START).unwrap())).unwrap();
    register
}

fn run(holders: usize, daily_quota: usize) -> Ended {
    let clock = VirtualClock { now: AtomicI64::new(START), alarms: Mutex::default() };
    let provider = ThrottlingProvider {
        clock: &clock,
        daily_quota,
        taken_at: Mutex::default(),
        copies: Mutex::default(),
        calls: AtomicU64::new(0),
        refusals: AtomicU64::new(0),
    };
    let (summaries, requests) = (FakeSummaries::default(), FakeSummaryRequests::default());
    let accounts: Vec<AccountNumber> = (0..holders).map(account).collect();
    ready(summaries.want("imp-1", &accounts, (&&clock).now())).unwrap();
    let (register, books) = (register(holders), FakeBooks::default());
    let (imports, uploads) = (FakeImports::default(), FakeQueues::default());
    let faults = Faults::new(vec![]);
    let mail_summary = MailSummary {
        customers: Faulty { port: &register, faults: &faults },
        books: Faulty { port: &books, faults: &faults },
        summaries: Faulty { port: &summaries, faults: &faults },
        mailer: &provider,
        clock: &clock,
        sender: Address::parse("summaries@millrace.example").unwrap(),
        rate: "14".parse().unwrap(),
    };
    let sweeper = SweepImports {
        imports: Faulty { port: &imports, faults: &faults },
        uploads: Faulty { port: &uploads, faults: &faults },
        summaries: Faulty { port: &summaries, faults: &faults },
        requests: Faulty { port: &requests, faults: &faults },
        clock: &clock,
        rate: "14".parse().unwrap(),
    };
    let recorder = RecordFailures {
        imports: Faulty { port: &imports, faults: &faults },
        summaries: Faulty { port: &summaries, faults: &faults },
        clock: &clock,
    };

    let waiting = |request| Waiting { request, visible_at: clock.micros(), receives: 0 };
    let mut queue: VecDeque<Waiting> =
        accounts.iter().map(|it| waiting(SummaryRequest::new("imp-1", it.clone()))).collect();
    let mut hidden: Vec<Waiting> = Vec::new();
    let mut running: Vec<Running<'_>> = Vec::new();
    let (mut next_sweep, mut dead_letters) = (START + SWEEP_EVERY, 0);
    let is_open = || summaries.records().iter().any(|it| !it.is_final());
    loop {
        while running.len() < WORKERS
            && let Some(message) = queue.pop_front()
        {
            let request = message.request.clone();
            let ends_at = (&&clock).now().plus(TIMEOUT);
            let mail_summary = &mail_summary;
            let handling = Box::pin(async move { mail_summary.handle(request, ends_at).await.is_ok() });
            running.push(Running { handling, message });
        }
        let before = running.len();
        let mut at = 0;
        while let Some(task) = running.get_mut(at) {
            let Poll::Ready(acknowledged) = task.handling.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
                at += 1;
                continue;
            };
            let mut message = running.swap_remove(at).message;
            message.receives += 1;
            if !acknowledged && message.receives >= MAX_RECEIVES {
                dead_letters += 1;
                ready(recorder.handle(Letter::Summary(message.request))).unwrap();
            } else if !acknowledged {
                hidden.push(Waiting { visible_at: clock.micros() + VISIBILITY, ..message });
            }
        }
        if running.len() < before {
            continue;
        }
        if queue.is_empty() && hidden.is_empty() && running.is_empty() && !is_open() {
            break;
        }
        let visible_at = hidden.iter().map(|it| it.visible_at).min();
        let next = [clock.next_alarm(), visible_at, Some(next_sweep)].into_iter().flatten().min().unwrap();
        clock.now.store(next, Ordering::Relaxed);
        let (visible, rest): (Vec<_>, Vec<_>) = hidden.into_iter().partition(|it| it.visible_at <= next);
        hidden = rest;
        queue.extend(visible);
        if next >= next_sweep {
            next_sweep += SWEEP_EVERY;
            ready(sweeper.handle()).unwrap();
            queue.extend(requests.take().into_iter().map(waiting));
        }
        assert!(next < START + 60 * DAY, "it never ends");
    }

    let mut states = BTreeMap::new();
    for record in summaries.records() {
        *states.entry(record.state.name()).or_default() += 1;
    }
    Ended {
        states,
        most_copies: provider.copies.lock().unwrap().values().copied().max().unwrap_or(0),
        dead_letters,
        calls: provider.calls.load(Ordering::Relaxed),
        refusals: provider.refusals.load(Ordering::Relaxed),
        hours: (clock.micros() - START) / (3600 * SECOND),
    }
}

#[test]
fn twenty_thousand_holders_get_one_mail_each_from_a_provider_that_throttles_and_has_a_daily_quota() {
    let ended = run(HOLDERS, 6_000);
    println!("{ended:?}");
    assert_eq!(ended.states, BTreeMap::from([("sent", HOLDERS)]), "{ended:?}");
    assert_eq!((ended.most_copies, ended.dead_letters), (1, 0), "{ended:?}");
}

#[test]
fn a_new_account_with_two_hundred_mails_a_day_sends_all_of_them_in_the_end() {
    let ended = run(1_000, 200);
    println!("{ended:?}");
    assert_eq!(ended.states, BTreeMap::from([("sent", 1_000)]), "{ended:?}");
    assert_eq!((ended.most_copies, ended.dead_letters), (1, 0), "{ended:?}");
}
