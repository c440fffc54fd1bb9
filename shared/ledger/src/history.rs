use std::collections::{BTreeMap, BTreeSet};

use banking::AccountNumber;
use calendar::{Bucket, Date, Month};
use money::Currency;

use crate::codec::TotalsItem;
use crate::settled::{MAX_READS, never_settles};
use crate::totals::{self, Split, Splits, seen};
use crate::{Books, BooksError, CodecError, EntryBudget, Figures, JournalMonth, StoredBooks, Totals, View};

/// Which history to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HistoryRequest {
    /// The first day.
    pub from: Date,
    /// The last day; a history that ends before it begins is empty.
    pub to: Date,
    /// How the days are divided into periods.
    pub by: Bucket,
    /// Which entries count.
    pub view: View,
    /// The currency to convert the history into, if any: this needs the flows of every other currency by day, see
    /// [`History::flows_by_day`].
    pub converted_into: Option<Currency>,
}

/// The history of an account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct History {
    /// Its periods, oldest first.
    pub periods: Vec<Period>,
    /// The flows of each day in every currency but [`HistoryRequest::converted_into`]; empty without that.
    pub flows_by_day: FlowsByDay,
    /// The figures of all entries before the first day, whatever the view.
    pub before: Splits,
    /// The figures of all entries from the first to the last day, whatever the view.
    pub within: Splits,
}

impl History {
    /// The sum of this history and that of another account for the same request.
    pub fn and(mut self, other: Self) -> Self {
        if self.periods.is_empty() {
            self.periods = other.periods;
        } else {
            self.periods.iter_mut().zip(other.periods).for_each(|(sum, it)| sum.add(it));
        }
        for (date, currencies) in other.flows_by_day {
            currencies.into_iter().for_each(|(it, figures)| add(&mut self.flows_by_day, date, it, figures));
        }
        other.before.into_iter().for_each(|(it, split)| totals::add(&mut self.before, it, split));
        other.within.into_iter().for_each(|(it, split)| totals::add(&mut self.within, it, split));
        self
    }
}

/// The flows of each day in each currency. Days and currencies without entries are omitted.
pub type FlowsByDay = BTreeMap<Date, BTreeMap<Currency, Figures>>;

/// A part of an account's history, with the flows in each currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Period {
    /// Its first day.
    pub from: Date,
    /// Its last day.
    pub to: Date,
    /// Every currency of the account, including those without flows in this period.
    pub currencies: BTreeMap<Currency, Movement>,
}

impl Period {
    fn add(&mut self, other: Self) {
        for (currency, movement) in other.currencies {
            let sum = self.currencies.entry(currency).or_default();
            sum.opening_minor = sum.opening_minor.saturating_add(movement.opening_minor);
            sum.figures = sum.figures.and(movement.figures);
        }
    }
}

/// The flows in one currency, in minor units: opening + in + out = closing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Movement {
    /// The balance before the first day.
    pub opening_minor: i128,
    /// Counts and sums.
    pub figures: Figures,
}

impl Movement {
    /// The balance at the end of the last day.
    pub fn closing_minor(&self) -> i128 {
        self.opening_minor.saturating_add(self.figures.net_minor())
    }
}

/// Reads the history of an account.
///
/// Besides the totals, it reads these months:
/// - by day or week: every month with entries;
/// - by month, quarter or year: a month only if `from` or `to` is inside it;
/// - for a conversion also every month with flows in another currency: their sum over a month cannot be converted at
///   the rates of its days.
///
/// If only the totals determine these months, it reads them first; then it reads the months and the totals in one read
/// and decodes each month once. It spends the budget for the entries before it decodes them.
pub async fn history<B: Books>(
    books: &B,
    account: &AccountNumber,
    request: HistoryRequest,
    budget: &EntryBudget,
) -> Result<History, BooksError> {
    if request.to < request.from {
        return Ok(History::default());
    }
    let mut months = request.months_known_without_totals();
    let (mut unsettled, mut is_spent) = (None, false);
    for reads in 0..=MAX_READS {
        let stored_books = books.read(account, &months).await?;
        let item = stored_books.open()?;
        let needed = request.months(&item.totals);
        if !std::mem::replace(&mut is_spent, true) {
            budget.spend(&item.totals, &needed)?;
        }
        if needed.iter().any(|it| !months.contains(it)) {
            // They are known now, or another posting created a month between two reads.
            months = needed;
        } else if let Some(history) = request.fold(&stored_books, &item, &needed)? {
            return Ok(history);
        } else {
            never_settles(unsettled.as_ref(), &stored_books)?;
            unsettled = Some(stored_books);
        }
        if reads > 0 || unsettled.is_some() {
            books.pause(reads.max(1)).await;
        }
    }
    Err(BooksError::Unsettled)
}

