use std::collections::BTreeMap;
use std::sync::Mutex;

use calendar::Date;
use money::Currency;

use super::ports::Stores;
use super::processor::{Sandbox, Transaction};
use crate::testing::lock;
use crate::{
    Advance, AdvanceId, Fact, JournalAccount, JournalEntry, Outcome, Payment, Progress, Reference, Slot, TrialBalance,
    journal,
};

/// Checks the laws, against the truth that only the simulation knows.
#[derive(Default)]
pub(crate) struct Audit(Mutex<Findings>);

#[derive(Default)]
struct Findings {
    /// The first law that does not hold.
    violation: Option<String>,
    advances: BTreeMap<AdvanceId, Advance>,
    journals: BTreeMap<AdvanceId, Vec<JournalEntry>>,
    is_stopped: bool,
    calls: u64,
}

impl Audit {
    pub(crate) fn violation(&self) -> Option<String> {
        lock(&self.0).violation.clone()
    }

    pub(crate) fn report(&self, law: impl FnOnce() -> String) {
        lock(&self.0).violation.get_or_insert_with(law);
    }

    /// The next number of a call.
    pub(crate) fn number(&self) -> u64 {
        lock(&self.0).calls
    }

    /// From now on, or no longer, no call may begin.
    pub(crate) fn stop(&self, is_stopped: bool) {
        lock(&self.0).is_stopped = is_stopped;
    }

    pub(crate) fn called(&self) {
        let found = &mut *lock(&self.0);
        found.calls = found.calls.saturating_add(1);
        if found.is_stopped {
            found.violation.get_or_insert_with(|| "the processor was called while all calls were stopped".to_owned());
        }
    }

    /// The laws after every step.
    pub(crate) fn appended(&self, id: &AdvanceId, facts: &[Fact]) {
        let found = &mut *lock(&self.0);
        let checked = Advance::fold(facts).map_err(|it| it.to_string());
        let checked = checked.and_then(|it| it.check().map(|_| it).map_err(|it| it.to_string()));
        match checked {
            Ok(advance) => drop(found.advances.insert(id.clone(), advance)),
            Err(law) => drop(found.violation.get_or_insert_with(|| format!("{id}: {law}"))),
        }
        match journal(facts) {
            Ok(entries) => drop(found.journals.insert(id.clone(), entries)),
            Err(law) => drop(found.violation.get_or_insert_with(|| format!("{id}: {law}"))),
        }
    }

    pub(crate) fn advances(&self) -> BTreeMap<AdvanceId, Advance> {
        lock(&self.0).advances.clone()
    }

    /// A payment of this content that is without an answer.
    pub(crate) fn unanswered(&self, slot: &Slot) -> Option<Reference> {
        let found = lock(&self.0);
        found.advances.values().filter(|it| *it.account() == slot.account).find_map(|advance| {
            let mut payments = advance.payments().filter(|(_, it)| it.is_unanswered());
            let payment = payments.find(|(payment, _)| {
                payment.direction() == slot.direction && advance.amount_of(*payment) == Some(slot.amount)
            });
            payment.map(|(payment, _)| Reference { advance: advance.id().clone(), payment })
        })
    }

    /// The laws at the end of each day.
    pub(crate) fn end_of_day(&self, stores: &Stores, sandbox: &Sandbox) -> TrialBalance {
        let mut balance = TrialBalance::default();
        let found = &mut *lock(&self.0);
        found.journals.values().flatten().for_each(|it| balance.add(it));
        stores.breaks.all().iter().flat_map(crate::Break::journal).for_each(|it| balance.add(&it));
        let mut laws = Vec::new();
        if balance.total(Currency::EUR).minor() != 0 {
            laws.push("the trial balance is zero".to_owned());
        }
        let owed = found.advances.values().map(outstanding).fold(0_i128, i128::saturating_add);
        if balance.balance(JournalAccount::Receivable, Currency::EUR).minor() != owed {
            laws.push(format!("the receivable is what customers owe: {owed}"));
        }
        laws.extend(charged_once(&sandbox.transactions(), &found.advances));
        if let Some(law) = laws.into_iter().next() {
            found.violation.get_or_insert(law);
        }
        balance
    }

