use std::collections::BTreeMap;
use std::sync::Mutex;

use calendar::Date;
use storage::{Saved, Version};

use super::Rule;
use super::audit::Audit;
use super::clock::Chance;
use super::processor::Sandbox;
use super::tasks::pause;
use crate::ports::{
    AdvanceList, Advances, Append, Appended, Breaks, CallGate, Page, PaymentQueue, PaymentRequest, PortError,
    Processor, ReportSource, Runs,
};
use crate::testing::{FakeAdvances, FakeBreaks, FakeGate, FakePaymentQueue, FakeRuns, lock};
use crate::{
    AdvanceId, Answer, Break, BreakKind, Claim, Event, Fact, Gate, Order, ProcessorRules, Reference, ReferenceKind,
    ReferenceStatus, Report, RunRecord, RunTotals, SeenReports, Status,
};

/// All ports of one task. Before and after the effect of each call the task pauses, and may stop.
pub(crate) struct Ports<'a> {
    pub(crate) stores: &'a Stores,
    pub(crate) sandbox: &'a Sandbox,
    pub(crate) chance: &'a Chance,
    pub(crate) audit: &'a Audit,
    pub(crate) removed: Option<Rule>,
    /// How often a port fails, in thousandths.
    pub(crate) port_errors: u32,
    /// The facts that this task believes to be stored, if the rule of the stored intent is removed.
    pub(crate) unstored: Mutex<BTreeMap<AdvanceId, Vec<Fact>>>,
    pub(crate) calls: Mutex<u32>,
}

/// What the tasks share.
#[derive(Default)]
pub(crate) struct Stores {
    pub(crate) advances: FakeAdvances,
    pub(crate) breaks: FakeBreaks,
    pub(crate) runs: FakeRuns,
    pub(crate) gate: FakeGate,
    pub(crate) queue: FakePaymentQueue,
}

impl Ports<'_> {
    /// A call of a port: it may fail before or after its effect.
    async fn call<T>(&self, call: impl Future<Output = Result<T, PortError>>) -> Result<T, PortError> {
        let error = || PortError::Unavailable("the simulated port", "throttled".into());
        pause().await;
        if self.chance.happens(self.port_errors) {
            return Err(error());
        }
        let result = call.await;
        pause().await;
        if self.chance.happens(self.port_errors) { Err(error()) } else { result }
    }

    fn is_removed(&self, rule: Rule) -> bool {
        self.removed == Some(rule)
    }

    /// What is appended when a rule of the store is removed.
    fn without_rules(&self, append: &Append, stored: usize) -> Option<Append> {
        let mut append = append.clone();
        if self.is_removed(Rule::StoredIntent) {
            let unstored = &mut *lock(&self.unstored);
            if append.facts.iter().all(|it| matches!(it.event, Event::Calling { .. })) {
                unstored.entry(append.advance).or_default().extend(append.facts);
                return None;
            }
            let mut facts = unstored.remove(&append.advance).unwrap_or_default();
            append.expected = append.expected.saturating_sub(u64::try_from(facts.len()).unwrap_or(0));
            facts.append(&mut append.facts);
            append.facts = facts;
            append.claims.release.clear();
        }
        if self.is_removed(Rule::ConditionalAppend) {
            append.expected = u64::try_from(stored).unwrap_or(u64::MAX);
        }
        if self.is_removed(Rule::Slots) {
            append.claims.take.retain(|(claim, _)| !matches!(claim, Claim::Slot(_)));
        }
        Some(append)
    }
}

impl Advances for Ports<'_> {
    async fn load(&self, id: &AdvanceId) -> Result<Vec<Fact>, PortError> {
        let mut facts = self.call(self.stores.advances.load(id)).await?;
        facts.extend(lock(&self.unstored).get(id).into_iter().flatten().cloned());
        Ok(facts)
    }

    async fn append(&self, append: &Append) -> Result<Appended, PortError> {
        let stored = self.stores.advances.load(&append.advance).await?.len();
        let Some(append) = self.without_rules(append, stored) else { return Ok(Appended::Stored) };
        self.call(async {
            let appended = self.stores.advances.append(&append).await?;
            if appended == Appended::Stored {
                self.audit.appended(&append.advance, &self.stores.advances.load(&append.advance).await?);
            }
            Ok(appended)
        })
        .await
    }

    async fn holder(&self, claim: &Claim) -> Result<Option<Reference>, PortError> {
        let holder = self.call(self.stores.advances.holder(claim)).await?;
        if holder.is_none()
            && self.is_removed(Rule::Slots)
            && let Claim::Slot(slot) = claim
        {
            return Ok(self.audit.unanswered(slot));
        }
        Ok(holder)
    }
}

