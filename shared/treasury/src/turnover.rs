use ledger::{Entry, Figures};
use money::{Currency, Money, MoneyError};

/// Credits and debits in one currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turnover {
    /// The number of entries, including those of zero.
    pub transactions: u64,
    /// The sum of the credits.
    pub r#in: Money,
    /// The sum of the debits; zero or below.
    pub out: Money,
}

impl Turnover {
    /// The net change of the balance.
    pub fn net(self) -> Result<Money, MoneyError> {
        self.r#in.try_add(self.out)
    }

    pub(crate) fn try_add(self, other: Self) -> Result<Self, MoneyError> {
        Ok(Self {
            transactions: self.transactions.saturating_add(other.transactions),
            r#in: self.r#in.try_add(other.r#in)?,
            out: self.out.try_add(other.out)?,
        })
    }
}

/// The figures of a few currencies, unordered. Smaller than a map: a fold may hold one for each of half a million
/// counterparties.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct CurrencyFigures(Vec<(Currency, Figures)>);

impl CurrencyFigures {
    /// Adds an entry.
    pub(crate) fn take(&mut self, entry: &Entry) {
        self.add(entry.currency, Figures::of(entry.amount_minor));
    }

    pub(crate) fn add(&mut self, currency: Currency, figures: Figures) {
        if let Some((_, sum)) = self.0.iter_mut().find(|(it, _)| *it == currency) {
            *sum = sum.and(figures);
        } else {
            self.0.reserve_exact(1);
            self.0.push((currency, figures));
        }
    }

    /// How many entries, in all currencies.
    pub(crate) fn count(&self) -> u64 {
        self.0.iter().map(|(_, it)| it.count).fold(0, u64::saturating_add)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sum of credits and debits, regardless of sign, in each currency.
    pub(crate) fn gross(&self) -> impl Iterator<Item = Money> {
        self.0.iter().map(|(currency, it)| Money::new(it.in_minor.saturating_sub(it.out_minor), *currency))
    }

    /// One line for each currency, by code.
    pub(crate) fn turnover(mut self) -> Vec<Turnover> {
        self.0.sort_by_key(|(currency, _)| *currency);
        let turnover = |(currency, it): (Currency, Figures)| Turnover {
            transactions: it.count,
            r#in: Money::new(it.in_minor, currency),
            out: Money::new(it.out_minor, currency),
        };
        self.0.into_iter().map(turnover).collect()
    }
}
