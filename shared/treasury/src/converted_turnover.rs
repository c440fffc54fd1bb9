use ledger::Entry;
use money::{Money, MoneyError, Reference, Unrounded};

use crate::rates::by_currency;
use crate::turnover::CurrencyFigures;
use crate::{ExchangeRates, Valuation};

/// Credits and debits converted into one currency, each at the rate of its day, like the flows of a
/// [history](crate::ConvertedHistory). The lines of a query are rounded to their total.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConvertedTurnover {
    /// The sum of the credits.
    pub r#in: Money,
    /// The sum of the debits, zero or below.
    pub out: Money,
    /// The sum of credits and debits, regardless of sign.
    pub gross: Money,
}

/// The converted turnover of all entries of a query.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConvertedTotal {
    /// All entries with a rate on their day; equal to in and out of the history of the same days.
    pub turnover: ConvertedTurnover,
    /// The sum of credits and debits, regardless of sign, without a rate on their day.
    pub unconverted: Vec<Money>,
}

/// The figures of a line in each currency, and converted if requested. Half a million lines may be in memory.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Line {
    pub(crate) figures: CurrencyFigures,
    pub(crate) converted: Option<Box<Exact>>,
}

/// Converted sums before they are rounded.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Exact {
    r#in: Unrounded,
    /// Zero or below.
    out: Unrounded,
    /// In minus out.
    gross: Unrounded,
    unconverted: CurrencyFigures,
}

impl Line {
    /// Adds an entry, converted at the rate of its day if `into` is given.
    pub(crate) fn take(
        &mut self,
        entry: &Entry,
        into: Option<Reference>,
        rates: &ExchangeRates,
    ) -> Result<(), MoneyError> {
        self.figures.take(entry);
        let Some(into) = into else { return Ok(()) };
        self.converted.get_or_insert_default().take(entry, &Valuation { rates, on: entry.at.date(), into })
    }

    /// The exact sum of credits and debits, regardless of sign.
    pub(crate) fn worth(&self) -> Unrounded {
        self.converted.as_ref().map_or_else(Unrounded::default, |it| it.gross)
    }
}

impl Exact {
    fn take(&mut self, entry: &Entry, valuation: &Valuation<'_>) -> Result<(), MoneyError> {
        let amount = Money::new(entry.amount_minor, entry.currency);
        let Some(worth) = valuation.value(amount)? else {
            if amount.minor() != 0 {
                self.unconverted.take(entry);
            }
            return Ok(());
        };
        let side = if amount.minor() < 0 { &mut self.out } else { &mut self.r#in };
        *side = side.try_add(worth).ok_or(MoneyError::Overflow)?;
        let positive = if amount.minor() < 0 { worth.negated() } else { Some(worth) };
        let gross = positive.and_then(|it| self.gross.try_add(it));
        self.gross = gross.ok_or(MoneyError::Overflow)?;
        Ok(())
    }
}

/// The converted turnover of each line, rounded so that in, out and gross of the lines add up to the total, and the
/// total.
pub(crate) fn rounded<'a>(
    lines: &(impl Iterator<Item = &'a Line> + Clone),
    into: Reference,
) -> Result<(Vec<ConvertedTurnover>, ConvertedTotal), MoneyError> {
    let column = |of: fn(&Exact) -> Unrounded| {
        let column: Vec<_> = lines.clone().map(|it| it.converted.as_deref().map_or_else(<_>::default, of)).collect();
        Unrounded::rounded_to_total(&column).ok_or(MoneyError::Overflow)
    };
    let turnover = |r#in: i128, out: i128| {
        let gross = r#in.checked_sub(out).ok_or(MoneyError::Overflow)?;
        Ok(ConvertedTurnover { r#in: into.money(r#in), out: into.money(out), gross: into.money(gross) })
    };
    let (r#in, out) = (column(|it| it.r#in)?, column(|it| it.out)?);
    let sum = |column: &[i128]| column.iter().try_fold(0_i128, |sum, it| sum.checked_add(*it));
    let (all_in, all_out) = sum(&r#in).zip(sum(&out)).ok_or(MoneyError::Overflow)?;
    let unconverted = lines.clone().filter_map(|it| it.converted.as_deref()).flat_map(|it| it.unconverted.gross());
    let total = ConvertedTotal { turnover: turnover(all_in, all_out)?, unconverted: by_currency(unconverted)? };
    let lines = r#in.into_iter().zip(out).map(|(r#in, out)| turnover(r#in, out));
    Ok((lines.collect::<Result<_, MoneyError>>()?, total))
}