impl AdvanceList for Ports<'_> {
    async fn work(&self, date: Date, cursor: Option<&str>, limit: usize) -> Result<Page<AdvanceId>, PortError> {
        // Short pages, so that a run has several.
        self.call(self.stores.advances.work(date, cursor, limit.min(4))).await
    }

    async fn list(
        &self,
        customer: Option<&str>,
        status: Option<Status>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<AdvanceId>, PortError> {
        self.call(self.stores.advances.list(customer, status, cursor, limit)).await
    }
}

impl Processor for Ports<'_> {
    fn rules(&self) -> ProcessorRules {
        let rules = self.sandbox.rules();
        let endless = ReferenceKind::Recognised { dedupe: std::time::Duration::from_hours(1000 * 24) };
        let is_lie = match rules.references {
            ReferenceKind::Recognised { .. } => self.is_removed(Rule::DedupeWindow),
            ReferenceKind::None => self.is_removed(Rule::NoReferencesNoSecondCall),
        };
        ProcessorRules { references: if is_lie { endless } else { rules.references }, ..rules }
    }

    async fn perform(&self, order: &Order) -> Answer {
        let reference = if self.is_removed(Rule::OneReference) {
            let mut calls = lock(&self.calls);
            *calls = calls.saturating_add(1);
            format!("{}-{}-{calls}", order.reference, self.audit.number())
        } else {
            order.reference.to_string()
        };
        pause().await;
        self.audit.called();
        let answer = self.sandbox.perform(order, &reference);
        pause().await;
        match answer {
            Answer::Unknown(reason) if self.is_removed(Rule::UnknownIsNotFailure) => Answer::Refused(reason),
            answer => answer,
        }
    }

    async fn status(&self, reference: &Reference) -> Result<ReferenceStatus, PortError> {
        let unavailable = || PortError::Unavailable("the processor", "503".into());
        self.call(async { self.sandbox.status(reference).ok_or_else(unavailable) }).await
    }
}

impl ReportSource for Ports<'_> {
    async fn report(&self, day: Date) -> Result<Option<Report>, PortError> {
        let report = self.call(async { Ok(self.sandbox.report(day)) }).await?;
        if self.is_removed(Rule::ReportsDecide) {
            return Ok(None);
        }
        if self.is_removed(Rule::SeenReports) {
            let none = Report { day, complete: true, final_as_of: Date::MIN, lines: Vec::new() };
            return Ok(Some(report.unwrap_or(none)));
        }
        Ok(report.map(|it| Report {
            complete: it.complete || self.is_removed(Rule::CompleteReports),
            final_as_of: if self.is_removed(Rule::FinalReports) { it.day } else { it.final_as_of },
            ..it
        }))
    }
}

impl PaymentQueue for Ports<'_> {
    async fn send(&self, requests: &[PaymentRequest]) -> Result<(), PortError> {
        self.call(self.stores.queue.send(requests)).await
    }
}

impl Breaks for Ports<'_> {
    async fn open(&self, found: &Break) -> Result<(), PortError> {
        self.call(self.stores.breaks.open(found)).await
    }

    async fn close(&self, closed: &Break) -> Result<Saved, PortError> {
        self.call(self.stores.breaks.close(closed)).await
    }

    async fn load(&self, id: &str) -> Result<Option<Break>, PortError> {
        self.call(self.stores.breaks.load(id)).await
    }

    async fn list(
        &self,
        kind: Option<BreakKind>,
        closed: Option<bool>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Break>, PortError> {
        self.call(self.stores.breaks.list(kind, closed, cursor, limit)).await
    }
}

impl Runs for Ports<'_> {
    async fn load(&self, date: Date) -> Result<Option<RunRecord>, PortError> {
        self.call(self.stores.runs.load(date)).await
    }

    async fn save(&self, run: &RunRecord) -> Result<Saved, PortError> {
        self.call(self.stores.runs.save(run)).await
    }

    async fn latest(&self) -> Result<Option<Date>, PortError> {
        self.call(self.stores.runs.latest()).await
    }

    async fn totals_before(&self, date: Date, limit: usize) -> Result<Vec<RunTotals>, PortError> {
        self.call(self.stores.runs.totals_before(date, limit)).await
    }

    async fn seen(&self) -> Result<Option<(SeenReports, Version)>, PortError> {
        self.call(self.stores.runs.seen()).await
    }

    async fn save_seen(&self, seen: &SeenReports, expected: Version) -> Result<Saved, PortError> {
        self.call(self.stores.runs.save_seen(seen, expected)).await
    }
}

impl CallGate for Ports<'_> {
    async fn load(&self) -> Result<Gate, PortError> {
        let gate = self.call(self.stores.gate.load()).await?;
        Ok(if self.is_removed(Rule::StopSwitch) { Gate { stopped: None, ..gate } } else { gate })
    }

    async fn save(&self, gate: &Gate) -> Result<Saved, PortError> {
        self.call(self.stores.gate.save(gate)).await
    }
}
