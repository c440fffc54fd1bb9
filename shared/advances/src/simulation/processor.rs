use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use calendar::{Clock as _, Date, Moment};
use money::Money;

use super::clock::{Chance, Time};
use super::{Faults, Scenario};
use crate::testing::lock;
use crate::{
    Answer, Direction, Order, Outcome, ProcessorRules, Reference, ReferenceKind, ReferenceStatus, Report, ReportLine,
    TransactionId,
};

/// After which time a repeated reference is executed again.
pub(crate) const DEDUPE: Duration = Duration::from_hours(3 * 24);
/// The longest time that a hanging call needs, in minutes.
const MAX_HANG_MINUTES: u32 = 12 * 60;

/// The processor, with its own ledger; the clones are the same.
#[derive(Clone)]
pub(crate) struct Sandbox {
    state: Arc<Mutex<State>>,
    time: Time,
    chance: Chance,
    references: bool,
}

struct State {
    faults: Faults,
    transactions: Vec<Transaction>,
    /// The first call of each reference: when, and its transaction if it was not refused.
    references: BTreeMap<String, (Moment, Option<TransactionId>)>,
    hanging: Vec<(Moment, Order, String)>,
    reports: BTreeMap<Date, Availability>,
}

/// A transaction that the processor has accepted.
#[derive(Clone)]
pub(crate) struct Transaction {
    pub(crate) id: TransactionId,
    /// Of a payment of ours, or nothing.
    pub(crate) reference: Option<Reference>,
    pub(crate) accepted_at: Moment,
    pub(crate) reported_on: Date,
    pub(crate) line: ReportLine,
}

#[derive(Clone, Copy)]
struct Availability {
    from: Date,
    /// Incomplete until then.
    complete_from: Date,
    repeats: bool,
}

impl Sandbox {
    pub(crate) fn new(scenario: &Scenario, time: Time, chance: Chance) -> Self {
        let state = State {
            faults: scenario.faults,
            transactions: Vec::new(),
            references: BTreeMap::new(),
            hanging: Vec::new(),
            reports: BTreeMap::new(),
        };
        Self { state: Arc::new(Mutex::new(state)), time, chance, references: scenario.references }
    }

    pub(crate) fn rules(&self) -> ProcessorRules {
        let references =
            if self.references { ReferenceKind::Recognised { dedupe: DEDUPE } } else { ReferenceKind::None };
        let (landing, lease) = (Duration::from_hours(24), Duration::from_mins(15));
        ProcessorRules { references, landing, lease }
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        lock(&self.state).faults = faults;
    }

    pub(crate) fn transactions(&self) -> Vec<Transaction> {
        lock(&self.state).transactions.clone()
    }

    /// Its cash: what was collected less what was paid out.
    pub(crate) fn cash(&self, known_until: Date) -> i128 {
        let state = lock(&self.state);
        let known = state.transactions.iter().filter(|it| it.reported_on <= known_until);
        known.filter_map(|it| it.line.moves()).map(Money::minor).fold(0, i128::saturating_add)
    }

    /// Lets hanging calls arrive.
    pub(crate) fn land(&self) {
        let state = &mut *lock(&self.state);
        let now = self.time.now();
        let (landed, hanging) = std::mem::take(&mut state.hanging).into_iter().partition(|(at, ..)| *at <= now);
        state.hanging = hanging;
        let landed: Vec<(Moment, Order, String)> = landed;
        for (at, order, reference) in landed {
            self.execute(state, &order, &reference, at);
        }
    }

    /// Makes one call under a reference, which is the order's unless a rule is removed.
    pub(crate) fn perform(&self, order: &Order, reference: &str) -> Answer {
        let state = &mut *lock(&self.state);
        let (now, faults) = (self.time.now(), state.faults);
        if self.chance.happens(faults.unavailable) {
            return Answer::Unknown("503".into());
        }
        if self.chance.happens(faults.hang) {
            let at = now.plus(self.chance.minutes(1..=MAX_HANG_MINUTES));
            state.hanging.push((at, order.clone(), reference.to_owned()));
            return Answer::Unknown("no answer in time".into());
        }
        let known = state.references.get(reference).filter(|(first, _)| self.recognises(*first, now));
        let answer = match known {
            Some((_, Some(transaction))) => Answer::Taken(transaction.clone()),
            Some((_, None)) => Answer::Refused("refused before".into()),
            None if self.chance.happens(faults.refusal) => {
                state.references.insert(reference.to_owned(), (now, None));
                Answer::Refused("account closed".into())
            }
            None => Answer::Taken(self.execute(state, order, reference, now)),
        };
        if self.chance.happens(faults.lost_answer) { Answer::Unknown("connection reset".into()) } else { answer }
    }

    fn recognises(&self, first: Moment, now: Moment) -> bool {
        self.references && now.since(first) <= DEDUPE
    }

