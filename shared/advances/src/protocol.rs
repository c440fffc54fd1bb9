use std::time::Duration;

use calendar::Moment;

use crate::{Advance, Calls, Direction, Event, Evidence, Fact, Payment, Progress, Reference, TransactionId};

/// Whether and how a processor recognises the references of payments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReferenceKind {
    /// A reference that is repeated within this time of its first call is answered like the first one and executed once.
    /// After that time it may be executed again.
    Recognised {
        /// The window.
        dedupe: Duration,
    },
    /// It knows no references: no payment is called twice, and only a report shows what an unanswered call has done.
    None,
}

/// What the processor guarantees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProcessorRules {
    /// Whether it recognises references.
    pub references: ReferenceKind,
    /// A call has no effect later than this after its intent was stored: the life of a worker, the time-out of a call,
    /// delays in the network and inside the processor, and the differences of clocks together. Rather too long: it only
    /// delays the decision that a payment was not made.
    pub landing: Duration,
    /// The life of a worker, from reading the facts to recording the answer: until then another one does not interfere.
    pub lease: Duration,
}

impl ProcessorRules {
    /// The rules for workers that live for half a minute, and a processor that executes nothing later than an hour after
    /// a call. It recognises a repeated reference for `dedupe`; zero: never.
    pub fn new(dedupe: Duration) -> Self {
        let references = if dedupe.is_zero() { ReferenceKind::None } else { ReferenceKind::Recognised { dedupe } };
        Self { references, landing: Duration::from_hours(1), lease: Duration::from_mins(1) }
    }

    /// The last moment at which one of `calls` can have an effect.
    pub fn lands_until(&self, calls: &Calls) -> Moment {
        calls.last_at.plus(self.landing)
    }
}

/// The next step of a worker for one payment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Append this intent; if it is stored, and only then, call the processor once with its order, and record the
    /// answer with [`Advance::on_answer`].
    Call(Fact),
    /// The worker of the last call is lost. Append this fact and continue.
    Lost(Fact),
    /// Request the status of this reference and record it with [`Advance::on_status`].
    Resolve(Reference),
    /// Another worker may be calling: come again after this time.
    WaitFor(Duration),
    /// Only a report can show whether the payment was made.
    WaitForReport,
    /// There is nothing to do.
    Nothing,
}

/// The processor's answer to a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It has accepted the payment; the outcome is in a later report.
    Taken(TransactionId),
    /// It has not accepted the payment and will not. Only an answer that is documented as final.
    Refused(Box<str>),
    /// Everything else: no answer, an undocumented one, a server error.
    Unknown(Box<str>),
}

/// The processor's answer about a reference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReferenceStatus {
    /// It has accepted the payment.
    Known(TransactionId),
    /// It has not accepted the payment until `as_of`, by its own clock.
    NotKnown {
        /// When.
        as_of: Moment,
    },
}

impl Advance {
    /// The next step for `payment` at `now`.
    ///
    /// INTENT → CALL → taken | refused | unknown → resolve. A call is preceded by its stored intent. The
    /// intent has the next number: of two workers only one can store it.
    pub fn next_step(&self, payment: Payment, rules: &ProcessorRules, now: Moment) -> Step {
        let Some(progress) = self.progress(payment).filter(|_| self.ended.is_none()) else { return Step::Nothing };
        match progress {
            Progress::Due if !self.is_needed(payment) => Step::Nothing,
            Progress::Due => self.call(payment, 1, now),
            Progress::Sending(calls) => {
                let left = rules.lease.saturating_sub(now.since(calls.last_at));
                if !left.is_zero() {
                    return Step::WaitFor(left);
                }
                let reason = "the worker has stopped before it recorded an answer".into();
                Step::Lost(Fact { at: now, event: Event::Unanswered { payment, reason } })
            }
            Progress::Unknown(calls) => match rules.references {
                ReferenceKind::None => Step::WaitForReport,
                ReferenceKind::Recognised { dedupe } => {
                    // The whole call has to end within the window, whatever happens to it.
                    let ends = now.max(calls.last_at).plus(rules.landing);
                    if ends.since(calls.first_at) < dedupe {
                        self.call(payment, calls.count.saturating_add(1), now)
                    } else {
                        Step::Resolve(Reference { advance: self.id.clone(), payment })
                    }
                }
            },
            _ => Step::Nothing,
        }
    }

