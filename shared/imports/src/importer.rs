//! Parses an uploaded file, in pieces of any size.

use banking::AccountNumber;
use calendar::Date;
use customers::{Directory, Registration};
use sha2::{Digest, Sha256};

use crate::context::ImportContext;
use crate::customers_file::CustomerFile;
use crate::entry_file::EntryFile;
use crate::format::fields::{Fields, Row};
use crate::format::rows::Format;
use crate::format::sniff::{GZIP_BYTES, TEXT_BYTES, format_of, is_gzip};
use crate::gunzip::Gunzip;
use crate::hints::Hints;
use crate::holders::holder_of_one;
use crate::layout::Layout;
use crate::rates_file::RateFile;
use crate::rejects::Rejects;
use crate::row_error::{NotTaken, RowError};
use crate::waiting::Waiting;
use crate::{DatedRate, ImportStats, Instructions, Kind, Refusal, Warning};

/// The maximum size of an import's text in bytes: measured (`cargo run -p costs -- pack`) so that every file fits into
/// the memory of `split-import`.
pub const MAX_TEXT_BYTES: u64 = 400 * 1024 * 1024;
/// The maximum number of new customers in one import: each takes about a kilobyte until the file is read.
pub const MAX_NEW_CUSTOMERS: usize = 500_000;

/// A parser for one file. Pass all pieces, then call `end`.
///
/// The caller looks up its accounts in the register: those of [`Importer::unknown`] after each piece, and those of
/// [`Ended::unknown`] at the end. Each account is looked up once, so the cost depends on the file and not on the size
/// of the register.
pub struct Importer {
    text: Text,
    packing: Packing,
}

enum Packing {
    /// The first bytes, until it is known whether the file is a gzip.
    Unknown(Vec<u8>),
    Gzip(Box<Gunzip>),
    Plain,
}

/// The text of the file, unpacked.
struct Text {
    format: Option<Box<dyn Format>>,
    /// The first bytes, until the format is known.
    head: Vec<u8>,
    reader: Reader,
    hash: Sha256,
    bytes: u64,
}

struct Reader {
    context: ImportContext,
    /// The latest possible day of a date without a year.
    reference: Date,
    file: Option<(Layout, FileRows)>,
    fields: Fields,
    rejects: Rejects,
    waiting: Waiting,
    hints: Hints,
    rows_read: u64,
    decoded: String,
}

enum FileRows {
    Entries(Box<EntryFile>),
    Customers(CustomerFile),
    Rates(RateFile),
}

/// A file after its last piece.
pub struct Ended {
    reader: Reader,
    /// The warnings of the format.
    warnings: Vec<Warning>,
    text_hash: [u8; 32],
}

/// The content of a file, after all pieces are parsed.
pub struct ParsedFile {
    /// The kind of the file.
    pub kind: Kind,
    /// The source of its rows.
    pub source: String,
    /// SHA-256 of its text and its instructions, in hexadecimal; equal for imports that repeat each other.
    pub content: String,
    /// Counts, warnings and first rejects. Entries, accounts and batches are counted when the entries are packed.
    pub found: ImportStats,
    /// The rejected rows, as CSV.
    pub rejects_csv: Vec<u8>,
    /// Customers and accounts to register.
    pub registrations: Vec<Registration>,
    /// Exchange rates to store.
    pub rates: Vec<DatedRate>,
    /// Whether dates of accepted rows have no year, so that they depend on the reference date
    /// ([`Importer::with_reference_date`]).
    pub assumes_years: bool,
    pub(crate) entries: Option<(Layout, Box<EntryFile>)>,
}

impl Importer {
    /// An importer before the first piece.
    pub fn new(context: ImportContext) -> Self {
        let reader = Reader {
            reference: context.uploaded_at.date(),
            context,
            file: None,
            fields: Fields::default(),
            rejects: Rejects::new(),
            waiting: Waiting::default(),
            hints: Hints::default(),
            rows_read: 0,
            decoded: String::new(),
        };
        let text = Text { format: None, head: Vec::new(), reader, hash: Sha256::new(), bytes: 0 };
        Self { text, packing: Packing::Unknown(Vec::new()) }
    }

