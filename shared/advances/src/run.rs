use calendar::{Date, DateError};

use crate::{
    Advance, Event, Evidence, Fact, FoldError, Payment, PlannedInstalment, ProcessorRules, Progress, SeenReports,
};

/// Why a run cannot decide about an advance: a defect, or a plan beyond the calendar. No payment may be made.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecideError {
    /// A decision does not fit the facts.
    #[error("a decision does not fit the facts of the advance")]
    Fold(#[from] FoldError),
    /// The figures do not add up.
    #[error("an advance does not add up")]
    Invariant(#[from] crate::InvariantError),
    /// A due date is beyond the calendar.
    #[error("an instalment is due beyond the calendar")]
    Date(#[from] DateError),
}

impl Advance {
    /// The facts that the run for `date` adds, after the lines of all reports in `seen` were recorded: payments that
    /// were not made, time-outs, replacements, refunds, and what is due.
    ///
    /// `seen` contains reports of days before `date` only. A second call with its result adds nothing. A run for a
    /// later date adds the same facts on the later date, except that it misses nothing: the daily run therefore calls
    /// it for each missed date in order.
    pub fn run(&self, date: Date, seen: &SeenReports, rules: &ProcessorRules) -> Result<Vec<Fact>, DecideError> {
        let mut run = Run { advance: self.clone(), date, facts: Vec::new() };
        run.resolve(seen, rules)?;
        run.time_out(seen)?;
        run.credit()?;
        run.drop_and_refund()?;
        run.replace()?;
        run.end()?;
        run.make_due()?;
        run.advance.check()?;
        Ok(run.facts)
    }

    /// The payments that a worker has to look at: due, or called without a final answer.
    pub fn calls(&self) -> Vec<Payment> {
        if self.ended.is_some() {
            return Vec::new();
        }
        let calls = self.payments().filter(|(_, it)| **it == Progress::Due || it.is_unanswered());
        calls.map(|(payment, _)| payment).collect()
    }
}

/// The decisions of one run about one advance.
struct Run {
    advance: Advance,
    date: Date,
    facts: Vec<Fact>,
}

impl Run {
    fn add(&mut self, event: Event) -> Result<(), FoldError> {
        let fact = Fact::on(self.date, event);
        self.advance.apply(&fact)?;
        self.facts.push(fact);
        Ok(())
    }

    /// A payment without an answer that is in no final report was not made.
    fn resolve(&mut self, seen: &SeenReports, rules: &ProcessorRules) -> Result<(), DecideError> {
        let unanswered = self.advance.payments().filter_map(|(payment, it)| match it {
            Progress::Sending(calls) => Some((payment, *calls, true)),
            Progress::Unknown(calls) => Some((payment, *calls, false)),
            _ => None,
        });
        let absent = unanswered.filter(|(_, calls, _)| rules.lands_until(calls).date() <= seen.final_as_of());
        for (payment, _, is_sending) in absent.collect::<Vec<_>>() {
            if is_sending {
                self.add(Event::Unanswered { payment, reason: "the call's answer was not recorded".into() })?;
            }
            let evidence = Evidence::FinalReports(seen.final_as_of());
            self.add(Event::NotExecuted { payment, evidence })?;
        }
        Ok(())
    }

    fn time_out(&mut self, seen: &SeenReports) -> Result<(), DecideError> {
        let window = i32::try_from(self.advance.terms.observation_days).unwrap_or(i32::MAX);
        let mut late = Vec::new();
        for it in &self.advance.instalments {
            let Progress::Sent { since, .. } = it.progress else { continue };
            let through = since.plus_days(window)?;
            if seen.through() >= through {
                late.push((it.number, through));
            }
        }
        for (instalment, through) in late {
            self.add(Event::TimedOut { payment: Payment::Debit { instalment }, through })?;
        }
        Ok(())
    }

    fn credit(&mut self) -> Result<(), DecideError> {
        if let Some(credited_on) = self.advance.credited_on().filter(|_| self.advance.instalments.is_empty()) {
            let plan = self.advance.terms.plan(self.advance.amount, credited_on)?;
            let planned = (1_u32..).zip(plan);
            let planned =
                planned.map(|(number, (due, amount))| PlannedInstalment { number, part: number, due, amount });
            self.add(Event::Planned { instalments: planned.collect() })?;
        } else if self.advance.needs_credit() {
            let attempt = u32::try_from(self.advance.credits.len()).unwrap_or(u32::MAX).saturating_add(1);
            if attempt > self.advance.terms.credit_attempts {
                self.add(Event::CreditGivenUp)?;
            } else {
                self.add(Event::Due { payment: Payment::Credit { attempt } })?;
            }
        }
        Ok(())
    }

    /// What is collected twice is refunded; what would be is not sent.
    fn drop_and_refund(&mut self) -> Result<(), DecideError> {
        for part in self.advance.parts() {
            let Some(paid_by) = self.advance.paid_by(part).map(|it| it.number) else { continue };
            let mut extra = Vec::new();
            for it in self.advance.of_part(part).filter(|it| it.number != paid_by) {
                match it.progress {
                    Progress::Planned | Progress::Due => extra.push(Event::Dropped { instalment: it.number, paid_by }),
                    Progress::Succeeded { .. } if self.advance.refund(it.number).is_none() => {
                        extra.push(Event::RefundOpened { instalment: it.number });
                    }
                    _ => {}
                }
            }
            extra.into_iter().try_for_each(|it| self.add(it))?;
        }
        let refunds = self.advance.refunds.iter().filter(|it| it.needs_payment(&self.advance.terms));
        let due = refunds.map(|it| Payment::Refund {
            instalment: it.instalment,
            attempt: u32::try_from(it.payments.len()).unwrap_or(u32::MAX).saturating_add(1),
        });
        due.collect::<Vec<_>>().into_iter().try_for_each(|payment| self.add(Event::Due { payment }))?;
        Ok(())
    }

    /// Each missed instalment gets another one, each in a week of its own.
    fn replace(&mut self) -> Result<(), DecideError> {
        let unpaid = self.advance.parts().filter(|it| self.advance.is_unpaid(*it) && !self.advance.is_given_up(*it));
        let last = unpaid.filter_map(|it| self.advance.of_part(it).next_back());
        let missed = last.filter(|it| it.progress.is_missed());
        let mut missed: Vec<_> = missed.map(|it| (it.number, it.part, it.amount)).collect();
        missed.sort_unstable_by_key(|(number, ..)| *number);
        for (instalment, part, amount) in missed {
            let attempts = u32::try_from(self.advance.of_part(part).count()).unwrap_or(u32::MAX);
            if attempts >= self.advance.terms.debit_attempts {
                self.add(Event::GivenUp { instalment })?;
                continue;
            }
            let number = u32::try_from(self.advance.instalments.len()).unwrap_or(u32::MAX).saturating_add(1);
            let due = self.next_week()?;
            let planned = PlannedInstalment { number, part, due, amount };
            self.add(Event::Planned { instalments: vec![planned] })?;
        }
        Ok(())
    }

    /// The first date after this run that is whole intervals after the plan's last date.
    fn next_week(&self) -> Result<Date, DateError> {
        let terms = &self.advance.terms;
        let last = self.advance.instalments.iter().map(|it| it.due).max().unwrap_or(self.date);
        let late = u32::try_from(self.date.days().saturating_sub(last.days())).unwrap_or(0);
        let intervals = late.checked_div(terms.interval_days).unwrap_or(0).saturating_add(1);
        terms.after(last, intervals)
    }

    fn end(&mut self) -> Result<(), DecideError> {
        if self.advance.can_be_written_off() {
            let amount = self.advance.figures().refused;
            self.add(Event::WrittenOff { amount })?;
        }
        Ok(())
    }

    fn make_due(&mut self) -> Result<(), DecideError> {
        let planned = self.advance.instalments.iter();
        let due = planned.filter(|it| it.progress == Progress::Planned && it.due <= self.date).map(|it| it.number);
        for instalment in due.collect::<Vec<_>>() {
            self.add(Event::Due { payment: Payment::Debit { instalment } })?;
        }
        Ok(())
    }
}
