//! Ids and account numbers in fewer bytes: digits as one integer, an IBAN as its country and digits (its check
//! digits are recomputed), a UUID as its 16 bytes, anything else as it is.

use super::CodecError;
use super::wire::{Reader, Writer};

const RAW: u8 = 0;
const DIGITS: u8 = 1;
const IBAN: u8 = 2;
const UUID: u8 = 3;
/// 10^36 < 2^126: what a packed integer may hold.
const MOST_DIGITS: usize = 36;

/// Writes a head byte (kind in the two high bits, length in the others) and what it needs.
pub(super) fn write(writer: &mut Writer, text: &str) {
    let bytes = text.as_bytes();
    if let Some(value) = digits(bytes) {
        writer.byte(head(DIGITS, bytes.len()));
        writer.unsigned(value);
    } else if let Some((country, rest)) = iban(text) {
        writer.byte(head(IBAN, rest.len()));
        writer.bytes(country.as_bytes());
        writer.unsigned(digits(rest.as_bytes()).unwrap_or_default());
    } else if let Some(packed) = uuid(text) {
        writer.byte(head(UUID, 0));
        writer.bytes(&packed.to_be_bytes());
    } else {
        writer.byte(head(RAW, 0));
        writer.length(bytes.len());
        writer.bytes(bytes);
    }
}

/// Reads what [`write`] wrote.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<Box<str>, CodecError> {
    let head = reader.byte()?;
    let (kind, length) = (head.wrapping_shr(6), usize::from(head & 0x3f));
    match kind {
        DIGITS => Ok(format!("{:0length$}", reader.unsigned()?).into()),
        IBAN => {
            let country = std::str::from_utf8(reader.bytes(2)?).map_err(|_| CodecError::Broken("a country"))?;
            let rest = format!("{:0length$}", reader.unsigned()?);
            Ok(format!("{country}{:02}{rest}", check_digits(country, &rest)).into())
        }
        UUID => {
            let packed: [u8; 16] = reader.bytes(16)?.try_into().map_err(|_| CodecError::Broken("a UUID"))?;
            Ok(hyphenated(u128::from_be_bytes(packed)).into())
        }
        _ => {
            let length = reader.length()?;
            let text = std::str::from_utf8(reader.bytes(length)?).map_err(|_| CodecError::Broken("a text"))?;
            Ok(text.into())
        }
    }
}

fn head(kind: u8, length: usize) -> u8 {
    kind.wrapping_shl(6) | u8::try_from(length).unwrap_or(0)
}

fn digits(bytes: &[u8]) -> Option<u128> {
    if bytes.is_empty() || bytes.len() > MOST_DIGITS || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    bytes.iter().try_fold(0_u128, |value, byte| value.checked_mul(10)?.checked_add(u128::from(byte.wrapping_sub(b'0'))))
}

/// Country and basic account number of an IBAN that is all digits after its country and has right check digits.
fn iban(text: &str) -> Option<(&str, &str)> {
    let (country, check, rest) = (text.get(..2)?, text.get(2..4)?, text.get(4..)?);
    let right = country.bytes().all(|it| it.is_ascii_uppercase()) && digits(rest.as_bytes()).is_some();
    (right && check == format!("{:02}", check_digits(country, rest))).then_some((country, rest))
}

/// ISO 7064 MOD 97-10 over the rearranged number.
fn check_digits(country: &str, rest: &str) -> u32 {
    let letters = country.bytes().map(|it| u32::from(it).saturating_sub(55));
    let values = rest.bytes().map(|it| u32::from(it.wrapping_sub(b'0'))).chain(letters).chain([0, 0]);
    let remainder = values.fold(0_u32, |remainder, value| {
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

    use super::*;

    fn round(text: &str) -> (String, usize) {
        let mut writer = Writer::default();
        write(&mut writer, text);
        let bytes = super::super::wire::seal(writer);
        let body = super::super::wire::open(&bytes).unwrap();
        let mut reader = Reader::new(&body);
        (read(&mut reader).unwrap().into(), body.len())
    }

    #[test]
    fn common_ids_are_packed_small() {
        for (text, most) in
            [("695247", 4), ("000042", 2), ("DE89370400440532013000", 12), ("550e8400-e29b-41d4-a716-446655440000", 17)]
        {
            let (read, length) = round(text);
            assert_eq!(read, text);
            assert!(length <= most, "{text}: {length} bytes");
        }
    }

    proptest! {
        #[test]
        fn any_text_reads_back(text in "\\PC{0,60}|[0-9]{1,40}|[A-Z]{2}[0-9]{2,40}|[0-9a-fA-F]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}") {
            prop_assert_eq!(round(&text).0, text);
        }
    }
}