    /// Whether nothing else has paid for it: a report may have shown so since it was made due, and the run that cancels it
    /// may not have come yet.
    fn is_needed(&self, payment: Payment) -> bool {
        let Payment::Debit { instalment } = payment else { return true };
        self.instalment(instalment).is_some_and(|it| self.is_unpaid(it.part))
    }

    fn call(&self, payment: Payment, call: u32, now: Moment) -> Step {
        self.order(payment)
            .map_or(Step::Nothing, |order| Step::Call(Fact { at: now, event: Event::Calling { payment, call, order } }))
    }

    /// The fact that an answer adds; `None` if it adds nothing to what is known.
    ///
    /// The advance may have changed since the call: another worker, or a report, may have been faster.
    pub fn on_answer(&self, payment: Payment, answer: &Answer, now: Moment) -> Option<Fact> {
        let progress = self.progress(payment)?;
        let is_unanswered = progress.is_unanswered();
        let only_call = |calls: &Calls| calls.count == 1;
        let event = match (answer, progress) {
            (Answer::Taken(transaction), _) if is_unanswered => {
                Event::Taken { payment, transaction: transaction.clone() }
            }
            (Answer::Refused(reason), Progress::Sending(calls) | Progress::Unknown(calls)) if only_call(calls) => {
                Event::Refused { payment, reason: reason.clone() }
            }
            // Another call of the same payment may have been accepted.
            (Answer::Refused(reason) | Answer::Unknown(reason), Progress::Sending(_)) => {
                Event::Unanswered { payment, reason: reason.clone() }
            }
            _ => return None,
        };
        Some(Fact { at: now, event })
    }

    /// The fact that the status of an unknown payment adds; `None` if it is not conclusive yet.
    pub fn on_status(
        &self,
        payment: Payment,
        status: &ReferenceStatus,
        rules: &ProcessorRules,
        now: Moment,
    ) -> Option<Fact> {
        let Progress::Unknown(calls) = self.progress(payment)? else { return None };
        let event = match status {
            ReferenceStatus::Known(transaction) => Event::Taken { payment, transaction: transaction.clone() },
            ReferenceStatus::NotKnown { as_of } if *as_of > rules.lands_until(calls) => {
                Event::NotExecuted { payment, evidence: Evidence::Status(*as_of) }
            }
            ReferenceStatus::NotKnown { .. } => return None,
        };
        Some(Fact { at: now, event })
    }

    /// The claims that `facts`, which are the next ones, take and release in the same transaction.
    pub fn claims(&self, facts: &[Fact]) -> Claims {
        let mut claims = Claims::default();
        for fact in facts {
            let (payment, transaction) = match &fact.event {
                Event::Calling { payment, call: 1, .. } => {
                    claims.take.extend(self.slot(*payment).map(|slot| (Claim::Slot(slot), *payment)));
                    continue;
                }
                Event::Taken { payment, transaction }
                | Event::Succeeded { payment, transaction }
                | Event::Failed { payment, transaction, .. } => (*payment, Some(transaction)),
                Event::Refused { payment, .. } | Event::NotExecuted { payment, .. } => (*payment, None),
                _ => continue,
            };
            if self.progress(payment).is_some_and(Progress::is_unanswered) {
                claims.release.extend(self.slot(payment).map(Claim::Slot));
                claims.take.extend(transaction.map(|it| (Claim::Transaction(it.clone()), payment)));
            }
        }
        claims
    }

    fn slot(&self, payment: Payment) -> Option<Slot> {
        let amount = self.amount_of(payment)?;
        Some(Slot { account: self.account.clone(), direction: payment.direction(), amount })
    }
}

/// Items that are unique over all advances. Each is put if absent, in the transaction of the facts.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Claims {
    /// With their payments.
    pub take: Vec<(Claim, Payment)>,
    /// Deleted again.
    pub release: Vec<Claim>,
}

/// One unique item.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Claim {
    /// `TX#<id>`: a transaction of the processor belongs to one payment, for ever.
    Transaction(TransactionId),
    /// `SLOT#<account>#<direction>#<amount>`: only one call of this content is without an answer at a time, so the line
    /// of a report belongs to it even without a reference.
    Slot(Slot),
}

/// The content of a call.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Slot {
    /// The customer's account.
    pub account: banking::AccountNumber,
    /// The direction.
    pub direction: Direction,
    /// How much.
    pub amount: money::Money,
}
