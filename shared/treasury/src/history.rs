use calendar::Date;
use ledger::{Figures, History, Movement, Period};
use money::{Currency, Money, MoneyError, Reference, Unrounded};

use crate::rates::by_currency;
use crate::{ExchangeRates, Valuation};

/// A history converted into one currency.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ConvertedHistory {
    /// Its periods, oldest first.
    pub periods: Vec<ConvertedPeriod>,
    /// All periods together: the sums of in, out, net and revaluation. `None` without periods.
    pub total: Option<ConvertedPeriod>,
}

/// A part of a history converted into one currency: opening + net + revaluation = closing, net = in + out.
///
/// Opening and closing use the rates of their days, so a closing equals the next opening. In and out are the flows of
/// each day at the rate of that day (the date of the transaction: IAS 21, paragraph 21). Revaluation is the remainder:
/// the effect of changed rates on the balance, including currencies with their first rate in the period.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConvertedPeriod {
    /// Its first day.
    pub from: Date,
    /// Its last day.
    pub to: Date,
    /// The balance before the first day.
    pub opening: Money,
    /// The sum of the credits.
    pub r#in: Money,
    /// The sum of the debits, zero or below.
    pub out: Money,
    /// Both together.
    pub net: Money,
    /// The effect of changed rates on the balance.
    pub revaluation: Money,
    /// The balance at the end of the last day.
    pub closing: Money,
    /// The amounts that the opening excludes because they have no rate.
    pub unconverted_opening: Vec<Money>,
    /// The credits that `in` excludes because they have no rate on their day.
    pub unconverted_in: Vec<Money>,
    /// The debits that `out` excludes because they have no rate on their day; below zero.
    pub unconverted_out: Vec<Money>,
    /// The amounts that the closing excludes because they have no rate.
    pub unconverted_closing: Vec<Money>,
}

/// Converts `history`, which must have been read for a conversion into this currency
/// ([`ledger::HistoryRequest::converted_into`]). Returns [`MoneyError::Overflow`] if a converted sum does not fit an
/// `i128` of minor units.
///
/// The columns of in and out are exact sums of days, rounded once over all periods; the values of single periods are
/// rounded so that they add up to that total. So the same days have the same in, out and revaluation for every bucket
/// size.
pub fn converted_history(
    history: &History,
    rates: &ExchangeRates,
    into: Reference,
) -> Result<ConvertedHistory, MoneyError> {
    let (r#in, unconverted_in) = column(history, rates, into, |it| it.in_minor)?;
    let (out, unconverted_out) = column(history, rates, into, |it| it.out_minor)?;
    let flows = r#in.into_iter().zip(out).zip(unconverted_in.into_iter().zip(unconverted_out));
    let periods = history.periods.iter().zip(flows);
    let periods = periods.map(|(period, (flows, (unconverted_in, unconverted_out)))| {
        Ok(ConvertedPeriod { unconverted_in, unconverted_out, ..convert(period, flows, rates, into)? })
    });
    let periods = periods.collect::<Result<Vec<_>, MoneyError>>()?;
    Ok(ConvertedHistory { total: total(&periods)?, periods })
}

/// The converted credits or debits of each period, rounded to their total, and those without a rate on their day.
fn column(
    history: &History,
    rates: &ExchangeRates,
    into: Reference,
    of: fn(&Figures) -> i128,
) -> Result<(Vec<i128>, Vec<Vec<Money>>), MoneyError> {
    let flows = history.periods.iter().map(|period| flow(history, period, rates, into, of));
    let (exact, unconverted): (Vec<_>, Vec<_>) = flows.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    Ok((Unrounded::rounded_to_total(&exact).ok_or(MoneyError::Overflow)?, unconverted))
}

/// The converted credits or debits of a period, day by day, and those without a rate on their day.
fn flow(
    history: &History,
    period: &Period,
    rates: &ExchangeRates,
    into: Reference,
    of: fn(&Figures) -> i128,
) -> Result<(Unrounded, Vec<Money>), MoneyError> {
    let own = period.currencies.get(&into.currency()).map_or(0, |it| of(&it.figures));
    let (mut sum, mut unconverted) = (Unrounded::minor(own), Vec::new());
    for (date, currencies) in history.flows_by_day.range(period.from..=period.to) {
        let valuation = Valuation { rates, on: *date, into };
        let day = valuation.sum(currencies.iter().map(|(currency, it)| Money::new(of(it), *currency)))?;
        sum = sum.try_add(day.worth).ok_or(MoneyError::Overflow)?;
        unconverted.extend(day.unconverted);
    }
    Ok((sum, by_currency(unconverted)?))
}

fn convert(
    period: &Period,
    (in_minor, out_minor): (i128, i128),
    rates: &ExchangeRates,
    into: Reference,
) -> Result<ConvertedPeriod, MoneyError> {
    let before = Valuation { rates, on: period.from.plus_days(-1).unwrap_or(Date::MIN), into };
    let after = Valuation { rates, on: period.to, into };
    let amounts = |minor: fn(&Movement) -> i128| {
        let amount = move |(currency, it): (&Currency, &Movement)| Money::new(minor(it), *currency);
        period.currencies.iter().map(amount)
    };
    let opening = before.sum(amounts(|it| it.opening_minor))?;
    let closing = after.sum(amounts(Movement::closing_minor))?;
    let balances = (before.round(opening.worth)?, after.round(closing.worth)?);
    let flows = (into.money(in_minor), into.money(out_minor));
    let converted = ConvertedPeriod::new((period.from, period.to), balances, flows)?;
    Ok(ConvertedPeriod {
        unconverted_opening: opening.unconverted,
        unconverted_closing: closing.unconverted,
        ..converted
    })
}

/// All periods together.
fn total(periods: &[ConvertedPeriod]) -> Result<Option<ConvertedPeriod>, MoneyError> {
    let Some((first, last)) = periods.first().zip(periods.last()) else { return Ok(None) };
    let sum = |of: fn(&ConvertedPeriod) -> Money| {
        let zero = Money::new(0, first.opening.currency());
        periods.iter().try_fold(zero, |sum, it| sum.try_add(of(it)))
    };
    let flows = (sum(|it| it.r#in)?, sum(|it| it.out)?);
    let total = ConvertedPeriod::new((first.from, last.to), (first.opening, last.closing), flows)?;
    Ok(Some(ConvertedPeriod {
        unconverted_opening: first.unconverted_opening.clone(),
        unconverted_in: by_currency(periods.iter().flat_map(|it| &it.unconverted_in).copied())?,
        unconverted_out: by_currency(periods.iter().flat_map(|it| &it.unconverted_out).copied())?,
        unconverted_closing: last.unconverted_closing.clone(),
        ..total
    }))
}

impl ConvertedPeriod {
    /// Computes net and revaluation so that the period adds up.
    fn new(
        (from, to): (Date, Date),
        (opening, closing): (Money, Money),
        (r#in, out): (Money, Money),
    ) -> Result<Self, MoneyError> {
        let net = r#in.try_add(out)?;
        let revaluation = closing.minor().checked_sub(opening.minor()).and_then(|it| it.checked_sub(net.minor()));
        let revaluation = Money::new(revaluation.ok_or(MoneyError::Overflow)?, closing.currency());
        Ok(Self {
            from,
            to,
            opening,
            r#in,
            out,
            net,
            revaluation,
            closing,
            unconverted_opening: Vec::new(),
            unconverted_in: Vec::new(),
            unconverted_out: Vec::new(),
            unconverted_closing: Vec::new(),
        })
    }
}
