//! `advances compare`: compares the payments with the bank entries of the customers' accounts, where there are any.

use std::collections::BTreeMap;

use ::advances::ports::{AdvanceList, Advances, Breaks};
use ::advances::{Advance, BankEntry, Break};
use anyhow::Result;
use banking::AccountNumber;
use calendar::Date;
use futures_util::TryStreamExt as _;
use ledger::{Books, Entry, EntryBudget, View};
use money::Money;
use serde::Serialize;

use super::all;
use crate::Verdict;
use crate::output::Output;
use crate::table::counted;

/// A payment is looked for this many days before and after the day on which its success became known.
const DAYS: i32 = 5;

/// The result.
#[derive(Serialize, Default)]
struct Compared {
    accounts: usize,
    /// Accounts without entries after their first advance: there is nothing to compare with.
    without_entries: usize,
    missing: Vec<Break>,
}

/// Opens a break for each payment that is known to have succeeded and is not among the entries of its account.
pub(crate) async fn run<A: Advances + AdvanceList, B: Breaks, L: Books + Sync>(
    output: &Output,
    advances: &A,
    breaks: &B,
    books: &L,
) -> Result<Verdict> {
    let mut by_account: BTreeMap<AccountNumber, Vec<Advance>> = BTreeMap::new();
    // Oldest first: what may belong to two payments belongs to the earlier one.
    for advance in all::advances(advances).await?.into_iter().rev() {
        by_account.entry(advance.account().clone()).or_default().push(advance);
    }
    let mut compared = Compared::default();
    for (account, advances) in &by_account {
        compared.accounts = compared.accounts.saturating_add(1);
        let from = advances.iter().map(Advance::requested_on).min().unwrap_or(Date::MIN);
        let mut free = entries(books, account, from).await?;
        let Some(through) = free.iter().map(|it| it.on).max() else {
            compared.without_entries = compared.without_entries.saturating_add(1);
            continue;
        };
        let missing = advances.iter().flat_map(|it| it.missing_at_bank(&mut free, DAYS, through));
        compared.missing.extend(missing);
    }
    for it in &compared.missing {
        breaks.open(it).await?;
    }
    output.answer(|| &compared, || render(&compared))?;
    Ok(if compared.missing.is_empty() { Verdict::Ok } else { Verdict::Problems })
}

async fn entries<L: Books + Sync>(books: &L, account: &AccountNumber, from: Date) -> Result<Vec<BankEntry>> {
    let (accounts, budget) = ([account.clone()], EntryBudget::unlimited());
    let groups = ledger::entries(books, &accounts, (from, Date::MAX), View::All, &budget).await?;
    let groups: Vec<Vec<Entry>> = groups.try_collect().await?;
    let entries = groups.into_iter().flatten().map(|it| BankEntry {
        on: it.at.date(),
        amount: Money::new(i128::from(it.amount_minor), it.currency),
        text: [it.id, it.text].into_iter().flatten().collect::<Vec<_>>().join(" ").into(),
    });
    Ok(entries.collect())
}

fn render(compared: &Compared) -> String {
    let count = |it: usize| u64::try_from(it).unwrap_or(u64::MAX);
    let accounts = counted(count(compared.accounts), "account", "accounts");
    let missing = counted(count(compared.missing.len()), "payment is", "payments are");
    let mut text = format!("{accounts} compared: {missing} not among the bank entries");
    if compared.without_entries > 0 {
        let without = counted(count(compared.without_entries), "account has", "accounts have");
        text.push_str(&format!("\n{without} no entries since the advance, so there is nothing to compare with"));
    }
    if !compared.missing.is_empty() {
        text.push_str("\n`millrace advance breaks` lists them");
    }
    text
}
