use std::collections::BTreeSet;

use calendar::Date;
use dynamodb::{Item, Key, Query, sortable, text, text_of};
use imports::{DatedRate, Import, PortError, Rates};
use money::Currency;

use crate::{DynamoDbImports, broken, failed};

impl Rates for DynamoDbImports {
    async fn keep(&self, import: &Import, rates: &[DatedRate]) -> Result<(), PortError> {
        let received_at = sortable(import.received_at);
        let item = |rate: &DatedRate| {
            let sk = format!("{}#{received_at}#{}", rate.date, import.id);
            let key = Key::new(format!("RATES#{}", rate.currency), sk);
            (key.clone(), key.with([("usd", text(rate.usd.to_string())), ("eur", text(rate.eur.to_string()))]))
        };
        // A table may say the same twice; a batch may not.
        let items: std::collections::HashMap<Key, Item> = rates.iter().map(item).collect();
        self.table.put_all(items.into_values().collect()).await.map_err(failed)
    }

    async fn table(&self, currencies: &[Currency], from: Date, to: Date) -> Result<Vec<DatedRate>, PortError> {
        let currencies: BTreeSet<Currency> = currencies.iter().copied().collect();
        let mut table = Vec::new();
        for currency in currencies {
            table.extend(self.of_currency(currency, from, to).await?);
        }
        Ok(table)
    }
}

impl DynamoDbImports {
    async fn of_currency(&self, currency: Currency, from: Date, to: Date) -> Result<Vec<DatedRate>, PortError> {
        // `$` follows `#`: everything of the day itself is below it.
        let query = Query::partition(format!("RATES#{currency}")).below("sk", format!("{to}$")).backwards();
        let mut query = Some(query);
        let mut rates: Vec<DatedRate> = Vec::new();
        while let Some(asked) = query.take() {
            let (items, next) = self.table.page(&asked, 100).await.map_err(failed)?;
            for item in &items {
                let rate = rate(item, currency)?;
                // Of a day, the one received last comes first.
                if rates.last().is_none_or(|it| it.date != rate.date) {
                    rates.push(rate);
                }
            }
            let done = rates.last().is_some_and(|it| it.date < from);
            query = next.filter(|_| !done).map(|start| asked.after(start));
        }
        let before = rates.iter().position(|it| it.date < from);
        rates.truncate(before.map_or(rates.len(), |at| at.saturating_add(1)));
        rates.reverse();
        Ok(rates)
    }
}

fn rate(item: &Item, currency: Currency) -> Result<DatedRate, PortError> {
    let sk = text_of(item, "sk").map_err(failed)?;
    let date = sk.get(..10).and_then(|it| it.parse().ok()).ok_or_else(|| broken("a rate's date"))?;
    let value = |name| text_of(item, name).map_err(failed)?.parse().map_err(|_| broken("a rate's value"));
    Ok(DatedRate { date, currency, usd: value("usd")?, eur: value("eur")? })
}
