//! A packed value: numbers in a stream of bits, followed by the texts, deflated if that is smaller.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::error::CodecError;

const VERSION: u8 = 1;
const PLAIN: u8 = 0;
const DEFLATED: u8 = 1;
/// Shorter texts are not worth the attempt.
const LEAST_TO_DEFLATE: usize = 96;
/// No packed value is larger; a larger one is corrupt.
const MAX_BYTES: u64 = 256 * 1024 * 1024;
/// Golomb–Rice codes longer than this are written as an escape and the plain value.
const MAX_ONES: u32 = 40;

const CUT_OFF: CodecError = CodecError::Broken("cut off");

/// Writes a packed value.
pub(super) struct Writer {
    bits: Vec<u8>,
    /// Bits not yet in `bits`, the first one lowest.
    pending: u128,
    count: u32,
    texts: Vec<u8>,
    /// Whether it is worth trying to deflate the texts.
    deflates: bool,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self { bits: Vec::new(), pending: 0, count: 0, texts: Vec::new(), deflates: true }
    }

    /// The lowest `width` bits of `value`.
    pub(super) fn bits(&mut self, value: u64, width: u32) {
        let kept = if width >= 64 { value } else { value & 1_u64.wrapping_shl(width).wrapping_sub(1) };
        self.pending |= u128::from(kept).wrapping_shl(self.count);
        self.count = self.count.saturating_add(width);
        while self.count >= 8 {
            self.bits.push(self.pending.to_le_bytes()[0]);
            self.pending = self.pending.wrapping_shr(8);
            self.count = self.count.saturating_sub(8);
        }
    }

    /// Seven bits at a time, each group with a continuation bit.
    pub(super) fn unsigned(&mut self, mut value: u128) {
        loop {
            let low = u64::try_from(value & 0x7f).unwrap_or(0);
            value = value.wrapping_shr(7);
            self.bits(low | u64::from(value != 0).wrapping_shl(7), 8);
            if value == 0 {
                return;
            }
        }
    }

    pub(super) fn signed(&mut self, value: i64) {
        self.unsigned(u128::from(zigzag(value)));
    }

    pub(super) fn length(&mut self, length: usize) {
        self.unsigned(u128::try_from(length).unwrap_or(u128::MAX));
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.bits(u64::from(*byte), 8));
    }

    /// A text: writes its length to the bits and its bytes to the texts.
    pub(super) fn text(&mut self, text: &[u8]) {
        self.length(text.len());
        self.texts.extend_from_slice(text);
    }

    /// Numbers below `below`, each in as many bits as the largest may need: zero bits if only one value is possible.
    pub(super) fn choices(&mut self, choices: impl Iterator<Item = usize>, below: usize) {
        let width = width_of(below);
        choices.for_each(|choice| self.bits(u64::try_from(choice).unwrap_or(u64::MAX), width));
    }

    /// Numbers of similar magnitude, in Golomb–Rice codes with the best divisor.
    pub(super) fn numbers(&mut self, numbers: &[u64]) {
        if numbers.is_empty() {
            return;
        }
        let shift = best_shift(numbers);
        self.bits(u64::from(shift), 6);
        for number in numbers {
            let ones = u32::try_from(number.wrapping_shr(shift)).unwrap_or(u32::MAX);
            if ones < MAX_ONES {
                self.bits(u64::MAX, ones);
                self.bits(0, 1);
                self.bits(*number, shift);
            } else {
                self.bits(u64::MAX, MAX_ONES);
                self.bits(*number, 64);
            }
        }
    }

    /// A packed value inside this one.
    pub(super) fn sealed(&mut self, sealed: &[u8]) {
        self.deflates = false;
        self.length(sealed.len());
        self.texts.extend_from_slice(sealed);
    }

    /// Closes a packed value: version, method, length of the bits, bits, texts.
    pub(super) fn seal(mut self) -> Vec<u8> {
        self.bits(0, 7);
        let deflated = if self.deflates { deflate(&self.texts) } else { None };
        let (method, texts) = deflated.as_ref().map_or((PLAIN, &self.texts), |texts| (DEFLATED, texts));
        let mut head = Self::new();
        head.bytes(&[VERSION, method]);
        head.length(self.bits.len());
        let mut sealed = head.bits;
        sealed.extend_from_slice(&self.bits);
        sealed.extend_from_slice(texts);
        sealed
    }
}

