use std::collections::{BTreeMap, BTreeSet};

use backoff::Backoff;
use calendar::Date;
use dynamodb::{Item, Key, Query, text, text_of, version_of};
use futures_util::{StreamExt, TryStreamExt, stream};
use imports::{DatedRate, Import, PortError, Rates, Saved, Version};
use money::Currency;

use crate::rates_of_year::{RatesOfYear, Source};
use crate::{DynamoDbImports, broken, failed};

/// The number of currencies or years that are read or written concurrently.
const AT_ONCE: usize = 16;

impl Rates for DynamoDbImports {
    async fn keep(&self, import: &Import, rates: &[DatedRate]) -> Result<(), PortError> {
        let source = Source { received_at: import.received_at, import: import.id };
        let years = stream::iter(by_year(rates)).map(Ok);
        years.try_for_each_concurrent(AT_ONCE, |(year, rates)| self.keep_year(year, source, rates)).await
    }

    async fn table(&self, currencies: &[Currency], from: Date, to: Date) -> Result<Vec<DatedRate>, PortError> {
        let currencies: BTreeSet<Currency> = currencies.iter().copied().collect();
        let rates = stream::iter(currencies).map(|it| self.of_currency(it, from, to)).buffered(AT_ONCE);
        Ok(rates.try_collect::<Vec<_>>().await?.concat())
    }
}

/// The attribute of an item's version.
const VERSION: &str = "version";

/// A currency and a year.
type Year = (Currency, i32);

/// Rates by their item.
fn by_year(rates: &[DatedRate]) -> BTreeMap<Year, Vec<DatedRate>> {
    let mut years = BTreeMap::<Year, Vec<DatedRate>>::new();
    for rate in rates {
        years.entry((rate.currency, rate.date.civil().0)).or_default().push(*rate);
    }
    years
}

impl DynamoDbImports {
    async fn keep_year(&self, year: Year, source: Source, rates: Vec<DatedRate>) -> Result<(), PortError> {
        let key = Key::new(partition(year.0), year.1.to_string());
        let mut backoff = Backoff::default();
        loop {
            let item = self.table.get(&key).await.map_err(failed)?;
            let (version, stored) = item.as_ref().map_or_else(|| Ok(<_>::default()), |it| stored(it, year.0))?;
            let rates = stored.clone().with(source, &rates);
            if rates == stored {
                return Ok(());
            }
            let item = key.with([("rates", text(rates.pack().map_err(broken)?))]);
            if let Saved::Stored(_) = self.table.save(item, VERSION, version).await.map_err(failed)? {
                return Ok(());
            }
            if !backoff.wait().await {
                return Err(PortError::Unavailable(
                    "the record of imports",
                    "other instances keep writing its rates".into(),
                ));
            }
        }
    }

    async fn of_currency(&self, currency: Currency, from: Date, to: Date) -> Result<Vec<DatedRate>, PortError> {
        let (first, last) = (from.civil().0, to.civil().0);
        let years = last.saturating_sub(first).saturating_add(2);
        let below = last.saturating_add(1).to_string();
        let mut query = Some(Query::partition(partition(currency)).below("sk", below).backwards());
        let mut rates = Vec::new();
        // Reads from the latest year backwards, until there is a rate before `from`.
        while let Some(first) = query.take() {
            let (items, next) = self.table.page(&first, usize::try_from(years).unwrap_or(2)).await.map_err(failed)?;
            for item in &items {
                let (_, year) = stored(item, currency)?;
                rates.extend(year.rates().rev().filter(|it| it.date <= to));
            }
            let enough = rates.last().is_some_and(|it: &DatedRate| it.date < from);
            query = next.filter(|_| !enough).map(|start| first.after(start));
        }
        let within = rates.iter().take_while(|it| it.date >= from).count();
        rates.truncate(within.saturating_add(1));
        rates.reverse();
        Ok(rates)
    }
}

fn partition(currency: Currency) -> String {
    format!("RATES#{currency}")
}

/// The version of an item, and what it holds.
fn stored(item: &Item, currency: Currency) -> Result<(Version, RatesOfYear), PortError> {
    let version = version_of(item, VERSION).map_err(failed)?;
    let rates = RatesOfYear::unpack(text_of(item, "rates").map_err(failed)?, currency).map_err(broken)?;
    Ok((version, rates))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_years_of_two_currencies_are_written_in_twenty_items() {
        let first: Date = "2010-01-01".parse().unwrap();
        let rate = |currency: Currency, day: i32| {
            let date = first.plus_days(day).unwrap();
            DatedRate { date, currency, usd: "1.1".parse().unwrap(), eur: "1".parse().unwrap() }
        };
        let days = 0..3652;
        let rates: Vec<_> =
            days.flat_map(|day| [Currency::EUR, Currency::USD].map(|currency| rate(currency, day))).collect();
        let years = by_year(&rates);
        assert_eq!((rates.len(), years.len()), (7304, 20));
        assert_eq!(years.values().map(Vec::len).sum::<usize>(), rates.len());
    }
}
