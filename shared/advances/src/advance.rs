use banking::AccountNumber;
use calendar::{Date, Moment};
use money::{Currency, Money};

use crate::{AdvanceId, Fact, Order, Payment, Progress, Reference, Terms};

/// An advance: the fold of its facts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Advance {
    pub(crate) id: AdvanceId,
    pub(crate) customer: Box<str>,
    pub(crate) account: AccountNumber,
    pub(crate) amount: Money,
    pub(crate) terms: Terms,
    pub(crate) requested_at: Moment,
    pub(crate) credits: Vec<Progress>,
    pub(crate) instalments: Vec<Instalment>,
    pub(crate) refunds: Vec<Refund>,
    /// The parts, by their last instalments, that are not collected again.
    pub(crate) given_up: Vec<u32>,
    pub(crate) ended: Option<Ended>,
    pub(crate) written_off: Option<Money>,
    pub(crate) facts: u64,
}

/// Why an advance was never paid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    Cancelled,
    CreditFailed,
}

/// One planned repayment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instalment {
    /// From 1, in the order of planning.
    pub number: u32,
    /// The instalment of the original plan that it is for: itself, or the one that it replaces.
    pub part: u32,
    /// The date from which it is collected.
    pub due: Date,
    /// How much.
    pub amount: Money,
    /// Its progress.
    pub progress: Progress,
}

/// The refund of an instalment that was collected although another one had paid for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refund {
    /// The instalment.
    pub instalment: u32,
    /// How many times an operator has approved it.
    pub approvals: u32,
    /// Its payments, by attempt.
    pub payments: Vec<Progress>,
}

/// The state of an advance as a whole.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Status {
    /// Nothing was sent.
    Requested,
    /// The credit was sent at least once and has not succeeded.
    Crediting,
    /// The credit has succeeded; repayments are collected.
    Active,
    /// All of it is paid back.
    Settled,
    /// It was collected as far as possible; the rest is written off.
    WrittenOff,
    /// It was cancelled before the credit.
    Cancelled,
    /// The credit has failed as often as the terms allow.
    CreditFailed,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Requested,
        Self::Crediting,
        Self::Active,
        Self::Settled,
        Self::WrittenOff,
        Self::Cancelled,
        Self::CreditFailed,
    ];

    /// Its name in the API and in stored items.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Crediting => "crediting",
            Self::Active => "active",
            Self::Settled => "settled",
            Self::WrittenOff => "written_off",
            Self::Cancelled => "cancelled",
            Self::CreditFailed => "credit_failed",
        }
    }
}

impl Advance {
    /// The id.
    pub fn id(&self) -> &AdvanceId {
        &self.id
    }

    /// The customer's id in the register.
    pub fn customer(&self) -> &str {
        &self.customer
    }

    /// The account that is credited and debited.
    pub fn account(&self) -> &AccountNumber {
        &self.account
    }

    /// The amount of the advance.
    pub fn amount(&self) -> Money {
        self.amount
    }

    /// The currency of all its amounts.
    pub fn currency(&self) -> Currency {
        self.amount.currency()
    }

    /// The terms.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The date of the request.
    pub fn requested_on(&self) -> Date {
        self.requested_at.date()
    }

    /// The attempts of the credit.
    pub fn credits(&self) -> &[Progress] {
        &self.credits
    }

    /// The plan, in the order of planning.
    pub fn instalments(&self) -> &[Instalment] {
        &self.instalments
    }

    /// The refunds, in the order of opening.
    pub fn refunds(&self) -> &[Refund] {
        &self.refunds
    }

    /// The number of its facts: the number of the next one.
    pub fn facts(&self) -> u64 {
        self.facts
    }

    /// The date on which the success of the credit became known.
    pub fn credited_on(&self) -> Option<Date> {
        self.credits.iter().find_map(|it| match it {
            Progress::Succeeded { on, .. } => Some(*on),
            _ => None,
        })
    }

    /// The state as a whole.
    pub fn status(&self) -> Status {
        match self.ended {
            Some(Ended::Cancelled) => Status::Cancelled,
            Some(Ended::CreditFailed) => Status::CreditFailed,
            None if self.instalments.is_empty() => {
                let was_sent = self.credits.iter().any(|it| *it != Progress::Due);
                if was_sent { Status::Crediting } else { Status::Requested }
            }
            None if self.parts().all(|part| self.paid_by(part).is_some()) => Status::Settled,
            None if self.written_off.is_some() => Status::WrittenOff,
            None => Status::Active,
        }
    }

    /// Whether nothing is left to do, unless the processor reports a late success.
    pub fn is_closed(&self) -> bool {
        if self.ended.is_some() {
            return true;
        }
        let is_final = matches!(self.status(), Status::Settled | Status::WrittenOff);
        is_final
            && !self.has_decisions()
            && !self.payments().any(|(_, it)| it.is_open())
            && self.refunds.iter().all(Refund::is_paid)
    }

    /// The date from which a run has to look at it; `None` if there is nothing to do.
    ///
    /// With open payments it is the date of the request, which is before every run: so it does not move while they
    /// are open.
    pub fn next_work(&self) -> Option<Date> {
        if self.is_closed() {
            return None;
        }
        let planned = self.instalments.iter().filter(|it| it.progress == Progress::Planned).map(|it| it.due);
        let has_open = self.payments().any(|(_, it)| it.is_open());
        let has_refund = self.refunds.iter().any(|it| it.needs_payment(&self.terms));
        let has_work = has_open || has_refund || self.instalments.is_empty() || self.has_decisions();
        if has_work { Some(self.requested_on()) } else { planned.min() }
    }

