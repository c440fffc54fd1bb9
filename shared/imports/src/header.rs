//! Derives the layout of a file from its header.

use calendar::Date;
use money::Currency;

use crate::hints::DELIMITERS;
use crate::layout::{ColumnMap, Dates, Layout, Sign, recognise, shown};
use crate::scanner::{Dialect, Fields};
use crate::sources::{is_known_source, known_sources};
use crate::{Instructions, Kind, Refusal};

/// The layout of a file without a profile.
pub(crate) fn usual_layout(
    instructions: &Instructions,
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
        encoding: None,
        decimal_mark: money::DecimalMark::Point,
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
