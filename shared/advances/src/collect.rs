use std::time::Duration;

use calendar::{Clock, Moment};

use storage::Saved;

use crate::append::{AppendError, append, load};
use crate::ports::{Advances, Appended, CallGate, PortError, Processor};
use crate::{Advance, Answer, Fact, Gate, ProcessorRules, Reference, Step};

/// How often a worker repeats what others interfere with.
const MAX_CONFLICTS: u32 = 20;

/// The work of one delivery of a [`PaymentRequest`](crate::ports::PaymentRequest): makes or resolves one payment.
#[derive(Clone, Copy, Debug)]
pub struct Collect<'a, A, P, G, C> {
    /// The facts.
    pub advances: &'a A,
    /// The processor.
    pub processor: &'a P,
    /// The stop switch.
    pub gate: &'a G,
    /// The worker's clock.
    pub clock: &'a C,
}

/// The result of a delivery.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Collected {
    /// The processor has answered a call or a request for the status; the answer is recorded.
    Recorded,
    /// There is nothing to do, or only a report can show more. The daily run requests the payment again if needed.
    Nothing,
    /// Another worker may be calling: deliver again after this time.
    WaitFor(Duration),
    /// Another payment of the same content is without an answer. The daily run requests this one again.
    Held,
    /// The gate is closed. The daily run requests the payment again.
    Stopped,
}

impl<A: Advances, P: Processor, G: CallGate, C: Clock> Collect<'_, A, P, G, C> {
    /// Does the next step for one payment. The processor is called at most once.
    pub async fn collect(&self, payment: &Reference) -> Result<Collected, AppendError> {
        let rules = self.processor.rules();
        for _ in 0..MAX_CONFLICTS {
            let Some(advance) = load(self.advances, &payment.advance).await? else { return Ok(Collected::Nothing) };
            match advance.next_step(payment.payment, &rules, self.clock.now()) {
                Step::Nothing | Step::WaitForReport => return Ok(Collected::Nothing),
                Step::WaitFor(time) => return Ok(Collected::WaitFor(time)),
                Step::Lost(fact) => drop(append(self.advances, &advance, vec![fact]).await?),
                Step::Resolve(_) => return self.resolve(&advance, payment, &rules).await,
                Step::Call(intent) => {
                    if self.gate.load().await?.stopped.is_some() {
                        return Ok(Collected::Stopped);
                    }
                    match append(self.advances, &advance, vec![intent]).await? {
                        (Appended::Stored, called) => return self.call(&called, payment).await,
                        (Appended::Conflict, _) => {}
                        (Appended::Held(_), _) => return Ok(Collected::Held),
                    }
                }
            }
        }
        Err(AppendError::Busy(payment.advance.clone()))
    }

    /// Calls the processor. The intent is stored.
    async fn call(&self, advance: &Advance, payment: &Reference) -> Result<Collected, AppendError> {
        let Some(order) = advance.order(payment.payment) else { return Ok(Collected::Nothing) };
        let answer = self.processor.perform(&order).await;
        self.record(advance, payment, |it, now| it.on_answer(payment.payment, &answer, now)).await?;
        let is_unknown = matches!(answer, Answer::Unknown(_));
        change_gate(self.gate, |gate| gate.after_call(is_unknown, self.clock.now())).await?;
        Ok(Collected::Recorded)
    }

    async fn resolve(
        &self,
        advance: &Advance,
        payment: &Reference,
        rules: &ProcessorRules,
    ) -> Result<Collected, AppendError> {
        let status = self.processor.status(payment).await?;
        self.record(advance, payment, |it, now| it.on_status(payment.payment, &status, rules, now)).await?;
        Ok(Collected::Recorded)
    }

    /// Records what is known now, whatever others have recorded in between.
    async fn record(
        &self,
        advance: &Advance,
        payment: &Reference,
        fact: impl Fn(&Advance, Moment) -> Option<Fact>,
    ) -> Result<(), AppendError> {
        let mut advance = advance.clone();
        for _ in 0..MAX_CONFLICTS {
            let Some(fact) = fact(&advance, self.clock.now()) else { return Ok(()) };
            match append(self.advances, &advance, vec![fact]).await? {
                (Appended::Stored, _) => return Ok(()),
                (Appended::Held(_), _) => return Err(AppendError::Held(payment.advance.clone())),
                (Appended::Conflict, _) => {}
            }
            let Some(latest) = load(self.advances, &payment.advance).await? else { return Ok(()) };
            advance = latest;
        }
        Err(AppendError::Busy(payment.advance.clone()))
    }
}

/// How often a change of the gate is tried: after each call its worker changes it, too.
const MAX_GATE_CONFLICTS: u32 = 300;

/// Changes the gate, again if others have changed it in between. After many conflicts it is an error: who stops the calls
/// has to know that they continue.
pub async fn change_gate<G: CallGate>(gate: &G, change: impl Fn(&Gate) -> Gate) -> Result<(), PortError> {
    for _ in 0..MAX_GATE_CONFLICTS {
        let loaded = gate.load().await?;
        let changed = change(&loaded);
        if changed == loaded || gate.save(&changed).await? != Saved::Conflict {
            return Ok(());
        }
    }
    Err(PortError::Unavailable("the gate of calls", "others keep changing it".into()))
}
