use crate::Kind;

/// Why a whole file is refused. The text is for its sender: what happened, where, and what to do.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Nothing in it.
    #[error("the file is empty; its first line must name the columns")]
    Empty,
    /// The header is of no known kind.
    #[error("the header `{found}` is of no known kind of file. Known are: {}", known_headers())]
    UnknownHeader {
        /// The header, cut after 200 bytes.
        found: String,
    },
    /// The header is of a known kind, but for its delimiter.
    #[error(
        "the header `{found}` is that of a file of the kind {kind}, but delimited by `{delimiter}`; name it as \
         `delimiter` in a profile, or use `,`"
    )]
    UnknownDelimiter {
        /// The header, cut after 200 bytes.
        found: String,
        /// The kind.
        kind: &'static str,
        /// The delimiter.
        delimiter: char,
    },
    /// Two columns of the header have one meaning.
    #[error("the columns `{first}` and `{second}` of the header both mean {meaning}; leave one of them out")]
    AmbiguousHeader {
        /// One of them.
        first: String,
        /// The other.
        second: String,
        /// What both mean.
        meaning: String,
    },
    /// A file of one account that does not say of which.
    #[error(
        "this is a file of one account, but not of which: upload it to imports/accounts/<account>/, or set the \
         object's metadata `account`"
    )]
    NoAccount,
    /// Transfers of a source that nobody has declared.
    #[error(
        "the source `{source_name}` is not declared. Known are: {known}. If it is misspelt, upload the file to \
         imports/<source>/ again; if it is new, run `millrace source add {source_name}` first"
    )]
    UnknownSource {
        /// The source.
        source_name: String,
        /// The known ones.
        known: String,
    },
    /// Transfers without a source.
    #[error(
        "these are transfers, but from which source: upload the file to imports/<source>/. Known are: {known}; \
         `millrace source add NAME` declares another one"
    )]
    NoSource {
        /// The known ones.
        known: String,
    },
    /// The key has the form of a known place but its folder is wrong.
    #[error("the object's key is not of the form {expected}")]
    BadKey {
        /// The form.
        expected: &'static str,
    },
    /// Metadata that cannot be read.
    #[error("the object's metadata `{name}` is not {expected}")]
    BadMetadata {
        /// Its name.
        name: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// The profile does not exist.
    #[error("there is no profile profiles/{0}.json in the bucket; upload it first")]
    NoProfile(String),
    /// The profile is wrong.
    #[error("the profile `{name}` is wrong: {what}")]
    BadProfile {
        /// Its name.
        name: String,
        /// All that is wrong with it.
        what: String,
    },
    /// The file lacks columns its profile speaks of.
    #[error("the profile `{name}` does not fit the file: its header has no column {missing}; it has `{found}`")]
    ProfileDoesNotFit {
        /// The profile.
        name: String,
        /// The columns.
        missing: String,
        /// The header, cut after 200 bytes.
        found: String,
    },
    /// UTF-16 or UTF-32.
    #[error("the file is {0}, not UTF-8; save it as UTF-8, or name its encoding in a profile")]
    NotUtf8(&'static str),
    /// More bytes than one import takes.
    #[error("the file has more than {} MiB of text; split it into smaller files", .0.wrapping_shr(20))]
    TooLarge(u64),
    /// More new customers than one import registers.
    #[error("the file names more than {0} new customers; split it into smaller files")]
    TooManyCustomers(usize),
    /// A compressed file that unfolds beyond measure.
    #[error("the file unpacks to more than {0} times its size, which no bank file does")]
    Bomb(u64),
    /// A broken gzip.
    #[error("the file begins like a gzip but does not unpack; upload it again")]
    BadGzip,
    /// Quotes without end.
    #[error(
        "more than {limit} rows have a quote that is not closed, the first in line {line}; check the file's quoting, \
         or say in a profile that it has none"
    )]
    UnbalancedQuotes {
        /// How many are borne.
        limit: u32,
        /// The first.
        line: u64,
    },
    /// A table of rates that contradicts itself.
    #[error("the rates contradict each other: {0}")]
    ContradictoryRates(String),
    /// Rows of rates that cannot be read; a table is taken whole or not at all.
    #[error("the rates cannot be read: {0}")]
    BadRates(String),
}

fn known_headers() -> String {
    let known: Vec<String> = Kind::ALL.iter().map(|kind| format!("{} ({})", kind.name(), kind.header())).collect();
    known.join("; ")
}