    /// Interprets dates without a year as the latest ones not after `date`, instead of not after the upload. A repeated
    /// import uses the date of the first import, so that the same content always gives the same entries.
    #[must_use]
    pub fn with_reference_date(mut self, date: Date) -> Self {
        self.text.reader.reference = date;
        self
    }

    /// Parses the next piece of the file.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        let text = &mut self.text;
        match &mut self.packing {
            Packing::Plain => text.feed(piece),
            Packing::Gzip(gunzip) => gunzip.feed(piece, |piece| text.feed(piece)),
            Packing::Unknown(head) => {
                head.extend_from_slice(piece);
                if head.len() < GZIP_BYTES { Ok(()) } else { self.begin() }
            }
        }
    }

    /// Begins with the first bytes, if it has not begun.
    fn begin(&mut self) -> Result<(), Refusal> {
        let Packing::Unknown(head) = &mut self.packing else { return Ok(()) };
        let head = std::mem::take(head);
        self.packing = if is_gzip(&head) { Packing::Gzip(Box::new(Gunzip::new())) } else { Packing::Plain };
        self.feed(&head)
    }

    /// The accounts to look up in the register, each once.
    pub fn unknown(&self) -> Vec<AccountNumber> {
        self.text.reader.unknown()
    }

    /// Records the holders of the accounts of [`Importer::unknown`]: accounts missing in `register` have no holder.
    /// Rows wait for their accounts, so a call after each piece bounds the memory; nothing else depends on it.
    pub fn learn(&mut self, register: &Directory) {
        self.text.reader.learn(register);
    }

    /// Ends the file after its last piece.
    pub fn end(mut self) -> Result<Ended, Refusal> {
        self.begin()?;
        let Self { mut text, packing } = self;
        if let Packing::Gzip(gunzip) = packing {
            gunzip.finish(|piece| text.feed(piece))?;
        }
        text.end()
    }
}

impl Ended {
    /// The remaining accounts to look up in the register, each once.
    pub fn unknown(&self) -> Vec<AccountNumber> {
        self.reader.unknown()
    }

    /// Returns the content of the file, given the holders of the accounts of [`Ended::unknown`].
    pub fn finish(mut self, register: &Directory) -> Result<ParsedFile, Refusal> {
        self.reader.learn(register);
        self.reader.check_new_customers()?;
        let mut read = self.reader.finish(&self.text_hash)?;
        read.found.warnings.extend(self.warnings);
        Ok(read)
    }
}

impl Text {
    fn feed(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        self.hash.update(piece);
        self.bytes = self.bytes.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        if self.bytes > MAX_TEXT_BYTES {
            return Err(Refusal::TooLarge(MAX_TEXT_BYTES));
        }
        if self.format.is_some() {
            return self.read(piece);
        }
        self.head.extend_from_slice(piece);
        if self.head.len() < TEXT_BYTES { Ok(()) } else { self.begin() }
    }

    /// Begins with the first bytes.
    fn begin(&mut self) -> Result<(), Refusal> {
        let head = std::mem::take(&mut self.head);
        let (format, mark) = format_of(&head, self.reader.context.profile.as_ref())?;
        self.format = Some(format);
        self.read(head.get(mark..).unwrap_or_default())
    }

    fn read(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        let Some(format) = &mut self.format else { return Ok(()) };
        format.feed(piece);
        self.reader.read(format.as_mut())
    }

    fn end(mut self) -> Result<Ended, Refusal> {
        if self.format.is_none() {
            self.begin()?;
        }
        let mut warnings = Vec::new();
        if let Some(format) = &mut self.format {
            format.end();
            self.reader.read(format.as_mut())?;
            warnings = format.warnings();
        }
        Ok(Ended { reader: self.reader, warnings, text_hash: self.hash.finalize().into() })
    }
}

