//! Tables of exchange rates. An uploaded table is accepted completely or not at all, because the user can correct it. A
//! file from a bank's feed is accepted row by row: the next file would contain the same wrong row again.

use std::collections::BTreeMap;

use calendar::Date;
use money::Currency;
use rust_decimal::Decimal;

use crate::assumed_years::AssumedYears;
use crate::euro_table::{EuroTable, above_zero};
use crate::format::fields::Fields;
use crate::layout::Layout;
use crate::rejects::{MAX_SHOWN, Rejects, cut};
use crate::row_error::RowError;
use crate::{Column, DatedRate, Refusal, Warning};

/// The folder of `imports/` for the files of a bank's feed of rates.
const FEED: &str = "exchange-rates";
/// The maximum number of contradictions in a refusal.
const MAX_NAMED: usize = 10;

/// The rates of a file that is being read.
pub(crate) struct RateFile {
    /// The day of rates without a date.
    uploaded_on: Date,
    /// The columns of a table with a column for each currency.
    euro_table: Option<EuroTable>,
    rates: Rows,
    /// For the dates of accepted rows.
    pub(crate) assumed_years: AssumedYears,
    /// For a feed's file: its rows by line, truncated, for the rejects.
    shown: Option<BTreeMap<u64, String>>,
}

impl RateFile {
    /// A file in the folder `source` of `imports/`.
    pub(crate) fn new(layout: &Layout, uploaded_on: Date, source: Option<&str>) -> Self {
        let is_listed = layout.column_map.find(Column::Currency).is_some();
        let euro_table = if is_listed { None } else { EuroTable::of(layout.column_map.names()) };
        let shown = (source == Some(FEED)).then(BTreeMap::new);
        Self { uploaded_on, euro_table, rates: Vec::new(), assumed_years: AssumedYears::default(), shown }
    }

    /// Whether invalid rows are rejected, instead of the whole file.
    pub(crate) fn rejects_rows(&self) -> bool {
        self.shown.is_some()
    }

    pub(crate) fn take(&mut self, layout: &Layout, line: u64, fields: &Fields, row: &[u8]) -> Result<(), RowError> {
        let rates = match &mut self.euro_table {
            Some(table) => table.take(layout, fields, row)?,
            None => vec![self.listed(layout, fields, row)?],
        };
        let date = layout.column_map.find(Column::Date).map_or(&[][..], |it| fields.get(row, it));
        if let Some(rate) = rates.first().filter(|_| layout.dates.assumes_year(date)) {
            self.assumed_years.add(rate.date);
        }
        if let Some(shown) = &mut self.shown {
            shown.insert(line, cut(row, MAX_SHOWN));
        }
        self.rates.extend(rates.into_iter().map(|rate| (line, rate)));
        Ok(())
    }

    fn listed(&self, layout: &Layout, fields: &Fields, row: &[u8]) -> Result<DatedRate, RowError> {
        let place = |column: Column| layout.column_map.find(column).unwrap_or(usize::MAX);
        let field = |column: Column| fields.get(row, place(column));
        let rate = |column: Column| {
            above_zero(field(column)).ok_or_else(|| RowError::field(place(column), "not a rate above zero"))
        };
        let currency = Currency::parse(field(Column::Currency));
        let currency = currency.map_err(|error| RowError::field(place(Column::Currency), error))?;
        let date = match field(Column::Date) {
            [] => self.uploaded_on,
            text => layout.dates.read(text).map_err(|error| RowError::field(place(Column::Date), error))?.date(),
        };
        Ok(DatedRate { date, currency, usd: rate(Column::UsdRate)?, eur: rate(Column::EurRate)? })
    }

