use std::collections::BTreeMap;

use calendar::Date;
use money::{Currency, Money};
use serde::Serialize;

use super::Scenario;
use crate::{Advance, AdvanceId, Break, Event, Fact, JournalAccount, Payment, TrialBalance};

/// The result of a simulation, day by day. All amounts are in euros.
#[derive(Clone, Debug)]
pub struct Book {
    /// What was played.
    pub scenario: Scenario,
    /// The days with faults, and those after them until every advance is closed.
    pub days: Vec<BookDay>,
    /// The facts of all advances.
    pub facts: BTreeMap<AdvanceId, Vec<Fact>>,
    /// The breaks.
    pub breaks: Vec<Break>,
}

/// One day of the book: what was recorded on it, and the balances at its end.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BookDay {
    /// The day.
    pub date: Date,
    /// Paid out.
    pub credited: Money,
    /// Due on this day by the original plans.
    pub planned: Money,
    /// Collected, including what has to be refunded.
    pub collected: Money,
    /// Debits that have failed or were not made.
    pub failed: u32,
    /// Debits that were timed out.
    pub timed_out: u32,
    /// Calls without an answer.
    pub unanswered: u32,
    /// Refunded.
    pub refunded: Money,
    /// What customers owe.
    pub receivable: Money,
    /// The lender's cash at the processor; negative while more is paid out than collected.
    pub cash: Money,
    /// Owed to customers who have paid too much.
    pub refunds: Money,
    /// Written off, less what was recovered.
    pub write_offs: Money,
    /// Movements without a payment.
    pub suspense: Money,
    /// Open breaks.
    pub breaks: usize,
}

impl BookDay {
    /// The day from the facts that were recorded on it.
    pub(crate) fn new(
        date: Date,
        recorded: &[(&Advance, &Fact)],
        advances: &BTreeMap<AdvanceId, Advance>,
        balance: &TrialBalance,
        breaks: usize,
    ) -> Self {
        let sum = |amounts: &mut dyn Iterator<Item = Money>| {
            Money::new(amounts.map(Money::minor).fold(0_i128, i128::saturating_add), Currency::EUR)
        };
        let count = |wanted: &dyn Fn(&Event) -> bool| {
            let count = recorded.iter().filter(|(_, fact)| wanted(&fact.event)).count();
            u32::try_from(count).unwrap_or(u32::MAX)
        };
        let succeeded = |wanted: &dyn Fn(Payment) -> bool| {
            let amounts = recorded.iter().filter_map(|(advance, fact)| match fact.event {
                Event::Succeeded { payment, .. } if wanted(payment) => advance.amount_of(payment),
                _ => None,
            });
            sum(&mut { amounts })
        };
        let plans = advances.values().flat_map(Advance::instalments);
        let original = plans.filter(|it| it.number == it.part && it.due == date).map(|it| it.amount);
        let of = |account| balance.balance(account, Currency::EUR);
        let is_debit = |payment: &Payment| matches!(payment, Payment::Debit { .. });
        let negated = |it: Money| Money::new(it.minor().saturating_neg(), it.currency());
        Self {
            date,
            credited: succeeded(&|it| matches!(it, Payment::Credit { .. })),
            planned: sum(&mut { original }),
            collected: succeeded(&|it| is_debit(&it)),
            failed: count(&|it| match it {
                Event::Failed { payment, .. } | Event::Refused { payment, .. } | Event::NotExecuted { payment, .. } => {
                    is_debit(payment)
                }
                _ => false,
            }),
            timed_out: count(&|it| matches!(it, Event::TimedOut { .. })),
            unanswered: count(&|it| matches!(it, Event::Unanswered { .. })),
            refunded: succeeded(&|it| matches!(it, Payment::Refund { .. })),
            receivable: of(JournalAccount::Receivable),
            cash: of(JournalAccount::ProcessorCash),
            refunds: negated(of(JournalAccount::Refunds)),
            write_offs: of(JournalAccount::WriteOffs),
            suspense: of(JournalAccount::Suspense),
            breaks,
        }
    }
}

impl BookDay {
    /// Whether anything was recorded or was due.
    pub fn has_movements(&self) -> bool {
        let amounts = [self.credited, self.planned, self.collected, self.refunded];
        let counts = [self.failed, self.timed_out, self.unanswered];
        amounts.iter().any(|it| it.minor() != 0) || counts.iter().any(|it| *it > 0)
    }
}
