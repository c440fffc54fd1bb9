//! The HTTP client for the payment processor. Its contract is `docs/processor-openapi.json`.
//!
//! A call that moves money is sent once, on a new connection. Only two answers are final: 201 that repeats the order, and
//! 422 of the type `transaction-refused`; after any other the payment may have been made.

mod answers;
mod documents;
mod report;

use std::time::Duration;

use advances::ports::{PortError, Processor, ReportSource};
use advances::{Answer, Order, ProcessorRules, Reference, ReferenceKind, ReferenceStatus, Report};
use banking::AccountNumber;
use calendar::Date;
use http_client::{CallError, CallLimits, Connections, HttpAnswer, HttpClient, NoSecrets, Secrets};

use crate::answers::BadAnswer;
use crate::documents::OrderDocument;

pub use http_client::AddressError;

/// The maximum size of an answer in bytes: a report of a quarter of a million lines.
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;
const PROCESSOR: &str = "the payment processor";

/// The payment processor at an address.
#[derive(Clone, Debug)]
pub struct HttpProcessor<S = NoSecrets> {
    http: HttpClient<S>,
    account: AccountNumber,
    rules: ProcessorRules,
}

impl HttpProcessor {
    /// A client for `address`; each call ends within `time_out`.
    ///
    /// `account` is our own account with the processor, the other side of all payments. With
    /// [`ReferenceKind::None`] the processor gets no references.
    pub fn new(
        address: &str,
        time_out: Duration,
        account: AccountNumber,
        rules: ProcessorRules,
    ) -> Result<Self, AddressError> {
        let limits = CallLimits { time_out, max_body_bytes: MAX_BODY_BYTES, connections: Connections::New };
        Ok(Self { http: HttpClient::new(address, limits)?, account, rules })
    }
}

impl<S> HttpProcessor<S> {
    /// The same client with the credentials of `secrets`; `None` if the processor requires none.
    pub fn with_secrets<T: Secrets>(self, secrets: Option<T>) -> HttpProcessor<T> {
        let Self { http, account, rules } = self;
        HttpProcessor { http: http.with_secrets(secrets), account, rules }
    }
}

impl<S: Secrets + Sync> Processor for HttpProcessor<S> {
    fn rules(&self) -> ProcessorRules {
        self.rules
    }

    async fn perform(&self, order: &Order) -> Answer {
        let with_reference = self.rules.references != ReferenceKind::None;
        let document = OrderDocument::of(order, &self.account, with_reference);
        let Ok(json) = serde_json::to_string(&document) else { return Answer::Unknown("the order is not JSON".into()) };
        match self.http.post("/transactions", json).await {
            Ok(answer) => answers::to_order(&document, answer),
            Err(error) => Answer::Unknown(error.to_string().into()),
        }
    }

    async fn status(&self, reference: &Reference) -> Result<ReferenceStatus, PortError> {
        let answer = self.get(&format!("/transactions/{reference}")).await?;
        answers::about_reference(reference, answer).map_err(failed)
    }
}

impl<S: Secrets + Sync> ReportSource for HttpProcessor<S> {
    async fn report(&self, day: Date) -> Result<Option<Report>, PortError> {
        let answer = self.get(&format!("/reports/{day}")).await?;
        report::of_day(day, &self.account, answer).map_err(failed)
    }
}

impl<S: Secrets> HttpProcessor<S> {
    async fn get(&self, path: &str) -> Result<HttpAnswer, PortError> {
        self.http.get(path).await.map_err(|error| match error {
            CallError::Credentials(error) => PortError::Broken("the payment processor's secret", error.into()),
            error => PortError::Unavailable(PROCESSOR, error.into()),
        })
    }
}

/// A complete answer that is not as documented will be the same again: an operator must look.
fn failed(error: BadAnswer) -> PortError {
    match error {
        BadAnswer::Undocumented(_) => PortError::Broken("the payment processor's answer", error.into()),
        error => PortError::Unavailable(PROCESSOR, error.into()),
    }
}
