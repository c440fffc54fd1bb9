//! Derives the layout of a CSV from its header.

use calendar::Date;
use money::Currency;

use crate::euro_table::EuroTable;
use crate::format::fields::{Dialect, Fields};
use crate::hints::DELIMITERS;
use crate::kind::Named;
use crate::layout::{ColumnMap, Dates, Layout, Sign, plain};
use crate::sources::{is_known_source, known_sources};
use crate::{Column, Instructions, Kind, Refusal};

/// The layout of a file without a profile.
pub(crate) fn usual_layout(
    instructions: &Instructions,
    dialect: Dialect,
    mut names: Vec<String>,
    currency: Currency,
    reference: Date,
    declared_sources: &[String],
) -> Result<Layout, Refusal> {
    // A header that ends in a delimiter has an extra column without a name.
    while names.len() > 1 && names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    if names.iter().all(|it| it.trim().is_empty()) {
        return Err(Refusal::UnknownHeader { found: shown(&names) });
    }
    let (kind, column_map): (Kind, ColumnMap) = recognise(&names)?;
    // Only transfers have several sources of one kind; the source of an account's file is the account, whatever its
    // folder.
    let source = match kind {
        Kind::Transfers => known_source(instructions, declared_sources)?,
        _ => kind.name().to_owned(),
    };
    Ok(Layout {
        kind,
        source,
        dialect,
        encoding: None,
        decimal_mark: money::DecimalMark::Point,
        thousands_mark: None,
        dates: Dates::Usual { year: instructions.year, reference },
        currency,
        sign: Sign::Amount,
        column_map,
    })
}

/// The layout of a file with a profile, if its source is known: a profile of transfers is named after it.
pub(crate) fn with_known_source(layout: Layout, declared: &[String]) -> Result<Layout, Refusal> {
    if layout.kind != Kind::Transfers || is_known_source(&layout.source, declared) {
        return Ok(layout);
    }
    let name = layout.source;
    let what = format!(
        "transfers come from the source that their profile is named after, and `{name}` is not declared; run `millrace \
         source add {name}` first"
    );
    Err(Refusal::BadProfile { name, what })
}

/// The source of transfers, if it is known.
fn known_source(instructions: &Instructions, declared: &[String]) -> Result<String, Refusal> {
    let known = || known_sources(declared);
    match &instructions.source {
        None => Err(Refusal::NoSource { known: known() }),
        Some(source) if is_known_source(source, declared) => Ok(source.clone()),
        Some(source) => Err(Refusal::UnknownSource { source_name: source.clone(), known: known() }),
    }
}

/// The refusal of an unknown header, with the delimiter that would make it a known one.
pub(crate) fn with_delimiter(refusal: Refusal, dialect: Dialect, row: &[u8], fields: &mut Fields) -> Refusal {
    let Refusal::UnknownHeader { found } = refusal else { return refusal };
    for delimiter in DELIMITERS {
        fields.split(row, Dialect { delimiter, ..dialect });
        let names = (0..fields.len()).map(|it| String::from_utf8_lossy(fields.get(row, it)).into_owned());
        if let Ok((kind, _)) = recognise(&names.collect::<Vec<_>>()) {
            return Refusal::UnknownDelimiter { found, kind: kind.name(), delimiter: char::from(delimiter) };
        }
    }
    Refusal::UnknownHeader { found }
}

/// A comma, unless the header has only semicolons or tabs.
pub(crate) fn delimiter_of(header: &[u8]) -> u8 {
    let has = |byte: u8| memchr::memchr(byte, header).is_some();
    [b',', b';', b'\t'].into_iter().find(|it| has(*it)).unwrap_or(b',')
}

/// Recognises the kind of a file from its header.
pub(crate) fn recognise(names: &[String]) -> Result<(Kind, ColumnMap), Refusal> {
    let plain: Vec<String> = names.iter().map(|it| plain(it)).collect();
    let fits = |kind: Kind| {
        let has = |named: &Named| named.names.iter().any(|name| plain.iter().any(|it| it == name));
        kind.columns().iter().filter(|it| it.needed).all(has)
    };
    let kind = Kind::ALL.into_iter().find(|kind| fits(*kind));
    let kind = kind.or_else(|| EuroTable::of(names).map(|_| Kind::Rates));
    let kind = kind.ok_or_else(|| Refusal::UnknownHeader { found: shown(names) })?;
    let mut column_map = ColumnMap::new(names.to_vec());
    for named in kind.columns() {
        let mut found = plain.iter().enumerate().filter(|(_, it)| named.names.contains(&it.as_str()));
        let Some((index, _)) = found.next() else { continue };
        if let (Some((other, _)), true) = (found.next(), named.column != Column::Text) {
            let name = |index: usize| names.get(index).cloned().unwrap_or_default();
            let meaning = named.names.first().copied().unwrap_or_default().to_owned();
            return Err(Refusal::AmbiguousHeader { first: name(index), second: name(other), meaning });
        }
        column_map.put(named.column, index);
    }
    Ok((kind, column_map))
}

/// A header for messages, cut after 200 bytes.
pub(crate) fn shown(names: &[String]) -> String {
    crate::rejects::cut(names.join(",").as_bytes(), 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(header: &str) -> Result<Kind, Refusal> {
        let names: Vec<String> = header.split(',').map(str::to_owned).collect();
        recognise(&names).map(|(kind, _)| kind)
    }

    #[test]
    fn kinds_are_recognised_in_any_case_and_order() {
        for (header, expected) in [
            ("Id,Date,Transaction", Kind::Account),
            ("TRANSACTION,id,date,Branch", Kind::Account),
            (
                "account_number,first_name,last_name,dob,email,type,operation_id,transaction_ts,transaction",
                Kind::Holders,
            ),
            ("id,payer,beneficiary,amount,currency,timestamp", Kind::Transfers),
            ("ID,Sender IBAN,receiver-iban,Amount,CCY,time", Kind::Transfers),
            ("id,name,owner,address,email,ibans", Kind::Customers),
            ("currency,usd_rate,eur_rate", Kind::Rates),
            ("date,currency,eur_rate,usd_rate", Kind::Rates),
            ("Date,JPY,usd, ROL", Kind::Rates),
        ] {
            assert_eq!(kind(header), Ok(expected), "{header}");
        }
    }

    #[test]
    fn an_unknown_header_lists_the_known_kinds() {
        let message = kind("a,b,c").unwrap_err().to_string();
        assert!(message.starts_with("the header `a,b,c` is of no known kind of file."), "{message}");
        for header in ["id,date,transaction", "currency,usd_rate,eur_rate or Date,USD,…"] {
            assert!(message.contains(header), "{message}");
        }
        for header in ["Date,JPY,GBP", "Day,USD,JPY", "Date,USD,Pound", "Date", "USD,Date,JPY"] {
            assert!(kind(header).is_err(), "no table with a column for each currency: {header}");
        }
    }

    #[test]
    fn two_columns_of_one_meaning_are_refused() {
        let refusal = kind("id,payer,sender,beneficiary,amount,currency,timestamp").unwrap_err();
        assert!(matches!(refusal, Refusal::AmbiguousHeader { .. }), "{refusal}");
    }
}
