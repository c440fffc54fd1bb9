//! Compares the ledger of the sandbox's processor with the advances.

use std::collections::BTreeMap;

use advances::ports::{AdvanceList, Advances};
use advances::{Advance, Direction, Payment, Progress, Reference};
use advances_sandbox::{Outcome, Transaction};
use anyhow::Result;
use money::{Currency, Money};
use serde::{Deserialize, Serialize};

use super::SandboxProcessor;
use crate::Verdict;
use crate::output::Output;
use crate::table::{Column, table};

/// How many differences are printed for a person.
const SHOWN: usize = 20;

#[derive(Deserialize)]
struct LedgerDocument {
    transactions: Vec<Transaction>,
}

/// Both ledgers side by side.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize)]
struct Comparison {
    /// How many advances there are.
    advances: usize,
    /// How many transactions the processor has.
    transactions: usize,
    /// What has moved, by currency and direction.
    moved: Vec<Moved>,
    /// Transactions whose outcome is in no report that was taken in yet.
    not_reported: usize,
    /// What does not agree.
    differences: Vec<String>,
}

/// What has moved in one currency and direction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct Moved {
    currency: Currency,
    direction: Direction,
    processor: Money,
    advances: Money,
    /// Moved according to the processor, in a report that was not taken in yet.
    not_reported: Money,
}

/// Runs `sandbox ledger`.
pub(super) async fn run<A: Advances + AdvanceList>(
    output: &Output,
    processor: &SandboxProcessor,
    store: &A,
) -> Result<Verdict> {
    // The advances first: what is paid meanwhile is only in the processor's ledger, as not reported yet.
    let advances = crate::advances::advances(store).await?;
    let ledger: LedgerDocument = processor.get("/ledger").await?;
    let comparison = compare(&ledger.transactions, &advances);
    output.answer(|| &comparison, || render(&comparison))?;
    Ok(if comparison.differences.is_empty() { Verdict::Ok } else { Verdict::Problems })
}

fn compare(ledger: &[Transaction], advances: &[Advance]) -> Comparison {
    let mut payments: BTreeMap<String, (&Advance, Payment)> = BTreeMap::new();
    for advance in advances {
        for (payment, _) in advance.payments() {
            let reference = Reference { advance: advance.id().clone(), payment };
            payments.insert(reference.to_string(), (advance, payment));
        }
    }
    let mut comparison = Comparison { advances: advances.len(), transactions: ledger.len(), ..Comparison::default() };
    let mut sums: BTreeMap<(Currency, Direction), [i128; 3]> = BTreeMap::new();
    let mut succeeded: BTreeMap<&str, usize> = BTreeMap::new();
    for it in ledger {
        let Some((advance, payment)) = it.order.reference.as_ref().and_then(|it| payments.get(it)) else {
            comparison.differences.push(format!("transaction {} belongs to no payment of ours", it.transaction));
            continue;
        };
        let progress = advance.progress(*payment);
        let amount = advance.amount_of(*payment).map(Money::amount);
        if amount.as_deref() != Some(it.order.amount.as_str()) {
            comparison.differences.push(format!("transaction {} has another amount", it.transaction));
        }
        let has_moved = it.outcome == Outcome::Success;
        let is_known = match progress {
            Some(Progress::Succeeded { transaction, .. }) => has_moved && transaction.as_str() == it.transaction,
            Some(Progress::Failed { transaction: Some(transaction), .. }) => {
                !has_moved && transaction.as_str() == it.transaction
            }
            Some(Progress::Planned | Progress::Due | Progress::Dropped { .. } | Progress::Failed { .. }) | None => {
                false
            }
            Some(_) => {
                comparison.not_reported = comparison.not_reported.saturating_add(1);
                true
            }
        };
        if !is_known {
            let state = progress.map_or("unknown to us", Progress::name);
            let moved = if has_moved { "has moved" } else { "has failed" };
            comparison.differences.push(format!(
                "transaction {} {moved}, and payment {payment} of {} is {state}",
                it.transaction,
                advance.id()
            ));
        }
        if has_moved {
            let reference = it.order.reference.as_deref().unwrap_or_default();
            let count = succeeded.entry(reference).or_default();
            *count = count.saturating_add(1);
            let sum = sums.entry((advance.currency(), payment.direction())).or_default();
            let minor = advance.amount_of(*payment).map_or(0, Money::minor);
            let is_reported = progress.is_some_and(Progress::is_success);
            add(sum, 0, minor);
            if !is_reported {
                add(sum, 2, minor);
            }
        }
    }
    for (reference, _) in succeeded.iter().filter(|(_, count)| **count > 1) {
        comparison.differences.push(format!("payment {reference} was executed more than once"));
    }
    for advance in advances {
        for (payment, progress) in advance.payments().filter(|(_, it)| it.is_success()) {
            let reference = Reference { advance: advance.id().clone(), payment }.to_string();
            let sum = sums.entry((advance.currency(), payment.direction())).or_default();
            add(sum, 1, advance.amount_of(payment).map_or(0, Money::minor));
            if !succeeded.contains_key(reference.as_str()) {
                let state = progress.name();
                comparison
                    .differences
                    .push(format!("payment {reference} is {state}, and the processor has not moved it"));
            }
        }
    }
    comparison.moved = sums
        .into_iter()
        .map(|((currency, direction), sums)| {
            let [processor, advances, not_reported] = sums.map(|it| Money::new(it, currency));
            Moved { currency, direction, processor, advances, not_reported }
        })
        .collect();
    for it in &comparison.moved {
        if it.processor.minor() != it.advances.minor().saturating_add(it.not_reported.minor()) {
            comparison.differences.push(format!("the sums in {} do not agree", it.currency));
        }
    }
    comparison
}

