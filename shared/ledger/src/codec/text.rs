//! Columns of ids and account numbers. Most consist of a prefix and a number: `OP-000123`, `1000000123`, an IBAN
//! without its check digits (which are recomputed). Prefixes are written once, numbers as differences. A UUID is its
//! 128 bits.

use super::bits::{Reader, Writer, unzigzag, zigzag};
use super::error::CodecError;

/// The maximum number of digits of a number: 10^18 < 2^63.
const MAX_DIGITS: usize = 18;
const BROKEN: CodecError = CodecError::Broken("an impossible text");

/// The common form of similar texts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Shape<'a> {
    kind: Kind,
    /// The trailing digits that form the number.
    digits: usize,
    /// Of an IBAN: its country.
    country: &'a str,
    prefix: &'a str,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Prefix, digits.
    Plain,
    /// Country, check digits, the rest of the prefix, digits.
    Iban,
    /// 128 bits.
    Uuid,
}

/// Writes a column of texts; the reader knows its length.
pub(super) fn write(writer: &mut Writer, texts: &[&str]) {
    let split: Vec<(Shape<'_>, u128)> = texts.iter().map(|text| Shape::split(text)).collect();
    let shapes = distinct(split.iter().map(|(shape, _)| *shape));
    writer.length(shapes.len());
    for shape in &shapes {
        writer.bits(shape.kind.code(), 2);
        writer.bits(u64::try_from(shape.digits).unwrap_or(0), 5);
        writer.text(shape.country.as_bytes());
        writer.text(shape.prefix.as_bytes());
    }
    let places = places(&shapes, split.iter().map(|(shape, _)| *shape));
    writer.choices(places.iter().copied(), shapes.len());

    let mut last = vec![0; shapes.len()];
    let mut differences = Vec::with_capacity(texts.len());
    for ((shape, number), place) in split.iter().zip(places) {
        if shape.kind == Kind::Uuid {
            writer.bytes(&number.to_be_bytes());
        } else if let Some(last) = last.get_mut(place).filter(|_| shape.digits > 0) {
            let number = i64::try_from(*number).unwrap_or(0);
            differences.push(zigzag(number.wrapping_sub(std::mem::replace(last, number))));
        }
    }
    writer.numbers(&differences);
}

/// The distinct values, in order. Runs of equal values, the usual case, cost almost nothing.
pub(super) fn distinct<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut distinct: Vec<T> = values.collect();
    distinct.dedup();
    distinct.sort_unstable();
    distinct.dedup();
    distinct
}

/// The index of each value among the distinct ones.
pub(super) fn places<T: Ord>(distinct: &[T], values: impl Iterator<Item = T>) -> Vec<usize> {
    let mut last = 0;
    let place = |value: T| {
        if distinct.get(last) != Some(&value) {
            last = distinct.binary_search(&value).unwrap_or(0);
        }
        last
    };
    values.map(place).collect()
}

/// Reads `count` texts that [`write`] wrote.
pub(super) fn read(reader: &mut Reader<'_>, count: usize) -> Result<Vec<Box<str>>, CodecError> {
    let mut shapes = Vec::new();
    for _ in 0..reader.length()? {
        let kind = Kind::of(reader.bits(2)?)?;
        let digits = usize::try_from(reader.bits(5)?).map_err(|_| BROKEN)?;
        shapes.push((Shape { kind, digits, country: reader.text()?, prefix: reader.text()? }, 0_i64));
    }
    let places = reader.choices(count, shapes.len())?;
    let shape = |place: &usize| shapes.get(*place).map(|(shape, _)| *shape).ok_or(BROKEN);
    let of_texts = places.iter().map(shape).collect::<Result<Vec<_>, _>>()?;
    let uuids = of_texts.iter().filter(|it| it.kind == Kind::Uuid).map(|_| reader.bytes());
    let mut uuids = uuids.collect::<Result<Vec<[u8; 16]>, _>>()?.into_iter();
    let numbered = of_texts.iter().filter(|it| it.kind != Kind::Uuid && it.digits > 0).count();
    let mut differences = reader.numbers(numbered)?.into_iter();

    let mut texts = Vec::with_capacity(count);
    for place in places {
        let (shape, last) = shapes.get_mut(place).ok_or(BROKEN)?;
        let text = match shape.kind {
            Kind::Uuid => hyphenated(u128::from_be_bytes(uuids.next().ok_or(BROKEN)?)),
            _ if shape.digits == 0 => shape.joined(""),
            _ => {
                *last = last.wrapping_add(unzigzag(differences.next().ok_or(BROKEN)?));
                let number = u64::try_from(*last).map_err(|_| BROKEN)?;
                let digits = shape.digits;
                shape.joined(&format!("{number:0digits$}"))
            }
        };
        texts.push(text.into());
    }
    Ok(texts)
}

