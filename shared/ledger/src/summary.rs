use calendar::{Date, Month};
use money::{Currency, Money, average_minor};

use crate::{CodecError, Figures, JournalMonth, Mark, Split, StoredBooks, Totals};

/// The time of the last clean entry of an account, as far as its totals contain it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LastEntry {
    /// The day: the account's latest month is inside its totals.
    Day(Date),
    /// Only the month: the latest month is too large for the totals.
    Month(Month),
}

impl StoredBooks {
    /// The time of the last clean entry; `None` without clean entries. Needs no month.
    pub fn last_entry(&self) -> Result<Option<LastEntry>, CodecError> {
        let item = self.open()?;
        let has_clean = |month: &Month| {
            let currencies = item.totals.months.get(month).into_iter().flatten();
            currencies.into_iter().any(|(_, split)| split.clean.count > 0)
        };
        let Some(month) = item.totals.months.keys().rev().find(|it| has_clean(it)) else { return Ok(None) };
        let journal = item.month(*month)?;
        let clean = journal.iter().flat_map(JournalMonth::entries).filter(|it| it.mark == Mark::Clean);
        let day = clean.map(|it| it.at.date()).max();
        Ok(Some(day.map_or(LastEntry::Month(*month), LastEntry::Day)))
    }
}

/// The figures of one currency in a summary.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SummaryFigures {
    /// The balance after all entries.
    pub balance: Money,
    /// Every month that has entries, earliest first.
    pub months: Vec<MonthFigures>,
    /// The average credit over all months; none without credits.
    pub average_credit: Option<Money>,
    /// The average debit over all months; none without debits.
    pub average_debit: Option<Money>,
    /// The dirty entries, which are in none of the other figures.
    pub dirty: Figures,
}

/// The figures of one month in a summary.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MonthFigures {
    /// Which month.
    pub month: Month,
    /// The number of entries, including those of zero.
    pub transactions: u64,
    /// The average credit; none without credits.
    pub average_credit: Option<Money>,
    /// The average debit; none without debits.
    pub average_debit: Option<Money>,
    /// The sum of the credits.
    pub credits: Money,
    /// The sum of the debits, zero or below.
    pub debits: Money,
}

/// The summary of the clean entries of an account, by currency, with the figures of the dirty ones. Averages are exact
/// and rounded once, half to even.
pub fn summarise(totals: &Totals) -> Vec<SummaryFigures> {
    totals.splits(None).into_iter().map(|(currency, split)| of_currency(totals, currency, split)).collect()
}

fn of_currency(totals: &Totals, currency: Currency, Split { clean: sum, dirty }: Split) -> SummaryFigures {
    let months = totals.months.iter().filter_map(|(month, currencies)| {
        let figures = currencies.get(&currency)?.clean;
        (figures.count > 0).then(|| MonthFigures {
            month: *month,
            transactions: figures.count,
            average_credit: average(figures.in_minor, figures.credits, currency),
            average_debit: average(figures.out_minor, figures.debits, currency),
            credits: Money::new(figures.in_minor, currency),
            debits: Money::new(figures.out_minor, currency),
        })
    });
    SummaryFigures {
        balance: Money::new(sum.net_minor(), currency),
        months: months.collect(),
        average_credit: average(sum.in_minor, sum.credits, currency),
        average_debit: average(sum.out_minor, sum.debits, currency),
        dirty,
    }
}

fn average(sum: i128, count: u64, currency: Currency) -> Option<Money> {
    average_minor(sum, count).map(|minor| Money::new(minor, currency))
}
