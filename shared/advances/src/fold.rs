use calendar::Date;

use crate::advance::{Ended, position};
use crate::{Advance, Event, Fact, Instalment, Payment, PlannedInstalment, Progress, Refund, Status, TermsError};

/// Why facts do not add up to an advance: stored data is corrupt, or a caller has a defect.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FoldError {
    /// The first fact is not the request, or there is none.
    #[error("an advance does not begin with its request")]
    NoRequest,
    /// The request does not fit the terms.
    #[error("an advance does not fit its terms")]
    Terms(#[from] TermsError),
    /// A fact that cannot happen after the ones before it.
    #[error("fact {number} of an advance ({event}) cannot happen now")]
    Impossible {
        /// The number of the fact, from 0.
        number: u64,
        /// Its kind and payment.
        event: String,
    },
}

impl Advance {
    /// The advance of these facts, in the order of their numbers.
    pub fn fold(facts: &[Fact]) -> Result<Self, FoldError> {
        let (first, rest) = facts.split_first().ok_or(FoldError::NoRequest)?;
        let mut advance = Self::requested(first)?;
        for fact in rest {
            advance.apply(fact)?;
        }
        Ok(advance)
    }

    fn requested(fact: &Fact) -> Result<Self, FoldError> {
        let Event::Requested { advance, customer, account, amount, terms } = &fact.event else {
            return Err(FoldError::NoRequest);
        };
        terms.check(*amount)?;
        Ok(Self {
            id: advance.clone(),
            customer: customer.clone(),
            account: account.clone(),
            amount: *amount,
            terms: *terms,
            requested_at: fact.at,
            credits: Vec::new(),
            instalments: Vec::new(),
            refunds: Vec::new(),
            given_up: Vec::new(),
            ended: None,
            written_off: None,
            facts: 1,
        })
    }

    /// Adds the next fact; an error, without a change, if it cannot happen now.
    pub fn apply(&mut self, fact: &Fact) -> Result<(), FoldError> {
        self.try_apply(fact)
            .ok_or_else(|| FoldError::Impossible { number: self.facts, event: fact.event.describe() })?;
        self.facts = self.facts.saturating_add(1);
        Ok(())
    }

    fn try_apply(&mut self, fact: &Fact) -> Option<()> {
        let on = fact.date();
        match &fact.event {
            Event::Requested { .. } => None,
            Event::Cancelled { .. } => {
                (self.status() == Status::Requested).then(|| self.ended = Some(Ended::Cancelled))
            }
            Event::CreditGivenUp => {
                let allowed = usize::try_from(self.terms.credit_attempts).ok()?;
                let has_failed = self.needs_credit() && self.credits.len() >= allowed;
                has_failed.then(|| self.ended = Some(Ended::CreditFailed))
            }
            Event::Due { payment } => self.make_due(*payment, fact),
            Event::Calling { payment, order, .. } => {
                (self.order(*payment).as_ref() == Some(order) && self.ended.is_none()).then_some(())?;
                self.advance_payment(*payment, fact)
            }
            Event::Taken { payment, .. }
            | Event::Refused { payment, .. }
            | Event::Unanswered { payment, .. }
            | Event::Succeeded { payment, .. }
            | Event::Failed { payment, .. }
            | Event::NotExecuted { payment, .. } => self.advance_payment(*payment, fact),
            Event::TimedOut { payment, .. } => match payment {
                Payment::Debit { .. } => self.advance_payment(*payment, fact),
                Payment::Credit { .. } | Payment::Refund { .. } => None,
            },
            Event::Planned { instalments } => self.plan_instalments(instalments, on),
            Event::Dropped { instalment, paid_by } => {
                let (dropped, paid) = (self.instalment(*instalment)?, self.instalment(*paid_by)?);
                (dropped.part == paid.part && paid.progress.is_success()).then_some(())?;
                self.advance_payment(Payment::Debit { instalment: *instalment }, fact)
            }
            Event::GivenUp { instalment } => {
                let part = self.instalment(*instalment)?.part;
                let last = self.of_part(part).next_back()?;
                let ends = last.number == *instalment && last.progress.is_missed() && self.is_unpaid(part);
                (ends && !self.is_given_up(part)).then(|| self.given_up.push(part))
            }
            Event::RefundOpened { instalment } => {
                let extra = self.instalment(*instalment)?;
                let is_kept = extra.progress.is_success() && self.refund(*instalment).is_none();
                (is_kept && self.kept(extra.part) > 1).then_some(())?;
                self.refunds.push(Refund { instalment: *instalment, approvals: 0, payments: Vec::new() });
                Some(())
            }
            Event::RefundApproved { instalment, .. } => {
                let terms = self.terms;
                let refund = self.refunds.iter_mut().find(|it| it.instalment == *instalment)?;
                refund.needs_approval(&terms).then_some(())?;
                refund.approvals = refund.approvals.checked_add(1)?;
                Some(())
            }
            Event::WrittenOff { amount } => {
                let is_rest = *amount == self.figures().refused && self.can_be_written_off();
                is_rest.then(|| self.written_off = Some(*amount))
            }
        }
    }

    fn advance_payment(&mut self, payment: Payment, fact: &Fact) -> Option<()> {
        let next = self.progress(payment)?.after(&fact.event, fact.at)?;
        *self.progress_mut(payment)? = next;
        Some(())
    }

