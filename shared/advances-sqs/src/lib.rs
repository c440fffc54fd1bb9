//! The queues of payments and of runs.

use advances::ports::{PaymentQueue, PaymentRequest, PortError, RunQueue, RunRequest};
use aws_sdk_sqs::Client;
use sqs::{Queue, SendError};

/// The queue of payments in SQS.
#[derive(Clone, Debug)]
pub struct SqsPaymentQueue(Queue);

impl SqsPaymentQueue {
    /// The queue at this URL.
    pub fn new(client: Client, queue_url: impl Into<String>) -> Self {
        Self(Queue::new(client, queue_url))
    }
}

impl PaymentQueue for SqsPaymentQueue {
    async fn send(&self, requests: &[PaymentRequest]) -> Result<(), PortError> {
        self.0.send(requests).await.map_err(failed)
    }
}

/// The queue of runs in SQS.
#[derive(Clone, Debug)]
pub struct SqsRunQueue(Queue);

impl SqsRunQueue {
    /// The queue at this URL.
    pub fn new(client: Client, queue_url: impl Into<String>) -> Self {
        Self(Queue::new(client, queue_url))
    }
}

impl RunQueue for SqsRunQueue {
    async fn send(&self, request: RunRequest) -> Result<(), PortError> {
        self.0.send(&[request]).await.map_err(failed)
    }
}

fn failed(error: SendError) -> PortError {
    PortError::Unavailable("a queue of advances", error.into())
}
