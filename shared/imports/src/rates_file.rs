//! Tables of exchange rates. A table is taken whole or not at all.

use std::collections::BTreeMap;

use calendar::Date;
use money::Currency;
use rust_decimal::Decimal;

use crate::entry_file::Wrong;
use crate::euro_table::EuroTable;
use crate::layout::Layout;
use crate::scanner::Fields;
use crate::{Column, DatedRate, Refusal, Warning};

/// How many of a table's contradictions a refusal names.
const MOST_NAMED: usize = 10;

/// The rates of a file, while it is read.
pub(crate) struct RateFile {
    /// Of which day rates without a date are.
    uploaded_on: Date,
    /// The columns, where each currency has one.
    euro_table: Option<EuroTable>,
    rates: Vec<(u64, DatedRate)>,
}

impl RateFile {
    pub(crate) fn new(layout: &Layout, uploaded_on: Date) -> Self {
        let is_listed = layout.places.find(Column::Currency).is_some();
        let euro_table = if is_listed { None } else { EuroTable::of(layout.places.names()) };
        Self { uploaded_on, euro_table, rates: Vec::new() }
    }

    pub(crate) fn take(&mut self, layout: &Layout, line: u64, fields: &Fields, row: &[u8]) -> Result<(), Wrong> {
        let rates = match &mut self.euro_table {
            Some(table) => table.take(layout, fields, row)?,
            None => vec![self.listed(layout, fields, row)?],
        };
        self.rates.extend(rates.into_iter().map(|rate| (line, rate)));
        Ok(())
    }

    fn listed(&self, layout: &Layout, fields: &Fields, row: &[u8]) -> Result<DatedRate, Wrong> {
        let place = |column: Column| layout.places.find(column).unwrap_or(usize::MAX);
        let field = |column: Column| fields.get(row, place(column));
        let rate = |column: Column| {
            above_zero(field(column)).ok_or_else(|| Wrong::field(place(column), "not a rate above zero"))
        };
        let currency = Currency::parse(field(Column::Currency));
        let currency = currency.map_err(|error| Wrong::field(place(Column::Currency), error))?;
        let date = match field(Column::Date) {
            [] => self.uploaded_on,
            text => layout.dates.read(text).map_err(|error| Wrong::field(place(Column::Date), error))?.date(),
        };
        Ok(DatedRate { date, currency, usd: rate(Column::UsdRate)?, eur: rate(Column::EurRate)? })
    }

    /// What was left out.
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        self.euro_table.iter().filter_map(EuroTable::warning).collect()
    }

    /// The rates, if they agree with each other: the two rates of a row imply what a euro is worth in dollars, and
    /// that must be within 5 % of what the middle one of the day's rows implies; and no currency has two rates.
    pub(crate) fn finish(self) -> Result<Vec<DatedRate>, Refusal> {
        let mut wrong = Vec::new();
        let mut days = BTreeMap::<Date, Vec<(u64, DatedRate, Decimal)>>::new();
        let mut seen = BTreeMap::<(Date, Currency), (u64, DatedRate)>::new();
        for (line, rate) in &self.rates {
            if let Some((first, other)) =
                seen.insert((rate.date, rate.currency), (*line, *rate)).filter(|it| it.1 != *rate)
            {
                let (date, currency) = (other.date, other.currency);
                wrong.push(format!("lines {first} and {line} give two rates for {currency} on {date}"));
            }
            let cross = rate.usd.checked_div(rate.eur).unwrap_or_default();
            days.entry(rate.date).or_default().push((*line, *rate, cross));
        }
        for (date, rows) in days {
            let mut crosses: Vec<Decimal> = rows.iter().map(|it| it.2).collect();
            crosses.sort_unstable();
            let middle = crosses.get(crosses.len().div_euclid(2)).copied().unwrap_or_default();
            let far = |cross: Decimal| {
                let off = cross.saturating_sub(middle).abs();
                off.checked_mul(Decimal::from(20)).is_none_or(|it| it > middle)
            };
            let off: Vec<_> = rows.iter().filter(|it| far(it.2)).collect();
            // Of two rows, nobody knows which is wrong.
            let named = if rows.len() == 2 && !off.is_empty() { rows.iter().collect() } else { off };
            wrong.extend(named.into_iter().map(|(line, rate, cross)| {
                let (currency, cross, middle) = (rate.currency, cross.round_dp(4), middle.round_dp(4));
                format!("line {line}: {currency} on {date} implies {cross} USD for a euro, the others imply {middle}")
            }));
        }
        if wrong.is_empty() {
            return Ok(self.rates.into_iter().map(|(_, rate)| rate).collect());
        }
        let more = wrong.len().saturating_sub(MOST_NAMED);
        wrong.truncate(MOST_NAMED);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        Err(Refusal::ContradictoryRates(format!("{}{more}", wrong.join("; "))))
    }
}

/// A plain decimal number above zero.
pub(crate) fn above_zero(text: &[u8]) -> Option<Decimal> {
    let text = std::str::from_utf8(text).unwrap_or_default();
    let plain = text.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    let number = if plain { Decimal::from_str_exact(text).ok() } else { None };
    number.filter(|it| *it > Decimal::ZERO)
}
