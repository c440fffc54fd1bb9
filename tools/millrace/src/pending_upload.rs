//! The key and metadata of a file to upload.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ::imports::{FEED_SOURCES, ImportContext, Importer, Instructions, Refusal, Upload, metadata_value};
use anyhow::{Context as _, Result, bail, ensure};
use calendar::{Clock as _, Date, Moment};
use lambda_kit::SystemClock;
use money::Currency;

use crate::arguments::InstructionsArgs;

/// Enough for the header and some hundred rows.
const HEAD_BYTES: u64 = 256 * 1024;
/// Stands in for an account that is not given.
const NO_ACCOUNT: &str = "0";

/// A checked file to upload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PendingUpload {
    pub(crate) path: PathBuf,
    pub(crate) size_bytes: u64,
    pub(crate) key: String,
    pub(crate) metadata: BTreeMap<String, String>,
}

/// Checks a file and its instructions, as the import will.
pub(crate) fn pending_upload(path: &Path, args: &InstructionsArgs) -> Result<PendingUpload> {
    let found = fs::metadata(path).with_context(|| format!("{} cannot be read", path.display()))?;
    ensure!(found.is_file(), "{} is no file", path.display());
    let name = path.file_name().and_then(|it| it.to_str());
    let name = name.with_context(|| format!("the name of {} is not UTF-8; rename it", path.display()))?;
    let (key, metadata) = (key(name, args), metadata(args));
    let instructions = check(&key, &metadata, args)?;
    check_head(path, instructions).with_context(|| format!("{}: nothing was uploaded", path.display()))?;
    Ok(PendingUpload { path: path.to_owned(), size_bytes: found.len(), key, metadata })
}

fn key(name: &str, args: &InstructionsArgs) -> String {
    match args {
        InstructionsArgs { account: Some(account), .. } => format!("imports/accounts/{}/{name}", account.as_str()),
        InstructionsArgs { profile: Some(profile), .. } => format!("imports/profiles/{profile}/{name}"),
        InstructionsArgs { source: Some(source), .. } => format!("imports/{source}/{name}"),
        _ => format!("imports/{name}"),
    }
}

fn metadata(args: &InstructionsArgs) -> BTreeMap<String, String> {
    let all = [
        ("account", args.account.as_ref().map(|it| it.as_str().to_owned())),
        ("profile", args.profile.clone()),
        ("year", args.year.map(|it| it.to_string())),
        ("currency", args.currency.map(|it| it.code().to_owned())),
        ("name", args.name.clone()),
        ("email", args.email.clone()),
    ];
    let mut metadata = BTreeMap::new();
    for (name, value) in all {
        let Some(value) = value else { continue };
        metadata.insert(name.to_owned(), metadata_value(&value));
    }
    metadata
}

/// Refuses instructions before the upload that the import would refuse.
fn check(key: &str, metadata: &BTreeMap<String, String>, args: &InstructionsArgs) -> Result<Instructions> {
    let upload = Upload {
        key: key.to_owned(),
        version: String::new(),
        size_bytes: 0,
        uploaded_at: Moment::day(Date::MIN),
        metadata: metadata.clone(),
    };
    let read = upload.instructions()?;
    if args.source.is_some()
        && (read.source != args.source || matches!(args.source.as_deref(), Some("accounts" | "profiles")))
    {
        bail!("--source is a name of lower case letters, digits and hyphens, such as sepa or swift");
    }
    Ok(read)
}

/// Refuses a file by its first bytes, if the import would: a format that is not read, a header of no known kind.
fn check_head(path: &Path, mut instructions: Instructions) -> Result<()> {
    let has_profile = instructions.profile.is_some();
    // The import says whether these are missing.
    instructions.account = instructions.account.or_else(|| NO_ACCOUNT.parse().ok());
    instructions.source = instructions.source.or_else(|| FEED_SOURCES.first().map(ToString::to_string));
    let mut importer = Importer::new(ImportContext {
        declared_sources: instructions.source.iter().cloned().collect(),
        instructions,
        profile: None,
        uploaded_at: SystemClock.now(),
        default_currency: Currency::EUR,
    });
    match importer.feed(&head(path)?) {
        Err(refusal @ (Refusal::NotReadable { .. } | Refusal::NotUtf8(_))) => Err(refusal.into()),
        Err(
            refusal @ (Refusal::UnknownHeader { .. }
            | Refusal::UnknownDelimiter { .. }
            | Refusal::AmbiguousHeader { .. }
            | Refusal::UnknownXml { .. }),
        ) if !has_profile => Err(refusal.into()),
        _ => Ok(()),
    }
}

