use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::CodecError;

const VERSION: u8 = 1;
const PLAIN: u8 = 0;
const DEFLATED: u8 = 1;
/// No packed value is larger; one that claims to be is broken.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// Closes a packed value: version, method, body.
pub(super) fn seal(writer: Writer) -> Vec<u8> {
    let plain = writer.0;
    let mut sealed = vec![VERSION, DEFLATED];
    let mut encoder = DeflateEncoder::new(&mut sealed, Compression::new(6));
    // Writing to memory cannot fail; if it ever does, the plain form is right as well.
    let deflated = encoder.write_all(&plain).and_then(|()| encoder.finish().map(|_| ()));
    if deflated.is_err() || sealed.len() > plain.len().saturating_add(2) {
        sealed.clear();
        sealed.extend([VERSION, PLAIN]);
        sealed.extend(plain);
    }
    sealed
}

/// The body of a packed value.
pub(super) fn open(bytes: &[u8]) -> Result<Vec<u8>, CodecError> {
    match bytes {
        [VERSION, PLAIN, body @ ..] => Ok(body.to_vec()),
        [VERSION, DEFLATED, body @ ..] => {
            let mut plain = Vec::new();
            let read = DeflateDecoder::new(body).take(MOST_BYTES).read_to_end(&mut plain);
            read.map(|_| plain).map_err(|_| CodecError::Broken("it does not inflate"))
        }
        [VERSION, ..] | [] => Err(CodecError::Broken("unknown method")),
        [version, ..] => Err(CodecError::UnknownVersion(*version)),
    }
}

/// Writes integers in LEB128, signed ones zigzagged.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn length(&mut self, length: usize) {
        self.unsigned(u128::try_from(length).unwrap_or(u128::MAX));
    }

    pub(super) fn unsigned(&mut self, mut value: u128) {
        loop {
            let low = u8::try_from(value & 0x7f).unwrap_or(0);
            value = value.wrapping_shr(7);
            if value == 0 {
                self.0.push(low);
                return;
            }
            self.0.push(low | 0x80);
        }
    }

    pub(super) fn signed(&mut self, value: i64) {
        let zigzag = value.wrapping_shl(1) ^ value.wrapping_shr(63);
        self.unsigned(u128::from(zigzag.cast_unsigned()));
    }
}

pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn end(&self) -> Result<(), CodecError> {
        if self.0.is_empty() { Ok(()) } else { Err(CodecError::Broken("bytes left over")) }
    }

    pub(super) fn byte(&mut self) -> Result<u8, CodecError> {
        let (first, rest) = self.0.split_first().ok_or(CodecError::Broken("cut off"))?;
        self.0 = rest;
        Ok(*first)
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], CodecError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(CodecError::Broken("cut off"))?;
        self.0 = rest;
        Ok(taken)
    }

    /// A count of things that take at least a byte each, so never more than there are bytes.
    pub(super) fn length(&mut self) -> Result<usize, CodecError> {
        let length = usize::try_from(self.unsigned()?).map_err(|_| CodecError::Broken("cut off"))?;
        if length > self.0.len() { Err(CodecError::Broken("cut off")) } else { Ok(length) }
    }

    pub(super) fn count(&mut self) -> Result<u64, CodecError> {
        u64::try_from(self.unsigned()?).map_err(|_| CodecError::Broken("a count out of range"))
    }

    pub(super) fn unsigned(&mut self) -> Result<u128, CodecError> {
        let mut value = 0_u128;
        for shift in (0..126).step_by(7) {
            let byte = self.byte()?;
            value |= u128::from(byte & 0x7f).wrapping_shl(shift);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(CodecError::Broken("an integer out of range"))
    }

    pub(super) fn signed(&mut self) -> Result<i64, CodecError> {
        let zigzag = self.count()?;
        let half = zigzag.wrapping_shr(1).cast_signed();
        Ok(if zigzag & 1 == 1 { !half } else { half })
    }
}
