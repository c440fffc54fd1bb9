use api_kit::{AcceptedClients, Clients};
use calendar::{Clock, Moment};
use customers::{Customers, MailChoices};
use feeds::FeedLog;
use imports::{Batches, Downloads, ImportList, Imports, Rates};
use ledger::{Books, EntryBudget};
use mail::UnsubscribeKeys;
use mail::outbox::Summaries;
use treasury::{Limits, Queries};

use crate::ServeCustomers;

/// All ports of the API as one parameter.
pub trait Ports: AcceptedClients + Send + Sync + 'static {
    /// The register.
    type Customers: Customers + MailChoices + Send + Sync;
    /// The books.
    type Books: Books + Send + Sync;
    /// The records of imports and of exchange rates.
    type Imports: Imports + ImportList + Batches + Rates + Send + Sync;
    /// The records of summaries.
    type Summaries: Summaries + Send + Sync;
    /// The signer of links.
    type Downloads: Downloads + Send + Sync;
    /// The record of feeds.
    type Feeds: FeedLog + Send + Sync;
    /// The key of the unsubscribe links.
    type UnsubscribeKeys: UnsubscribeKeys + Send + Sync;

    /// The register.
    fn customers(&self) -> &Self::Customers;
    /// The books.
    fn books(&self) -> &Self::Books;
    /// The records of imports and of exchange rates.
    fn imports(&self) -> &Self::Imports;
    /// The records of summaries.
    fn summaries(&self) -> &Self::Summaries;
    /// The signer of links.
    fn downloads(&self) -> &Self::Downloads;
    /// The record of feeds.
    fn feeds(&self) -> &Self::Feeds;
    /// The key of the unsubscribe links.
    fn unsubscribe_keys(&self) -> &Self::UnsubscribeKeys;
    /// The maximum number of entries that one request may decode.
    fn entry_budget(&self) -> EntryBudget;
    /// The time now.
    fn now(&self) -> Moment;

    /// The queries of one request.
    fn queries(&self) -> Queries<'_, Self::Books, Self::Imports> {
        Queries { books: self.books(), rates: self.imports(), budget: self.entry_budget(), limits: LIMITS }
    }
}

/// The limits of one request, because of the function's time-out: a portfolio needs up to 80 reads of the register, and
/// one of each account.
const LIMITS: Limits = Limits { buckets: 1_000, days_ahead: 366, registered: 20_000, company_accounts: 5_000 };

impl<C, B, I, S, D, F, K, T> Ports for ServeCustomers<C, B, I, S, D, F, K, T>
where
    C: Customers + MailChoices + Send + Sync + 'static,
    B: Books + Send + Sync + 'static,
    I: Imports + ImportList + Batches + Rates + Send + Sync + 'static,
    S: Summaries + Send + Sync + 'static,
    D: Downloads + Send + Sync + 'static,
    F: FeedLog + Send + Sync + 'static,
    K: UnsubscribeKeys + Send + Sync + 'static,
    T: Clock + Send + Sync + 'static,
{
    type Customers = C;
    type Books = B;
    type Imports = I;
    type Summaries = S;
    type Downloads = D;
    type Feeds = F;
    type UnsubscribeKeys = K;

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

    fn feeds(&self) -> &F {
        &self.feeds
    }

    fn unsubscribe_keys(&self) -> &K {
        &self.unsubscribe_keys
    }

    fn now(&self) -> Moment {
        self.clock.now()
    }

    fn entry_budget(&self) -> EntryBudget {
        EntryBudget::of(self.max_entries)
    }
}

impl<C, B, I, S, D, F, K, T> AcceptedClients for ServeCustomers<C, B, I, S, D, F, K, T> {
    fn clients(&self) -> &Clients {
        &self.clients
    }
}
