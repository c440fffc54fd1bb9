use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use calendar::{Clock as _, Date, Moment};
use money::{Currency, Money};

use super::audit::Audit;
use super::book::{Book, BookDay};
use super::clock::{Chance, Time, WorkerClock};
use super::ports::{Ports, Stores};
use super::processor::Sandbox;
use super::tasks::{Task, interleave};
use super::{Faults, Scenario, Violation};
use crate::ports::{Appended, Breaks as _, CallGate as _, PaymentQueue as _, PaymentRequest, Runs as _};
use crate::testing::lock;
use crate::{Advance, AdvanceId, Collect, Collected, DailyRun, Fact, RunGuard, Terms, change, create};

/// After so many days without faults every advance has to be closed.
const MAX_QUIET_DAYS: u32 = 700;
/// The days after that, in which the last late outcomes are reported and refunded.
const QUIET_DAYS: u32 = 80;
/// How many messages are worked on concurrently.
const WORKERS: usize = 4;
/// How often a message is delivered on one day before it is a dead letter. The next run requests its payment again.
const DELIVERIES: u32 = 4;

struct World {
    scenario: Scenario,
    faults: Faults,
    chance: Chance,
    time: Time,
    sandbox: Sandbox,
    stores: Stores,
    audit: Audit,
    today: Date,
    /// How many facts of each advance are in the book.
    booked: BTreeMap<AdvanceId, usize>,
    days: Vec<BookDay>,
}

/// Plays a scenario.
///
/// # Errors
/// A law that does not hold, with the day on which this was found.
pub fn simulate(scenario: &Scenario) -> Result<Book, Violation> {
    let chance = Chance::new(scenario.seed);
    let time = Time::new(Moment::day(scenario.start));
    let mut world = World {
        scenario: *scenario,
        faults: scenario.faults,
        sandbox: Sandbox::new(scenario, time.clone(), chance.clone()),
        chance,
        time,
        stores: Stores::default(),
        audit: Audit::default(),
        today: scenario.start,
        booked: BTreeMap::new(),
        days: Vec::new(),
    };
    world.play()?;
    let breaks = world.stores.breaks.all();
    Ok(Book { scenario: *scenario, days: world.days, facts: world.stores.advances.all(), breaks })
}

impl World {
    fn play(&mut self) -> Result<(), Violation> {
        let requests = self.requests();
        for day in 0..self.scenario.days.saturating_add(MAX_QUIET_DAYS) {
            if day == self.scenario.days {
                self.faults = Faults::default();
                self.sandbox.set_faults(self.faults);
            }
            self.today = self.scenario.start.plus_days(day.cast_signed()).unwrap_or(Date::MAX);
            let is_quiet = day >= self.scenario.days;
            if is_quiet && self.audit.advances().values().all(Advance::is_closed) {
                return self.end();
            }
            let today: Vec<_> = requests.iter().filter(|(on, _)| *on == day).map(|(_, facts)| facts.clone()).collect();
            self.day(&today)?;
        }
        self.end()
    }

    /// The last days: what is on the way is reported.
    fn end(&mut self) -> Result<(), Violation> {
        for _ in 0..QUIET_DAYS {
            self.today = self.today.plus_days(1).unwrap_or(Date::MAX);
            self.day(&[])?;
        }
        let balance = self.audit.end_of_day(&self.stores, &self.sandbox);
        self.audit.end(&balance, &self.stores, &self.sandbox, self.today);
        self.check()
    }

    fn check(&self) -> Result<(), Violation> {
        let violation = self.audit.violation();
        violation.map_or(Ok(()), |law| Err(Violation { seed: self.scenario.seed, day: self.today, law }))
    }

    /// The requests of advances by day: few accounts and amounts, so that payments of the same content meet.
    fn requests(&self) -> Vec<(u32, Vec<Fact>)> {
        let last_day = self.scenario.days.checked_div(4).unwrap_or(0);
        let request = |number: u32| {
            let day = self.chance.number(0..=last_day);
            let account = format!("ACCOUNT-{}", self.chance.number(1..=self.scenario.advances.div_ceil(3).max(1)));
            let amount = [10_000_u32, 10_000, 25_055, 120_001].get(self.chance.below(4)).copied().unwrap_or(10_000);
            let amount = Money::new(i128::from(amount), Currency::EUR);
            let at = Moment::day(self.scenario.start.plus_days(day.cast_signed()).ok()?);
            let at = at.plus(Duration::from_hours(8));
            let id = AdvanceId::of_request(&account, &format!("{}-{number}", self.scenario.seed));
            let terms = Terms::weekly(Currency::EUR);
            let facts = Advance::request(id, &account, account.parse().ok()?, amount, terms, at).ok()?;
            Some((day, facts))
        };
        (0..self.scenario.advances).filter_map(request).collect()
    }

