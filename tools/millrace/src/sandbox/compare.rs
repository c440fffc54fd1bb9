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
    /// Transactions with an outcome in no report that was taken in yet.
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

/// Sums by currency and direction: of the processor, ours, and those not reported yet.
type Sums = BTreeMap<(Currency, Direction), [i128; 3]>;

fn compare(ledger: &[Transaction], advances: &[Advance]) -> Comparison {
    let mut comparison = Comparison { advances: advances.len(), transactions: ledger.len(), ..Comparison::default() };
    let payments: BTreeMap<String, (&Advance, Payment)> = advances
        .iter()
        .flat_map(|advance| {
            advance.payments().map(move |(payment, _)| (reference(advance, payment), (advance, payment)))
        })
        .collect();
    let (mut sums, mut succeeded) = (Sums::new(), BTreeMap::<&str, usize>::new());
    for it in ledger {
        let Some((advance, payment)) = it.order.reference.as_ref().and_then(|it| payments.get(it)) else {
            comparison.differences.push(format!("transaction {} belongs to no payment of ours", it.transaction));
            continue;
        };
        comparison.look_at(it, advance, *payment);
        if it.outcome == Outcome::Success {
            let count = succeeded.entry(it.order.reference.as_deref().unwrap_or_default()).or_default();
            *count = count.saturating_add(1);
            let minor = advance.amount_of(*payment).map_or(0, Money::minor);
            let is_reported = advance.progress(*payment).is_some_and(Progress::is_success);
            let sum = sums.entry((advance.currency(), payment.direction())).or_default();
            add(sum, 0, minor);
            add(sum, 2, if is_reported { 0 } else { minor });
        }
    }
    for (reference, _) in succeeded.iter().filter(|(_, count)| **count > 1) {
        comparison.differences.push(format!("payment {reference} was executed more than once"));
    }
    for (reference, (advance, payment)) in &payments {
        if advance.progress(*payment).is_some_and(Progress::is_success) {
            let sum = sums.entry((advance.currency(), payment.direction())).or_default();
            add(sum, 1, advance.amount_of(*payment).map_or(0, Money::minor));
            if !succeeded.contains_key(reference.as_str()) {
                let difference = format!("payment {reference} has succeeded, and the processor has not moved it");
                comparison.differences.push(difference);
            }
        }
    }
    comparison.add_sums(sums);
    comparison
}

fn reference(advance: &Advance, payment: Payment) -> String {
    Reference { advance: advance.id().clone(), payment }.to_string()
}

impl Comparison {
    /// Compares a transaction with its payment.
    fn look_at(&mut self, it: &Transaction, advance: &Advance, payment: Payment) {
        let progress = advance.progress(payment);
        let amount = advance.amount_of(payment).map(Money::amount);
        if amount.as_deref() != Some(it.order.amount.as_str()) {
            self.differences.push(format!("transaction {} has another amount than its payment", it.transaction));
        }
        let has_moved = it.outcome == Outcome::Success;
        let agrees = match progress {
            Some(Progress::Succeeded { transaction, .. }) => has_moved && transaction.as_str() == it.transaction,
            Some(Progress::Failed { transaction: Some(transaction), .. }) => {
                !has_moved && transaction.as_str() == it.transaction
            }
            Some(progress) if progress.is_open() || matches!(progress, Progress::TimedOut { .. }) => {
                self.not_reported = self.not_reported.saturating_add(1);
                *progress != Progress::Due
            }
            _ => false,
        };
        if !agrees {
            let state = progress.map_or("unknown", Progress::name);
            let outcome = if has_moved { "success" } else { "failure" };
            let (transaction, id) = (&it.transaction, advance.id());
            self.differences
                .push(format!("{outcome} of transaction {transaction}; payment {payment} of {id} is {state}"));
        }
    }

    fn add_sums(&mut self, sums: Sums) {
        for ((currency, direction), sums) in sums {
            let [processor, advances, not_reported] = sums;
            if processor != advances.saturating_add(not_reported) {
                self.differences.push(format!("the sums in {currency} do not agree"));
            }
            let [processor, advances, not_reported] = sums.map(|it| Money::new(it, currency));
            self.moved.push(Moved { currency, direction, processor, advances, not_reported });
        }
    }
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
