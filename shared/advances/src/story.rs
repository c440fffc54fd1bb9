//! An advance as a story, for somebody who explains it to the customer.

use calendar::Moment;
use money::Money;

use crate::{Advance, Event, Fact, FoldError, Payment, PlannedInstalment, Status};

/// What has happened to an advance, one line for each day and event, oldest first, and its state at the end.
pub fn story(facts: &[Fact]) -> Result<String, FoldError> {
    let lines = changes(facts)?.into_iter().map(|it| format!("{}  {}\n", it.at.date(), it.text));
    Ok(format!("{}\n{}", lines.collect::<String>(), ending(&Advance::fold(facts)?)))
}

/// A change of an advance, for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The number of the fact, from 0.
    pub fact: u64,
    /// When.
    pub at: Moment,
    /// What has changed and why, in one sentence.
    pub text: String,
}

/// The changes that `facts` made to an advance, oldest first. Facts of interest to nobody else are left out.
pub fn changes(facts: &[Fact]) -> Result<Vec<Change>, FoldError> {
    let (first, rest) = facts.split_first().ok_or(FoldError::NoRequest)?;
    let mut advance = Advance::fold(std::slice::from_ref(first))?;
    let mut changes = Vec::new();
    let change = |number, fact: &Fact, text: Option<String>| Some(Change { fact: number, at: fact.at, text: text? });
    changes.extend(change(0, first, sentence(&advance, first)));
    for (number, fact) in (1_u64..).zip(rest) {
        changes.extend(change(number, fact, sentence(&advance, fact)));
        advance.apply(fact)?;
    }
    Ok(changes)
}

/// The sentence of the next fact; `None` if only the lender's systems care.
fn sentence(advance: &Advance, fact: &Fact) -> Option<String> {
    let amount = |payment: &Payment| advance.amount_of(*payment).map(Money::grouped_with_currency).unwrap_or_default();
    let what = |payment: &Payment| match payment {
        Payment::Credit { attempt: 1 } => format!("the payout of {}", amount(payment)),
        Payment::Credit { attempt } => format!("payout attempt {attempt} of {}", amount(payment)),
        Payment::Debit { instalment } => format!("instalment {instalment} of {}", amount(payment)),
        Payment::Refund { instalment, .. } => format!("the refund of instalment {instalment}, {}", amount(payment)),
    };
    let text = match &fact.event {
        Event::Requested { amount, .. } => format!("The customer requested {}.", amount.grouped_with_currency()),
        Event::Cancelled { by, reason } => format!("{by} cancelled the advance: {reason}."),
        Event::Due { .. } | Event::Calling { call: 1, .. } => return None,
        Event::Calling { payment, .. } => {
            format!(
                "We repeated the request for {}, under the same reference, so it cannot be made twice.",
                what(payment)
            )
        }
        Event::Taken { payment, .. } => format!("We sent {} to the processor.", what(payment)),
        Event::Refused { payment, reason } => format!("The processor refused {}: {reason}.", what(payment)),
        Event::Unanswered { payment, .. } => {
            format!(
                "We sent {} and got no answer; we make no other payment for it until we know what happened.",
                what(payment)
            )
        }
        Event::Succeeded { payment, .. } => {
            let was_late = advance.progress(*payment).is_some_and(|it| it.name() == "timed out");
            let late = if was_late { ", although we had stopped waiting for it" } else { "" };
            format!("The bank confirmed {}{late}.", what(payment))
        }
        Event::Failed { payment, reason, .. } => format!("The bank rejected {}: {reason}.", what(payment)),
        Event::NotExecuted { payment, .. } => {
            format!("The processor confirmed that it never made {}.", what(payment))
        }
        Event::TimedOut { payment, through } => {
            format!("No outcome of {} was reported until {through}, so we stopped waiting for it.", what(payment))
        }
        Event::Planned { instalments } => planned(instalments)?,
        Event::Dropped { instalment, paid_by } => {
            format!("We cancelled instalment {instalment}, because instalment {paid_by} has paid for it.")
        }
        Event::GivenUp { instalment } => {
            format!("Instalment {instalment} was the last attempt for its part; we do not collect this part again.")
        }
        Event::CreditGivenUp => "We gave up paying out: no money has reached the customer.".to_owned(),
        Event::RefundOpened { instalment } => {
            let amount = amount(&Payment::Debit { instalment: *instalment });
            format!("Instalment {instalment} was collected although it was paid already: {amount} goes back.")
        }
        Event::RefundApproved { instalment, by } => format!("{by} approved the refund of instalment {instalment}."),
        Event::WrittenOff { amount } => format!("We wrote off {}.", amount.grouped_with_currency()),
    };
    Some(text)
}

fn planned(instalments: &[PlannedInstalment]) -> Option<String> {
    let (first, last) = (instalments.first()?, instalments.last()?);
    if first.number != first.part {
        let amount = first.amount.grouped_with_currency();
        let (number, part, due) = (first.number, first.part, first.due);
        return Some(format!("We planned instalment {number} of {amount} for {due}; it replaces instalment {part}."));
    }
    let count = instalments.len();
    let amount = last.amount.grouped_with_currency();
    let amounts = if first.amount == last.amount { amount } else { format!("{} and {amount}", first.amount.grouped()) };
    Some(format!("We planned {count} instalments of {amounts}, from {} to {}.", first.due, last.due))
}

fn ending(advance: &Advance) -> String {
    let figures = advance.figures();
    let state = match advance.status() {
        Status::Requested => "It is requested and not paid out yet.",
        Status::Crediting => "It is being paid out.",
        Status::Active => "It is being paid back.",
        Status::Settled => "It is paid back.",
        Status::WrittenOff => "What could be collected is paid back; the rest is written off.",
        Status::Cancelled => "It is cancelled.",
        Status::CreditFailed => "It could not be paid out.",
    };
    let all = [
        ("Paid", figures.paid),
        ("Due later", figures.due_later),
        ("In progress", figures.in_progress),
        ("Not collected", figures.refused),
        ("Together", figures.amount),
        ("Paid too much", figures.overpaid),
        ("Refunded", figures.refunded),
    ];
    // The five figures of the law are always shown.
    let shown = all.iter().enumerate().filter(|(index, (_, amount))| *index < 5 || amount.minor() != 0);
    let lines = shown.map(|(_, (name, amount))| format!("  {name:<18}{:>14}\n", amount.grouped_with_currency()));
    format!("{state}\n{}", lines.collect::<String>())
}
