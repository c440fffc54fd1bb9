//! Entries as columns. Values that hardly differ (sources, currencies, times) pack to next to nothing.

use std::collections::BTreeSet;

use calendar::{Date, Moment};

use super::wire::{Reader, Writer};
use super::{CodecError, currency, text};
use crate::{Entry, Mark, Side};

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// Order: number of entries; dictionaries of sources, currencies, counterparties and texts; then the columns
/// flags, times, amounts, ids, ordinals and the indexes into the dictionaries.
pub(super) fn write_entries(writer: &mut Writer, entries: &[Entry]) {
    writer.length(entries.len());
    if entries.is_empty() {
        return;
    }
    let sources = dictionary(writer, entries.iter().map(|it| Some(&*it.source)));
    let currencies: Vec<_> = entries.iter().map(|it| it.currency).collect::<BTreeSet<_>>().into_iter().collect();
    writer.length(currencies.len());
    currencies.iter().for_each(|it| writer.unsigned(u128::from(it.numeric())));
    let counterparties = dictionary(writer, entries.iter().map(|it| it.counterparty.as_deref()));
    let texts = dictionary(writer, entries.iter().map(|it| it.text.as_deref()));

    entries.iter().for_each(|it| writer.byte(flags(it)));
    write_times(writer, entries);
    entries.iter().for_each(|it| writer.signed(it.amount_minor));
    entries.iter().filter_map(|it| it.id.as_deref()).for_each(|id| text::write(writer, id));
    entries.iter().filter(|it| it.ordinal > 0).for_each(|it| writer.unsigned(u128::from(it.ordinal)));
    column(writer, &sources, entries.iter().map(|it| Some(&*it.source)));
    if currencies.len() > 1 {
        entries.iter().for_each(|it| writer.length(currencies.binary_search(&it.currency).unwrap_or(0)));
    }
    column(writer, &counterparties, entries.iter().map(|it| it.counterparty.as_deref()));
    column(writer, &texts, entries.iter().map(|it| it.text.as_deref()));
}

pub(super) fn read_entries(reader: &mut Reader<'_>) -> Result<Vec<Entry>, CodecError> {
    let count = reader.length()?;
    if count == 0 {
        return Ok(Vec::new());
    }
    let sources = read_dictionary(reader)?;
    let currencies = read_many(reader.length()?, || currency(reader.count()?))?;
    let counterparties = read_dictionary(reader)?;
    let texts = read_dictionary(reader)?;

    let flags = reader.bytes(count)?;
    let times = read_times(reader, flags)?;
    let amounts = read_many(count, || reader.signed())?;
    let ids = flags.iter().map(|it| (it & HAS_ID != 0).then(|| text::read(reader)).transpose());
    let ids = ids.collect::<Result<Vec<_>, _>>()?;
    let ordinals = flags.iter().map(|it| if it & HAS_ORDINAL == 0 { Ok(0) } else { reader.count() });
    let ordinals = ordinals.collect::<Result<Vec<_>, _>>()?;
    let source_column = read_column(reader, &sources, count)?;
    let currency_column = if currencies.len() > 1 { read_many(count, || reader.count())? } else { vec![0; count] };
    let counterparty_column = read_column(reader, &counterparties, count)?;
    let text_column = read_column(reader, &texts, count)?;

    let mut entries = Vec::with_capacity(count);
    let rows = flags.iter().zip(times).zip(amounts).zip(ids).zip(ordinals);
    let looked_up = source_column.into_iter().zip(currency_column).zip(counterparty_column).zip(text_column);
    for (((((flags, at), amount_minor), id), ordinal), (((source, currency), counterparty), text)) in
        rows.zip(looked_up)
    {
        let currency = usize::try_from(currency).ok().and_then(|it| currencies.get(it));
        entries.push(Entry {
            at,
            source: source.ok_or(CodecError::Broken("an entry without a source"))?,
            id,
            ordinal: u32::try_from(ordinal).map_err(|_| CodecError::Broken("an ordinal out of range"))?,
            amount_minor,
            currency: *currency.ok_or(CodecError::Broken("an entry without a currency"))?,
            side: side(*flags)?,
            counterparty,
            text,
            mark: mark(*flags)?,
        });
    }
    Ok(entries)
}

const PRECISE: u8 = 1;
const HAS_ID: u8 = 2;
const HAS_ORDINAL: u8 = 4;

