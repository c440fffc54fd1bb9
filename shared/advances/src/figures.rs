use money::Money;

use crate::advance::Ended;
use crate::{Advance, Progress};

/// The figures of an advance. Always `paid + due_later + in_progress + refused = amount`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Figures {
    /// The amount of the advance.
    pub amount: Money,
    /// Collected, each part once.
    pub paid: Money,
    /// Not sent yet; before the credit, all of it.
    pub due_later: Money,
    /// Sent or being sent, without an outcome.
    pub in_progress: Money,
    /// Not collected again, or never paid out.
    pub refused: Money,
    /// Collected a second time for a part that was paid.
    pub overpaid: Money,
    /// The part of [`Figures::overpaid`] that was paid back.
    pub refunded: Money,
    /// Sent or timed out for a part that was paid: it would be overpaid if it succeeds.
    pub may_be_overpaid: Money,
}

/// The figures of an advance do not add up: a defect. No payment may be made.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("advance {advance} does not add up: {law}")]
pub struct InvariantError {
    /// The advance.
    pub advance: crate::AdvanceId,
    /// The violated law.
    pub law: &'static str,
}

impl Advance {
    /// Its figures.
    pub fn figures(&self) -> Figures {
        let zero = Money::new(0, self.currency());
        let mut figures = Figures {
            amount: self.amount,
            paid: zero,
            due_later: zero,
            in_progress: zero,
            refused: zero,
            overpaid: zero,
            refunded: zero,
            may_be_overpaid: zero,
        };
        if self.instalments.is_empty() {
            let all = match (self.ended, self.credits.last()) {
                (Some(Ended::Cancelled | Ended::CreditFailed), _) => &mut figures.refused,
                (None, _) => &mut figures.due_later,
            };
            *all = self.amount;
            return figures;
        }
        for part in self.parts() {
            self.add_part(part, &mut figures);
        }
        for refund in &self.refunds {
            let amount = self.instalment(refund.instalment).map_or(zero, |it| it.amount);
            if refund.is_paid() {
                add(&mut figures.refunded, amount);
            }
        }
        figures
    }

    /// Exactly one figure gets the amount of the part.
    fn add_part(&self, part: u32, figures: &mut Figures) {
        let mut is_paid = false;
        for it in self.of_part(part).filter(|it| it.progress.is_success()) {
            add(if is_paid { &mut figures.overpaid } else { &mut figures.paid }, it.amount);
            is_paid = true;
        }
        let open = |it: &&crate::Instalment| it.progress.is_open() && it.progress != Progress::Due;
        if is_paid {
            let risks = self.of_part(part).filter(|it| open(it) || matches!(it.progress, Progress::TimedOut { .. }));
            risks.for_each(|it| add(&mut figures.may_be_overpaid, it.amount));
            return;
        }
        let Some(last) = self.of_part(part).next_back() else { return };
        let figure = if self.is_given_up(part) {
            &mut figures.refused
        } else if open(&last) {
            &mut figures.in_progress
        } else {
            &mut figures.due_later
        };
        add(figure, last.amount);
    }

    /// Checks the laws that hold after every fact.
    pub fn check(&self) -> Result<Figures, InvariantError> {
        let figures = self.figures();
        let broken = |law| Err(InvariantError { advance: self.id.clone(), law });
        let parts = [figures.paid, figures.due_later, figures.in_progress, figures.refused];
        if parts.iter().map(|it| it.minor()).fold(0, i128::saturating_add) != self.amount.minor() {
            return broken("paid + due later + in progress + refused = advance");
        }
        if self.credits.iter().filter(|it| it.is_success()).count() > 1 {
            return broken("it is credited once");
        }
        if self.credits.iter().rev().skip(1).any(|it| !matches!(it, Progress::Failed { .. })) {
            return broken("the credit is tried again only after a definite failure");
        }
        let in_flight = |part| {
            let sent = self.of_part(part).filter(|it| it.progress.is_open() || it.progress == Progress::Planned);
            sent.count()
        };
        if self.parts().any(|part| in_flight(part) > 1) {
            return broken("one instalment is open for each part");
        }
        let opened = self.refunds.iter().filter_map(|it| self.instalment(it.instalment)).map(|it| it.amount.minor());
        if opened.fold(0, i128::saturating_add) > figures.overpaid.minor() {
            return broken("no more is refunded than was overpaid");
        }
        Ok(figures)
    }
}

fn add(sum: &mut Money, amount: Money) {
    *sum = Money::new(sum.minor().saturating_add(amount.minor()), sum.currency());
}
