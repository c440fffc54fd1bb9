//! From the books' figures to what a mail tells.

use banking::AccountNumber;
use calendar::Date;
use ledger::{MonthFigures, SummaryFigures, Totals, summarise};
use mail::{CurrencySummary, MonthLine, Summary};

/// The summary of an account as of `as_of`.
pub(crate) fn summary(holder: Option<String>, account: AccountNumber, as_of: Date, totals: &Totals) -> Summary {
    Summary { holder, account, as_of, currencies: summarise(totals).iter().map(currency).collect() }
}

fn currency(figures: &SummaryFigures) -> CurrencySummary {
    CurrencySummary {
        balance: figures.balance,
        months: figures.months.iter().map(month).collect(),
        average_credit: figures.average_credit,
        average_debit: figures.average_debit,
    }
}

fn month(figures: &MonthFigures) -> MonthLine {
    MonthLine {
        month: figures.month,
        transactions: figures.transactions,
        average_credit: figures.average_credit,
        average_debit: figures.average_debit,
        credits: figures.credits,
        debits: figures.debits,
    }
}
