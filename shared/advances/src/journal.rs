//! The lender's journal: the double entries of facts and breaks.

use std::collections::BTreeMap;

use calendar::Date;
use money::{Currency, Money};
use serde::{Deserialize, Serialize};

use crate::{Advance, Break, Event, Fact, FoldError, Payment};

/// The accounts of the lender's journal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JournalAccount {
    /// What customers owe: credited and not paid back.
    Receivable,
    /// The lender's money at the processor.
    ProcessorCash,
    /// What the lender owes to customers who have paid too much.
    Refunds,
    /// What was lost, less what was recovered.
    WriteOffs,
    /// Movements at the processor that belong to no payment, until an operator explains them.
    Suspense,
}

impl JournalAccount {
    /// Its name in the API and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Receivable => "receivable",
            Self::ProcessorCash => "processor_cash",
            Self::Refunds => "refunds",
            Self::WriteOffs => "write_offs",
            Self::Suspense => "suspense",
        }
    }
}

/// One posting of a journal entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Posting {
    /// The account.
    pub account: JournalAccount,
    /// Positive for a debit, negative for a credit.
    pub amount: Money,
}

/// One balanced entry of the journal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct JournalEntry {
    /// The date of the fact.
    pub on: Date,
    /// The number of the fact of the advance, or the id of the break.
    pub source: Box<str>,
    /// What has happened.
    pub text: Box<str>,
    /// They add up to zero. None if the fact moves no money.
    pub postings: Vec<Posting>,
}

impl JournalEntry {
    fn new(on: Date, source: String, text: String, moved: Option<(JournalAccount, JournalAccount, Money)>) -> Self {
        let postings = moved.map(|(debit, credit, amount)| {
            let opposite = Money::new(amount.minor().saturating_neg(), amount.currency());
            vec![Posting { account: debit, amount }, Posting { account: credit, amount: opposite }]
        });
        Self { on, source: source.into(), text: text.into(), postings: postings.unwrap_or_default() }
    }
}

/// The entries of all facts of one advance, one for each fact, in their order.
pub fn journal(facts: &[Fact]) -> Result<Vec<JournalEntry>, FoldError> {
    let (first, rest) = facts.split_first().ok_or(FoldError::NoRequest)?;
    let mut advance = Advance::fold(std::slice::from_ref(first))?;
    let mut entries = Vec::with_capacity(facts.len());
    entries.push(entry(&advance, 0, first));
    for (number, fact) in (1_u64..).zip(rest) {
        entries.push(entry(&advance, number, fact));
        advance.apply(fact)?;
    }
    Ok(entries)
}

/// The entry of the next fact of `advance`, before the fact is applied.
fn entry(advance: &Advance, number: u64, fact: &Fact) -> JournalEntry {
    use JournalAccount::{ProcessorCash, Receivable, Refunds, WriteOffs};
    let moved = match &fact.event {
        Event::Succeeded { payment, .. } => advance.amount_of(*payment).map(|amount| match payment {
            Payment::Credit { .. } => (Receivable, ProcessorCash, amount),
            Payment::Debit { instalment } => {
                let part = advance.instalment(*instalment).map_or(0, |it| it.part);
                let is_lost = advance.written_off.is_some() && advance.is_given_up(part);
                let to = match (advance.is_unpaid(part), is_lost) {
                    (true, false) => Receivable,
                    (true, true) => WriteOffs,
                    (false, _) => Refunds,
                };
                (ProcessorCash, to, amount)
            }
            Payment::Refund { .. } => (Refunds, ProcessorCash, amount),
        }),
        Event::WrittenOff { amount } => Some((WriteOffs, Receivable, *amount)),
        _ => None,
    };
    JournalEntry::new(fact.date(), format!("{}#{number}", advance.id), fact.event.describe(), moved)
}

impl Break {
    /// Its entries: its movement goes to suspense when it is opened, and from there to the write-offs when an operator
    /// closes it.
    pub fn journal(&self) -> Vec<JournalEntry> {
        use JournalAccount::{ProcessorCash, Suspense, WriteOffs};
        let opened = self.suspense.map(|amount| (ProcessorCash, Suspense, amount));
        let text = format!("{} break", self.kind);
        let opened = JournalEntry::new(self.opened_on, self.id.to_string(), text, opened);
        let closed = self.closed.as_ref().map(|closed| {
            let moved = self.suspense.map(|amount| (Suspense, WriteOffs, amount));
            JournalEntry::new(closed.at.date(), self.id.to_string(), format!("closed: {}", closed.reason), moved)
        });
        std::iter::once(opened).chain(closed).collect()
    }
}

/// The balances of the journal's accounts.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct TrialBalance(BTreeMap<(Currency, JournalAccount), i128>);

impl TrialBalance {
    /// Adds an entry.
    pub fn add(&mut self, entry: &JournalEntry) {
        for it in &entry.postings {
            let balance = self.0.entry((it.amount.currency(), it.account)).or_default();
            *balance = balance.saturating_add(it.amount.minor());
        }
    }

    /// The balance of an account: positive if it is a debit balance.
    pub fn balance(&self, account: JournalAccount, currency: Currency) -> Money {
        Money::new(self.0.get(&(currency, account)).copied().unwrap_or(0), currency)
    }

    /// The sum over all accounts: zero, always.
    pub fn total(&self, currency: Currency) -> Money {
        let balances = self.0.iter().filter(|((it, _), _)| *it == currency).map(|(_, balance)| *balance);
        Money::new(balances.fold(0_i128, i128::saturating_add), currency)
    }

    /// The currencies with entries.
    pub fn currencies(&self) -> Vec<Currency> {
        let mut currencies: Vec<Currency> = self.0.keys().map(|(currency, _)| *currency).collect();
        currencies.dedup();
        currencies
    }
}
