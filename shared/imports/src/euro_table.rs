//! Tables of rates with a column for each currency, as the European Central Bank publishes them: a row is a day, and
//! each number is the price of one euro in the currency of the column.

use money::Currency;
use rust_decimal::Decimal;

use crate::format::fields::Fields;
use crate::layout::{Layout, plain};
use crate::row_error::RowError;
use crate::{DatedRate, Warning};

/// The index of the date column.
const DATE: usize = 0;

/// The columns of such a table.
pub(crate) struct EuroTable {
    dollar: usize,
    /// All currencies, including the dollar, with their column indexes.
    currencies: Vec<(usize, Currency)>,
    /// Codes of unknown or former currencies, with their column indexes.
    unknown: Vec<(usize, String)>,
    /// The number of rows with a rate for one of these codes.
    rows_with_unknown: u64,
}

impl EuroTable {
    /// The table for this header, if it is a table: `Date`, then only codes of three letters, including `USD`.
    pub(crate) fn of(names: &[String]) -> Option<Self> {
        let (date, codes) = names.split_first()?;
        let codes: Vec<String> = codes.iter().map(|it| it.trim().to_uppercase()).collect();
        let is_code = |it: &String| it.len() == 3 && it.bytes().all(|it| it.is_ascii_uppercase());
        if plain(date) != "date" || !codes.iter().all(is_code) {
            return None;
        }
        let (mut currencies, mut unknown) = (Vec::new(), Vec::new());
        for (place, code) in (DATE.saturating_add(1)..).zip(codes) {
            match Currency::parse(code.as_bytes()) {
                Ok(currency) => currencies.push((place, currency)),
                Err(_) => unknown.push((place, code)),
            }
        }
        let dollar = currencies.iter().find(|(_, currency)| *currency == Currency::USD)?.0;
        Some(Self { dollar, currencies, unknown, rows_with_unknown: 0 })
    }

    /// The rates of a row: the worth of one unit of each currency and of one euro.
    pub(crate) fn take(&mut self, layout: &Layout, fields: &Fields, row: &[u8]) -> Result<Vec<DatedRate>, RowError> {
        let date = layout.dates.read(fields.get(row, DATE)).map_err(|error| RowError::field(DATE, error))?.date();
        let for_a_euro = |place: usize| match fields.get(row, place) {
            b"" | b"N/A" => Ok(None),
            text => above_zero(text).map(Some).ok_or_else(|| RowError::field(place, "not a rate above zero")),
        };
        let mut numbers = Vec::new();
        for (place, currency) in &self.currencies {
            numbers.extend(for_a_euro(*place)?.map(|number| (*place, *currency, number)));
        }
        let mut has_unknown = false;
        for (place, _) in &self.unknown {
            has_unknown |= for_a_euro(*place)?.is_some();
        }
        self.rows_with_unknown = self.rows_with_unknown.saturating_add(u64::from(has_unknown));
        if numbers.is_empty() && !has_unknown {
            return Ok(Vec::new());
        }
        let dollars = numbers.iter().find(|it| it.0 == self.dollar).map(|it| it.2);
        let dollars = dollars
            .ok_or_else(|| RowError::field(self.dollar, "missing; without it the day has no rates in dollars"))?;
        let one_euro = DatedRate { date, currency: Currency::EUR, usd: dollars, eur: Decimal::ONE };
        let worth = |(place, currency, number): (usize, Currency, Decimal)| {
            let one_unit = |of: Decimal| {
                let worth = of.checked_div(number).filter(|it| *it > Decimal::ZERO);
                worth.ok_or_else(|| RowError::field(place, "too large or too small for a rate"))
            };
            Ok(DatedRate { date, currency, usd: one_unit(dollars)?, eur: one_unit(Decimal::ONE)? })
        };
        std::iter::once(Ok(one_euro)).chain(numbers.into_iter().map(worth)).collect()
    }

    /// The omitted columns.
    pub(crate) fn warning(&self) -> Option<Warning> {
        let codes: Vec<&str> = self.unknown.iter().map(|(_, code)| code.as_str()).collect();
        let what = format!("left out, as ISO 4217 has no such currency today: {}", codes.join(", "));
        (self.rows_with_unknown > 0).then_some(Warning { what, rows: self.rows_with_unknown })
    }
}

/// A plain decimal number above zero.
pub(crate) fn above_zero(text: &[u8]) -> Option<Decimal> {
    let text = std::str::from_utf8(text).unwrap_or_default();
    let plain = text.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    let number = if plain { Decimal::from_str_exact(text).ok() } else { None };
    number.filter(|it| *it > Decimal::ZERO)
}