impl<'a> Shape<'a> {
    /// Splits a text into its shape and its number.
    fn split(text: &'a str) -> (Self, u128) {
        if let Some(number) = uuid(text) {
            return (Self { kind: Kind::Uuid, digits: 0, country: "", prefix: "" }, number);
        }
        let (kind, country, rest) = match iban(text) {
            Some((country, rest)) => (Kind::Iban, country, rest),
            None => (Kind::Plain, "", text),
        };
        let digits = rest.bytes().rev().take(MAX_DIGITS).take_while(u8::is_ascii_digit).count();
        let (prefix, number) = rest.split_at(rest.len().saturating_sub(digits));
        (Self { kind, digits, country, prefix }, number.parse().unwrap_or(0))
    }

    fn joined(&self, digits: &str) -> String {
        let basic = [self.prefix, digits].concat();
        match self.kind {
            Kind::Iban => format!("{}{:02}{basic}", self.country, check_digits(self.country, &basic)),
            Kind::Plain | Kind::Uuid => basic,
        }
    }
}

impl Kind {
    fn code(self) -> u64 {
        match self {
            Self::Plain => 0,
            Self::Iban => 1,
            Self::Uuid => 2,
        }
    }

    fn of(code: u64) -> Result<Self, CodecError> {
        match code {
            0 => Ok(Self::Plain),
            1 => Ok(Self::Iban),
            2 => Ok(Self::Uuid),
            _ => Err(BROKEN),
        }
    }
}

/// Country and basic account number of an IBAN with right check digits.
fn iban(text: &str) -> Option<(&str, &str)> {
    let (country, check, basic) = (text.get(..2)?, text.get(2..4)?, text.get(4..)?);
    let right = country.bytes().all(|it| it.is_ascii_uppercase())
        && !basic.is_empty()
        && basic.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit());
    (right && check == format!("{:02}", check_digits(country, basic))).then_some((country, basic))
}

/// ISO 7064 MOD 97-10 over the rearranged number, letters as 10 to 35.
fn check_digits(country: &str, basic: &str) -> u32 {
    let value = |byte: u8| u32::from(byte).saturating_sub(if byte.is_ascii_digit() { 48 } else { 55 });
    let remainder = basic.bytes().chain(country.bytes()).map(value).chain([0, 0]).fold(0_u32, |remainder, value| {
        let factor = if value > 9 { 100 } else { 10 };
        remainder.saturating_mul(factor).saturating_add(value).rem_euclid(97)
    });
    98_u32.saturating_sub(remainder)
}

fn uuid(text: &str) -> Option<u128> {
    if text.len() != 36 {
        return None;
    }
    let plain: String = text.chars().filter(|it| *it != '-').collect();
    let value = u128::from_str_radix(&plain, 16).ok()?;
    (hyphenated(value) == text).then_some(value)
}

fn hyphenated(value: u128) -> String {
    let hex = format!("{value:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::bits::open;
    use super::*;

    fn round(texts: &[&str]) -> (Vec<Box<str>>, usize) {
        let mut writer = Writer::new();
        write(&mut writer, texts);
        let sealed = writer.seal();
        let opened = open(&sealed).unwrap();
        let mut reader = Reader::new(&opened);
        let read = read(&mut reader, texts.len()).unwrap();
        reader.end().unwrap();
        (read, sealed.len())
    }

    #[test]
    fn common_ids_are_packed_small() {
        for (text, most) in [
            ("695247", 11),
            ("OP-000042", 12),
            ("DE89370400440532013000", 19),
            ("GB29NWBK60161331926819", 21),
            ("550e8400-e29b-41d4-a716-446655440000", 24),
        ] {
            let (read, length) = round(&[text]);
            assert_eq!(&*read[0], text);
            assert!(length <= most, "{text}: {length} bytes");
        }
        let many: Vec<String> = (0..100).map(|it| format!("OP-{:08}", it * 37)).collect();
        let (read, length) = round(&many.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(read.iter().map(|it| &**it).eq(many.iter().map(String::as_str)));
        assert!(length <= 120, "{length} bytes for 100 ids in order");
    }

    const ANY: &str =
        "\\PC{0,60}|[0-9]{1,40}|[A-Z]{2}[0-9]{2,40}|[0-9a-fA-F]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

    proptest! {
        #[test]
        fn any_texts_read_back(texts in prop::collection::vec(ANY, 0..9)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            prop_assert!(round(&texts).0.iter().map(|it| &**it).eq(texts));
        }
    }
}