fn add(sums: &mut [i128; 3], at: usize, minor: i128) {
    if let Some(sum) = sums.get_mut(at) {
        *sum = sum.saturating_add(minor);
    }
}

fn render(comparison: &Comparison) -> String {
    let columns = [
        Column::text("Moved"),
        Column::number("Processor's ledger"),
        Column::number("Ours"),
        Column::number("Not reported yet"),
    ];
    let rows = comparison.moved.iter().map(|it| {
        let direction = match it.direction {
            Direction::Credit => "to customers",
            Direction::Debit => "from customers",
        };
        let amounts = [it.processor, it.advances, it.not_reported].map(Money::grouped_with_currency);
        std::iter::once(direction.to_owned()).chain(amounts).collect()
    });
    let mut text = table(&columns, rows);
    text.push_str(&format!(
        "\n{} advances, {} transactions: {}",
        comparison.advances,
        comparison.transactions,
        if comparison.differences.is_empty() { "both ledgers agree to the cent" } else { "THE LEDGERS DIFFER" }
    ));
    for it in comparison.differences.iter().take(SHOWN) {
        text.push_str(&format!("\n- {it}"));
    }
    if let Some(more) = comparison.differences.len().checked_sub(SHOWN).filter(|it| *it > 0) {
        text.push_str(&format!("\n- and {more} more; --json lists all"));
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use advances::{AdvanceId, Event, Fact, Order, Terms};
    use calendar::Moment;
    use serde_json::json;

    use super::*;

    const CREDIT: Payment = Payment::Credit { attempt: 1 };

    /// An advance of 100.00 EUR; `ended`: whether its credit is known to have succeeded.
    fn advance(ended: bool) -> Advance {
        let at: Moment = "2026-03-02T06:00:00Z".parse().unwrap();
        let (id, account) = (AdvanceId::of_request("ada", "1"), "DE89370400440532013000".parse().unwrap());
        let amount = Money::new(10_000, Currency::EUR);
        let mut facts = Advance::request(id, "ada", account, amount, Terms::weekly(Currency::EUR), at).unwrap();
        let order: Order = Advance::fold(&facts).unwrap().order(CREDIT).unwrap();
        let transaction = || "T1".parse().unwrap();
        let mut events = vec![
            Event::Calling { payment: CREDIT, call: 1, order },
            Event::Taken { payment: CREDIT, transaction: transaction() },
        ];
        if ended {
            events.push(Event::Succeeded { payment: CREDIT, transaction: transaction() });
        }
        facts.extend(events.into_iter().map(|event| Fact { at, event }));
        Advance::fold(&facts).unwrap()
    }

    fn transaction(changed: &serde_json::Value) -> Transaction {
        let reference = Reference { advance: AdvanceId::of_request("ada", "1"), payment: CREDIT };
        let mut document = json!({
            "transaction": "T1", "reference": reference.to_string(), "source": "1000001",
            "destination": "DE89370400440532013000", "amount": "100.00", "currency": "EUR", "direction": "credit",
            "accepted_at": "2026-03-02T06:00:00Z", "reported_on": "2026-03-03", "outcome": "success",
        });
        document.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        serde_json::from_value(document).unwrap()
    }

    fn differences(ledger: &[Transaction], advances: &[Advance]) -> usize {
        compare(ledger, advances).differences.len()
    }

    #[test]
    fn equal_ledgers_have_equal_sums_and_no_differences() {
        let comparison = compare(&[transaction(&json!({}))], &[advance(true)]);
        assert_eq!(comparison.differences, Vec::<String>::new());
        let moved = &comparison.moved[0];
        let sums = [moved.processor, moved.advances, moved.not_reported].map(Money::minor);
        assert_eq!((sums, comparison.not_reported), ([10_000, 10_000, 0], 0));
    }

    #[test]
    fn a_success_that_is_not_reported_yet_is_no_difference() {
        let comparison = compare(&[transaction(&json!({}))], &[advance(false)]);
        assert_eq!((comparison.differences.len(), comparison.not_reported), (0, 1));
        assert_eq!(comparison.moved[0].not_reported.minor(), 10_000);
    }

    #[test]
    fn each_disagreement_is_a_difference() {
        let failed = json!({ "outcome": "fail", "reason": "no funds" });
        for (ledger, advances) in [
            (vec![], vec![advance(true)]),
            (vec![transaction(&json!({}))], vec![]),
            (vec![transaction(&failed)], vec![advance(true)]),
            (vec![transaction(&json!({ "amount": "100.01" }))], vec![advance(true)]),
            (vec![transaction(&json!({})), transaction(&json!({ "transaction": "T2" }))], vec![advance(true)]),
            (vec![transaction(&json!({ "reference": "X" }))], vec![advance(false)]),
        ] {
            assert_ne!(differences(&ledger, &advances), 0, "{ledger:?} {advances:?}");
        }
    }
}
