//! `audit`: verifies totals = sums of the months = sums of the entries for every account, and compares them with the
//! reports of imports.

use std::collections::BTreeSet;

use ::customers::Customers;
use anyhow::Result;
use banking::AccountNumber;
use calendar::Moment;
use futures_util::{StreamExt as _, stream};
use imports::{Batches, ControlTotals, Files, ImportId, ImportList};
use ledger::{Archive, BooksError, Splits, audit_account};
use serde::Serialize;

use crate::Verdict;
use crate::advances::audit::{self as lending, AuditedAdvances, Lending};
use crate::control::{self, Comparison, Missing};
use crate::customers;
use crate::output::Output;
use crate::progress_bar::ProgressBar;
use crate::table::{Column, count, counted, table};

/// The number of accounts that are audited concurrently.
const AT_ONCE: usize = 8;
/// The number of repeated reads of an account with findings: a concurrent posting can make a read inconsistent.
const MAX_LOOKS: u32 = 4;

/// The result of an audit.
#[derive(Serialize, Debug, PartialEq, Eq, Default)]
struct Audited {
    accounts: u64,
    entries: u64,
    findings: Vec<AccountFinding>,
    /// The entries in the books by currency, to compare with the reports of imports.
    #[serde(skip)]
    kept: ControlTotals,
}

/// The whole result.
#[derive(Serialize, Debug)]
struct Audit {
    #[serde(flatten)]
    books: Audited,
    control_totals: Comparison,
    /// Entries of imports that are missing in the books, if they were looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<Vec<Missing>>,
    /// Imports with unreadable records.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable_imports: Vec<ImportId>,
    advances: AuditedAdvances,
}

/// A finding in an account's books.
#[derive(Serialize, Debug, PartialEq, Eq)]
struct AccountFinding {
    account: AccountNumber,
    finding: String,
}

/// Audits all books; with `look_up`, looks up every entry of every import that still has its batches.
pub(crate) async fn run<C: Customers, A: Archive, I: ImportList + Batches, F: Files, V: Lending>(
    output: &Output,
    (register, archive): (&C, &A),
    (imports, files): (&I, &F),
    (advances, now): (&V, Moment),
    look_up: bool,
) -> Result<Verdict> {
    let before = control::reported(imports).await?;
    let books = audit(register, archive).await?;
    let after = control::reported(imports).await?;
    let control_totals = Comparison::of(&before, &after, &books.kept);
    let missing =
        if look_up { Some(control::missing(imports, files, archive, &before.with_batches).await?.0) } else { None };
    let advances_audited = lending::audit(advances).await?;
    let audit =
        Audit { books, control_totals, missing, unreadable_imports: after.unreadable, advances: advances_audited };
    output.answer(|| &audit, || audit.render())?;
    let nothing_missing = audit.missing.as_ref().is_none_or(Vec::is_empty);
    let imports_are_healthy =
        audit.control_totals.is_healthy() && nothing_missing && audit.unreadable_imports.is_empty();
    let is_healthy = audit.books.findings.is_empty() && imports_are_healthy && audit.advances.is_healthy();
    if !is_healthy {
        lending::stop(advances, now).await?;
        output
            .note("all payments of advances are stopped; `millrace advances resume` after the findings are explained");
    }
    Ok(if is_healthy { Verdict::Ok } else { Verdict::Problems })
}

impl Audit {
    /// The text output.
    fn render(&self) -> String {
        let mut text = format!("{}\n{}", render_text(&self.books), self.control_totals.render());
        if !self.unreadable_imports.is_empty() {
            let ids: Vec<String> = self.unreadable_imports.iter().map(ToString::to_string).collect();
            text += &format!("\nimports with unreadable records, check them in the table: {}", ids.join(", "));
        }
        if let Some(missing) = &self.missing {
            let rows =
                missing.iter().map(|it| vec![it.account.as_str().to_owned(), it.import.to_string(), count(it.entries)]);
            if missing.is_empty() {
                text += "\nentries: every entry of the imports looked up is in the books";
            } else {
                let columns = [Column::id("Account"), Column::id("Import"), Column::number("Entries missing")];
                let table = table(&columns, rows);
                text += &format!(
                    "\n{table}\nrun `millrace imports repost` with each of these imports: what is missing is posted"
                );
            }
        }
        text + &self.advances.render()
    }
}

