//! Every reachable state of the protocol of a payment, with the decisions of the code itself: two workers, a processor
//! with or without references, lost answers, late calls, crashes between any two steps.
//!
//! The payment is the credit of an advance, with a second attempt after a definite failure. A tick of the model is a
//! day; a worker does not live longer than that.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use advances::{
    Advance, AdvanceId, Answer, Event, Evidence, Fact, Outcome, Payment, ProcessorRules, ReferenceKind,
    ReferenceStatus, Report, ReportLine, SeenReports, Step, Terms, TransactionId,
};
use calendar::{Date, Moment};
use money::{Currency, Money};
use stateright::{Checker, Model, Property};

const DAY: u64 = 24 * 3600;
const LAST_DAY: i32 = 3;
const WINDOW_DAYS: i32 = 2;
const MAX_CALLS: u32 = 2;

/// A shortcut that somebody might take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mutant {
    NoIntent,
    FreshReference,
    TimeOutIsFailure,
    RetryAfterWindow,
    UnfinishedReport,
    UnconditionalBooking,
    CallAgainWithoutDedupe,
    NoReport,
}

#[derive(Clone, Debug)]
struct Protocol {
    references: bool,
    mutant: Option<Mutant>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Worker {
    Idle,
    /// It has read this many facts and is about to store the intent.
    Loaded(Payment, usize, Fact),
    /// The intent is stored as the last of this many facts; the call comes next.
    Intent(Payment, usize, Vec<Fact>),
    /// It has an answer.
    Answered(Payment, usize, Vec<Fact>, CallAnswer),
}

/// An answer, in a form that can be hashed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum CallAnswer {
    Taken(u32),
    Refused,
    Unknown,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Executed {
    payment: Payment,
    /// Other than the payment's only with a fresh reference.
    reference: u32,
    on: i32,
    /// Whether it has succeeded, once that is decided.
    outcome: Option<bool>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct State {
    today: i32,
    facts: Vec<Fact>,
    workers: [Worker; 2],
    executed: Vec<Executed>,
    /// Calls that arrive later on this day or on the next.
    hanging: Vec<(Payment, u32, i32)>,
    calls: u32,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Action {
    Load(usize, Payment),
    Store(usize),
    Call(usize, Effect),
    Record(usize),
    Crash(usize),
    Arrive(usize),
    Decide(usize, bool),
    Run,
    NextDay,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Effect {
    Answered,
    AnswerLost,
    Hangs,
    Refused,
}

fn date(day: i32) -> Date {
    Date::try_new(2026, 1, 5).and_then(|it| it.plus_days(day)).unwrap()
}

fn noon(day: i32) -> Moment {
    Moment::day(date(day)).plus(Duration::from_secs(DAY / 2))
}

fn transaction(index: usize) -> TransactionId {
    format!("T{index}").parse().unwrap()
}

impl Protocol {
    fn rules(&self) -> ProcessorRules {
        let days = |days: u64| Duration::from_secs(days * DAY);
        let window = match self.mutant {
            Some(Mutant::RetryAfterWindow | Mutant::CallAgainWithoutDedupe) => days(1000),
            _ => days(2),
        };
        let is_recognised = self.references || self.mutant == Some(Mutant::CallAgainWithoutDedupe);
        let references = if is_recognised { ReferenceKind::Recognised { dedupe: window } } else { ReferenceKind::None };
        ProcessorRules { references, landing: days(1), lease: Duration::from_secs(DAY / 4) }
    }

    fn load(&self, state: &State, payment: Payment) -> Option<Worker> {
        let advance = Advance::fold(&state.facts).unwrap();
        match advance.next_step(payment, &self.rules(), noon(state.today)) {
            Step::Call(fact) | Step::Lost(fact) => Some(Worker::Loaded(payment, state.facts.len(), fact)),
            Step::Resolve(reference) => {
                let known = state.executed.iter().position(|it| it.payment == reference.payment);
                let not_known = ReferenceStatus::NotKnown { as_of: noon(state.today) };
                let status = known.map_or(not_known, |it| ReferenceStatus::Known(transaction(it)));
                let fact = advance.on_status(payment, &status, &self.rules(), noon(state.today))?;
                Some(Worker::Loaded(payment, state.facts.len(), fact))
            }
            Step::WaitFor(_) | Step::WaitForReport | Step::Nothing => None,
        }
    }

    /// Whether facts that were decided on `read` facts are stored; if not, somebody else was faster.
    fn append(&self, state: &mut State, read: usize, facts: &[Fact]) -> bool {
        let is_current = state.facts.len() == read || self.mutant == Some(Mutant::UnconditionalBooking);
        let all: Vec<Fact> = state.facts.iter().chain(facts).cloned().collect();
        // A stored fact that cannot happen is a defect of the mutant; there the fold is not defended.
        let is_possible = Advance::fold(&all).is_ok();
        if is_current && is_possible {
            state.facts = all;
        }
        is_current
    }

    fn call(&self, state: &mut State, payment: Payment, effect: Effect) -> CallAnswer {
        state.calls += 1;
        let is_fresh = self.mutant == Some(Mutant::FreshReference);
        let reference = if is_fresh { state.calls } else { 0 };
        let taken = match effect {
            Effect::Refused => return CallAnswer::Refused,
            Effect::Hangs => {
                state.hanging.push((payment, reference, state.today));
                return self.unknown();
            }
            Effect::Answered | Effect::AnswerLost => self.execute(state, payment, reference),
        };
        if effect == Effect::AnswerLost { self.unknown() } else { taken }
    }

    fn unknown(&self) -> CallAnswer {
        if self.mutant == Some(Mutant::TimeOutIsFailure) { CallAnswer::Refused } else { CallAnswer::Unknown }
    }

    fn execute(&self, state: &mut State, payment: Payment, reference: u32) -> CallAnswer {
        let known = state.executed.iter().position(|it| {
            self.references && it.payment == payment && it.reference == reference && state.today - it.on < WINDOW_DAYS
        });
        let index = known.unwrap_or_else(|| {
            state.executed.push(Executed { payment, reference, on: state.today, outcome: None });
            state.executed.len() - 1
        });
        CallAnswer::Taken(u32::try_from(index).unwrap())
    }

    fn record(&self, state: &mut State, payment: Payment, read: usize, unstored: &[Fact], taken: &CallAnswer) {
        let answer = match taken {
            CallAnswer::Taken(index) => Answer::Taken(transaction(usize::try_from(*index).unwrap())),
            CallAnswer::Refused => Answer::Refused("refused".into()),
            CallAnswer::Unknown => Answer::Unknown("no answer".into()),
        };
        let all: Vec<Fact> = state.facts.iter().chain(unstored).cloned().collect();
        let Ok(advance) = Advance::fold(&all) else { return };
        let Some(fact) = advance.on_answer(payment, &answer, noon(state.today)) else { return };
        let facts: Vec<Fact> = unstored.iter().cloned().chain([fact]).collect();
        // The worker reads again after a conflict.
        let read = if unstored.is_empty() { state.facts.len() } else { read };
        self.append(state, read, &facts);
    }

    /// The daily run: takes in the reports until yesterday and decides.
    fn run(&self, state: &mut State) {
        let mut advance = Advance::fold(&state.facts).unwrap();
        let yesterday = state.today - 1;
        let pending = state.executed.iter().filter(|it| it.outcome.is_none() || it.on > yesterday).map(|it| it.on);
        let honest = pending.min().map_or(yesterday, |it| (it - 1).min(yesterday));
        let final_as_of = if self.mutant == Some(Mutant::UnfinishedReport) { yesterday } else { honest };
        let mut seen = SeenReports::since(date(-1));
        if self.mutant != Some(Mutant::NoReport) {
            for (index, it) in state.executed.iter().enumerate() {
                let Some(succeeds) = it.outcome.filter(|_| it.on <= yesterday) else { continue };
                let line = self.line(&advance, index, it, succeeds);
                let owner = if self.references { Some(it.payment) } else { owner(&advance, &line.transaction) };
                let Some(owner) = owner else { continue };
                for fact in advance.on_line(owner, &line, date(yesterday)).facts {
                    advance.apply(&fact).unwrap();
                    state.facts.push(fact);
                }
            }
            for day in 0..=yesterday {
                let final_as_of = date(final_as_of.min(day));
                seen.see(&Report { day: date(day), complete: true, final_as_of, lines: Vec::new() });
            }
        }
        state.facts.extend(advance.run(date(state.today), &seen, &self.rules()).unwrap());
    }

    fn line(&self, advance: &Advance, index: usize, executed: &Executed, succeeds: bool) -> ReportLine {
        let order = advance.order(executed.payment).unwrap();
        let outcome = if succeeds { Outcome::Success } else { Outcome::Fail { reason: "no".into() } };
        ReportLine {
            transaction: transaction(index),
            reference: self.references.then(|| order.reference.to_string().into()),
            direction: order.direction,
            account: order.account,
            amount: order.amount,
            accepted_on: date(executed.on),
            outcome,
        }
    }
}

/// The payment of a transaction without a reference: that with its id, or that without an answer.
fn owner(advance: &Advance, transaction: &TransactionId) -> Option<Payment> {
    let by_id = advance.payments().find(|(_, it)| it.transaction() == Some(transaction));
    by_id.or_else(|| advance.payments().find(|(_, it)| it.is_unanswered())).map(|(payment, _)| payment)
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let amount = Money::new(10_000, Currency::EUR);
        let terms = Terms { credit_attempts: 2, ..Terms::weekly(Currency::EUR) };
        let id = AdvanceId::of_request("model", "1");
        let facts = Advance::request(id, "ada", "2378".parse().unwrap(), amount, terms, noon(0)).unwrap();
        let workers = [Worker::Idle, Worker::Idle];
        vec![State { today: 0, facts, workers, executed: Vec::new(), hanging: Vec::new(), calls: 0 }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let advance = Advance::fold(&state.facts).unwrap();
        if !advance.instalments().is_empty() {
            return;
        }
        for (index, worker) in state.workers.iter().enumerate() {
            match worker {
                Worker::Idle => actions.extend(advance.calls().into_iter().map(|it| Action::Load(index, it))),
                Worker::Loaded(..) => actions.extend([Action::Store(index), Action::Crash(index)]),
                Worker::Intent(..) => {
                    let effects = [Effect::Answered, Effect::AnswerLost, Effect::Hangs, Effect::Refused];
                    actions.extend(effects.map(|it| Action::Call(index, it)));
                    actions.push(Action::Crash(index));
                }
                Worker::Answered(..) => actions.extend([Action::Record(index), Action::Crash(index)]),
            }
        }
        actions.extend((0..state.hanging.len()).map(Action::Arrive));
        let undecided = state.executed.iter().enumerate().filter(|(_, it)| it.outcome.is_none());
        actions.extend(undecided.flat_map(|(index, _)| [Action::Decide(index, true), Action::Decide(index, false)]));
        actions.push(Action::Run);
        let is_over = state.hanging.iter().all(|(_, _, on)| *on == state.today);
        if is_over && state.workers.iter().all(|it| *it == Worker::Idle) {
            actions.push(Action::NextDay);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Load(index, payment) => state.workers[index] = self.load(&state, payment)?,
            Action::Crash(index) => state.workers[index] = Worker::Idle,
            Action::Store(index) => {
                let Worker::Loaded(payment, read, fact) = last.workers[index].clone() else { return None };
                let is_call = matches!(fact.event, Event::Calling { .. });
                let is_unstored = is_call && self.mutant == Some(Mutant::NoIntent);
                state.workers[index] = if is_unstored {
                    Worker::Intent(payment, read, vec![fact])
                } else if self.append(&mut state, read, &[fact]) && is_call {
                    Worker::Intent(payment, read + 1, Vec::new())
                } else {
                    Worker::Idle
                };
            }
            Action::Call(index, effect) => {
                let Worker::Intent(payment, read, unstored) = last.workers[index].clone() else { return None };
                // A processor remembers what it has refused.
                let taken = self.call(&mut state, payment, effect);
                state.workers[index] = Worker::Answered(payment, read, unstored, taken);
            }
            Action::Record(index) => {
                let Worker::Answered(payment, read, unstored, taken) = last.workers[index].clone() else { return None };
                self.record(&mut state, payment, read, &unstored, &taken);
                state.workers[index] = Worker::Idle;
            }
            Action::Arrive(index) => {
                let (payment, reference, _) = state.hanging.remove(index);
                self.execute(&mut state, payment, reference);
            }
            Action::Decide(index, succeeds) => state.executed[index].outcome = Some(succeeds),
            Action::Run => self.run(&mut state),
            Action::NextDay => state.today += 1,
        }
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("the customer is credited at most once", |_, state: &State| {
                state.executed.iter().filter(|it| it.outcome != Some(false)).count() <= 1
            }),
            Property::sometimes("a payment without an answer is found to have succeeded", |_, state: &State| {
                let is_lost = |it: &Fact| matches!(it.event, Event::Unanswered { .. });
                let was_lost = state.facts.iter().any(is_lost);
                was_lost && Advance::fold(&state.facts).unwrap().credited_on().is_some()
            }),
            Property::sometimes("a payment without an answer is found not to be made", |_, state: &State| {
                let by_report =
                    |it: &Fact| matches!(it.event, Event::NotExecuted { evidence: Evidence::FinalReports(_), .. });
                state.facts.iter().any(by_report)
            }),
        ]
    }

    fn within_boundary(&self, state: &State) -> bool {
        state.today <= LAST_DAY && state.calls <= MAX_CALLS
    }
}

/// Whether all properties hold, and how many states were visited.
fn check(references: bool, mutant: Option<Mutant>) -> (bool, usize) {
    let model = Protocol { references, mutant };
    let checker = model.checker().spawn_bfs().join();
    let properties = Protocol { references, mutant }.properties();
    let holds = properties.iter().all(|it| {
        let path = checker.discovery(it.name);
        let is_found = path.is_some();
        if mutant.is_none() && is_found != (it.expectation == stateright::Expectation::Sometimes) {
            println!("{}: {:?}", it.name, path.map(stateright::Path::into_actions));
        }
        is_found == (it.expectation == stateright::Expectation::Sometimes)
    });
    (holds, checker.unique_state_count())
}

#[test]
fn the_protocol_holds_in_every_state() {
    for references in [true, false] {
        let (holds, states) = check(references, None);
        println!("references {references}: {states} states");
        assert!(holds, "references {references}");
        assert!(states > 1_000, "the model moves: {states}");
    }
}

#[test]
fn every_shortcut_is_found() {
    for (references, mutant) in [
        (true, Mutant::NoIntent),
        (false, Mutant::NoIntent),
        (true, Mutant::FreshReference),
        (true, Mutant::TimeOutIsFailure),
        (false, Mutant::TimeOutIsFailure),
        (true, Mutant::RetryAfterWindow),
        (false, Mutant::UnfinishedReport),
        (false, Mutant::UnconditionalBooking),
        (false, Mutant::CallAgainWithoutDedupe),
        (false, Mutant::NoReport),
    ] {
        assert!(!check(references, Some(mutant)).0, "references {references}: {mutant:?} is not found");
    }
}
