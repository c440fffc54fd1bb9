use std::collections::BTreeSet;

use advances::{JournalAccount, JournalEntry, TrialBalance};
use calendar::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::Money;

/// The lender's journal of some days.
#[derive(Serialize, ToSchema)]
#[schema(as = Journal)]
pub(crate) struct JournalDocument {
    /// By day.
    entries: Vec<EntryDocument>,
    /// The balances of the accounts over these entries. In each currency they add up to zero.
    trial_balance: Vec<PostingDocument>,
}

/// One balanced entry.
#[derive(Serialize, ToSchema)]
#[schema(as = JournalEntry)]
struct EntryDocument {
    /// The date of the fact.
    #[schema(value_type = String, format = Date)]
    on: Date,
    /// The number of the fact of the advance, or the id of the break.
    source: Box<str>,
    /// What has happened.
    text: Box<str>,
    /// They add up to zero.
    postings: Vec<PostingDocument>,
}

/// An amount of one account of the journal.
#[derive(Serialize, ToSchema)]
#[schema(as = Posting)]
struct PostingDocument {
    /// The account.
    #[schema(value_type = JournalAccountName)]
    account: JournalAccount,
    /// Positive for a debit, negative for a credit.
    amount: Money,
}

/// The accounts of the journal.
#[derive(ToSchema)]
#[schema(as = JournalAccount, rename_all = "snake_case")]
#[allow(dead_code, reason = "the schema of `JournalAccount`, which has none")]
enum JournalAccountName {
    Receivable,
    ProcessorCash,
    Refunds,
    WriteOffs,
    Suspense,
}

impl JournalDocument {
    pub(crate) fn new(entries: &[JournalEntry]) -> Self {
        let mut balance = TrialBalance::default();
        entries.iter().for_each(|it| balance.add(it));
        let postings = entries.iter().flat_map(|it| &it.postings);
        let used: BTreeSet<_> = postings.map(|it| (it.account, it.amount.currency())).collect();
        let balances = used
            .into_iter()
            .map(|(account, currency)| PostingDocument { account, amount: balance.balance(account, currency).into() });
        Self { trial_balance: balances.collect(), entries: entries.iter().map(EntryDocument::from).collect() }
    }
}

impl From<&JournalEntry> for EntryDocument {
    fn from(it: &JournalEntry) -> Self {
        let postings = it.postings.iter();
        let postings = postings.map(|it| PostingDocument { account: it.account, amount: it.amount.into() }).collect();
        Self { on: it.on, source: it.source.clone(), text: it.text.clone(), postings }
    }
}

/// The journal as CSV, one line for each posting. No text begins like a formula: each begins with a word of ours.
pub(crate) fn journal_csv(entries: &[JournalEntry]) -> String {
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let header = ["date", "source", "text", "account", "amount", "currency"].map(str::to_owned);
    let lines = entries.iter().flat_map(|entry| {
        entry.postings.iter().map(|it| {
            let (on, currency) = (entry.on.to_string(), it.amount.currency().to_string());
            let account = it.account.name().to_owned();
            [on, entry.source.to_string(), entry.text.to_string(), account, it.amount.amount(), currency]
        })
    });
    // Writing to memory cannot fail.
    let written = std::iter::once(header).chain(lines).try_for_each(|line| csv.write_record(line));
    written.ok().and_then(|()| String::from_utf8(csv.into_inner().ok()?).ok()).unwrap_or_default()
}
