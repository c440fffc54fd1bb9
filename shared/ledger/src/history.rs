use std::collections::{BTreeMap, BTreeSet};

use banking::AccountNumber;
use calendar::{Bucket, Date, Month};
use money::Currency;

use crate::queries::{MOST_READS, read_settled};
use crate::totals::Split;
use crate::{Books, BooksError, Figures, Shelf, Totals, View};

/// A part of an account's history, with what moved in each currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Period {
    /// Its first day.
    pub from: Date,
    /// Its last day.
    pub to: Date,
    /// Every currency the account has or will have, moved or not.
    pub currencies: BTreeMap<Currency, Movement>,
}

/// What moved in one currency, in minor units: opening + in + out = closing.
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

/// What moved on an account from `from` to `to`, both inclusive, bucket by bucket.
///
/// By month, quarter or year it reads the totals and, where `from` or `to` is within a month, that month; by day or
/// week every month that has entries in between.
pub async fn history<B: Books>(
    books: &B,
    account: &AccountNumber,
    (from, to): (Date, Date),
    by: Bucket,
    view: View,
) -> Result<Vec<Period>, BooksError> {
    if to < from {
        return Ok(Vec::new());
    }
    let (shelf, wanted) = if by.is_of_months() {
        let wanted: Vec<Month> = partial_months(from, to).into_iter().collect();
        (read_settled(books, account, &wanted).await?, wanted)
    } else {
        read_all(books, account, from.month(), to.month()).await?
    };
    let totals = shelf.totals()?;
    let mut opening = net(&totals, from.month(), view);
    let mut moved = Moved::new();
    for month in &wanted {
        let Some(journal) = shelf.month(*month)? else { continue };
        for entry in journal.entries() {
            let date = entry.at.date();
            if date > to {
                break;
            }
            let mut split = Split::default();
            split.take(entry);
            let figures = split.seen(view);
            if date < from {
                let sum = opening.entry(entry.currency).or_default();
                *sum = sum.saturating_add(figures.net_minor());
            } else {
                add(&mut moved, date, entry.currency, figures);
            }
        }
    }
    let whole = totals.months.range(from.month()..=to.month()).filter(|(month, _)| !wanted.contains(month));
    for (month, currencies) in whole {
        currencies.iter().for_each(|(it, split)| add(&mut moved, month.first_day(), *it, split.seen(view)));
    }
    let currencies = totals.months.values().flat_map(BTreeMap::keys).copied().collect();
    Ok(periods(by.cut(from, to), opening, &moved, &currencies))
}

/// Reads every month from `first` to `last` that has entries, and which they are.
async fn read_all<B: Books>(
    books: &B,
    account: &AccountNumber,
    first: Month,
    last: Month,
) -> Result<(Shelf, Vec<Month>), BooksError> {
    let mut wanted = months_within(&books.read(account, &[]).await?.totals()?, first, last);
    for reads in 1..=MOST_READS {
        let shelf = read_settled(books, account, &wanted).await?;
        let found = months_within(&shelf.totals()?, first, last);
        if found == wanted {
            return Ok((shelf, wanted));
        }
        // Another posting began a month between the two reads.
        wanted = found;
        books.pause(reads).await;
    }
    Err(BooksError::Unsettled)
}

fn months_within(totals: &Totals, first: Month, last: Month) -> Vec<Month> {
    totals.months.range(first..=last).map(|(month, _)| *month).collect()
}

/// The whole months that `totals` have entries in: what a history is of when nobody says.
pub fn all_days(totals: &Totals) -> Option<(Date, Date)> {
    let first = totals.months.keys().next()?;
    let last = totals.months.keys().next_back()?;
    Some((first.first_day(), last.last_day()))
}

/// Figures by day; those of a whole month on its first one.
type Moved = BTreeMap<Date, BTreeMap<Currency, Figures>>;

fn add(moved: &mut Moved, date: Date, currency: Currency, figures: Figures) {
    let sum = moved.entry(date).or_default().entry(currency).or_default();
    *sum = sum.and(figures);
}

/// The months of which only a part is asked for.
fn partial_months(from: Date, to: Date) -> BTreeSet<Month> {
    [from.month(), to.month()].into_iter().filter(|it| it.first_day() < from || it.last_day() > to).collect()
}

/// The balances at the end of the month before `month`.
fn net(totals: &Totals, month: Month, view: View) -> BTreeMap<Currency, i128> {
    totals.figures(Some(month), view).into_iter().map(|(currency, it)| (currency, it.net_minor())).collect()
}

fn periods(
    cut: impl Iterator<Item = (Date, Date)>,
    mut balances: BTreeMap<Currency, i128>,
    moved: &Moved,
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
