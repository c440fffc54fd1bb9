//! Reads an upload in concurrent ranges into the importer.

use banking::AccountNumber;
use calendar::{Clock, Date};
use customers::{Directory, Register, RegisterError};
use futures_util::{StreamExt, stream};
use imports::{
    BatchQueue, Batches, Files, ImportContext, Importer, Imports, Instructions, MAX_TEXT_BYTES, ParsedFile, PortError,
    Profile, Rates, Refusal, Sources, Upload,
};

use crate::{SplitImport, SplitImportError};

/// The size of a range.
const RANGE_BYTES: u64 = 8 * 1024 * 1024;
/// The number of bytes to parse before a lookup of accounts: rows wait in memory for it. A gzip unpacks to up to two
/// hundred times this size, although bank files stay below 40.
const PART_BYTES: usize = 512 * 1024;
/// The number of concurrent ranges.
const RANGES: usize = 3;
/// The maximum size of a profile.
const MAX_PROFILE_BYTES: u64 = 1024 * 1024;

impl<F: Files, I: Imports + Batches + Rates + Sources, R: Register, Q: BatchQueue, C: Clock>
    SplitImport<F, I, R, Q, C>
{
    /// Returns the content of the upload, or why it is refused. Dates without a year are the latest ones not after
    /// `reference`.
    pub(crate) async fn read(
        &self,
        upload: &Upload,
        reference: Date,
    ) -> Result<Result<ParsedFile, Refusal>, SplitImportError> {
        if upload.size_bytes > MAX_TEXT_BYTES {
            return Ok(Err(Refusal::TooLarge(MAX_TEXT_BYTES)));
        }
        let instructions = match upload.instructions() {
            Ok(instructions) => instructions,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let profile = match self.profile(&instructions).await? {
            Ok(profile) => profile,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let needs_source = match &profile {
            None => instructions.needs_declared_source(),
            Some(profile) => profile.is_of_transfers(),
        };
        let declared_sources = if needs_source { self.imports.declared().await? } else { Vec::new() };
        let mut importer = Importer::new(ImportContext {
            instructions,
            profile,
            uploaded_at: upload.uploaded_at,
            default_currency: self.default_currency,
            declared_sources,
        })
        .with_reference_date(reference);
        let ranges = (0..upload.size_bytes).step_by(usize::try_from(RANGE_BYTES).unwrap_or(usize::MAX));
        let read = |from: u64| {
            let to = from.saturating_add(RANGE_BYTES).min(upload.size_bytes);
            self.files.read(&upload.key, Some(&upload.version), from..to)
        };
        let mut pieces = std::pin::pin!(stream::iter(ranges).map(read).buffered(RANGES));
        while let Some(piece) = pieces.next().await {
            let piece = piece?.ok_or_else(|| gone(upload))?;
            for part in piece.chunks(PART_BYTES) {
                if let Err(refusal) = importer.feed(part) {
                    return Ok(Err(refusal));
                }
                let register = self.look_up(importer.unknown()).await?;
                importer.learn(&register);
            }
        }
        let ended = match importer.end() {
            Ok(ended) => ended,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let register = self.look_up(ended.unknown()).await?;
        Ok(ended.finish(&register))
    }

    async fn look_up(&self, accounts: Vec<AccountNumber>) -> Result<Directory, RegisterError> {
        if accounts.is_empty() { Ok(Directory::new()) } else { self.register.holders(&accounts).await }
    }

    async fn profile(&self, instructions: &Instructions) -> Result<Result<Option<Profile>, Refusal>, PortError> {
        let Some(name) = &instructions.profile else { return Ok(Ok(None)) };
        let json = self.files.read(&format!("profiles/{name}.json"), None, 0..MAX_PROFILE_BYTES).await?;
        Ok(match json {
            Some(json) => Profile::parse(name, &json).map(Some),
            None => Err(Refusal::NoProfile(name.clone())),
        })
    }
}

fn gone(upload: &Upload) -> PortError {
    PortError::Unavailable("the uploaded object", format!("version {} is gone", upload.version).into())
}
