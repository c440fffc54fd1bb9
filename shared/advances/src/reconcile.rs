//! Reconciliation of the plan with the processor's reports and with the customer's bank entries.

use calendar::Date;
use money::Money;

use crate::{Advance, Break, BreakKind, Direction, Event, Fact, Outcome, Payment, Progress, Reference, ReportLine};

/// The effect of one line of a report on an advance.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Matched {
    /// To append; empty if the line was taken in before.
    pub facts: Vec<Fact>,
    /// To open; opening it again has no effect.
    pub found: Option<Break>,
}

impl Advance {
    /// The effect of a line of the report of `day` that belongs to `payment`, by its reference, its transaction or its
    /// slot.
    pub fn on_line(&self, payment: Payment, line: &ReportLine, day: Date) -> Matched {
        let Some((progress, amount)) = self.progress(payment).zip(self.amount_of(payment)) else {
            return Matched { facts: Vec::new(), found: Some(Break::orphan(line, day)) };
        };
        let transaction = &line.transaction;
        let disagree = |kind, explanation: &str| {
            let reference = Reference { advance: self.id.clone(), payment };
            let it = Break::new(kind, day, transaction.as_str(), Some(reference));
            let expected = Some(amount);
            Break { expected, found: Some(line.amount), explanation: explanation.into(), ..it }
        };
        let only = |found: Break| Matched { facts: Vec::new(), found: Some(found) };
        let is_same = line.amount == amount && line.direction == payment.direction() && line.account == self.account;
        let is_success = line.outcome == Outcome::Success;
        let event = match &line.outcome {
            Outcome::Success => Event::Succeeded { payment, transaction: transaction.clone() },
            Outcome::Fail { reason } => {
                Event::Failed { payment, transaction: transaction.clone(), reason: reason.clone() }
            }
        };
        if !is_same {
            // It is this payment all the same: without its outcome another one would be made for it.
            let facts = if progress.may_end_as(transaction) { vec![Fact::on(day, event)] } else { Vec::new() };
            let planned = if facts.is_empty() { None } else { Some(amount).filter(|_| is_success) };
            let suspense = difference(line.moves(), planned, payment.direction());
            let text = "The transaction has another amount, account or direction than the payment.";
            return Matched { facts, found: Some(Break { suspense, ..disagree(BreakKind::Amount, text) }) };
        }
        if progress.may_end_as(transaction) {
            let is_late = is_success && matches!(progress, Progress::TimedOut { .. });
            let text = "The debit has succeeded after it was timed out: its replacement is cancelled or refunded.";
            let found = is_late.then(|| disagree(BreakKind::LateSuccess, text));
            return Matched { facts: vec![Fact::on(day, event)], found };
        }
        match progress {
            Progress::Succeeded { transaction: of, .. } if of == transaction => {
                if is_success {
                    return Matched::default();
                }
                // The failure takes the reported money back.
                let money = match line.direction {
                    Direction::Credit => amount,
                    Direction::Debit => Money::new(amount.minor().saturating_neg(), amount.currency()),
                };
                let text = "The processor reports a failure of a payment that it has reported as successful.";
                only(Break { suspense: Some(money), ..disagree(BreakKind::StateConflict, text) })
            }
            // The failure of another transaction moves nothing.
            _ if !is_success => Matched::default(),
            Progress::Succeeded { .. } | Progress::Sent { .. } | Progress::TimedOut { .. } => {
                let text = "The processor has executed the payment a second time.";
                only(Break { suspense: line.moves(), ..disagree(BreakKind::Duplicate, text) })
            }
            _ => {
                let text = "The processor reports a success of a payment that has failed or was not sent.";
                only(Break { suspense: line.moves(), ..disagree(BreakKind::StateConflict, text) })
            }
        }
    }

    /// The payments that are known to have succeeded and are not among the bank entries of the customer's account:
    /// matched by reference, or else by amount within `days` days of the outcome. Each entry matches one payment and is
    /// removed from `free`, so that the account's other advances do not match it again.
    ///
    /// `free` are entries of the account until `through`; payments are reported after their days are over.
    pub fn missing_at_bank(&self, free: &mut Vec<BankEntry>, days: i32, through: Date) -> Vec<Break> {
        let mut paid: Vec<(Payment, Date, &str)> = self
            .payments()
            .filter_map(|(payment, it)| match it {
                Progress::Succeeded { on, transaction, .. } => Some((payment, *on, transaction.as_str())),
                _ => None,
            })
            .collect();
        paid.sort_unstable_by_key(|(payment, on, _)| (*on, *payment));
        // Entries with a reference are not available to other payments.
        paid.retain(|(payment, ..)| {
            let reference = Reference { advance: self.id.clone(), payment: *payment }.to_string();
            let position = free.iter().position(|it| it.text.contains(&reference) && self.is_amount(*payment, it));
            position.map(|it| free.swap_remove(it)).is_none()
        });
        paid.retain(|(payment, on, _)| {
            let is_near = |entry: &BankEntry| entry.on.days().abs_diff(on.days()) <= days.unsigned_abs();
            let position = free.iter().position(|it| self.is_amount(*payment, it) && is_near(it));
            position.map(|it| free.remove(it)).is_none()
        });
        let over = paid.into_iter().filter(|(_, on, _)| on.days().saturating_add(days) <= through.days());
        over.map(|(payment, on, transaction)| {
            let reference = Reference { advance: self.id.clone(), payment };
            let explanation = "The payment has succeeded and is not among the customer's bank entries.".into();
            let it = Break::new(BreakKind::MissingAtBank, on, transaction, Some(reference));
            Break { expected: self.amount_of(payment), explanation, ..it }
        })
        .collect()
    }

    fn is_amount(&self, payment: Payment, entry: &BankEntry) -> bool {
        let Some(amount) = self.amount_of(payment) else { return false };
        let minor = match payment.direction() {
            Direction::Credit => amount.minor(),
            Direction::Debit => amount.minor().saturating_neg(),
        };
        entry.amount == Money::new(minor, amount.currency())
    }
}

/// An entry of the customer's own account, as its bank reports it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BankEntry {
    /// The booking date.
    pub on: Date,
    /// Positive for a credit, negative for a debit.
    pub amount: Money,
    /// Its id and text, which may contain our reference.
    pub text: Box<str>,
}

/// What has moved beyond what the recorded success of `planned` books.
fn difference(moved: Option<Money>, planned: Option<Money>, direction: Direction) -> Option<Money> {
    let Some(planned) = planned else { return moved };
    let recorded = match direction {
        Direction::Credit => planned.minor().saturating_neg(),
        Direction::Debit => planned.minor(),
    };
    // Amounts of two currencies have no difference: both are in the break.
    let moved = moved.filter(|it| it.currency() == planned.currency())?;
    Some(Money::new(moved.minor().saturating_sub(recorded), planned.currency()))
}
