//! The part of `audit` about advances: facts fit together, figures add up, the journal balances. A finding stops all
//! payments.

use std::collections::BTreeSet;

use ::advances::ports::{AdvanceList, Advances, Breaks, CallGate};
use ::advances::{Advance, AdvanceId, Fact, Gate, TrialBalance, change_gate, journal};
use anyhow::Result;
use calendar::Moment;
use serde::Serialize;

use super::all;
use crate::table::counted;

/// The number of breaks on a page.
const PAGE: usize = 100;

/// The result.
#[derive(Serialize, Debug, PartialEq, Eq, Default)]
pub(crate) struct AuditedAdvances {
    advances: u64,
    facts: u64,
    findings: Vec<AdvanceFinding>,
}

#[derive(Serialize, Debug, PartialEq, Eq)]
struct AdvanceFinding {
    advance: Option<AdvanceId>,
    finding: String,
}

impl AuditedAdvances {
    /// Whether there is nothing to report.
    pub(crate) fn is_healthy(&self) -> bool {
        self.findings.is_empty()
    }

    /// The text output; empty without advances.
    pub(crate) fn render(&self) -> String {
        if self.advances == 0 {
            return String::new();
        }
        let (advances, facts) = (counted(self.advances, "advance", "advances"), counted(self.facts, "fact", "facts"));
        let mut text = format!("\n{advances}, {facts}: ");
        if self.findings.is_empty() {
            text.push_str("figures and journal add up");
        }
        for it in &self.findings {
            let subject = it.advance.as_ref().map_or_else(|| "all advances".to_owned(), |id| format!("advance {id}"));
            text.push_str(&format!("\n{subject}: {}", it.finding));
        }
        text
    }
}

/// What an audit reads, and stops.
pub(crate) trait Lending: Advances + AdvanceList + Breaks + CallGate {}

impl<T: Advances + AdvanceList + Breaks + CallGate> Lending for T {}

/// Audits all advances and breaks.
pub(crate) async fn audit<T: Lending>(store: &T) -> Result<AuditedAdvances> {
    let all = all::facts(store).await?;
    let mut balance = TrialBalance::default();
    let mut audited = AuditedAdvances::default();
    for (id, facts) in &all {
        audited.advances = audited.advances.saturating_add(1);
        audited.facts = audited.facts.saturating_add(u64::try_from(facts.len())?);
        if let Err(finding) = examine(facts, &mut balance) {
            audited.findings.push(AdvanceFinding { advance: Some(id.clone()), finding });
        }
    }
    let mut cursor = None;
    loop {
        let page = Breaks::list(store, None, None, cursor.as_deref(), PAGE).await?;
        page.items.iter().flat_map(::advances::Break::journal).for_each(|it| balance.add(&it));
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    for currency in balance.currencies().into_iter().collect::<BTreeSet<_>>() {
        let total = balance.total(currency);
        if total.minor() != 0 {
            let finding = format!("the journal does not balance: {}", total.grouped_with_currency());
            audited.findings.push(AdvanceFinding { advance: None, finding });
        }
    }
    Ok(audited)
}

fn examine(facts: &[Fact], balance: &mut TrialBalance) -> Result<(), String> {
    let advance = Advance::fold(facts).map_err(|error| format!("{error:#}"))?;
    advance.check().map_err(|error| error.to_string())?;
    journal(facts).map_err(|error| error.to_string())?.iter().for_each(|it| balance.add(it));
    Ok(())
}

/// Stops all payments: figures that do not add up are no reason to move money.
pub(crate) async fn stop<G: CallGate>(gate: &G, now: Moment) -> Result<()> {
    let reason = "`millrace audit` has findings";
    Ok(change_gate(gate, |it: &Gate| it.stop(now, "millrace audit", reason)).await?)
}
