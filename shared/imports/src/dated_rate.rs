use calendar::Date;
use money::Currency;
use rust_decimal::Decimal;

/// The worth of one unit of a currency on a date, from a file of rates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DatedRate {
    /// The day.
    pub date: Date,
    /// The currency.
    pub currency: Currency,
    /// Its worth in USD, above zero.
    pub usd: Decimal,
    /// Its worth in EUR, above zero.
    pub eur: Decimal,
}
