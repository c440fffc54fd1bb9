//! How entries and totals are kept: columns of variable-length integers, deflated where that is smaller.
//!
//! Every packed value begins with a version byte and a method byte (0 plain, 1 deflated). Readers take this
//! version and the one before, once there is one; an unknown one is an error.

mod columns;
mod text;
mod wire;

use calendar::Month;
use money::Currency;

use crate::{Entry, Figures, MonthTotals, PostingId, Split, Totals};
use columns::{read_entries, write_entries};
use wire::{Reader, Writer, open, seal};

/// Why stored bytes cannot be read. It means broken storage or a newer writer, never bad input.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodecError {
    /// Written by a version this one does not know.
    #[error("packed in version {0}, which is not known here")]
    UnknownVersion(u8),
    /// The bytes end too early, or hold what cannot be.
    #[error("broken: {0}")]
    Broken(&'static str),
}

/// Packs entries in the order given; marks are kept.
pub fn encode_entries(entries: &[Entry]) -> Vec<u8> {
    let mut writer = Writer::default();
    write_entries(&mut writer, entries);
    seal(writer)
}

/// Reads [`encode_entries`].
pub fn decode_entries(bytes: &[u8]) -> Result<Vec<Entry>, CodecError> {
    let body = open(bytes)?;
    let mut reader = Reader::new(&body);
    let entries = read_entries(&mut reader)?;
    reader.end()?;
    Ok(entries)
}

pub(crate) fn encode_month(totals: &MonthTotals, entries: &[Entry]) -> Vec<u8> {
    let mut writer = Writer::default();
    write_month_totals(&mut writer, totals);
    write_entries(&mut writer, entries);
    seal(writer)
}

pub(crate) fn decode_month(bytes: &[u8]) -> Result<(MonthTotals, Vec<Entry>), CodecError> {
    let body = open(bytes)?;
    let mut reader = Reader::new(&body);
    let totals = read_month_totals(&mut reader)?;
    let entries = read_entries(&mut reader)?;
    reader.end()?;
    Ok((totals, entries))
}

/// Packs an account's totals with its last postings (which posting added how many entries).
pub(crate) fn encode_totals(totals: &Totals, postings: &[(PostingId, u64)]) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.length(totals.months.len());
    for (month, figures) in &totals.months {
        writer.signed(i64::from(month.ordinal()));
        write_month_totals(&mut writer, figures);
    }
    writer.length(postings.len());
    for (posting, added) in postings {
        writer.bytes(&posting.0);
        writer.unsigned(u128::from(*added));
    }
    seal(writer)
}

pub(crate) fn decode_totals(bytes: &[u8]) -> Result<(Totals, Vec<(PostingId, u64)>), CodecError> {
    let body = open(bytes)?;
    let mut reader = Reader::new(&body);
    let mut totals = Totals::default();
    for _ in 0..reader.length()? {
        let ordinal = i32::try_from(reader.signed()?).map_err(|_| CodecError::Broken("a month out of range"))?;
        let month = Month::from_ordinal(ordinal).map_err(|_| CodecError::Broken("a month out of range"))?;
        totals.months.insert(month, read_month_totals(&mut reader)?);
    }
    let mut postings = Vec::new();
    for _ in 0..reader.length()? {
        let id = reader.bytes(16)?.try_into().map_err(|_| CodecError::Broken("a posting's id"))?;
        postings.push((PostingId(id), reader.count()?));
    }
    reader.end()?;
    Ok((totals, postings))
}

fn write_month_totals(writer: &mut Writer, totals: &MonthTotals) {
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

fn read_month_totals(reader: &mut Reader<'_>) -> Result<MonthTotals, CodecError> {
    let mut totals = MonthTotals::new();
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

fn currency(numeric: u64) -> Result<Currency, CodecError> {
    let numeric = u16::try_from(numeric).map_err(|_| CodecError::Broken("a currency out of range"))?;
    Currency::from_numeric(numeric).map_err(|_| CodecError::Broken("an unknown currency"))
}

#[cfg(test)]
mod tests;
