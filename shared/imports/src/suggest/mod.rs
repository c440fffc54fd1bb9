//! Proposes a profile for a bank's CSV from its header and its first rows.

mod columns;
mod roles;
mod sample;
mod values;
mod words;

use calendar::Moment;
use customers::Directory;
use money::Currency;

use crate::format::csv::columns::{delimiter_of, recognise};
use crate::format::sniff::{format_of, is_gzip};
use crate::gunzip::Gunzip;
use crate::profile::Document;
use crate::{ImportContext, ImportStats, Importer, Instructions, Kind, Profile, Refusal};

use roles::Roles;
use sample::Sample;

/// The name of the profile while it is checked.
const NAME: &str = "suggested";
/// The account of a file of one account while the profile is checked.
const ACCOUNT: &str = "0";
/// The maximum number of rejected rows in the notes.
const MAX_REJECTS: usize = 3;

/// A proposed profile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suggestion {
    /// The profile, as JSON.
    pub json: String,
    /// The kind of file that it reads.
    pub kind: Kind,
    /// What to check or to complete, for people.
    pub notes: Vec<String>,
}

/// Why no profile can be proposed.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoSuggestion {
    /// The file is none that a profile can read.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The file is imported without a profile.
    #[error("the file needs no profile: {0}")]
    NotNeeded(String),
    /// No line before the rows names the columns.
    #[error(
        "no line before the first row names the columns; add such a line, as in `{}`, and try again",
        Kind::Account.header()
    )]
    NoHeader,
    /// No line looks like a row.
    #[error("no row with a date and an amount was found; is this a list of transactions?")]
    NoRows,
    /// A column that every profile needs is missing.
    #[error("no column with {what} was found among {found}; write the profile by hand (docs/PROFILES.md)")]
    NoColumn {
        /// What the column contains.
        what: &'static str,
        /// The names in the header.
        found: String,
    },
}

/// Proposes a profile from the first bytes of a file, plain or gzip, and checks it with these rows as if they were
/// imported `now`. A few hundred rows are enough.
pub fn suggest_profile(head: &[u8], now: Moment) -> Result<Suggestion, NoSuggestion> {
    let head = unpacked(head)?;
    let (_, mark) = format_of(&head, None)?;
    let text = head.get(mark..).unwrap_or_default();
    if text.trim_ascii_start().starts_with(b"<") {
        return Err(NoSuggestion::NotNeeded("it is XML, which may be a statement camt.053; import it".to_owned()));
    }
    if let Ok((kind, _)) = recognise(&first_names(text)) {
        let read = if kind == Kind::Account { Some(read(text, None, now)?) } else { None };
        // With another decimal mark or order of dates, the header alone does not help.
        if read.is_none_or(|it| it.rows_rejected == 0) {
            let what = format!("its header is of the kind {}; import it", kind.name());
            return Err(NoSuggestion::NotNeeded(what));
        }
    }
    let sample = Sample::of(text)?;
    let mut notes = Vec::new();
    let roles = Roles::of(&sample, &mut notes)?;
    let document = roles.document(&sample, &mut notes);
    // Serializing texts cannot fail.
    let json = serde_json::to_string_pretty(&document).unwrap_or_default();
    notes.extend(check(text, &json, &document, now)?);
    Ok(Suggestion { json, kind: roles.kind, notes })
}

/// The fields of the first line, as an import without a profile splits it.
fn first_names(text: &[u8]) -> Vec<String> {
    let mut lines = text.split(|byte| matches!(byte, b'\n' | b'\r'));
    let line = lines.find(|it| !it.trim_ascii().is_empty()).unwrap_or_default();
    sample::split(line, delimiter_of(line))
}

/// The text of a gzip as far as it is complete.
fn unpacked(head: &[u8]) -> Result<Vec<u8>, Refusal> {
    if !is_gzip(head) {
        return Ok(head.to_vec());
    }
    let mut text = Vec::new();
    let mut sink = |piece: &[u8]| {
        text.extend_from_slice(piece);
        Ok(())
    };
    let mut gunzip = Gunzip::new();
    gunzip.feed(head, &mut sink)?;
    // The first bytes of a longer file are not a complete gzip.
    let _ = gunzip.finish(&mut sink);
    Ok(text)
}

/// Reads the rows with the profile, and says how many it accepts.
fn check(text: &[u8], json: &str, document: &Document, now: Moment) -> Result<Vec<String>, Refusal> {
    if document.kind == Kind::Transfers.name() {
        return Ok(vec![
            "not checked with the rows: transfers are accepted only if a party is in the register; declare the source \
             with `millrace source add NAME` first"
                .to_owned(),
        ]);
    }
    let found = read(text, Some(Profile::parse(NAME, json.as_bytes())?), now)?;
    let mut notes = vec![format!("it accepts {} of the first {} rows", found.rows_taken, found.rows_read)];
    let rejects = found.first_rejects.iter().take(MAX_REJECTS);
    notes.extend(rejects.map(|it| format!("line {}: {} ({})", it.line, it.reason, it.row)));
    Ok(notes)
}

/// Reads the rows as an import would.
fn read(text: &[u8], profile: Option<Profile>, now: Moment) -> Result<ImportStats, Refusal> {
    // The last row may be cut off.
    let end = memchr::memrchr(b'\n', text).map_or(text.len(), |at| at.saturating_add(1));
    let mut importer = Importer::new(ImportContext {
        instructions: Instructions { account: ACCOUNT.parse().ok(), ..Instructions::default() },
        profile,
        uploaded_at: now,
        default_currency: Currency::EUR,
        declared_sources: Vec::new(),
    });
    importer.feed(text.get(..end).unwrap_or_default())?;
    Ok(importer.end()?.finish(&Directory::default())?.found)
}
