//! Packed entries hold the ISO 4217 number of a currency. A stored number must keep its meaning, so a table here lists
//! every currency that can be stored. If this test fails after an update of `iso_currency`, a number has changed its
//! meaning or was removed: entries stored with it must still read as before.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use money::Currency;

fn table() -> Vec<(u16, &'static str, u32)> {
    let lines = include_str!("currencies.tsv").lines().skip(1);
    let row = |line: &'static str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [number, code, decimals] = cells.try_into().unwrap();
        (number.parse().unwrap(), code, decimals.parse().unwrap())
    };
    lines.map(row).collect()
}

#[test]
fn a_stored_number_means_what_it_always_meant() {
    let stored = (0..=u16::MAX).filter_map(|number| {
        let currency = Currency::from_numeric(number).ok()?;
        Some((number, currency.code(), currency.decimals()))
    });
    assert_eq!(stored.collect::<Vec<_>>(), table());
}

#[test]
fn every_currency_that_can_be_read_can_be_stored() {
    let letters = || b'A'..=b'Z';
    let codes = letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| [a, b, c])));
    let mut read: Vec<_> = codes.filter_map(|code| Currency::parse(&code).ok()).collect();
    read.sort_by_key(|it| it.numeric());
    let read: Vec<_> = read.into_iter().map(|it| (it.numeric(), it.code(), it.decimals())).collect();
    assert_eq!(read, table());
}

#[test]
fn the_guilder_of_curacao_is_xcg_since_2025() {
    // ISO 4217 amendment 176: XCG replaced ANG at one to one and kept its number.
    assert_eq!(Currency::from_numeric(532).unwrap().code(), "XCG");
    assert!("ANG".parse::<Currency>().is_err());
}