impl Reader {
    /// Reads the rows of the text so far.
    fn read(&mut self, format: &mut dyn Format) -> Result<(), Refusal> {
        if self.file.is_none() {
            let Some(layout) = format.layout(&mut self.context, self.reference)? else { return Ok(()) };
            let rows = FileRows::new(&layout, &mut self.context)?;
            self.file = Some((layout, rows));
        }
        while let Some(row) = format.next_row()? {
            self.row(row)?;
        }
        self.check_new_customers()
    }

    fn row(&mut self, row: Row<'_>) -> Result<(), Refusal> {
        if row.is_blank() {
            return Ok(());
        }
        self.rows_read = self.rows_read.saturating_add(1);
        let taken = match row.shape.error() {
            Some(what) => Err(RowError::row(what).into()),
            None if row.has_nul() => Err(RowError::row("the row contains a NUL character").into()),
            None => self.take(row.line, row.bytes),
        };
        match taken {
            Ok(()) => Ok(()),
            Err(NotTaken::Waits) => {
                self.waiting.add(row.line, row.bytes);
                Ok(())
            }
            Err(NotTaken::RowError(wrong)) => self.reject(row, &wrong),
        }
    }

    fn take(&mut self, line: u64, bytes: &[u8]) -> Result<(), NotTaken> {
        let Self { file: Some((layout, rows)), fields, decoded, hints, .. } = self else {
            return Ok(());
        };
        let bytes = layout.decode(bytes, decoded);
        fields.split(bytes, layout.dialect);
        let taken = check_width(layout, fields, bytes).map_err(NotTaken::from).and_then(|()| match rows {
            FileRows::Entries(file) => file.take(layout, fields, bytes).inspect_err(|why| {
                if matches!(why, NotTaken::RowError(_)) {
                    file.reject(layout, fields, bytes);
                }
            }),
            FileRows::Customers(file) => Ok(file.take(layout, fields, bytes)?),
            FileRows::Rates(file) => Ok(file.take(layout, line, fields, bytes)?),
        });
        if matches!(taken, Err(NotTaken::RowError(_))) {
            hints.note(layout, fields, bytes);
        }
        taken
    }

    fn reject(&mut self, row: Row<'_>, wrong: &RowError) -> Result<(), Refusal> {
        let Some((layout, rows)) = &self.file else { return Ok(()) };
        let reason = wrong.reason(layout);
        if matches!(rows, FileRows::Rates(file) if !file.rejects_rows()) {
            return Err(Refusal::BadRates(format!("line {}: {reason}", row.line)));
        }
        if self.waiting.is_empty() {
            self.rejects.add(row.line, &reason, row.bytes);
        } else {
            self.waiting.add_reject(row.line, row.bytes, reason);
        }
        Ok(())
    }

    /// Refuses a file with too many new customers. Waiting rows are counted at the next piece or at the end.
    fn check_new_customers(&self) -> Result<(), Refusal> {
        let new = match &self.file {
            Some((_, FileRows::Entries(file))) => file.new_customers(),
            Some((_, FileRows::Customers(file))) => file.new_customers(),
            _ => 0,
        };
        if new > MAX_NEW_CUSTOMERS { Err(Refusal::TooManyCustomers(MAX_NEW_CUSTOMERS)) } else { Ok(()) }
    }

    fn unknown(&self) -> Vec<AccountNumber> {
        match &self.file {
            Some((_, FileRows::Entries(file))) => file.accounts.unknown(),
            _ => Vec::new(),
        }
    }

    fn learn(&mut self, register: &Directory) {
        let Some((_, FileRows::Entries(file))) = &mut self.file else { return };
        file.accounts.learn(register);
        let mut waiting = std::mem::take(&mut self.waiting);
        for (line, bytes, reason) in waiting.rows() {
            let Some(reason) = reason else {
                self.take_again(line, bytes);
                continue;
            };
            self.rejects.add(line, reason, bytes);
        }
        waiting.clear();
        self.waiting = waiting;
    }

