//! `feed check`: compares the books with the known answers for the sandbox's feeds.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use banking::AccountNumber;
use calendar::{Bucket, Date};
use feeds_sandbox::{Format, Plan, make};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use ledger::{Books, EntryBudget, HistoryRequest, View, history};
use money::{Currency, Money};
use serde::Serialize;

use crate::Verdict;
use crate::output::Output;
use crate::progress_bar::ProgressBar;
use crate::table::{Column, count, table};

/// The number of accounts that are read concurrently.
const AT_ONCE: usize = 16;
/// The maximum number of differences in the output.
const MAX_SHOWN: usize = 20;

/// The expected balances of an account: at the end of each quarter in each currency, clean and with dirty transfers.
type Answers = BTreeMap<(Date, Currency), [Money; 2]>;

/// The number of comparisons and the differences.
#[derive(Serialize)]
struct Checked {
    accounts: usize,
    balances: u64,
    differences: Vec<Difference>,
}

/// A balance that differs from the expected one.
#[derive(Serialize)]
struct Difference {
    account: AccountNumber,
    on: Date,
    view: &'static str,
    is: Money,
    must_be: Money,
}

/// Compares every account's balance at the end of each quarter with the data maker's answers for `plan`.
pub(crate) async fn run(output: &Output, books: &impl Books, plan: Plan) -> Result<Verdict> {
    let folder = std::env::temp_dir().join(format!("millrace-answers-{}", std::process::id()));
    let answers = made(plan, &folder);
    std::fs::remove_dir_all(&folder).unwrap_or_default();
    let answers = answers?;
    let (last, accounts) = (answers.values().flat_map(BTreeMap::keys).map(|(date, _)| *date).max(), answers.len());
    let Some(last) = last else { bail!("the data maker has no answers") };
    let progress_bar = ProgressBar::counting("balances", u64::try_from(accounts).unwrap_or(u64::MAX));
    let mut checked = Checked { accounts, balances: 0, differences: Vec::new() };
    let each = answers.iter().map(|(account, answers)| differences(books, account, answers, (plan.first_day, last)));
    let mut each = stream::iter(each).buffer_unordered(AT_ONCE);
    let mut done = 0_u64;
    while let Some((compared, differences)) = each.try_next().await? {
        checked.balances = checked.balances.saturating_add(compared);
        checked.differences.extend(differences);
        done = done.saturating_add(1);
        progress_bar.reached(done, u64::try_from(accounts).unwrap_or(u64::MAX));
    }
    drop(each);
    progress_bar.done(if checked.differences.is_empty() { "as they must be" } else { "not as they must be" });
    output.answer(|| &checked, || render_text(&checked))?;
    Ok(if checked.differences.is_empty() { Verdict::Ok } else { Verdict::Problems })
}

fn made(plan: Plan, folder: &Path) -> Result<BTreeMap<AccountNumber, Answers>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    make(plan, Format::Csv, folder, threads, |_| ()).with_context(|| format!("writing to {}", folder.display()))?;
    let text = std::fs::read_to_string(folder.join("answers.csv")).context("reading the answers")?;
    let mut answers = BTreeMap::<AccountNumber, Answers>::new();
    for row in text.lines().skip(1) {
        let fields: Vec<&str> = row.split(',').collect();
        let [account, date, currency, clean, all] = fields.as_slice() else { bail!("an answer is broken: {row}") };
        let currency: Currency = currency.parse()?;
        let balances = [Money::parse(clean, currency)?, Money::parse(all, currency)?];
        answers.entry(account.parse()?).or_default().insert((date.parse()?, currency), balances);
    }
    Ok(answers)
}

/// One history for each view contains the balances of all quarters and reads only the totals.
async fn differences(
    books: &impl Books,
    account: &AccountNumber,
    answers: &Answers,
    (first, last): (Date, Date),
) -> Result<(u64, Vec<Difference>)> {
    let (mut compared, mut differences) = (0_u64, Vec::new());
    for (place, view, name) in [(0, View::Clean, "clean"), (1, View::All, "all")] {
        let request = HistoryRequest { from: first, to: last, by: Bucket::Quarter, view, converted_into: None };
        let periods = history(books, account, request, &EntryBudget::unlimited()).await?.periods;
        for ((on, currency), balances) in answers {
            let period = periods.iter().find(|it| (it.from..=it.to).contains(on));
            let closing = period.and_then(|it| it.currencies.get(currency)).map_or(0, ledger::Movement::closing_minor);
            let (is, must_be) =
                (Money::new(closing, *currency), balances.get(place).copied().unwrap_or(Money::new(0, *currency)));
            compared = compared.saturating_add(1);
            if is != must_be {
                differences.push(Difference { account: account.clone(), on: *on, view: name, is, must_be });
            }
        }
    }
    Ok((compared, differences))
}

fn render_text(checked: &Checked) -> String {
    let (accounts, balances) = (count(u64::try_from(checked.accounts).unwrap_or(u64::MAX)), count(checked.balances));
    if checked.differences.is_empty() {
        return format!(
            "{balances} balances of {accounts} accounts at the ends of quarters equal the data maker's answers"
        );
    }
    let columns = [
        Column::id("Account"),
        Column::id("On"),
        Column::text("View"),
        Column::number("Is"),
        Column::number("Must be"),
    ];
    let row = |it: &Difference| {
        vec![
            it.account.as_str().to_owned(),
            it.on.to_string(),
            it.view.to_owned(),
            it.is.grouped_with_currency(),
            it.must_be.grouped_with_currency(),
        ]
    };
    let wrong = count(u64::try_from(checked.differences.len()).unwrap_or(u64::MAX));
    let first = table(&columns, checked.differences.iter().take(MAX_SHOWN).map(row));
    format!("{wrong} of {balances} balances differ from the data maker's answers; the first:\n{first}")
}

#[cfg(test)]
mod tests {
    use feeds_sandbox::Size;
    use ledger::testing::FakeBooks;

    use super::*;

    #[tokio::test]
    async fn empty_books_are_not_what_they_must_be() {
        let plan = Plan { companies: 3, sepa_rows: 50, swift_rows: 200, ..Plan::new(1, Size::Small) };
        assert_eq!(run(&Output::new(true), &FakeBooks::default(), plan).await.unwrap(), Verdict::Problems);
        let difference = Difference {
            account: "4711".parse().unwrap(),
            on: "2024-03-31".parse().unwrap(),
            view: "clean",
            is: Money::new(0, Currency::EUR),
            must_be: Money::new(1, Currency::EUR),
        };
        let text = render_text(&Checked { accounts: 1, balances: 8, differences: vec![difference] });
        assert!(
            text.starts_with("1 of 8 balances differ from the data maker's answers") && text.contains("0.01 EUR"),
            "{text}"
        );
    }
}