async fn audit<C: Customers, A: Archive>(register: &C, archive: &A) -> Result<Audited> {
    let kept = with_books(archive).await?;
    // Read after the books, because only registered accounts have books. It also contains accounts that have lost their
    // totals.
    let known: BTreeSet<_> = customers::accounts(register).await?.into_iter().map(|it| it.number).collect();
    let strangers = kept.difference(&known).map(|account| AccountFinding {
        account: account.clone(),
        finding: "it has books but is not in the register".to_owned(),
    });
    let mut audited = Audited { findings: strangers.collect(), ..Audited::default() };
    let all: Vec<&AccountNumber> = kept.union(&known).collect();
    let number = u64::try_from(all.len())?;
    let progress_bar = ProgressBar::counting("Audit", number);
    let accounts = stream::iter(all).map(|account| Box::pin(examine(archive, account)));
    let mut accounts = accounts.buffered(AT_ONCE);
    while let Some(examined) = accounts.next().await {
        let (entries, findings, kept) = examined?;
        audited.kept.add_figures(&kept);
        audited.accounts = audited.accounts.saturating_add(1);
        audited.entries = audited.entries.saturating_add(entries);
        audited.findings.extend(findings);
        progress_bar.reached(audited.accounts, number);
    }
    progress_bar.done(&counted(audited.accounts, "account", "accounts"));
    Ok(audited)
}

async fn with_books<A: Archive>(archive: &A) -> Result<BTreeSet<AccountNumber>> {
    let mut accounts = BTreeSet::new();
    let mut after = None;
    loop {
        let (some, next) = archive.accounts(after).await?;
        accounts.extend(some);
        after = next;
        if after.is_none() {
            return Ok(accounts);
        }
    }
}

async fn examine<A: Archive>(archive: &A, account: &AccountNumber) -> Result<(u64, Vec<AccountFinding>, Splits)> {
    let mut looks = 0_u32;
    loop {
        looks = looks.saturating_add(1);
        let (entries, findings, figures) = match archive.whole(account).await {
            Ok(stored_books) => {
                let (entries, findings) = audit_account(account, &stored_books);
                // Unreadable totals are reported as findings.
                (
                    entries,
                    findings.iter().map(|it| chain(it)).collect::<Vec<_>>(),
                    stored_books.figures().unwrap_or_default(),
                )
            }
            Err(BooksError::Broken(error)) => (0, vec![chain(&error)], Splits::default()),
            Err(error) => return Err(error.into()),
        };
        if findings.is_empty() || looks >= MAX_LOOKS {
            let found = findings.into_iter().map(|finding| AccountFinding { account: account.clone(), finding });
            return Ok((entries, found.collect(), figures));
        }
    }
}