/// The deflated texts, if they are shorter.
fn deflate(texts: &[u8]) -> Option<Vec<u8>> {
    if texts.len() < LEAST_TO_DEFLATE {
        return None;
    }
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(6));
    // Writing to memory cannot fail; if it does, the plain form is valid, too.
    let deflated = encoder.write_all(texts).and_then(|()| encoder.finish()).ok()?;
    (deflated.len() < texts.len()).then_some(deflated)
}

pub(super) fn zigzag(value: i64) -> u64 {
    (value.wrapping_shl(1) ^ value.wrapping_shr(63)).cast_unsigned()
}

pub(super) fn unzigzag(value: u64) -> i64 {
    let half = value.wrapping_shr(1).cast_signed();
    if value & 1 == 1 { !half } else { half }
}

fn width_of(below: usize) -> u32 {
    usize::BITS.saturating_sub(below.saturating_sub(1).leading_zeros())
}

/// The divisor, as a power of two, with the shortest codes: searched around the average length of the numbers.
fn best_shift(numbers: &[u64]) -> u32 {
    let mut lengths = [0_u64; 65];
    for number in numbers {
        let length = usize::try_from(64_u32.saturating_sub(number.leading_zeros())).unwrap_or(0);
        if let Some(count) = lengths.get_mut(length) {
            *count = count.saturating_add(1);
        }
    }
    let of_length = || (0_u64..).zip(lengths).filter(|(_, count)| *count > 0);
    let sum = of_length().fold(0_u64, |sum, (length, count)| sum.saturating_add(length.saturating_mul(count)));
    let average = sum.checked_div(u64::try_from(numbers.len()).unwrap_or(u64::MAX)).unwrap_or(0);
    let cost = |shift: u32| {
        of_length().fold(0_u64, |sum, (length, count)| {
            // A number of n bits is about 3/4 of 2^n.
            let middle = 3_u128.wrapping_shl(u32::try_from(length).unwrap_or(0)).wrapping_shr(2);
            let ones = u64::try_from(middle.wrapping_shr(shift)).unwrap_or(u64::MAX);
            let code = if ones < u64::from(MAX_ONES) { ones.saturating_add(u64::from(shift)) } else { 104 };
            sum.saturating_add(code.saturating_add(1).saturating_mul(count))
        })
    };
    let average = u32::try_from(average).unwrap_or(0);
    let around = average.saturating_sub(4)..=average.saturating_add(2).min(63);
    around.min_by_key(|shift| cost(*shift)).unwrap_or(0)
}

/// The sections of an opened packed value.
pub(super) struct Opened<'a> {
    bits: &'a [u8],
    texts: std::borrow::Cow<'a, [u8]>,
}

/// Opens a packed value.
pub(super) fn open(bytes: &[u8]) -> Result<Opened<'_>, CodecError> {
    let (method, body) = match bytes {
        [VERSION, method, body @ ..] => (*method, body),
        [VERSION] | [] => return Err(CUT_OFF),
        [version, ..] => return Err(CodecError::UnknownVersion(*version)),
    };
    let mut head = Reader { bits: body, at: 0, texts: &[] };
    let length = usize::try_from(head.unsigned()?).map_err(|_| CUT_OFF)?;
    let body = body.get(head.at.wrapping_shr(3)..).unwrap_or_default();
    let (bits, texts) = body.split_at_checked(length).ok_or(CUT_OFF)?;
    let texts = match method {
        PLAIN => texts.into(),
        DEFLATED => {
            let mut plain = Vec::new();
            let read = DeflateDecoder::new(texts).take(MAX_BYTES).read_to_end(&mut plain);
            read.map_err(|_| CodecError::Broken("it does not inflate"))?;
            plain.into()
        }
        _ => return Err(CodecError::Broken("unknown method")),
    };
    Ok(Opened { bits, texts })
}

