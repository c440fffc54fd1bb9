//! Tests the contract of the record of imports on the local stack.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use calendar::Date;
use dynamodb::{Client, Condition, Key, Put, Query, number_of, testing, text};
use imports::testing::imports_contract;
use imports::{DatedRate, Import, ImportList, Imports, PortError, Rates, Upload};
use imports_dynamodb::DynamoDbImports;
use money::Currency;

#[tokio::test]
async fn the_contract_is_kept() {
    let Some(config) = testing::stack().await else { return };
    let client = Client::new(&config);
    let name = testing::unique("imports");
    let indexes = [("by-received", "listing", "received_at"), ("open", "open", "open_since")];
    testing::create_table(&client, &name, &indexes).await;
    imports_contract(&DynamoDbImports::new(client, name)).await;
}

#[tokio::test]
async fn an_import_that_cannot_be_read_hides_no_other_from_the_list() {
    let Some(config) = testing::stack().await else { return };
    let client = Client::new(&config);
    let name = testing::unique("unreadable");
    let table = testing::create_table(&client, &name, &[("by-received", "listing", "received_at")]).await;
    let imports = DynamoDbImports::new(client, name);
    let mut ids = Vec::new();
    for (key, day) in [("a", 3), ("b", 2), ("c", 1)] {
        let upload = Upload {
            key: format!("imports/{key}.csv"),
            version: "v".to_owned(),
            size_bytes: 7,
            uploaded_at: format!("2024-03-0{day}T10:00:00Z").parse().unwrap(),
            metadata: BTreeMap::new(),
        };
        ids.push(imports.receive(&Import::received(&upload)).await.unwrap().id);
    }
    let key = Key::new(format!("IMPORT#{}", ids[1]), "IMPORT");
    let mut item = table.get(&key).await.unwrap().unwrap();
    item.insert("doc".to_owned(), text("{"));
    assert_eq!(table.put(item, Condition::Any).await.unwrap(), Put::Stored);

    let page = imports.recent(None, 9).await.unwrap();
    let listed: Vec<_> = page.imports.iter().map(|it| it.as_ref().map_or_else(|it| it.id, |it| it.id)).collect();
    assert_eq!(listed, ids);
    let unreadable = page.imports[1].as_ref().unwrap_err();
    assert_eq!(unreadable.received_at.to_string(), "2024-03-02T10:00:00Z");
    assert!(matches!(unreadable.source, PortError::Broken(..)));
}

#[tokio::test]
async fn a_year_of_a_currency_is_written_once_for_each_import() {
    let Some(config) = testing::stack().await else { return };
    let client = Client::new(&config);
    let name = testing::unique("rates");
    let table = testing::create_table(&client, &name, &[]).await;
    let imports = DynamoDbImports::new(client, name);
    let import = |key: &str, received_at: &str| {
        Import::received(&Upload {
            key: key.to_owned(),
            version: "v".to_owned(),
            size_bytes: 7,
            uploaded_at: received_at.parse().unwrap(),
            metadata: BTreeMap::new(),
        })
    };
    let first: Date = "2021-01-01".parse().unwrap();
    let currencies = [Currency::EUR, Currency::USD, "JPY".parse().unwrap()];
    let rate = |day: i32, currency: Currency| {
        let date = first.plus_days(day).unwrap();
        DatedRate { date, currency, usd: "1.1".parse().unwrap(), eur: "1".parse().unwrap() }
    };
    let rates: Vec<_> = (0..3 * 365).flat_map(|day| currencies.map(|currency| rate(day, currency))).collect();
    let writes = async || {
        let mut writes = 0;
        for currency in currencies {
            let years = table.all(Query::partition(format!("RATES#{currency}"))).await.unwrap();
            writes += years.iter().map(|it| number_of(it, "version").unwrap()).sum::<u64>();
        }
        writes
    };
    let earlier = import("imports/a.csv", "2024-03-01T10:00:00Z");
    for _ in 0..2 {
        imports.keep(&earlier, &rates).await.unwrap();
        assert_eq!((rates.len(), writes().await), (3285, 9));
    }
    let later = import("imports/b.csv", "2024-03-02T10:00:00Z");
    let (one, other) = (imports.keep(&later, &rates[..3]), imports.keep(&earlier, &rates[3..6]));
    let (one, other) = tokio::join!(one, other);
    one.and(other).unwrap();
    assert_eq!(writes().await, 12, "only 2021, and only by the import that was received later");
    let table = imports.table(&currencies, first, first.plus_days(9999).unwrap()).await.unwrap();
    assert_eq!(table.len(), rates.len());
}
