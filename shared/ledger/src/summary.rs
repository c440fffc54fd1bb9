use calendar::Month;
use money::{Currency, Money, average_minor};

use crate::{Figures, Totals, View};

/// What a summary says of one currency of an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SummaryFigures {
    /// The balance after all entries.
    pub balance: Money,
    /// Every month that has entries, the earliest first.
    pub months: Vec<MonthFigures>,
    /// The average credit over all months; none without credits.
    pub average_credit: Option<Money>,
    /// The average debit over all months; none without debits.
    pub average_debit: Option<Money>,
}

/// What a summary says of one month.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MonthFigures {
    /// Which month.
    pub month: Month,
    /// How many entries, those of zero too.
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

/// The summary of an account, currency by currency, of its clean entries. Averages are exact until their one
/// rounding, half to even.
pub fn summarise(totals: &Totals) -> Vec<SummaryFigures> {
    totals.figures(None, View::Clean).into_iter().map(|(currency, sum)| of_currency(totals, currency, sum)).collect()
}

fn of_currency(totals: &Totals, currency: Currency, sum: Figures) -> SummaryFigures {
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
    }
}

fn average(sum: i128, count: u64, currency: Currency) -> Option<Money> {
    average_minor(sum, count).map(|minor| Money::new(minor, currency))
}