impl HistoryRequest {
    /// The months to read together with the totals; `None` if only the totals determine them.
    fn months_known_without_totals(&self) -> Vec<Month> {
        let depends_on_totals = !self.by.is_of_months() || self.converted_into.is_some();
        if depends_on_totals { Vec::new() } else { self.partial_months().into_iter().collect() }
    }

    /// The months that the request covers only in part.
    fn partial_months(&self) -> BTreeSet<Month> {
        let ends = [self.from.month(), self.to.month()].into_iter();
        ends.filter(|it| it.first_day() < self.from || it.last_day() > self.to).collect()
    }

    /// The months with entries that must be read, earliest first.
    fn months(&self, totals: &Totals) -> Vec<Month> {
        let partial = self.partial_months();
        let months = totals.months.range(self.from.month()..=self.to.month());
        let needed = months.filter(|(month, currencies)| {
            !self.by.is_of_months() || partial.contains(*month) || self.has_foreign_flows(currencies)
        });
        needed.map(|(month, _)| *month).collect()
    }

    fn has_foreign_flows(&self, currencies: &Splits) -> bool {
        self.converted_into.is_some_and(|into| {
            let foreign = currencies.iter().filter(|(currency, _)| **currency != into);
            foreign.map(|(_, split)| split.seen(self.view)).any(|it| it.gross_minor() > 0)
        })
    }

    /// The history from the totals and the months that were read; `None` if these are of different moments.
    fn fold(&self, read: &StoredBooks, item: &TotalsItem, months: &[Month]) -> Result<Option<History>, CodecError> {
        let (mut before, mut within) = (item.totals.splits(Some(self.from.month())), Splits::new());
        // The figures of a whole month are on its first day.
        let mut by_day = BTreeMap::<Date, Splits>::new();
        for month in months {
            let journal = read.month_of(item, *month)?;
            if !item.agrees(*month, journal.as_ref()) {
                return Ok(None);
            }
            let entries = journal.iter().flat_map(JournalMonth::entries);
            for entry in entries.take_while(|it| it.at.date() <= self.to) {
                let split = Split::of(entry);
                if entry.at.date() < self.from {
                    totals::add(&mut before, entry.currency, split);
                } else {
                    totals::add(by_day.entry(entry.at.date()).or_default(), entry.currency, split);
                }
            }
        }
        let whole = item.totals.months.range(self.from.month()..=self.to.month());
        for (month, currencies) in whole.filter(|(month, _)| months.binary_search(month).is_err()) {
            let day = by_day.entry(month.first_day()).or_default();
            currencies.iter().for_each(|(it, split)| totals::add(day, *it, *split));
        }
        by_day.values().flatten().for_each(|(it, split)| totals::add(&mut within, *it, *split));
        let moved = by_day.into_iter().map(|(date, splits)| (date, seen(splits, self.view))).collect();
        let currencies = item.totals.months.values().flat_map(BTreeMap::keys).copied().collect();
        let opening = seen(before.clone(), self.view).into_iter().map(|(it, figures)| (it, figures.net_minor()));
        let periods = periods(self.by.cut(self.from, self.to), opening.collect(), &moved, &currencies);
        Ok(Some(History { periods, flows_by_day: self.flows_to_convert(moved), before, within }))
    }

    fn flows_to_convert(&self, mut moved: FlowsByDay) -> FlowsByDay {
        let Some(into) = self.converted_into else { return FlowsByDay::new() };
        moved.retain(|_, currencies| {
            currencies.retain(|currency, it| *currency != into && it.gross_minor() > 0);
            !currencies.is_empty()
        });
        moved
    }
}

/// Adds to the figures of a day.
fn add(moved: &mut FlowsByDay, date: Date, currency: Currency, figures: Figures) {
    let sum = moved.entry(date).or_default().entry(currency).or_default();
    *sum = sum.and(figures);
}

fn periods(
    cut: impl Iterator<Item = (Date, Date)>,
    mut balances: BTreeMap<Currency, i128>,
    moved: &FlowsByDay,
    currencies: &BTreeSet<Currency>,
) -> Vec<Period> {
    let period = |(from, to): (Date, Date)| {
        let mut movements = BTreeMap::<Currency, Movement>::new();
        for currency in currencies {
            let opening_minor = balances.get(currency).copied().unwrap_or(0);
            movements.insert(*currency, Movement { opening_minor, figures: Figures::default() });
        }
        for (currency, figures) in moved.range(from..=to).flat_map(|(_, it)| it) {
            let movement = movements.entry(*currency).or_default();
            movement.figures = movement.figures.and(*figures);
        }
        balances = movements.iter().map(|(currency, it)| (*currency, it.closing_minor())).collect();
        Period { from, to, currencies: movements }
    };
    cut.map(period).collect()
}
