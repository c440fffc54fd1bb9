//! Entries as columns. Values that rarely differ (sources, currencies, times) pack to almost nothing.

use calendar::{Date, Moment};
use money::Currency;

use super::bits::{Reader, Writer, unzigzag, zigzag};
use super::error::CodecError;
use super::text::{self, distinct, places};
use crate::{Entry, Mark, Side};

/// Order: number of entries; then flags, times, amounts, ids, ordinals, and sources, currencies, counterparties and
/// texts, each with its dictionary.
pub(super) fn write_entries(writer: &mut Writer, entries: &[Entry]) {
    writer.length(entries.len());
    if entries.is_empty() {
        return;
    }
    let flags: Vec<u8> = entries.iter().map(flags).collect();
    let kinds = distinct(flags.iter().copied());
    writer.length(kinds.len());
    writer.bytes(&kinds);
    writer.choices(places(&kinds, flags.into_iter()).into_iter(), kinds.len());
    write_times(writer, entries);
    writer.numbers(&entries.iter().map(|it| zigzag(it.amount_minor)).collect::<Vec<_>>());
    text::write(writer, &entries.iter().filter_map(|it| it.id.as_deref()).collect::<Vec<_>>());
    let ordinals = entries.iter().map(|it| u64::from(it.ordinal)).filter(|it| *it > 0);
    writer.numbers(&ordinals.collect::<Vec<_>>());
    write_column(writer, entries.iter().map(|it| Some(&*it.source)));
    let currencies = distinct(entries.iter().map(|it| it.currency));
    writer.length(currencies.len());
    currencies.iter().for_each(|it| writer.bits(u64::from(it.numeric()), 10));
    let of_entries = places(&currencies, entries.iter().map(|it| it.currency));
    writer.choices(of_entries.into_iter(), currencies.len());
    write_column(writer, entries.iter().map(|it| it.counterparty.as_deref()));
    write_column(writer, entries.iter().map(|it| it.text.as_deref()));
}

pub(super) fn read_entries(reader: &mut Reader<'_>) -> Result<Vec<Entry>, CodecError> {
    let count = reader.length()?;
    if count == 0 {
        return Ok(Vec::new());
    }
    let kinds = (0..reader.length()?).map(|_| Ok(reader.bytes::<1>()?[0]));
    let kinds = kinds.collect::<Result<Vec<u8>, CodecError>>()?;
    let flags = look_up(&kinds, reader.choices(count, kinds.len())?)?;
    let times = read_times(reader, &flags)?;
    let amounts = reader.numbers(count)?;
    let with = |flag: u8| flags.iter().filter(|it| **it & flag != 0).count();
    let mut ids = text::read(reader, with(HAS_ID))?.into_iter();
    let mut ordinals = reader.numbers(with(HAS_ORDINAL))?.into_iter();
    let sources = read_column(reader, count)?;
    let currencies = (0..reader.length()?).map(|_| currency(reader.bits(10)?)).collect::<Result<Vec<_>, _>>()?;
    let currencies = look_up(&currencies, reader.choices(count, currencies.len())?)?;
    let counterparties = read_column(reader, count)?;
    let texts = read_column(reader, count)?;

    let mut entries = Vec::with_capacity(count);
    let rows = flags.into_iter().zip(times).zip(amounts).zip(sources).zip(currencies).zip(counterparties).zip(texts);
    for ((((((flags, at), amount), source), currency), counterparty), text) in rows {
        let ordinal = if flags & HAS_ORDINAL == 0 { 0 } else { ordinals.next().unwrap_or(0) };
        entries.push(Entry {
            at,
            source: source.ok_or(CodecError::Broken("an entry without a source"))?,
            id: if flags & HAS_ID == 0 { None } else { ids.next() },
            ordinal: u32::try_from(ordinal).map_err(|_| CodecError::Broken("an ordinal out of range"))?,
            amount_minor: unzigzag(amount),
            currency,
            side: side(flags)?,
            counterparty,
            text,
            mark: mark(flags)?,
        });
    }
    Ok(entries)
}

