use crate::Kind;

/// Why a whole file is refused. The text is for its sender: what happened, where, and what to do.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Nothing in it.
    #[error("the file is empty; its first line must name the columns")]
    Empty,
    /// The header is of no known kind.
    #[error(
        "the header `{found}` is of no known kind of file. Known headers: {}. For another bank's CSV, `millrace profile \
         suggest FILE` proposes a profile, and `millrace import FILE --profile NAME` reads it",
        known_headers()
    )]
    UnknownHeader {
        /// The header, cut after 200 bytes.
        found: String,
    },
    /// The header would be of a known kind with another delimiter.
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
    /// Two columns of the header have the same meaning.
    #[error("the columns `{first}` and `{second}` of the header both mean {meaning}; leave one of them out")]
    AmbiguousHeader {
        /// One of them.
        first: String,
        /// The other.
        second: String,
        /// The meaning.
        meaning: String,
    },
    /// A file of one account without an account number.
    #[error(
        "the account of this file is missing: upload it to imports/accounts/<account>/, or set the \
         object's metadata `account`"
    )]
    NoAccount,
    /// Transfers from a source that is not declared.
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
    /// The key has the form of a known folder but an invalid name.
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
        /// The expected form.
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
        /// All problems of the profile.
        what: String,
    },
    /// The file lacks columns that its profile names.
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
    #[error("the file is {0}; save it as UTF-8 (in Excel: CSV UTF-8), or convert it: iconv -f {0} -t UTF-8 FILE > NEW")]
    NotUtf8(&'static str),
    /// A format that is not read.
    #[error("the file is {format}, which is not read; {remedy}")]
    NotReadable {
        /// The format.
        format: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// XML that is not a statement.
    #[error("the file is XML, but not a camt.053 statement of the versions 02 to 08: it is {found}")]
    UnknownXml {
        /// Its first element and namespaces, cut after 200 bytes.
        found: String,
    },
    /// XML that is not well-formed.
    #[error(
        "the XML cannot be read, line {line}, column {column}: {what}; is it complete? Fetch it from the bank again"
    )]
    BadXml {
        /// The line, from 1.
        line: u64,
        /// The column, from 1.
        column: u64,
        /// What is wrong there.
        what: String,
    },
    /// More bytes than the limit of an import.
    #[error("the file has more than {} MiB of text; split it into smaller files", .0.wrapping_shr(20))]
    TooLarge(u64),
    /// More new customers than the limit of an import.
    #[error("the file names more than {0} new customers; split it into smaller files")]
    TooManyCustomers(usize),
    /// A compressed file with an excessive compression ratio.
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
        /// The limit.
        limit: u32,
        /// The first.
        line: u64,
    },
    /// A table with contradictory rates.
    #[error("the rates contradict each other: {0}")]
    ContradictoryRates(String),
    /// Unreadable rows of rates; a table is accepted completely or not at all.
    #[error("the rates cannot be read: {0}")]
    BadRates(String),
}

fn known_headers() -> String {
    let known: Vec<String> = Kind::ALL.iter().map(|kind| format!("{} ({})", kind.name(), kind.header())).collect();
    known.join("; ")
}
