//! Converts the figures of the books to those of a mail.

use banking::AccountNumber;
use calendar::Date;
use ledger::{CodecError, Figures, MonthFigures, StoredBooks, SummaryFigures, summarise};
use mail::{CurrencySummary, LastEntry, MonthLine, NotIncluded, Summary};
use money::{Currency, Money};

/// The summary of an account as of `as_of`, from its totals only.
pub(crate) fn summary(
    holder: Option<String>,
    account: AccountNumber,
    as_of: Date,
    stored_books: &StoredBooks,
) -> Result<Summary, CodecError> {
    let last_entry = stored_books.last_entry()?.map(|it| match it {
        ledger::LastEntry::Day(date) => LastEntry::Day(date),
        ledger::LastEntry::Month(month) => LastEntry::Month(month),
    });
    let currencies = summarise(&stored_books.totals()?).iter().map(currency).collect();
    Ok(Summary { holder, account, as_of, last_entry, currencies })
}

fn currency(figures: &SummaryFigures) -> CurrencySummary {
    CurrencySummary {
        balance: figures.balance,
        months: figures.months.iter().map(month).collect(),
        average_credit: figures.average_credit,
        average_debit: figures.average_debit,
        not_included: not_included(figures.dirty, figures.balance.currency()),
    }
}

fn not_included(dirty: Figures, currency: Currency) -> Option<NotIncluded> {
    (dirty.count > 0).then(|| NotIncluded {
        transactions: dirty.count,
        credits: Money::new(dirty.in_minor, currency),
        debits: Money::new(dirty.out_minor, currency),
    })
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
