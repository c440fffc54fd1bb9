//! A file on its way: under which key it goes up, and with which metadata.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ::imports::{Upload, metadata_value};
use anyhow::{Context as _, Result, bail, ensure};
use calendar::{Date, Moment};

use crate::arguments::AskInstructions;

/// A file that can be uploaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Parcel {
    pub(crate) path: PathBuf,
    pub(crate) size_bytes: u64,
    pub(crate) key: String,
    pub(crate) metadata: BTreeMap<String, String>,
}

/// Looks at a file and checks what is asked for it, as the import will.
pub(crate) fn parcel(path: &Path, asked: &AskInstructions) -> Result<Parcel> {
    let found = fs::metadata(path).with_context(|| format!("{} cannot be read", path.display()))?;
    ensure!(found.is_file(), "{} is no file", path.display());
    let name = path.file_name().and_then(|it| it.to_str());
    let name = name.with_context(|| format!("the name of {} is not UTF-8; rename it", path.display()))?;
    let (key, metadata) = (key(name, asked), metadata(asked));
    check(&key, &metadata, asked)?;
    Ok(Parcel { path: path.to_owned(), size_bytes: found.len(), key, metadata })
}

fn key(name: &str, asked: &AskInstructions) -> String {
    match asked {
        AskInstructions { account: Some(account), .. } => format!("imports/accounts/{}/{name}", account.as_str()),
        AskInstructions { profile: Some(profile), .. } => format!("imports/profiles/{profile}/{name}"),
        AskInstructions { source: Some(source), .. } => format!("imports/{source}/{name}"),
        _ => format!("imports/{name}"),
    }
}

fn metadata(asked: &AskInstructions) -> BTreeMap<String, String> {
    let all = [
        ("account", asked.account.as_ref().map(|it| it.as_str().to_owned())),
        ("profile", asked.profile.clone()),
        ("year", asked.year.map(|it| it.to_string())),
        ("currency", asked.currency.map(|it| it.code().to_owned())),
        ("name", asked.name.clone()),
        ("email", asked.email.clone()),
    ];
    let mut metadata = BTreeMap::new();
    for (name, value) in all {
        let Some(value) = value else { continue };
        metadata.insert(name.to_owned(), metadata_value(&value));
    }
    metadata
}

/// The import reads key and metadata again; what it would refuse is refused before the upload.
fn check(key: &str, metadata: &BTreeMap<String, String>, asked: &AskInstructions) -> Result<()> {
    let upload = Upload {
        key: key.to_owned(),
        version: String::new(),
        size_bytes: 0,
        uploaded_at: Moment::day(Date::MIN),
        metadata: metadata.clone(),
    };
    let read = upload.instructions()?;
    if asked.source.is_some()
        && (read.source != asked.source || matches!(asked.source.as_deref(), Some("accounts" | "profiles")))
    {
        bail!("--source is a name of lower case letters, digits and hyphens, such as sepa or swift");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(change: impl FnOnce(&mut AskInstructions)) -> AskInstructions {
        let mut asked = AskInstructions::default();
        change(&mut asked);
        asked
    }

    #[test]
    fn the_key_says_what_was_asked() {
        let account = |it: &mut AskInstructions| it.account = "de89 3704 0044".parse().ok();
        for (asked, expected) in [
            (asked(|_| {}), "imports/july.csv"),
            (asked(account), "imports/accounts/DE8937040044/july.csv"),
            (asked(|it| it.profile = Some("berka".to_owned())), "imports/profiles/berka/july.csv"),
            (asked(|it| it.source = Some("sepa".to_owned())), "imports/sepa/july.csv"),
        ] {
            assert_eq!(key("july.csv", &asked), expected);
            check(expected, &metadata(&asked), &asked).unwrap();
        }
    }

    #[test]
    fn an_account_and_a_profile_go_together() {
        let asked = asked(|it| {
            it.account = "4711".parse().ok();
            it.profile = Some("berka".to_owned());
            it.year = Some(2024);
            it.name = Some("Zoë".to_owned());
        });
        let metadata = metadata(&asked);
        assert_eq!(key("july.csv", &asked), "imports/accounts/4711/july.csv");
        assert_eq!(metadata.get("profile").map(String::as_str), Some("berka"));
        assert_eq!(metadata.get("year").map(String::as_str), Some("2024"));
        assert!(metadata.values().all(|it| it.is_ascii()), "S3 carries nothing else: {metadata:?}");
    }

    #[test]
    fn what_the_import_would_refuse_is_not_uploaded() {
        let file = std::env::temp_dir().join(format!("millrace-parcel-{}.csv", std::process::id()));
        std::fs::write(&file, "Id,Date,Transaction\n").unwrap();
        for (asked, part) in [
            (asked(|it| it.year = Some(21)), "`year`"),
            (asked(|it| it.email = Some("ada".to_owned())), "`email`"),
            (asked(|it| it.profile = Some("../x".to_owned())), "profile"),
            (asked(|it| it.source = Some("SEPA".to_owned())), "--source"),
            (asked(|it| it.source = Some("accounts".to_owned())), "--source"),
        ] {
            let message = format!("{:#}", parcel(&file, &asked).err().unwrap());
            assert!(message.contains(part), "{part} is not in: {message}");
        }
        assert_eq!(parcel(&file, &asked(|_| {})).unwrap().size_bytes, 20);
        std::fs::remove_file(&file).unwrap();
        assert!(parcel(&file, &asked(|_| {})).is_err());
    }
}
