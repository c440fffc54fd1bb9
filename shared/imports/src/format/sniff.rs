//! Recognises the format of a file by its first bytes.

use crate::format::camt::Camt;
use crate::format::csv::Csv;
use crate::format::rows::Format;
use crate::{Profile, Refusal};

/// The number of bytes that show whether a file is a gzip.
pub(crate) const GZIP_BYTES: usize = 2;
/// The number of bytes that show the format of a text.
pub(crate) const TEXT_BYTES: usize = 4;

pub(crate) fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(&[0x1f, 0x8b])
}

const SPREADSHEET: &str = "save the sheet as CSV UTF-8 and import that; if its columns are the bank's own, `millrace \
                           profile suggest FILE` then proposes a profile";
const STATEMENT: &str = "download the statement as camt.053 or as CSV from the bank instead";
/// Formats that are not read, by their first bytes, and what to do.
const NOT_READABLE: [(&[u8], &str, &str); 7] = [
    (b"PK\x03\x04", "an Excel workbook or another zip archive", SPREADSHEET),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook", SPREADSHEET),
    (b"%PDF", "a PDF", STATEMENT),
    (b":20:", "MT940", STATEMENT),
    (b"{1:F", "MT940", STATEMENT),
    (b"OFXH", "OFX", STATEMENT),
    (b"!Typ", "QIF", STATEMENT),
];

/// The format of a text and the length of its byte order mark.
pub(crate) fn format_of(head: &[u8], profile: Option<&Profile>) -> Result<(Box<dyn Format>, usize), Refusal> {
    if let Some((_, format, remedy)) = NOT_READABLE.iter().find(|(first, ..)| head.starts_with(first)) {
        return Err(Refusal::NotReadable { format, remedy });
    }
    let mark = match head {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [_, 0, _, 0, ..] | [0, _, 0, _, ..] => {
            return Err(Refusal::NotUtf8("UTF-16"));
        }
        [0xef, 0xbb, 0xbf, ..] => 3,
        _ => 0,
    };
    let is_xml = profile.is_none() && head.get(mark..).unwrap_or_default().trim_ascii_start().starts_with(b"<");
    let format: Box<dyn Format> = if is_xml { Box::new(Camt::new()) } else { Box::new(Csv::new(profile)) };
    Ok((format, mark))
}