    /// Whether an outcome is recorded without its consequences.
    fn has_decisions(&self) -> bool {
        let is_missed = |part| self.of_part(part).next_back().is_some_and(|it| it.progress.is_missed());
        let mut parts = self.parts();
        self.can_be_written_off()
            || parts.any(|part| {
                if self.is_unpaid(part) { is_missed(part) && !self.is_given_up(part) } else { self.kept(part) > 1 }
            })
    }

    /// How many instalments for a part have succeeded and are not refunded.
    pub(crate) fn kept(&self, part: u32) -> usize {
        let paid = self.of_part(part).filter(|it| it.progress.is_success());
        paid.filter(|it| self.refund(it.number).is_none()).count()
    }

    /// All payments with their progress.
    pub fn payments(&self) -> impl Iterator<Item = (Payment, &Progress)> {
        let credits = (1_u32..).zip(&self.credits).map(|(attempt, it)| (Payment::Credit { attempt }, it));
        let debits = self.instalments.iter().map(|it| (Payment::Debit { instalment: it.number }, &it.progress));
        let refunds = self.refunds.iter().flat_map(|refund| {
            let instalment = refund.instalment;
            (1_u32..).zip(&refund.payments).map(move |(attempt, it)| (Payment::Refund { instalment, attempt }, it))
        });
        credits.chain(debits).chain(refunds)
    }

    /// The progress of a payment; `None` if there is no such payment.
    pub fn progress(&self, payment: Payment) -> Option<&Progress> {
        match payment {
            Payment::Credit { attempt } => self.credits.get(position(attempt)?),
            Payment::Debit { instalment } => self.instalment(instalment).map(|it| &it.progress),
            Payment::Refund { instalment, attempt } => self.refund(instalment)?.payments.get(position(attempt)?),
        }
    }

    /// The amount of a payment; `None` if there is no such payment.
    pub fn amount_of(&self, payment: Payment) -> Option<Money> {
        match payment {
            Payment::Credit { .. } => Some(self.amount),
            Payment::Debit { instalment } | Payment::Refund { instalment, .. } => {
                self.instalment(instalment).map(|it| it.amount)
            }
        }
    }

    /// The content of each call of a payment; `None` if there is no such payment.
    pub fn order(&self, payment: Payment) -> Option<Order> {
        Some(Order {
            reference: Reference { advance: self.id.clone(), payment },
            direction: payment.direction(),
            account: self.account.clone(),
            amount: self.amount_of(payment)?,
        })
    }

    /// The instalment with this number.
    pub fn instalment(&self, number: u32) -> Option<&Instalment> {
        self.instalments.get(position(number)?)
    }

    /// The refund of this instalment.
    pub fn refund(&self, instalment: u32) -> Option<&Refund> {
        self.refunds.iter().find(|it| it.instalment == instalment)
    }

    /// The numbers of the instalments of the original plan.
    pub(crate) fn parts(&self) -> impl Iterator<Item = u32> + use<> {
        1..=if self.instalments.is_empty() { 0 } else { self.terms.instalments }
    }

    /// The instalments for one part of the advance, in the order of planning.
    pub(crate) fn of_part(&self, part: u32) -> impl DoubleEndedIterator<Item = &Instalment> {
        self.instalments.iter().filter(move |it| it.part == part)
    }

    /// The instalment that has paid for a part: of several the one that is not refunded.
    pub(crate) fn paid_by(&self, part: u32) -> Option<&Instalment> {
        let mut paid = self.of_part(part).filter(|it| it.progress.is_success());
        paid.find(|it| self.refund(it.number).is_none())
    }

    /// The open refusals: parts that are not collected again.
    pub(crate) fn is_given_up(&self, part: u32) -> bool {
        self.given_up.contains(&part)
    }

    /// It with the next facts; an error if one cannot happen.
    pub fn with(&self, facts: &[Fact]) -> Result<Self, crate::FoldError> {
        let mut next = self.clone();
        for fact in facts {
            next.apply(fact)?;
        }
        Ok(next)
    }
}

impl Refund {
    /// Whether it was paid.
    pub fn is_paid(&self) -> bool {
        self.payments.iter().any(Progress::is_success)
    }

    /// Whether an approval allows another payment, and the last one has failed.
    pub(crate) fn needs_payment(&self, terms: &Terms) -> bool {
        let allowed = self.approvals.saturating_mul(terms.credit_attempts);
        let made = u32::try_from(self.payments.len()).unwrap_or(u32::MAX);
        let last_failed = self.payments.last().is_none_or(|it| matches!(it, Progress::Failed { .. }));
        made < allowed && last_failed
    }

    /// Whether it waits for an operator's approval.
    pub fn needs_approval(&self, terms: &Terms) -> bool {
        let last_failed = self.payments.last().is_none_or(|it| matches!(it, Progress::Failed { .. }));
        last_failed && !self.needs_payment(terms)
    }
}

/// The position of number 1, 2, ….
pub(crate) fn position(number: u32) -> Option<usize> {
    usize::try_from(number.checked_sub(1)?).ok()
}
