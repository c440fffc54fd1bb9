//! The storage format of entries and totals: columns of numbers, each in as few bits as it needs, and texts, deflated
//! if that is smaller.
//!
//! Every packed value begins with a version byte and a method byte (0 plain, 1 deflated). Readers accept this version
//! and the previous one, if there is one; an unknown version is an error.

mod bits;
mod columns;
mod error;
mod text;

use calendar::Month;

use crate::{Added, Entry, Figures, Gross, PostingId, Split, Splits, Totals};
use bits::{Reader, Writer, open};
use columns::{currency, read_entries, write_entries};

pub use error::CodecError;

/// Packs entries in the order given; marks are kept.
pub fn encode_entries(entries: &[Entry]) -> Vec<u8> {
    let mut writer = Writer::new();
    write_entries(&mut writer, entries);
    writer.seal()
}

/// Reads [`encode_entries`].
pub fn decode_entries(bytes: &[u8]) -> Result<Vec<Entry>, CodecError> {
    let opened = open(bytes)?;
    let mut reader = Reader::new(&opened);
    let entries = read_entries(&mut reader)?;
    reader.end()?;
    Ok(entries)
}

pub(crate) fn encode_month(totals: &Splits, entries: &[Entry]) -> Vec<u8> {
    let mut writer = Writer::new();
    write_month_totals(&mut writer, totals);
    write_entries(&mut writer, entries);
    writer.seal()
}

pub(crate) fn decode_month(bytes: &[u8]) -> Result<(Splits, Vec<Entry>), CodecError> {
    let opened = open(bytes)?;
    let mut reader = Reader::new(&opened);
    let totals = read_month_totals(&mut reader)?;
    let entries = read_entries(&mut reader)?;
    reader.end()?;
    Ok((totals, entries))
}

/// The content of the item with an account's totals.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct TotalsItem {
    pub(crate) totals: Totals,
    /// The last postings and the entries that each has added.
    pub(crate) postings: Vec<(PostingId, Added)>,
    /// The latest month, packed, while it is small enough.
    pub(crate) open: Option<(Month, Vec<u8>)>,
}

impl TotalsItem {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.length(self.totals.months.len());
        for (month, figures) in &self.totals.months {
            writer.signed(i64::from(month.ordinal()));
            write_month_totals(&mut writer, figures);
        }
        writer.length(self.postings.len());
        for (posting, added) in &self.postings {
            writer.bytes(&posting.0);
            write_added(&mut writer, added);
        }
        writer.length(usize::from(self.open.is_some()));
        if let Some((month, packed)) = &self.open {
            writer.signed(i64::from(month.ordinal()));
            writer.sealed(packed);
        }
        writer.seal()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let opened = open(bytes)?;
        let mut reader = Reader::new(&opened);
        let mut item = Self::default();
        for _ in 0..reader.length()? {
            let month = read_month(&mut reader)?;
            item.totals.months.insert(month, read_month_totals(&mut reader)?);
        }
        for _ in 0..reader.length()? {
            item.postings.push((PostingId(reader.bytes()?), read_added(&mut reader)?));
        }
        if reader.count()? > 0 {
            item.open = Some((read_month(&mut reader)?, reader.sealed()?.to_vec()));
        }
        reader.end()?;
        Ok(item)
    }
}

fn write_added(writer: &mut Writer, added: &Added) {
    writer.unsigned(u128::from(added.dirty));
    writer.length(added.gross.len());
    for (currency, gross) in &added.gross {
        let dirty = gross.dirty_minor != 0;
        writer.unsigned(u128::from(currency.numeric()).saturating_mul(2).saturating_add(u128::from(dirty)));
        writer.unsigned(u128::from(gross.entries));
        writer.unsigned(gross.added_minor);
        if dirty {
            writer.unsigned(gross.dirty_minor);
        }
    }
}

fn read_added(reader: &mut Reader<'_>) -> Result<Added, CodecError> {
    let mut added = Added { dirty: reader.count()?, ..Added::default() };
    for _ in 0..reader.length()? {
        let head = reader.count()?;
        let entries = reader.count()?;
        added.entries = added.entries.saturating_add(entries);
        let added_minor = reader.unsigned()?;
        let dirty_minor = if head & 1 == 1 { reader.unsigned()? } else { 0 };
        added.gross.insert(currency(head.wrapping_shr(1))?, Gross { entries, added_minor, dirty_minor });
    }
    Ok(added)
}

fn read_month(reader: &mut Reader<'_>) -> Result<Month, CodecError> {
    let ordinal = i32::try_from(reader.signed()?).map_err(|_| CodecError::Broken("a month out of range"))?;
    Month::from_ordinal(ordinal).map_err(|_| CodecError::Broken("a month out of range"))
}

fn write_month_totals(writer: &mut Writer, totals: &Splits) {
    writer.length(totals.len());
    for (currency, split) in totals {
        let dirty = split.dirty != Figures::default();
        writer.unsigned(u128::from(currency.numeric()).saturating_mul(2).saturating_add(u128::from(dirty)));
        write_figures(writer, &split.clean);
        if dirty {
            write_figures(writer, &split.dirty);
        }
    }
}

fn read_month_totals(reader: &mut Reader<'_>) -> Result<Splits, CodecError> {
    let mut totals = Splits::new();
    for _ in 0..reader.length()? {
        let head = reader.count()?;
        let currency = currency(head.wrapping_shr(1))?;
        let clean = read_figures(reader)?;
        let dirty = if head & 1 == 1 { read_figures(reader)? } else { Figures::default() };
        totals.insert(currency, Split { clean, dirty });
    }
    Ok(totals)
}

fn write_figures(writer: &mut Writer, figures: &Figures) {
    writer.unsigned(u128::from(figures.count));
    writer.unsigned(u128::from(figures.credits));
    writer.unsigned(u128::from(figures.debits));
    writer.unsigned(figures.in_minor.unsigned_abs());
    writer.unsigned(figures.out_minor.unsigned_abs());
}

fn read_figures(reader: &mut Reader<'_>) -> Result<Figures, CodecError> {
    let sum = |value: u128| i128::try_from(value).map_err(|_| CodecError::Broken("a sum out of range"));
    Ok(Figures {
        count: reader.count()?,
        credits: reader.count()?,
        debits: reader.count()?,
        in_minor: sum(reader.unsigned()?)?,
        out_minor: sum(reader.unsigned()?)?.saturating_neg(),
    })
}

#[cfg(test)]
mod tests;
