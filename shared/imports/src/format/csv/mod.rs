//! Delimited text with a header, as the kinds of files or a profile describe it.

pub(crate) mod columns;
mod scanner;

use calendar::Date;

use crate::context::ImportContext;
use crate::format::fields::{Dialect, Fields, Row, Shape};
use crate::format::rows::Format;
use crate::layout::{Layout, decode};
use crate::rejects::cut;
use crate::{Profile, Refusal};

use columns::{delimiter_of, usual_layout, with_delimiter, with_known_source};
use scanner::Scanner;

/// The maximum number of columns of a header.
const MAX_COLUMNS: usize = 1000;

/// A CSV that is being read.
pub(crate) struct Csv(Scanner);

impl Csv {
    pub(crate) fn new(profile: Option<&Profile>) -> Self {
        let usual = Dialect { delimiter: b',', quote: Some(b'"') };
        Self(Scanner::new(profile.map_or(usual, Profile::dialect)))
    }
}

impl Format for Csv {
    fn feed(&mut self, piece: &[u8]) {
        self.0.feed(piece);
    }

    fn end(&mut self) {
        self.0.end();
    }

    fn layout(&mut self, context: &mut ImportContext, reference: Date) -> Result<Option<Layout>, Refusal> {
        let mut dialect = self.0.dialect();
        while let Some(row) = self.0.next_row()? {
            if row.is_blank() || row.line <= context.profile.as_ref().map_or(0, Profile::skip_lines) {
                continue;
            }
            if context.profile.is_none() {
                dialect.delimiter = delimiter_of(row.bytes);
            }
            let layout = layout_of(row, dialect, context, reference)?;
            self.0.set_delimiter(dialect.delimiter);
            return Ok(Some(layout));
        }
        Ok(None)
    }

    fn next_row(&mut self) -> Result<Option<Row<'_>>, Refusal> {
        self.0.next_row()
    }
}

/// The layout of a file with this header.
fn layout_of(
    header: Row<'_>,
    dialect: Dialect,
    context: &mut ImportContext,
    reference: Date,
) -> Result<Layout, Refusal> {
    let (mut fields, mut decoded) = (Fields::default(), String::new());
    let bytes = decode(context.profile.as_ref().and_then(Profile::encoding), header.bytes, &mut decoded);
    fields.split(bytes, dialect);
    if header.shape != Shape::Whole || header.has_nul() || fields.len() > MAX_COLUMNS {
        return Err(Refusal::UnknownHeader { found: cut(header.bytes, 200) });
    }
    let names: Vec<String> =
        (0..fields.len()).map(|it| String::from_utf8_lossy(fields.get(bytes, it)).into_owned()).collect();
    let currency = context.instructions.currency.unwrap_or(context.default_currency);
    match context.profile.take() {
        Some(profile) => with_known_source(profile.layout(names, currency)?, &context.declared_sources),
        None => usual_layout(&context.instructions, dialect, names, currency, reference, &context.declared_sources)
            .map_err(|refusal| with_delimiter(refusal, dialect, header.bytes, &mut fields)),
    }
}
