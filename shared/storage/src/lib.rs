//! The values of conditional writes, which all storage ports share.

/// The version of a stored record: the number of its writes. 0, the default: nothing is stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Version(pub u64);

impl Version {
    /// The version of a new record.
    pub const FIRST: Self = Self(1);

    /// The version after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// The result of a write that is conditional on the version that was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Saved {
    /// Stored; this is the new version.
    Stored(Version),
    /// Another writer was faster; nothing was written.
    Conflict,
}