    /// The omitted columns.
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        self.euro_table.iter().filter_map(EuroTable::warning).chain(self.assumed_years.warning()).collect()
    }

    /// The consistent rates. The two rates of a row imply the price of a euro in dollars; it must be within 5 % of the
    /// median of the day, and a currency must not have two rates for a day. Inconsistent rows of a feed's file are
    /// rejected; any other file is refused.
    pub(crate) fn finish(&mut self, rejects: &mut Rejects) -> Result<Vec<DatedRate>, Refusal> {
        let rates = std::mem::take(&mut self.rates);
        let (off, rates_of) = (off_the_middle(&rates), |rates: Rows| rates.into_iter().map(|(_, rate)| rate).collect());
        let Some(shown) = &self.shown else {
            let two = two_rates(&rates).into_iter().map(|it| it.reason);
            let off = off.into_iter().map(|(line, reason)| format!("line {line}: {reason}"));
            let mut wrong: Vec<String> = two.chain(off).collect();
            if wrong.is_empty() {
                return Ok(rates_of(rates));
            }
            let more = wrong.len().saturating_sub(MAX_NAMED);
            wrong.truncate(MAX_NAMED);
            let more = if more > 0 { format!("; and {more} more") } else { String::new() };
            return Err(Refusal::ContradictoryRates(format!("{}{more}", wrong.join("; "))));
        };
        let mut wrong: BTreeMap<u64, String> = off.into_iter().collect();
        let agreed: Rows = rates.into_iter().filter(|(line, _)| !wrong.contains_key(line)).collect();
        for TwoRates { lines, reason } in two_rates(&agreed) {
            wrong.extend(lines.into_iter().map(|line| (line, reason.clone())));
        }
        for (line, reason) in &wrong {
            rejects.add(*line, reason, shown.get(line).map_or(&[], |it| it.as_bytes()));
        }
        Ok(rates_of(agreed.into_iter().filter(|(line, _)| !wrong.contains_key(line)).collect()))
    }
}

/// Rates with their lines.
type Rows = Vec<(u64, DatedRate)>;

/// Rows with more than one rate of a currency for a day.
struct TwoRates {
    lines: Vec<u64>,
    reason: String,
}

fn two_rates(rates: &[(u64, DatedRate)]) -> Vec<TwoRates> {
    let mut by_day = BTreeMap::<(Date, Currency), Rows>::new();
    for (line, rate) in rates {
        by_day.entry((rate.date, rate.currency)).or_default().push((*line, *rate));
    }
    let two = by_day.into_iter().filter_map(|((date, currency), rows)| {
        let (first, rate) = rows.first()?;
        let (other, _) = rows.iter().find(|it| it.1 != *rate)?;
        let reason = format!("lines {first} and {other} give two rates for {currency} on {date}");
        Some(TwoRates { lines: rows.iter().map(|(line, _)| *line).collect(), reason })
    });
    two.collect()
}

/// Rows, by line, that imply another price of the euro than the other rows of the day.
fn off_the_middle(rates: &[(u64, DatedRate)]) -> Vec<(u64, String)> {
    let mut days = BTreeMap::<Date, Vec<(u64, DatedRate, Decimal)>>::new();
    for (line, rate) in rates {
        let cross = rate.usd.checked_div(rate.eur).unwrap_or_default();
        days.entry(rate.date).or_default().push((*line, *rate, cross));
    }
    let mut wrong = Vec::new();
    for (date, rows) in days {
        let mut crosses: Vec<Decimal> = rows.iter().map(|it| it.2).collect();
        crosses.sort_unstable();
        let middle = crosses.get(crosses.len().div_euclid(2)).copied().unwrap_or_default();
        let far = |cross: Decimal| {
            let off = cross.saturating_sub(middle).abs();
            off.checked_mul(Decimal::from(20)).is_none_or(|it| it > middle)
        };
        let off: Vec<_> = rows.iter().filter(|it| far(it.2)).collect();
        // With two rows it is unknown which one is wrong.
        let named = if rows.len() == 2 && !off.is_empty() { rows.iter().collect() } else { off };
        wrong.extend(named.into_iter().map(|(line, rate, cross)| {
            let [cross, middle] = [*cross, middle].map(|it| it.round_dp(4).normalize());
            let currency = rate.currency;
            (*line, format!("{currency} on {date} implies {cross} USD for a euro, the others imply {middle}"))
        }));
    }
    wrong
}
