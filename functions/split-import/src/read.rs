//! Reads an upload in ranges, several under way at once, into the importer.

use banking::AccountNumber;
use calendar::{Clock, Date};
use customers::{Directory, Register, RegisterError};
use futures_util::{StreamExt, stream};
use imports::{
    BatchQueue, Batches, Files, Importer, Imports, Instructions, MOST_TEXT_BYTES, PortError, Profile, Rates, Read,
    Refusal, Setting, Sources, Upload,
};

use crate::{SplitImport, SplitImportError};

/// How much is asked for at once.
const RANGE_BYTES: u64 = 8 * 1024 * 1024;
/// How much is parsed before its accounts are looked up: its rows wait for that, in memory. A gzip unpacks to up to two
/// hundred times as much, though bank files stay below 40.
const PART_BYTES: usize = 512 * 1024;
/// How many ranges are under way at once.
const RANGES: usize = 3;
/// No profile is larger.
const MOST_PROFILE_BYTES: u64 = 1024 * 1024;

impl<F: Files, I: Imports + Batches + Rates + Sources, R: Register, Q: BatchQueue, C: Clock>
    SplitImport<F, I, R, Q, C>
{
    /// What the upload brings, or why it is refused. Dates without a year are the latest ones that are not after
    /// `reference`.
    pub(crate) async fn read(
        &self,
        upload: &Upload,
        reference: Date,
    ) -> Result<Result<Read, Refusal>, SplitImportError> {
        if upload.size_bytes > MOST_TEXT_BYTES {
            return Ok(Err(Refusal::TooLarge(MOST_TEXT_BYTES)));
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
        let mut importer = Importer::new(Setting {
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
        let json = self.files.read(&format!("profiles/{name}.json"), None, 0..MOST_PROFILE_BYTES).await?;
        Ok(match json {
            Some(json) => Profile::parse(name, &json).map(Some),
            None => Err(Refusal::NoProfile(name.clone())),
        })
    }
}

fn gone(upload: &Upload) -> PortError {
    PortError::Unavailable("the uploaded object", format!("version {} is gone", upload.version).into())
}
