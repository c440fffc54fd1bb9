use datamaker::Noise;

/// Random streams.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    Call,
    Outcome,
    Report,
    Line,
}

/// The random numbers of one event, which is named by a key and a number: the same for the same seed.
pub(crate) fn dice(seed: u64, stream: Stream, key: &str, number: u32) -> Noise {
    // FNV-1a.
    let bytes = key.bytes().chain(number.to_be_bytes());
    let hash = bytes
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let kind = match stream {
        Stream::Call => 201,
        Stream::Outcome => 202,
        Stream::Report => 203,
        Stream::Line => 204,
    };
    Noise::new(seed, kind, hash)
}