/// An error and all its sources.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let sources = std::iter::successors(Some(error), |it| it.source());
    sources.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn render_text(audited: &Audited) -> String {
    let books = format!(
        "{}, {}",
        counted(audited.accounts, "account", "accounts"),
        counted(audited.entries, "entry", "entries")
    );
    if audited.findings.is_empty() {
        return format!("{books}: totals = sums of the months = sums of the entries");
    }
    let rows = audited.findings.iter().map(|it| vec![it.account.as_str().to_owned(), it.finding.clone()]);
    let table = table(&[Column::id("Account"), Column::text("Finding")], rows);
    let number = u64::try_from(audited.findings.len()).unwrap_or(u64::MAX);
    format!("{table}\n{books}: {}", counted(number, "finding", "findings"))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use ::customers::testing::FakeRegister;
    use ::customers::{Account, Customer, CustomerId, CustomerKind, Register as _, Registration};
    use ledger::testing::FakeBooks;
    use ledger::{Entry, Mark, PostingId, Side, StoredBooks, post};
    use money::Currency;

    use super::*;

    fn number(text: &str) -> AccountNumber {
        text.parse().unwrap()
    }

    fn entry(at: &str, amount_minor: i64) -> Entry {
        Entry {
            at: at.parse().unwrap(),
            source: "account".into(),
            id: Some(amount_minor.to_string().into()),
            ordinal: 0,
            amount_minor,
            currency: Currency::EUR,
            side: Side::None,
            counterparty: None,
            text: None,
            mark: Mark::Clean,
        }
    }

    async fn register(accounts: &[&str]) -> FakeRegister {
        let register = FakeRegister::default();
        for account in accounts {
            let customer = Customer {
                id: CustomerId::of_account(&number(account)),
                kind: CustomerKind::Person,
                name: None,
                born_on: None,
                email: None,
                owner: None,
                address: None,
                first_email: None,
            };
            let account = Account { number: number(account), customer: customer.id, r#type: None };
            let registration = Registration { customer, accounts: vec![account] };
            let as_of = "2026-11-21T10:00:00Z".parse().unwrap();
            register.register(&[registration], as_of).await.unwrap();
        }
        register
    }

    /// Fake books with errors; for some accounts only the first read is wrong.
    struct FakeArchive {
        listed: Vec<&'static str>,
        stored_books: StoredBooks,
        wrong_looks: Mutex<u32>,
        wrong: StoredBooks,
    }

    impl Archive for FakeArchive {
        async fn accounts(&self, after: Option<String>) -> Result<(Vec<AccountNumber>, Option<String>), BooksError> {
            let at: usize = after.map_or(0, |it| it.parse().unwrap());
            let next = at.saturating_add(1);
            let more = (next < self.listed.len()).then(|| next.to_string());
            Ok((self.listed.iter().skip(at).take(1).map(|it| number(it)).collect(), more))
        }

        async fn whole(&self, account: &AccountNumber) -> Result<StoredBooks, BooksError> {
            let mut left = self.wrong_looks.lock().unwrap();
            if account.as_str() != "4711" {
                return Ok(StoredBooks::default());
            }
            if *left == 0 {
                return Ok(self.stored_books.clone());
            }
            *left = left.saturating_sub(1);
            Ok(self.wrong.clone())
        }
    }

    async fn kept(listed: &[&'static str], wrong_looks: u32) -> FakeArchive {
        let books = FakeBooks::default();
        for (at, amount) in [("2024-07-28", 6050), ("2024-08-02", -1030)] {
            post(&books, &number("4711"), vec![entry(at, amount)], PostingId([0; 16])).await.unwrap();
        }
        let stored_books = books.all().remove(&number("4711")).unwrap();
        let wrong = StoredBooks { totals: None, ..stored_books.clone() };
        FakeArchive { listed: listed.to_vec(), stored_books, wrong_looks: Mutex::new(wrong_looks), wrong }
    }

    #[tokio::test]
    async fn right_books_are_proved_over_all_pages() {
        let kept = kept(&["4711", "4712", "4711"], 0).await;
        let audited = audit(&register(&["4711", "4712", "4713"]).await, &kept).await.unwrap();
        assert_eq!((audited.accounts, audited.entries), (3, 2));
        assert_eq!(audited.findings, []);
        assert_eq!(render_text(&audited), "3 accounts, 2 entries: totals = sums of the months = sums of the entries");
    }

    #[tokio::test]
    async fn lost_totals_are_found_through_the_register() {
        let kept = kept(&[], u32::MAX).await;
        let audited = audit(&register(&["4711"]).await, &kept).await.unwrap();
        let [found] = audited.findings.as_slice() else {
            panic!("{audited:?}");
        };
        assert_eq!(found.finding, "the totals of 2024-07 are not the sum of its entries");
        assert!(render_text(&audited).ends_with("1 account, 1 entry: 1 finding"), "{}", render_text(&audited));
    }

    #[tokio::test]
    async fn a_posting_in_between_is_no_finding() {
        let kept = kept(&["4711"], 2).await;
        let audited = audit(&register(&["4711"]).await, &kept).await.unwrap();
        assert_eq!(audited.findings, []);
    }

    #[tokio::test]
    async fn books_of_strangers_are_a_finding() {
        let kept = kept(&["4711"], 0).await;
        let audited = audit(&register(&[]).await, &kept).await.unwrap();
        assert_eq!(audited.findings.len(), 1);
        assert!(audited.findings[0].finding.contains("not in the register"));
    }
}
