use banking::AccountNumber;
use ledger::Added;
use money::Money;
use serde::{Deserialize, Serialize};

/// The result of posting one batch.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct BatchOutcome {
    /// Entries that are new in the books.
    pub posted: u64,
    /// Entries that already existed.
    pub duplicates: u64,
    /// Entries that became dirty: new ones, and existing ones that a new entry identifies as part of a batch payment.
    pub dirty: u64,
    /// Accounts they are on.
    pub accounts: u64,
    /// Entries that the books also have from another source.
    pub from_another_source: u64,
    /// The sums of the new and of the dirty ones, by currency.
    pub sums: Vec<PostedSums>,
    /// Entries that do not fit into the books: entries = posted + duplicates + not posted.
    #[serde(default, skip_serializing_if = "NotPosted::is_empty")]
    pub not_posted: NotPosted,
}

/// Entries that an account of the books has no room for.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct NotPosted {
    /// How many entries.
    pub entries: u64,
    /// How many accounts they are on.
    pub accounts: u64,
    /// The first of these accounts, at most [`NotPosted::MAX_FIRST`].
    pub first: Vec<FullAccount>,
}

/// An account that has no room for entries of an import.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FullAccount {
    /// The account.
    pub account: AccountNumber,
    /// How many entries were not posted to it.
    pub entries: u64,
    /// The reason, and what to do.
    pub reason: String,
}

impl NotPosted {
    /// How many accounts are named.
    pub const MAX_FIRST: usize = 20;

    /// Whether every entry was posted.
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// Counts an account.
    pub fn add(&mut self, full: FullAccount) {
        self.and(&Self { entries: full.entries, accounts: 1, first: vec![full] });
    }

    /// Adds the accounts of another batch.
    pub fn and(&mut self, other: &Self) {
        self.entries = self.entries.saturating_add(other.entries);
        self.accounts = self.accounts.saturating_add(other.accounts);
        let room = Self::MAX_FIRST.saturating_sub(self.first.len());
        self.first.extend(other.first.iter().take(room).cloned());
    }
}

/// Sums of amounts without their signs in one currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PostedSums {
    /// How many entries are new in the books.
    pub entries: u64,
    /// Of entries that are new in the books.
    pub posted: Money,
    /// Of entries that are dirty since.
    pub dirty: Money,
}

impl BatchOutcome {
    /// The outcome of posting to `accounts` accounts.
    pub fn new(added: &Added, duplicates: u64, accounts: u64) -> Self {
        let money = |minor: u128, currency| Money::new(i128::try_from(minor).unwrap_or(i128::MAX), currency);
        let sums = added.gross.iter().map(|(currency, gross)| PostedSums {
            entries: gross.entries,
            posted: money(gross.added_minor, *currency),
            dirty: money(gross.dirty_minor, *currency),
        });
        Self {
            posted: added.entries,
            duplicates,
            dirty: added.dirty,
            accounts,
            from_another_source: 0,
            sums: sums.collect(),
            not_posted: NotPosted::default(),
        }
    }
}