    /// Parses a row that has waited. Its accounts are known now.
    fn take_again(&mut self, line: u64, bytes: &[u8]) {
        if let Err(NotTaken::RowError(wrong)) = self.take(line, bytes) {
            let reason = self.file.as_ref().map(|(layout, _)| wrong.reason(layout)).unwrap_or_default();
            self.rejects.add(line, &reason, bytes);
        }
    }

    fn finish(self, text_hash: &[u8]) -> Result<ParsedFile, Refusal> {
        let Self { file, mut rejects, rows_read, hints, .. } = self;
        let (layout, mut rows) = file.ok_or(Refusal::Empty)?;
        let rates = match &mut rows {
            FileRows::Rates(file) => file.finish(&mut rejects)?,
            FileRows::Entries(_) | FileRows::Customers(_) => Vec::new(),
        };
        let rows_rejected = rejects.count();
        let (rejects_csv, rejects_left_out, first_rejects) = rejects.finish();
        let kind = layout.kind;
        let mut read = ParsedFile {
            kind,
            source: layout.source.clone(),
            content: String::new(),
            found: ImportStats {
                rows_read,
                rows_taken: rows_read.saturating_sub(rows_rejected),
                rows_rejected,
                rejects_left_out,
                first_rejects,
                summaries: kind.sends_summaries(),
                ..ImportStats::default()
            },
            rejects_csv,
            registrations: Vec::new(),
            rates,
            assumes_years: false,
            entries: None,
        };
        let hints = hints.warnings(&layout);
        let mut target = layout.source.clone();
        match rows {
            FileRows::Entries(mut file) => {
                if let Some(account) = file.one_account() {
                    target = format!("{target}/{account}");
                }
                if read.found.is_rejected() {
                    file.forget_holders();
                }
                read.found.customers = file.customers();
                (read.registrations, read.found.warnings) = file.registrations();
                read.assumes_years = file.assumed_years.any();
                read.entries = Some((layout, file));
            }
            FileRows::Customers(file) => {
                (read.registrations, read.found.warnings) = file.finish();
                read.found.customers = u64::try_from(read.registrations.len()).unwrap_or(u64::MAX);
            }
            FileRows::Rates(file) => {
                read.found.warnings = file.warnings();
                read.assumes_years = file.assumed_years.any();
            }
        }
        if read.found.rows_read == 0 {
            let what = "the file has no rows".to_owned();
            read.found.warnings.push(Warning { what, rows: 0 });
        }
        read.found.warnings.extend(hints);
        read.content = content(kind, &target, text_hash);
        Ok(read)
    }
}

fn content(kind: Kind, target: &str, text_hash: &[u8]) -> String {
    let digest = Sha256::new().chain_update(kind.name()).chain_update([0]).chain_update(target).chain_update([0]);
    hex::encode(digest.chain_update(text_hash).finalize())
}

/// A row has as many fields as the header; additional empty fields are ignored.
fn check_width(layout: &Layout, fields: &Fields, row: &[u8]) -> Result<(), RowError> {
    let width = layout.column_map.width();
    let fits = fields.len() >= width && (width..fields.len()).all(|it| fields.get(row, it).is_empty());
    if fits { Ok(()) } else { Err(RowError::row(format!("has {} fields, the header has {width}", fields.len()))) }
}

impl FileRows {
    fn new(layout: &Layout, context: &mut ImportContext) -> Result<Self, Refusal> {
        let uploaded_on = context.uploaded_at.date();
        let Instructions { account, name, email, source, .. } = std::mem::take(&mut context.instructions);
        Ok(match layout.kind {
            Kind::Account => {
                let holder = holder_of_one(&account.ok_or(Refusal::NoAccount)?, name, email);
                Self::Entries(Box::new(EntryFile::new(layout, Some(holder), uploaded_on)))
            }
            Kind::Holders | Kind::Transfers => Self::Entries(Box::new(EntryFile::new(layout, None, uploaded_on))),
            Kind::Customers => Self::Customers(CustomerFile::default()),
            Kind::Rates => Self::Rates(RateFile::new(layout, uploaded_on, source.as_deref())),
        })
    }
}
