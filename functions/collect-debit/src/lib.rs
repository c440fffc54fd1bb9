//! Makes or resolves one payment: `advances::Collect` decides and calls, this translates its result for the queue.

mod config;

use advances::ports::{Advances, CallGate, PaymentRequest, Processor};
use advances::{AppendError, Collect, Collected, Reference};
use calendar::Clock;
use lambda_kit::batch::MessageError;
use lambda_kit::{Failure, Severity};

pub use config::Config;

/// Makes payments.
pub struct CollectDebit<A, G, P, C> {
    /// The advances.
    pub advances: A,
    /// The gate of calls.
    pub gate: G,
    /// The processor.
    pub processor: P,
    /// The clock, for the times of calls and the lease of a worker.
    pub clock: C,
}

/// Why a payment has to be looked at again. A retry is always safe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectDebitError {
    /// The message is unreadable.
    #[error("cannot read the request of a payment")]
    Message(#[from] MessageError),
    /// An unknown version of the message.
    #[error("unknown version {0} of a request")]
    UnknownVersion(u32),
    /// Another worker may be calling.
    #[error("another worker may be calling the processor for payment {0}")]
    InProgress(Reference),
    /// The advance cannot be read or changed.
    #[error("cannot make payment {0}")]
    Append(Reference, #[source] AppendError),
}

impl Failure for CollectDebitError {
    fn severity(&self) -> Severity {
        match self {
            Self::InProgress(_) | Self::Append(_, AppendError::Busy(_)) => Severity::Warn,
            _ => Severity::Error,
        }
    }
}

impl<A, G, P, C> CollectDebit<A, G, P, C>
where
    A: Advances,
    G: CallGate,
    P: Processor,
    C: Clock,
{
    /// Does the next step for the requested payment. The processor is called at most once.
    #[tracing::instrument(skip_all, fields(payment = %request.payment))]
    pub async fn handle(&self, request: PaymentRequest) -> Result<Collected, CollectDebitError> {
        if request.v != PaymentRequest::VERSION {
            return Err(CollectDebitError::UnknownVersion(request.v));
        }
        let payment = request.payment;
        let collect =
            Collect { advances: &self.advances, processor: &self.processor, gate: &self.gate, clock: &self.clock };
        let collected = collect.collect(&payment).await.map_err(|error| failed(payment.clone(), error))?;
        match collected {
            Collected::WaitFor(_) => return Err(CollectDebitError::InProgress(payment)),
            Collected::Stopped => tracing::warn!(calls_stopped = 1, "all calls are stopped"),
            Collected::Recorded | Collected::Nothing | Collected::Held => tracing::info!(?collected, "a step is done"),
        }
        Ok(collected)
    }
}

fn failed(payment: Reference, error: AppendError) -> CollectDebitError {
    if let AppendError::Broken(advance, _) = &error {
        tracing::error!(invariants_failed = 1, advance.id = %advance, "an advance does not add up");
    }
    CollectDebitError::Append(payment, error)
}
