/// Why stored bytes cannot be read. The cause is corrupt storage or a newer writer, never bad input.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodecError {
    /// Written by a version that this release does not know.
    #[error("packed in the unknown version {0}")]
    UnknownVersion(u8),
    /// The bytes end too early or contain an impossible value.
    #[error("broken: {0}")]
    Broken(&'static str),
}