    fn ports(&self) -> Ports<'_> {
        Ports {
            stores: &self.stores,
            sandbox: &self.sandbox,
            chance: &self.chance,
            audit: &self.audit,
            removed: self.scenario.removed,
            port_errors: self.faults.crash,
            unstored: Mutex::default(),
            calls: Mutex::default(),
        }
    }

    fn day(&mut self, requests: &[Vec<Fact>]) -> Result<(), Violation> {
        self.time.set(Moment::day(self.today).plus(Duration::from_hours(6)));
        self.sandbox.land();
        let is_stopped = self.chance.happens(self.faults.stop);
        if is_stopped {
            self.change_gate(true);
        }
        self.runs();
        self.check()?;
        self.time.pass(Duration::from_hours(2));
        self.sandbox.land();
        self.request(requests);
        self.deliver();
        self.operate();
        self.book();
        self.check()
    }

    /// The runs of the day: usually one, until it is done.
    fn runs(&self) {
        if self.chance.happens(self.faults.odd_run) && self.chance.happens(500) {
            return;
        }
        for _ in 0..50 {
            let both = self.chance.happens(self.faults.odd_run);
            let dates = if both { vec![self.today, self.odd_date()] } else { vec![self.today] };
            let unfinished = AtomicU32::new(0);
            let tasks = dates.iter().map(|date| {
                unfinished.fetch_add(1, Ordering::Relaxed);
                self.run(*date, &unfinished)
            });
            interleave(tasks.collect(), &self.chance, self.faults.crash);
            if unfinished.load(Ordering::Relaxed) == 0 || self.chance.happens(self.faults.crash) {
                return;
            }
        }
    }

    fn odd_date(&self) -> Date {
        if self.chance.happens(500) { self.today } else { self.today.plus_days(-1).unwrap_or(self.today) }
    }

    fn run<'a>(&'a self, date: Date, unfinished: &'a AtomicU32) -> Task<'a> {
        let ports = self.ports();
        Box::pin(async move {
            let run = DailyRun {
                advances: &ports,
                list: &ports,
                reports: &ports,
                queue: &ports,
                breaks: &ports,
                runs: &ports,
                gate: &ports,
                rules: crate::ports::Processor::rules(&ports),
                first_report: self.scenario.start.plus_days(-1).unwrap_or(self.scenario.start),
                guard: RunGuard { min_count: 5 },
            };
            let result = run.run(date, || !self.chance.happens(self.faults.crash)).await;
            // A run that waits for an approval is finished for today.
            if matches!(result, Ok(crate::RunResult::Done | crate::RunResult::Waiting(_))) {
                unfinished.fetch_sub(1, Ordering::Relaxed);
            } else if let Err(crate::RunError::Append(crate::AppendError::Broken(..))) = &result {
                self.audit.report(|| format!("a run can decide: {result:?}"));
            }
        })
    }

    /// Customers request advances. The request is repeated until it has an answer; the message may be lost.
    fn request(&self, requests: &[Vec<Fact>]) {
        for facts in requests {
            let is_stored = Mutex::new(false);
            while !*lock(&is_stored) {
                let ports = self.ports();
                let task = async {
                    let created = create(&ports, facts.clone()).await;
                    *lock(&is_stored) = matches!(created, Ok((Appended::Stored | Appended::Conflict, _)));
                    if let Ok((_, advance)) = created {
                        let _ = ports.send(&advance.requests()).await;
                    }
                };
                interleave(vec![Box::pin(task)], &self.chance, self.faults.crash);
            }
        }
    }

    /// Delivers the messages of the day, some of them twice or never.
    fn deliver(&self) {
        let mut messages: Vec<(PaymentRequest, u32)> = Vec::new();
        for _ in 0..DELIVERIES {
            messages.extend(self.stores.queue.take().into_iter().map(|it| (it, 0)));
            let repeated = messages.clone().into_iter().filter(|_| self.chance.happens(self.faults.odd_delivery));
            messages.extend(repeated.collect::<Vec<_>>());
            messages.retain(|_| !self.chance.happens(self.faults.odd_delivery.checked_div(4).unwrap_or(0)));
            let again = Mutex::new(messages.iter().map(|(it, _)| it.clone()).collect::<Vec<_>>());
            while !messages.is_empty() {
                let mut tasks = Vec::new();
                for _ in 0..WORKERS {
                    if !messages.is_empty() {
                        let (message, _) = messages.swap_remove(self.chance.below(messages.len()));
                        tasks.push(self.collect(message, &again));
                    }
                }
                interleave(tasks, &self.chance, self.faults.crash);
                self.time.pass(self.chance.minutes(1..=20));
                self.sandbox.land();
            }
            messages.extend(lock(&again).drain(..).map(|it| (it, 1)));
        }
    }

    /// One delivery. The message stays in `again` unless it is acknowledged.
    fn collect<'a>(&'a self, message: PaymentRequest, again: &'a Mutex<Vec<PaymentRequest>>) -> Task<'a> {
        let ports = self.ports();
        let wrong = || {
            let is_wrong = self.chance.happens(self.faults.wrong_clock);
            if is_wrong { self.chance.minutes(0..=360) } else { Duration::ZERO }
        };
        let clock = WorkerClock { time: self.time.clone(), ahead: wrong(), behind: wrong() };
        Box::pin(async move {
            let collect = Collect { advances: &ports, processor: &ports, gate: &ports, clock: &clock };
            let result = collect.collect(&message.payment).await;
            if let Ok(Collected::Recorded | Collected::Nothing | Collected::Held | Collected::Stopped) = &result {
                let again = &mut *lock(again);
                if let Some(index) = again.iter().position(|it| *it == message) {
                    again.swap_remove(index);
                }
            } else if let Err(crate::AppendError::Broken(..)) = &result {
                self.audit.report(|| format!("a worker can decide: {result:?}"));
            }
        })
    }

    /// An operator's evening: approves runs and refunds, closes breaks, resumes.
    fn operate(&self) {
        let work = async {
            let stores = &self.stores;
            if let Ok(Some(latest)) = stores.runs.latest().await
                && let Ok(Some(run)) = stores.runs.load(latest).await
                && let Some(approved) = run.approve("operator")
            {
                let _ = stores.runs.save(&approved).await;
            }
            let now = self.time.now();
            for (id, advance) in self.audit.advances() {
                for refund in advance.refunds() {
                    let approve = |it: &Advance| it.approve_refund(refund.instalment, "operator", now);
                    let _ = change(&self.ports(), &id, |it| Ok(approve(it).into_iter().collect())).await;
                }
            }
            for found in stores.breaks.all() {
                if let Some(closed) = found.close(now, "operator", "explained").filter(|_| self.chance.happens(300)) {
                    let _ = stores.breaks.close(&closed).await;
                }
            }
        };
        interleave(vec![Box::pin(work)], &self.chance, 0);
        self.change_gate(false);
    }

    fn change_gate(&self, is_stopped: bool) {
        self.audit.stop(is_stopped);
        let work = async {
            if let Ok(gate) = self.stores.gate.load().await {
                let changed = if is_stopped { gate.stop(self.time.now(), "operator", "a test") } else { gate.resume() };
                let _ = self.stores.gate.save(&changed).await;
            }
        };
        interleave(vec![Box::pin(work)], &self.chance, 0);
    }

    fn book(&mut self) {
        let balance = self.audit.end_of_day(&self.stores, &self.sandbox);
        let advances = self.audit.advances();
        let facts = self.stores.advances.all();
        let mut recorded = Vec::new();
        for (id, facts) in &facts {
            let booked = self.booked.insert(id.clone(), facts.len()).unwrap_or(0);
            let Some(advance) = advances.get(id) else { continue };
            recorded.extend(facts.iter().skip(booked).map(|fact| (advance, fact)));
        }
        let open = self.stores.breaks.all().iter().filter(|it| it.closed.is_none()).count();
        self.days.push(BookDay::new(self.today, &recorded, &advances, &balance, open));
    }
}
