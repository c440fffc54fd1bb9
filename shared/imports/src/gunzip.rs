use std::io::Write;

use flate2::write::MultiGzDecoder;

use crate::Refusal;

/// The maximum compression ratio of a gzip; bank files stay below 40.
const MAX_RATIO: u64 = 200;
/// Below this size the ratio is not checked.
const SMALL_BYTES: u64 = 1024 * 1024;
/// The input that is unpacked at a time: a kilobyte of gzip is at most a megabyte of text.
const PIECE_BYTES: usize = 1024;

/// Unpacks a gzip piece by piece, in bounded memory.
pub(crate) struct Gunzip {
    decoder: MultiGzDecoder<Vec<u8>>,
    packed: u64,
    unpacked: u64,
}

impl Gunzip {
    pub(crate) fn new() -> Self {
        Self { decoder: MultiGzDecoder::new(Vec::new()), packed: 0, unpacked: 0 }
    }

    pub(crate) fn feed(
        &mut self,
        bytes: &[u8],
        mut sink: impl FnMut(&[u8]) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        for piece in bytes.chunks(PIECE_BYTES) {
            self.decoder.write_all(piece).map_err(|_| Refusal::BadGzip)?;
            self.packed = self.packed.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            self.drain(&mut sink)?;
        }
        Ok(())
    }

    pub(crate) fn finish(mut self, mut sink: impl FnMut(&[u8]) -> Result<(), Refusal>) -> Result<(), Refusal> {
        self.decoder.try_finish().map_err(|_| Refusal::BadGzip)?;
        self.drain(&mut sink)
    }

    fn drain(&mut self, sink: &mut impl FnMut(&[u8]) -> Result<(), Refusal>) -> Result<(), Refusal> {
        let text = std::mem::take(self.decoder.get_mut());
        self.unpacked = self.unpacked.saturating_add(u64::try_from(text.len()).unwrap_or(u64::MAX));
        if self.unpacked > SMALL_BYTES && self.unpacked > self.packed.saturating_mul(MAX_RATIO) {
            return Err(Refusal::Bomb(MAX_RATIO));
        }
        let result = sink(&text);
        let mut text = text;
        text.clear();
        *self.decoder.get_mut() = text;
        result
    }
}
