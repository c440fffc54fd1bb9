use customers::Customers;
use imports::{Batches, Downloads, ImportList, Imports, Rates};
use ledger::Books;
use mail::outbox::Summaries;

use crate::ServeCustomers;

/// All ports of the API as one parameter.
pub trait Ports: Send + Sync + 'static {
    /// The register.
    type Customers: Customers + Send + Sync;
    /// The books.
    type Books: Books + Send + Sync;
    /// The record of imports, and the rates they brought.
    type Imports: Imports + ImportList + Batches + Rates + Send + Sync;
    /// The records of summaries.
    type Summaries: Summaries + Send + Sync;
    /// What signs links.
    type Downloads: Downloads + Send + Sync;

    /// The register.
    fn customers(&self) -> &Self::Customers;
    /// The books.
    fn books(&self) -> &Self::Books;
    /// The record of imports, and the rates they brought.
    fn imports(&self) -> &Self::Imports;
    /// The records of summaries.
    fn summaries(&self) -> &Self::Summaries;
    /// What signs links.
    fn downloads(&self) -> &Self::Downloads;
    /// The client of the user pool whose access tokens are taken.
    fn client_id(&self) -> &str;
}

impl<C, B, I, S, D> Ports for ServeCustomers<C, B, I, S, D>
where
    C: Customers + Send + Sync + 'static,
    B: Books + Send + Sync + 'static,
    I: Imports + ImportList + Batches + Rates + Send + Sync + 'static,
    S: Summaries + Send + Sync + 'static,
    D: Downloads + Send + Sync + 'static,
{
    type Customers = C;
    type Books = B;
    type Imports = I;
    type Summaries = S;
    type Downloads = D;

    fn customers(&self) -> &C {
        &self.customers
    }

    fn books(&self) -> &B {
        &self.books
    }

    fn imports(&self) -> &I {
        &self.imports
    }

    fn summaries(&self) -> &S {
        &self.summaries
    }

    fn downloads(&self) -> &D {
        &self.downloads
    }

    fn client_id(&self) -> &str {
        &self.client_id
    }
}
