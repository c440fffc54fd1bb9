//! One advance, played with outcomes as they are given.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::time::Duration;

use advances::{
    Advance, AdvanceId, Event, Fact, Matched, Outcome, Payment, ProcessorRules, ReferenceKind, Report, ReportLine,
    SeenReports, Terms,
};
use calendar::{Date, Moment};
use money::{Currency, Money};

/// 2026-01-05 is a Monday.
pub(crate) fn day(days: i32) -> Date {
    "2026-01-05".parse::<Date>().unwrap().plus_days(days).unwrap()
}

pub(crate) fn rules(references: bool) -> ProcessorRules {
    let dedupe = Duration::from_hours(3 * 24);
    ProcessorRules {
        references: if references { ReferenceKind::Recognised { dedupe } } else { ReferenceKind::None },
        landing: Duration::from_hours(24),
        lease: Duration::from_mins(15),
    }
}

pub(crate) fn credit(attempt: u32) -> Payment {
    Payment::Credit { attempt }
}

pub(crate) fn debit(instalment: u32) -> Payment {
    Payment::Debit { instalment }
}

pub(crate) struct Case {
    pub(crate) facts: Vec<Fact>,
    pub(crate) advance: Advance,
    pub(crate) seen: SeenReports,
}

impl Case {
    /// Requested on day 0, 100.00 EUR.
    pub(crate) fn new() -> Self {
        let amount = Money::new(10_000, Currency::EUR);
        let terms = Terms::weekly(Currency::EUR);
        let id = AdvanceId::of_request("ada", "1");
        let account = "DE89370400440532013000".parse().unwrap();
        let facts = Advance::request(id, "ada", account, amount, terms, Moment::day(day(0))).unwrap();
        let advance = Advance::fold(&facts).unwrap();
        Self { facts, advance, seen: SeenReports::since(day(-1)) }
    }

    /// Credited on day 0, with its plan.
    pub(crate) fn credited() -> Self {
        let mut case = Self::new();
        case.send(credit(1), 0);
        case.report(credit(1), None, 0);
        case.run(0);
        case
    }

    pub(crate) fn add(&mut self, facts: Vec<Fact>) {
        for fact in facts {
            self.advance.apply(&fact).unwrap();
            self.advance.check().unwrap();
            self.facts.push(fact);
        }
        assert_eq!(Advance::fold(&self.facts).unwrap(), self.advance);
    }

    pub(crate) fn intend(&mut self, payment: Payment, on: i32) {
        let calls = match self.advance.progress(payment).unwrap() {
            advances::Progress::Unknown(calls) => calls.count,
            _ => 0,
        };
        let order = self.advance.order(payment).unwrap();
        self.add(vec![Fact::on(day(on), Event::Calling { payment, call: calls + 1, order })]);
    }

    /// Called and taken.
    pub(crate) fn send(&mut self, payment: Payment, on: i32) {
        self.intend(payment, on);
        let transaction = format!("T-{payment}").parse().unwrap();
        self.add(vec![Fact::on(day(on), Event::Taken { payment, transaction })]);
    }

    pub(crate) fn line(&self, payment: Payment, failure: Option<&str>, on: i32) -> ReportLine {
        let order = self.advance.order(payment).unwrap();
        ReportLine {
            transaction: format!("T-{payment}").parse().unwrap(),
            reference: None,
            direction: order.direction,
            account: order.account,
            amount: order.amount,
            accepted_on: day(on),
            outcome: failure.map_or(Outcome::Success, |reason| Outcome::Fail { reason: reason.into() }),
        }
    }

    pub(crate) fn match_line(&mut self, payment: Payment, line: &ReportLine, on: i32) -> Matched {
        let matched = self.advance.on_line(payment, line, day(on));
        self.add(matched.facts.clone());
        matched
    }

    /// The outcome is reported.
    pub(crate) fn report(&mut self, payment: Payment, failure: Option<&str>, on: i32) -> Matched {
        let line = self.line(payment, failure, on);
        self.match_line(payment, &line, on)
    }

    /// The reports of these days are complete and final.
    pub(crate) fn see(&mut self, days: impl IntoIterator<Item = i32>) {
        for it in days {
            let report = Report { day: day(it), complete: true, final_as_of: day(it), lines: Vec::new() };
            self.seen.see(&report);
        }
    }

    pub(crate) fn run(&mut self, on: i32) -> Vec<Fact> {
        let facts = self.advance.run(day(on), &self.seen, &rules(true)).unwrap();
        self.add(facts.clone());
        assert_eq!(self.advance.run(day(on), &self.seen, &rules(true)).unwrap(), [], "a second run adds nothing");
        facts
    }

    /// Runs for a date, collects what is due on it, and reports it as a failure of these instalments.
    pub(crate) fn collect(&mut self, on: i32, failures: &[u32]) {
        self.run(on);
        for payment in self.advance.calls() {
            self.send(payment, on);
            let fails = matches!(payment, Payment::Debit { instalment } if failures.contains(&instalment));
            self.report(payment, fails.then_some("insufficient funds"), on);
        }
        self.run(on);
    }

    pub(crate) fn due(&self, number: u32) -> i32 {
        self.advance.instalment(number).unwrap().due.days() - day(0).days()
    }
}