fn look_up<T: Copy>(dictionary: &[T], places: Vec<usize>) -> Result<Vec<T>, CodecError> {
    let find =
        |place| dictionary.get(place).copied().ok_or(CodecError::Broken("a value that is not in its dictionary"));
    places.into_iter().map(find).collect()
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
    let unit = UNITS.into_iter().position(whole).unwrap_or(0);
    writer.bits(u64::try_from(unit).unwrap_or(0), 2);
    let unit = UNITS.get(unit).copied().unwrap_or(1);
    let time = |entry: &Entry| entry.at.micros().div_euclid(unit);
    let mut last = entries.first().map(time).unwrap_or_default();
    writer.signed(last);
    let differences = entries.iter().skip(1).map(|entry| {
        let at = time(entry);
        zigzag(at.wrapping_sub(std::mem::replace(&mut last, at)))
    });
    writer.numbers(&differences.collect::<Vec<_>>());
}

/// What times are counted in, in microseconds.
const UNITS: [i64; 3] = [86_400_000_000, 1_000_000, 1];

fn read_times(reader: &mut Reader<'_>, flags: &[u8]) -> Result<Vec<Moment>, CodecError> {
    const OUT_OF_RANGE: CodecError = CodecError::Broken("a time out of range");
    let unit = usize::try_from(reader.bits(2)?).ok().and_then(|it| UNITS.get(it)).ok_or(OUT_OF_RANGE)?;
    let mut last = reader.signed()?;
    let differences = reader.numbers(flags.len().saturating_sub(1))?;
    let mut times = Vec::with_capacity(flags.len());
    for (flags, difference) in flags.iter().zip([0].into_iter().chain(differences)) {
        last = last.checked_add(unzigzag(difference)).ok_or(OUT_OF_RANGE)?;
        let micros = last.checked_mul(*unit).ok_or(OUT_OF_RANGE)?;
        let instant = Moment::instant(micros).map_err(|_| OUT_OF_RANGE)?;
        let day: Date = instant.date();
        times.push(if flags & PRECISE == 0 { Moment::day(day) } else { instant });
    }
    Ok(times)
}

/// Writes the distinct texts, sorted, and then each text's one-based index among them; 0 for no text.
fn write_column<'a>(writer: &mut Writer, texts: impl Iterator<Item = Option<&'a str>> + Clone) {
    let dictionary = distinct(texts.clone().flatten());
    writer.length(dictionary.len());
    if dictionary.is_empty() {
        return;
    }
    text::write(writer, &dictionary);
    let mut of_present = places(&dictionary, texts.clone().flatten()).into_iter();
    let choices = texts.map(|it| it.and_then(|_| of_present.next()).map_or(0, |place| place.saturating_add(1)));
    writer.choices(choices, dictionary.len().saturating_add(1));
}

fn read_column(reader: &mut Reader<'_>, count: usize) -> Result<Vec<Option<Box<str>>>, CodecError> {
    let distinct = reader.length()?;
    if distinct == 0 {
        return Ok(vec![None; count]);
    }
    let dictionary = text::read(reader, distinct)?;
    let places = reader.choices(count, distinct.saturating_add(1))?.into_iter();
    let find = |place: usize| match place.checked_sub(1) {
        None => Ok(None),
        Some(place) => match dictionary.get(place) {
            Some(text) => Ok(Some(text.clone())),
            None => Err(CodecError::Broken("a text that is not in its dictionary")),
        },
    };
    places.map(find).collect()
}

pub(super) fn currency(numeric: u64) -> Result<Currency, CodecError> {
    let numeric = u16::try_from(numeric).map_err(|_| CodecError::Broken("a currency out of range"))?;
    Currency::from_numeric(numeric).map_err(|_| CodecError::Broken("an unknown currency"))
}