    fn execute(&self, state: &mut State, order: &Order, reference: &str, at: Moment) -> TransactionId {
        if let Some((first, Some(transaction))) = state.references.get(reference)
            && self.recognises(*first, at)
        {
            return transaction.clone();
        }
        let number = state.transactions.len();
        let id: TransactionId = format!("T{number}").parse().unwrap_or_else(|_| unreachable!("it is valid"));
        let fails = self.chance.happens(state.faults.failure);
        let is_late = self.chance.happens(state.faults.late_outcome);
        let days = self.chance.number(if is_late { 7..=60 } else { 0..=3 });
        let reported_on = at.date().plus_days(days.cast_signed()).unwrap_or(Date::MAX);
        let outcome = if fails { Outcome::Fail { reason: "insufficient funds".into() } } else { Outcome::Success };
        let line = ReportLine {
            transaction: id.clone(),
            reference: self.references.then(|| reference.into()),
            direction: order.direction,
            account: order.account.clone(),
            amount: order.amount,
            accepted_on: at.date(),
            outcome,
        };
        let reference_of = Some(order.reference.clone());
        let entry = state.references.entry(reference.to_owned()).or_insert((at, None));
        *entry = (at, Some(id.clone()));
        state.transactions.push(Transaction {
            id: id.clone(),
            reference: reference_of,
            accepted_at: at,
            reported_on,
            line,
        });
        id
    }

    pub(crate) fn status(&self, reference: &Reference) -> Option<ReferenceStatus> {
        let state = lock(&self.state);
        if self.chance.happens(state.faults.unavailable) {
            return None;
        }
        let known = state.references.get(&reference.to_string()).and_then(|(_, transaction)| transaction.clone());
        let not_known = ReferenceStatus::NotKnown { as_of: self.time.now() };
        Some(known.map_or(not_known, ReferenceStatus::Known))
    }

    /// The report of a day; `None` if it is not available yet.
    pub(crate) fn report(&self, day: Date) -> Option<Report> {
        let state = &mut *lock(&self.state);
        let today = self.time.now().date();
        if day >= today {
            return None;
        }
        let available = self.availability(state, day);
        if available.from > today {
            return None;
        }
        let complete = available.complete_from <= today;
        let on = |wanted: Date| state.transactions.iter().filter(move |it| it.reported_on == wanted);
        let mut lines: Vec<ReportLine> = on(day).map(|it| it.line.clone()).collect();
        if !complete {
            lines.truncate(self.chance.below(lines.len().saturating_add(1)));
        }
        if available.repeats {
            lines.extend_from_within(..);
            lines.extend(day.plus_days(-1).into_iter().flat_map(on).map(|it| it.line.clone()));
        }
        let pending = state.transactions.iter().filter(|it| it.reported_on > day).map(|it| it.line.accepted_on);
        let final_as_of = pending.min().and_then(|it| it.plus_days(-1).ok()).map_or(day, |it| it.min(day));
        Some(Report { day, complete, final_as_of, lines })
    }

    fn availability(&self, state: &mut State, day: Date) -> Availability {
        if let Some(known) = state.reports.get(&day) {
            return *known;
        }
        let chance = |days: std::ops::RangeInclusive<u32>| {
            let is_bad = self.chance.happens(state.faults.bad_report);
            if is_bad { self.chance.number(days) } else { 0 }
        };
        let late = chance(1..=9);
        let incomplete = chance(1..=3);
        let after = |days: u32| day.plus_days(1_u32.saturating_add(days).cast_signed()).unwrap_or(Date::MAX);
        let (from, complete_from) = (after(late), after(late.saturating_add(incomplete)));
        let repeats = self.chance.happens(state.faults.bad_report);
        if self.chance.happens(state.faults.bad_report.checked_div(4).unwrap_or(0)) {
            self.add_orphan(state, day);
        }
        let available = Availability { from, complete_from, repeats };
        state.reports.insert(day, available);
        available
    }

    /// A transaction of somebody else.
    fn add_orphan(&self, state: &mut State, day: Date) {
        let id = format!("X{}", state.transactions.len()).parse::<TransactionId>();
        let (Ok(id), Ok(account)) = (id, "4711".parse()) else { return };
        let amount = Money::new(i128::from(self.chance.number(1..=9999)), money::Currency::EUR);
        let direction = if self.chance.happens(500) { Direction::Debit } else { Direction::Credit };
        let line = ReportLine {
            transaction: id.clone(),
            reference: self.references.then(|| "somebody else's".into()),
            direction,
            account,
            amount,
            accepted_on: day,
            outcome: Outcome::Success,
        };
        let accepted_at = Moment::day(day);
        state.transactions.push(Transaction { id, reference: None, accepted_at, reported_on: day, line });
    }
}