    fn progress_mut(&mut self, payment: Payment) -> Option<&mut Progress> {
        match payment {
            Payment::Credit { attempt } => self.credits.get_mut(position(attempt)?),
            Payment::Debit { instalment } => self.instalments.get_mut(position(instalment)?).map(|it| &mut it.progress),
            Payment::Refund { instalment, attempt } => {
                let refund = self.refunds.iter_mut().find(|it| it.instalment == instalment)?;
                refund.payments.get_mut(position(attempt)?)
            }
        }
    }

    /// A credit or refund comes into being when it is due; an instalment was planned before.
    fn make_due(&mut self, payment: Payment, fact: &Fact) -> Option<()> {
        let terms = self.terms;
        match payment {
            Payment::Credit { attempt } => {
                let allowed = usize::try_from(terms.credit_attempts).ok()?;
                let is_next = position(attempt)? == self.credits.len() && self.credits.len() < allowed;
                (is_next && self.needs_credit()).then(|| self.credits.push(Progress::Due))
            }
            Payment::Debit { .. } => self.advance_payment(payment, fact),
            Payment::Refund { instalment, attempt } => {
                let refund = self.refunds.iter_mut().find(|it| it.instalment == instalment)?;
                let is_next = position(attempt)? == refund.payments.len();
                (is_next && refund.needs_payment(&terms)).then(|| refund.payments.push(Progress::Due))
            }
        }
    }

    /// Whether the credit has not begun, or all its attempts are known to have failed.
    pub(crate) fn needs_credit(&self) -> bool {
        self.ended.is_none() && self.credits.iter().all(|it| matches!(it, Progress::Failed { .. }))
    }

    /// Whether no instalment for a part has succeeded.
    pub(crate) fn is_unpaid(&self, part: u32) -> bool {
        !self.of_part(part).any(|it| it.progress.is_success())
    }

    /// Whether all that can be collected is, something is missing, and it was not written off yet.
    pub(crate) fn can_be_written_off(&self) -> bool {
        let is_over = self.parts().all(|part| self.is_given_up(part) || !self.is_unpaid(part));
        is_over && self.written_off.is_none() && self.parts().any(|part| self.is_unpaid(part))
    }

    fn plan_instalments(&mut self, instalments: &[PlannedInstalment], on: Date) -> Option<()> {
        self.credited_on()?;
        if self.instalments.is_empty() {
            let sum = instalments.iter().map(|it| it.amount.minor()).fold(0_i128, i128::saturating_add);
            let count = u32::try_from(instalments.len()).ok()?;
            let mut numbers = (1_u32..).zip(instalments);
            let fits = numbers.all(|(number, it)| it.number == number && it.part == number);
            (fits && count == self.terms.instalments && sum == self.amount.minor()).then_some(())?;
        } else {
            let [planned] = instalments else { return None };
            (planned.due > on && self.may_replace(planned)).then_some(())?;
        }
        let planned = instalments.iter().map(|it| {
            let PlannedInstalment { number, part, due, amount } = *it;
            Instalment { number, part, due, amount, progress: Progress::Planned }
        });
        self.instalments.extend(planned);
        Some(())
    }

    fn may_replace(&self, planned: &PlannedInstalment) -> bool {
        let last_due = self.instalments.iter().map(|it| it.due).max();
        let last = self.of_part(planned.part).next_back();
        let number = u32::try_from(self.instalments.len()).ok().and_then(|it| it.checked_add(1));
        number == Some(planned.number)
            && last.is_some_and(|it| it.progress.is_missed() && it.amount == planned.amount)
            && self.is_unpaid(planned.part)
            && !self.is_given_up(planned.part)
            && last_due < Some(planned.due)
    }
}

impl Event {
    /// Its kind and payment, for messages.
    pub(crate) fn describe(&self) -> String {
        let of = |kind: &str, payment: &Payment| format!("{kind} {payment}");
        match self {
            Self::Requested { .. } => "requested".to_owned(),
            Self::Cancelled { .. } => "cancelled".to_owned(),
            Self::Due { payment } => of("due", payment),
            Self::Calling { payment, call, .. } => format!("call {call} of {payment}"),
            Self::Taken { payment, .. } => of("taken", payment),
            Self::Refused { payment, .. } => of("refused", payment),
            Self::Unanswered { payment, .. } => of("unanswered", payment),
            Self::Succeeded { payment, .. } => of("succeeded", payment),
            Self::Failed { payment, .. } => of("failed", payment),
            Self::NotExecuted { payment, .. } => of("not executed", payment),
            Self::TimedOut { payment, .. } => of("timed out", payment),
            Self::Planned { instalments } => format!("planned {} instalments", instalments.len()),
            Self::Dropped { instalment, .. } => format!("dropped instalment {instalment}"),
            Self::GivenUp { instalment } => format!("given up with instalment {instalment}"),
            Self::CreditGivenUp => "credit given up".to_owned(),
            Self::RefundOpened { instalment } => format!("refund of instalment {instalment} opened"),
            Self::RefundApproved { instalment, .. } => format!("refund of instalment {instalment} approved"),
            Self::WrittenOff { .. } => "written off".to_owned(),
        }
    }
}
