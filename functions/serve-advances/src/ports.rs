use advances::ports::{AdvanceList, Advances, Breaks, CallGate, PaymentQueue, RunQueue, Runs};
use api_kit::{AcceptedClients, Clients};
use calendar::{Clock, Moment};
use customers::Customers;

use crate::ServeAdvances;

/// All ports of the API as one parameter.
pub trait Ports: AcceptedClients + Send + Sync + 'static {
    /// The facts and the lists of advances.
    type Advances: Advances + AdvanceList + Send + Sync;
    /// The breaks.
    type Breaks: Breaks + Send + Sync;
    /// The runs.
    type Runs: Runs + Send + Sync;
    /// The gate of calls.
    type Gate: CallGate + Send + Sync;
    /// The register.
    type Customers: Customers + Send + Sync;
    /// The queue of payments.
    type Payments: PaymentQueue + Send + Sync;
    /// The queue of runs.
    type RunRequests: RunQueue + Send + Sync;

    /// The facts and the lists of advances.
    fn advances(&self) -> &Self::Advances;
    /// The breaks.
    fn breaks(&self) -> &Self::Breaks;
    /// The runs.
    fn runs(&self) -> &Self::Runs;
    /// The gate of calls.
    fn gate(&self) -> &Self::Gate;
    /// The register.
    fn customers(&self) -> &Self::Customers;
    /// The queue of payments.
    fn payments(&self) -> &Self::Payments;
    /// The queue of runs.
    fn run_requests(&self) -> &Self::RunRequests;
    /// The time now.
    fn now(&self) -> Moment;
}

impl<A, B, U, G, R, P, Q, T> Ports for ServeAdvances<A, B, U, G, R, P, Q, T>
where
    A: Advances + AdvanceList + Send + Sync + 'static,
    B: Breaks + Send + Sync + 'static,
    U: Runs + Send + Sync + 'static,
    G: CallGate + Send + Sync + 'static,
    R: Customers + Send + Sync + 'static,
    P: PaymentQueue + Send + Sync + 'static,
    Q: RunQueue + Send + Sync + 'static,
    T: Clock + Send + Sync + 'static,
{
    type Advances = A;
    type Breaks = B;
    type Runs = U;
    type Gate = G;
    type Customers = R;
    type Payments = P;
    type RunRequests = Q;

    fn advances(&self) -> &A {
        &self.advances
    }

    fn breaks(&self) -> &B {
        &self.breaks
    }

    fn runs(&self) -> &U {
        &self.runs
    }

    fn gate(&self) -> &G {
        &self.gate
    }

    fn customers(&self) -> &R {
        &self.customers
    }

    fn payments(&self) -> &P {
        &self.payments
    }

    fn run_requests(&self) -> &Q {
        &self.run_requests
    }

    fn now(&self) -> Moment {
        self.clock.now()
    }
}

impl<A, B, U, G, R, P, Q, T> AcceptedClients for ServeAdvances<A, B, U, G, R, P, Q, T> {
    fn clients(&self) -> &Clients {
        &self.clients
    }
}
