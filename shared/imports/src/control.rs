use std::collections::BTreeMap;

use ledger::{Splits, View};
use money::Currency;

use crate::BatchOutcome;

/// Counts and sums of entries by currency, either as imports report them or as the books have them.
///
/// The two are kept independently, so comparing them detects a lost update, after which totals, months and entries of
/// the books still agree with each other.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ControlTotals(BTreeMap<Currency, Control>);

/// Entries of one currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Control {
    /// How many.
    pub entries: u64,
    /// The sum of their amounts without signs, in minor units.
    pub gross_minor: u128,
}

/// A currency in which the books and the reports of imports differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ControlDifference {
    /// The currency.
    pub currency: Currency,
    /// The entries that imports report as posted.
    pub reported: Control,
    /// The entries in the books.
    pub kept: Control,
}

impl ControlTotals {
    /// Adds the new entries that a batch of an import reports.
    pub fn add_outcome(&mut self, outcome: &BatchOutcome) {
        for sums in &outcome.sums {
            let gross_minor = sums.posted.minor().unsigned_abs();
            self.add(sums.posted.currency(), Control { entries: sums.entries, gross_minor });
        }
    }

    /// Adds the entries of an account in the books, including dirty ones.
    pub fn add_figures(&mut self, figures: &Splits) {
        for (currency, split) in figures {
            let figures = split.seen(View::All);
            self.add(*currency, Control { entries: figures.count, gross_minor: figures.gross_minor() });
        }
    }

    fn add(&mut self, currency: Currency, control: Control) {
        let sum = self.0.entry(currency).or_default();
        sum.entries = sum.entries.saturating_add(control.entries);
        sum.gross_minor = sum.gross_minor.saturating_add(control.gross_minor);
    }

    /// The currencies in which `kept` (the books) differs from these reports.
    pub fn differences(&self, kept: &Self) -> Vec<ControlDifference> {
        let mut currencies: Vec<Currency> = self.0.keys().chain(kept.0.keys()).copied().collect();
        currencies.sort();
        currencies.dedup();
        let of = |totals: &Self, currency| totals.0.get(&currency).copied().unwrap_or_default();
        let differences = currencies.into_iter().map(|currency| ControlDifference {
            currency,
            reported: of(self, currency),
            kept: of(kept, currency),
        });
        differences.filter(|it| it.reported != it.kept).collect()
    }

    /// Counts and sums, by currency.
    pub fn iter(&self) -> impl Iterator<Item = (Currency, Control)> {
        self.0.iter().map(|(currency, control)| (*currency, *control))
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use banking::AccountNumber;
    use ledger::testing::FakeBooks;
    use ledger::{Books, Entry, Mark, PostingId, Side, post};

    use super::*;

    fn finish<T>(future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return value;
            }
        }
    }

    fn entry(id: &str, amount_minor: i64, currency: &str) -> Entry {
        Entry {
            at: "2026-07-15".parse().unwrap(),
            source: "account".into(),
            id: Some(id.into()),
            ordinal: 0,
            amount_minor,
            currency: currency.parse().unwrap(),
            side: Side::None,
            counterparty: None,
            text: None,
            mark: Mark::Clean,
        }
    }

    fn figures_of(books: &FakeBooks, account: &AccountNumber) -> Splits {
        finish(books.read(account, &[])).unwrap().figures().unwrap()
    }

    #[test]
    fn what_batches_report_is_what_the_books_have_until_an_update_is_lost() {
        let (books, account) = (FakeBooks::default(), "4711".parse::<AccountNumber>().unwrap());
        let mut reported = ControlTotals::default();
        // The second batch repeats an entry and contains one of zero.
        let batches = [
            vec![entry("a", 6050, "EUR"), entry("b", -1030, "EUR"), entry("c", 7, "JPY")],
            vec![entry("b", -1030, "EUR"), entry("d", 0, "USD")],
        ];
        let mut first = None;
        for (number, batch) in (0_u8..).zip(batches) {
            let posted = finish(post(&books, &account, batch, PostingId([number; 16]))).unwrap();
            reported.add_outcome(&BatchOutcome::new(&posted.added, posted.duplicates, 1));
            first.get_or_insert_with(|| figures_of(&books, &account));
        }
        let mut kept = ControlTotals::default();
        kept.add_figures(&figures_of(&books, &account));
        assert_eq!(reported.differences(&kept), []);
        let figures: Vec<_> =
            reported.iter().map(|(currency, it)| (currency.code(), it.entries, it.gross_minor)).collect();
        assert_eq!(figures, [("EUR", 2, 7080), ("JPY", 1, 7), ("USD", 1, 0)]);

        // The second update is lost: the remaining data is consistent.
        let mut lost = ControlTotals::default();
        lost.add_figures(&first.unwrap());
        let [difference] = reported.differences(&lost)[..] else { panic!("one currency differs") };
        assert_eq!((difference.currency, difference.reported.entries), (Currency::USD, 1));
        assert_eq!(difference.kept, Control::default());
    }
}