/// Reads what [`Writer`] wrote.
pub(super) struct Reader<'a> {
    bits: &'a [u8],
    /// The next bit.
    at: usize,
    texts: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(opened: &'a Opened<'_>) -> Self {
        Self { bits: opened.bits, at: 0, texts: &opened.texts }
    }

    /// Checks that everything was read, except the padding bits of the last byte.
    pub(super) fn end(&self) -> Result<(), CodecError> {
        let left_over = self.left() >= 8 || !self.texts.is_empty();
        if left_over { Err(CodecError::Broken("bytes left over")) } else { Ok(()) }
    }

    fn left(&self) -> usize {
        self.bits.len().saturating_mul(8).saturating_sub(self.at)
    }

    pub(super) fn bits(&mut self, width: u32) -> Result<u64, CodecError> {
        let count = usize::try_from(width).unwrap_or(usize::MAX);
        if count > self.left() {
            return Err(CUT_OFF);
        }
        let rest = self.bits.get(self.at.wrapping_shr(3)..).unwrap_or_default();
        let window = rest.first_chunk::<16>().copied().unwrap_or_else(|| {
            let mut window = [0; 16];
            window.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            window
        });
        let shifted = u128::from_le_bytes(window).wrapping_shr(u32::try_from(self.at & 7).unwrap_or(0));
        self.at = self.at.saturating_add(count);
        let mask = 1_u128.wrapping_shl(width).wrapping_sub(1);
        u64::try_from(shifted & mask).map_err(|_| CUT_OFF)
    }

    pub(super) fn unsigned(&mut self) -> Result<u128, CodecError> {
        let mut value = 0_u128;
        for shift in (0..126).step_by(7) {
            let byte = self.bits(8)?;
            value |= u128::from(byte & 0x7f).wrapping_shl(shift);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(CodecError::Broken("an integer out of range"))
    }

    pub(super) fn count(&mut self) -> Result<u64, CodecError> {
        u64::try_from(self.unsigned()?).map_err(|_| CodecError::Broken("a count out of range"))
    }

    pub(super) fn signed(&mut self) -> Result<i64, CodecError> {
        Ok(unzigzag(self.count()?))
    }

    /// A count of values of at least one bit each, so never larger than the number of bits.
    pub(super) fn length(&mut self) -> Result<usize, CodecError> {
        let length = usize::try_from(self.unsigned()?).map_err(|_| CUT_OFF)?;
        if length > self.left() { Err(CUT_OFF) } else { Ok(length) }
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let mut bytes = [0; N];
        for byte in &mut bytes {
            *byte = u8::try_from(self.bits(8)?).unwrap_or(0);
        }
        Ok(bytes)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, CodecError> {
        std::str::from_utf8(self.sealed()?).map_err(|_| CodecError::Broken("a text"))
    }

    pub(super) fn sealed(&mut self) -> Result<&'a [u8], CodecError> {
        let length = usize::try_from(self.unsigned()?).map_err(|_| CUT_OFF)?;
        let (sealed, rest) = self.texts.split_at_checked(length).ok_or(CUT_OFF)?;
        self.texts = rest;
        Ok(sealed)
    }

    pub(super) fn choices(&mut self, count: usize, below: usize) -> Result<Vec<usize>, CodecError> {
        let width = width_of(below);
        (0..count).map(|_| usize::try_from(self.bits(width)?).map_err(|_| CUT_OFF)).collect()
    }

    pub(super) fn numbers(&mut self, count: usize) -> Result<Vec<u64>, CodecError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let shift = u32::try_from(self.bits(6)?).unwrap_or(0);
        (0..count).map(|_| self.number(shift)).collect()
    }

    fn number(&mut self, shift: u32) -> Result<u64, CodecError> {
        let mut ones = 0_u32;
        while ones < MAX_ONES && self.bits(1)? == 1 {
            ones = ones.saturating_add(1);
        }
        if ones == MAX_ONES {
            return self.bits(64);
        }
        Ok(u64::from(ones).wrapping_shl(shift) | self.bits(shift)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_read_back(numbers in prop::collection::vec(prop_oneof![any::<u64>(), 0_u64..100, 90_000_u64..100_000], 0..50)) {
            let mut writer = Writer::new();
            writer.bits(1, 3);
            writer.numbers(&numbers);
            writer.text(b"end");
            let sealed = writer.seal();
            let opened = open(&sealed).unwrap();
            let mut reader = Reader::new(&opened);
            prop_assert_eq!(reader.bits(3).unwrap(), 1);
            prop_assert_eq!(reader.numbers(numbers.len()).unwrap(), numbers);
            prop_assert_eq!(reader.text().unwrap(), "end");
            reader.end().unwrap();
        }
    }

    #[test]
    fn numbers_of_one_magnitude_take_little_more_than_they_hold() {
        let numbers: Vec<u64> = (0..1000).map(|it| it * 7919 % 30_000).collect();
        let mut writer = Writer::new();
        writer.numbers(&numbers);
        let bits = writer.seal().len() * 8 / 1000;
        assert!(bits <= 17, "{bits} bits each; 15 would hold them if all were equally likely");
    }
}