fn flags(entry: &Entry) -> u8 {
    let side = match entry.side {
        Side::None => 0,
        Side::Payer => 8,
        Side::Beneficiary => 16,
    };
    let mark = match entry.mark {
        Mark::Clean => 0,
        Mark::BatchPayment => 32,
        Mark::InvalidIban => 64,
    };
    let mut flags = side | mark;
    if entry.at.is_instant() {
        flags |= PRECISE;
    }
    if entry.id.is_some() {
        flags |= HAS_ID;
    }
    if entry.ordinal > 0 {
        flags |= HAS_ORDINAL;
    }
    flags
}

fn side(flags: u8) -> Result<Side, CodecError> {
    match flags & 0b1_1000 {
        0 => Ok(Side::None),
        8 => Ok(Side::Payer),
        16 => Ok(Side::Beneficiary),
        _ => Err(CodecError::Broken("a side that does not exist")),
    }
}

fn mark(flags: u8) -> Result<Mark, CodecError> {
    match flags & 0b1110_0000 {
        0 => Ok(Mark::Clean),
        32 => Ok(Mark::BatchPayment),
        64 => Ok(Mark::InvalidIban),
        _ => Err(CodecError::Broken("a mark that does not exist")),
    }
}

/// Times as differences, in the coarsest of days, seconds and microseconds that holds them all.
fn write_times(writer: &mut Writer, entries: &[Entry]) {
    let whole = |unit: i64| entries.iter().all(|it| it.at.micros().rem_euclid(unit) == 0);
    let unit = [MICROS_PER_DAY, MICROS_PER_SECOND].into_iter().find(|unit| whole(*unit)).unwrap_or(1);
    writer.signed(unit);
    let mut last = 0_i64;
    for entry in entries {
        let at = entry.at.micros().div_euclid(unit);
        writer.signed(at.wrapping_sub(last));
        last = at;
    }
}

fn read_times(reader: &mut Reader<'_>, flags: &[u8]) -> Result<Vec<Moment>, CodecError> {
    const OUT_OF_RANGE: CodecError = CodecError::Broken("a time out of range");
    let unit = reader.signed()?;
    let mut last = 0_i64;
    let mut times = Vec::with_capacity(flags.len());
    for flags in flags {
        last = last.checked_add(reader.signed()?).ok_or(OUT_OF_RANGE)?;
        let micros = last.checked_mul(unit).ok_or(OUT_OF_RANGE)?;
        let instant = Moment::instant(micros).map_err(|_| OUT_OF_RANGE)?;
        let day: Date = instant.date();
        times.push(if flags & PRECISE == 0 { Moment::day(day) } else { instant });
    }
    Ok(times)
}

/// Writes the distinct texts, sorted, and returns them.
fn dictionary<'a>(writer: &mut Writer, texts: impl Iterator<Item = Option<&'a str>>) -> Vec<&'a str> {
    let distinct: Vec<&str> = texts.flatten().collect::<BTreeSet<_>>().into_iter().collect();
    writer.length(distinct.len());
    distinct.iter().for_each(|it| text::write(writer, it));
    distinct
}

fn read_dictionary(reader: &mut Reader<'_>) -> Result<Vec<Box<str>>, CodecError> {
    read_many(reader.length()?, || text::read(reader))
}

/// Writes each text's place in the dictionary, from 1; 0 where there is none. An empty dictionary needs no column.
fn column<'a>(writer: &mut Writer, dictionary: &[&str], texts: impl Iterator<Item = Option<&'a str>>) {
    if dictionary.is_empty() {
        return;
    }
    for text in texts {
        let place = text.and_then(|it| dictionary.binary_search(&it).ok());
        writer.length(place.map_or(0, |it| it.saturating_add(1)));
    }
}

fn read_column(
    reader: &mut Reader<'_>,
    dictionary: &[Box<str>],
    count: usize,
) -> Result<Vec<Option<Box<str>>>, CodecError> {
    if dictionary.is_empty() {
        return Ok(vec![None; count]);
    }
    read_many(count, || {
        let place = usize::try_from(reader.count()?).unwrap_or(usize::MAX);
        let Some(index) = place.checked_sub(1) else {
            return Ok(None);
        };
        let text = dictionary.get(index).ok_or(CodecError::Broken("a text that is not in the dictionary"))?;
        Ok(Some(text.clone()))
    })
}

fn read_many<T>(count: usize, mut read: impl FnMut() -> Result<T, CodecError>) -> Result<Vec<T>, CodecError> {
    (0..count).map(|_| read()).collect()
}