    /// The laws at the end, when faults have stopped for long.
    pub(crate) fn end(&self, balance: &TrialBalance, stores: &Stores, sandbox: &Sandbox, today: Date) {
        let cash = balance.balance(JournalAccount::ProcessorCash, Currency::EUR).minor();
        let yesterday = today.plus_days(-1).unwrap_or(Date::MIN);
        let theirs = sandbox.cash(yesterday);
        let transactions = sandbox.transactions();
        let found = &mut *lock(&self.0);
        let mut laws = Vec::new();
        if let Some(open) = found.advances.values().find(|it| !it.is_closed()) {
            laws.push(format!("advance {} is closed: {:?} {:?}", open.id(), open.status(), open.calls()));
        }
        for advance in found.advances.values() {
            let figures = advance.figures();
            if figures.overpaid != figures.refunded {
                laws.push(format!("advance {} is refunded what was overpaid", advance.id()));
            }
        }
        if cash != theirs {
            laws.push(format!("our cash at the processor is {cash}, its own ledger has {theirs}"));
        }
        for it in transactions.iter().filter(|it| it.reference.is_none()) {
            let is_known = stores.breaks.all().iter().any(|found| *found.transaction == *it.id.as_str());
            if !is_known {
                laws.push(format!("transaction {} of somebody else is a break", it.id));
            }
        }
        if stores.advances.claims().keys().any(|it| matches!(it, crate::Claim::Slot(_))) {
            laws.push("all slots are released".to_owned());
        }
        for it in &transactions {
            let Some(reference) = &it.reference else { continue };
            let known = found.advances.get(&reference.advance).and_then(|advance| advance.progress(reference.payment));
            let is_same = known.and_then(Progress::transaction) == Some(&it.id);
            if !is_same {
                laws.push(format!("transaction {} is recorded for {reference}", it.id));
            }
        }
        if !laws.is_empty() {
            found.violation.get_or_insert(laws.join("; "));
        }
    }
}

/// What the customer owes.
fn outstanding(advance: &Advance) -> i128 {
    if advance.credited_on().is_none() {
        return 0;
    }
    let figures = advance.figures();
    let is_written_off = advance.written_off.is_some();
    let refused = if is_written_off { 0 } else { figures.refused.minor() };
    [figures.due_later.minor(), figures.in_progress.minor(), refused].into_iter().fold(0, i128::saturating_add)
}

/// No payment is executed twice, and none is executed again for the same purpose unless the one before it is known to
/// have failed, or, for a debit, was without an outcome for the whole window.
fn charged_once(transactions: &[Transaction], advances: &BTreeMap<AdvanceId, Advance>) -> Option<String> {
    let mut purposes: BTreeMap<(&AdvanceId, Payment), Vec<(&Transaction, &Reference)>> = BTreeMap::new();
    for it in transactions {
        let Some(reference) = &it.reference else { continue };
        let Some(advance) = advances.get(&reference.advance) else { continue };
        let purpose = match reference.payment {
            Payment::Credit { .. } => Payment::Credit { attempt: 1 },
            Payment::Debit { instalment } => {
                Payment::Debit { instalment: advance.instalment(instalment).map_or(0, |it| it.part) }
            }
            Payment::Refund { instalment, .. } => Payment::Refund { instalment, attempt: 1 },
        };
        purposes.entry((&reference.advance, purpose)).or_default().push((it, reference));
    }
    for ((id, purpose), mut executed) in purposes {
        executed.sort_by_key(|(it, _)| it.accepted_at);
        for pair in executed.windows(2) {
            let [(before, first), (after, second)] = pair else { continue };
            if first == second {
                return Some(format!("{first} is executed once"));
            }
            let days = before.reported_on.days().saturating_sub(before.line.accepted_on.days());
            let observed = advances.get(id).map_or(0, |it| it.terms().observation_days.cast_signed());
            let was_timed_out = matches!(purpose, Payment::Debit { .. }) && days >= observed;
            let has_failed = before.line.outcome != Outcome::Success && before.reported_on < after.line.accepted_on;
            if !has_failed && !was_timed_out {
                return Some(format!("{id} is charged or credited once for {purpose}: {first} and {second}"));
            }
        }
    }
    None
}