/// The first bytes of a file.
pub(crate) fn head(path: &Path) -> Result<Vec<u8>> {
    let cannot = || format!("{} cannot be read", path.display());
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(cannot)?;
    file.take(HEAD_BYTES).read_to_end(&mut bytes).with_context(cannot)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(change: impl FnOnce(&mut InstructionsArgs)) -> InstructionsArgs {
        let mut args = InstructionsArgs::default();
        change(&mut args);
        args
    }

    #[test]
    fn the_key_contains_the_instructions() {
        let account = |it: &mut InstructionsArgs| it.account = "de89 3704 0044".parse().ok();
        for (args, expected) in [
            (args(|_| {}), "imports/july.csv"),
            (args(account), "imports/accounts/DE8937040044/july.csv"),
            (args(|it| it.profile = Some("berka".to_owned())), "imports/profiles/berka/july.csv"),
            (args(|it| it.source = Some("sepa".to_owned())), "imports/sepa/july.csv"),
        ] {
            assert_eq!(key("july.csv", &args), expected);
            check(expected, &metadata(&args), &args).unwrap();
        }
    }

    #[test]
    fn an_account_and_a_profile_go_together() {
        let args = args(|it| {
            it.account = "4711".parse().ok();
            it.profile = Some("berka".to_owned());
            it.year = Some(2024);
            it.name = Some("Zoë".to_owned());
        });
        let metadata = metadata(&args);
        assert_eq!(key("july.csv", &args), "imports/accounts/4711/july.csv");
        assert_eq!(metadata.get("profile").map(String::as_str), Some("berka"));
        assert_eq!(metadata.get("year").map(String::as_str), Some("2024"));
        assert!(metadata.values().all(|it| it.is_ascii()), "S3 accepts only ASCII: {metadata:?}");
    }

    #[test]
    fn what_the_import_would_refuse_is_not_uploaded() {
        let file = std::env::temp_dir().join(format!("millrace-upload-{}.csv", std::process::id()));
        std::fs::write(&file, "Id,Date,Transaction\n").unwrap();
        for (args, part) in [
            (args(|it| it.year = Some(21)), "`year`"),
            (args(|it| it.email = Some("ada".to_owned())), "`email`"),
            (args(|it| it.profile = Some("../x".to_owned())), "profile"),
            (args(|it| it.source = Some("SEPA".to_owned())), "--source"),
            (args(|it| it.source = Some("accounts".to_owned())), "--source"),
        ] {
            let message = format!("{:#}", pending_upload(&file, &args).err().unwrap());
            assert!(message.contains(part), "{part} is not in: {message}");
        }
        assert_eq!(pending_upload(&file, &args(|_| {})).unwrap().size_bytes, 20);
        for (bytes, part) in [
            (&b"PK\x03\x04..."[..], "save the sheet as CSV UTF-8"),
            (b"%PDF-1.7", "download the statement as camt.053"),
            (b"\xff\xfeI\0d\0", "iconv -f UTF-16 -t UTF-8"),
            (b"Buchungstag;Betrag\n01.02.2024;5,00\n", "millrace profile suggest FILE"),
        ] {
            std::fs::write(&file, bytes).unwrap();
            let message = format!("{:#}", pending_upload(&file, &args(|_| {})).err().unwrap());
            assert!(message.contains(part) && message.contains("nothing was uploaded"), "{message}");
        }
        assert!(pending_upload(&file, &args(|it| it.profile = Some("bank".to_owned()))).is_ok());
        std::fs::remove_file(&file).unwrap();
        assert!(pending_upload(&file, &args(|_| {})).is_err());
    }
}
