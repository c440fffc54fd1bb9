use std::collections::BTreeMap;

use banking::AccountNumber;
use calendar::Moment;
use customers::EmailAddress;
use money::Currency;

use crate::metadata::decoded;
use crate::sources::{FEED_SOURCES, is_plain_name};
use crate::{ImportId, Refusal};

/// The folder of uploads.
const PREFIX: &str = "imports/";

/// Marks a version that is an ETag.
const ETAG: &str = "etag:";

/// The version of an object: the version ID or, in a bucket without versioning, the `ETag`. Events, responses and
/// requests all use this form, because the object and its version identify an import. S3 uses the version `null` if
/// versioning is suspended; it does not identify the content and counts as none.
pub fn object_version(version_id: Option<&str>, e_tag: Option<&str>) -> Option<String> {
    let version = version_id.filter(|it| !it.is_empty() && *it != "null").map(str::to_owned);
    version.or_else(|| e_tag.map(|it| format!("{ETAG}{}", it.trim_matches('"'))))
}

/// The `ETag` in a version of [`object_version`], if it is one.
pub fn e_tag_of(version: &str) -> Option<&str> {
    version.strip_prefix(ETAG)
}

/// An uploaded object, as the bucket describes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Upload {
    /// Its key, decoded.
    pub key: String,
    /// Its version.
    pub version: String,
    /// Its size.
    pub size_bytes: u64,
    /// When it was uploaded.
    pub uploaded_at: Moment,
    /// Its metadata, names in lower case.
    pub metadata: BTreeMap<String, String>,
}

/// The instructions from an upload's key and metadata.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Instructions {
    /// The account, for a file of one account: `imports/accounts/<account>/…` or `account`.
    pub account: Option<AccountNumber>,
    /// The profile to read it with: `imports/profiles/<name>/…` or `profile`.
    pub profile: Option<String>,
    /// The source of transfers: `imports/<source>/…`.
    pub source: Option<String>,
    /// The year of dates without a year: `year`.
    pub year: Option<i32>,
    /// The currency of amounts without a currency: `currency`.
    pub currency: Option<Currency>,
    /// The holder's name: `name`.
    pub name: Option<String>,
    /// The holder's mail address: `email`.
    pub email: Option<EmailAddress>,
}

impl Instructions {
    /// Whether the file may contain transfers of a source that must be declared.
    pub fn needs_declared_source(&self) -> bool {
        let of_feed = self.source.as_deref().is_some_and(|it| FEED_SOURCES.contains(&it));
        self.account.is_none() && self.profile.is_none() && !of_feed
    }
}

impl Upload {
    /// The id of the import of this upload.
    pub fn id(&self) -> ImportId {
        ImportId::of(&self.key, &self.version)
    }

    /// Reads key and metadata. Metadata wins over the key.
    pub fn instructions(&self) -> Result<Instructions, Refusal> {
        let wrong = |name: &'static str, expected: &'static str| Refusal::BadMetadata { name, expected };
        let mut instructions = self.folders()?;
        for (name, value) in &self.metadata {
            let value = decoded(value);
            let value = value.trim();
            match name.as_str() {
                _ if value.is_empty() => {}
                "account" => {
                    let account = value.parse().map_err(|_| wrong("account", "an account number"))?;
                    instructions.account = Some(account);
                }
                "profile" => {
                    instructions.profile = Some(plain_name(value).ok_or(wrong("profile", "a profile's name"))?);
                }
                "year" => {
                    let year = value.parse().ok().filter(|year| (1900..2200).contains(year));
                    instructions.year = Some(year.ok_or(wrong("year", "a year between 1900 and 2199"))?);
                }
                "currency" => {
                    let currency = value.parse().map_err(|_| wrong("currency", "an ISO 4217 code such as EUR"))?;
                    instructions.currency = Some(currency);
                }
                "name" => instructions.name = Some(value.chars().filter(|it| !it.is_control()).take(200).collect()),
                "email" => {
                    let email = EmailAddress::parse(value).map_err(|_| wrong("email", "a mail address"))?;
                    instructions.email = Some(email);
                }
                _ => {}
            }
        }
        Ok(instructions)
    }

    fn folders(&self) -> Result<Instructions, Refusal> {
        let mut instructions = Instructions::default();
        let folders: Vec<&str> = self.key.strip_prefix(PREFIX).unwrap_or(&self.key).split('/').collect();
        match folders.as_slice() {
            ["accounts", account, _, ..] => {
                let account =
                    account.parse().map_err(|_| Refusal::BadKey { expected: "imports/accounts/<account>/<file>" })?;
                instructions.account = Some(account);
            }
            ["profiles", name, _, ..] => {
                let name = plain_name(name).ok_or(Refusal::BadKey { expected: "imports/profiles/<profile>/<file>" })?;
                instructions.profile = Some(name);
            }
            [source, _, ..] => instructions.source = plain_name(source),
            _ => {}
        }
        Ok(instructions)
    }
}

fn plain_name(text: &str) -> Option<String> {
    is_plain_name(text).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(key: &str, metadata: &[(&str, &str)]) -> Upload {
        Upload {
            key: key.to_owned(),
            version: "1".to_owned(),
            size_bytes: 1,
            uploaded_at: "2026-11-21T10:00:00Z".parse().unwrap(),
            metadata: metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        }
    }

    #[test]
    fn the_key_contains_the_account_or_profile_of_a_file() {
        let read = |key: &str| upload(key, &[]).instructions().unwrap();
        assert_eq!(read("imports/accounts/4711/july.csv").account.unwrap().as_str(), "4711");
        assert_eq!(read("imports/profiles/berka/trans.asc").profile.as_deref(), Some("berka"));
        assert_eq!(read("imports/sepa/2024.csv").source.as_deref(), Some("sepa"));
        assert_eq!(read("imports/july.csv"), Instructions::default());
    }

    #[test]
    fn metadata_wins_and_is_checked() {
        let read = |metadata: &[(&str, &str)]| upload("imports/accounts/4711/july.csv", metadata).instructions();
        assert_eq!(read(&[("account", "DE89 3704")]).unwrap().account.unwrap().as_str(), "DE893704");
        assert_eq!(read(&[("year", "2021")]).unwrap().year, Some(2021));
        assert_eq!(read(&[("name", "=?UTF-8?B?Sm9zw6k=?=")]).unwrap().name.as_deref(), Some("José"));
        for (name, value) in
            [("year", "21"), ("currency", "euro"), ("email", "ada"), ("account", "a/b"), ("profile", "../x")]
        {
            assert!(matches!(read(&[(name, value)]), Err(Refusal::BadMetadata { name: n, .. }) if n == name), "{name}");
        }
    }

    #[test]
    fn the_version_of_an_object_is_its_version_id_or_its_etag() {
        let version = |id| object_version(id, Some("\"9a0364b9\""));
        assert_eq!(version(Some("v1")).as_deref(), Some("v1"));
        for none in [None, Some(""), Some("null")] {
            assert_eq!(version(none).as_deref(), Some("etag:9a0364b9"), "{none:?}");
        }
        assert_eq!(object_version(None, None), None);
        assert_eq!((e_tag_of("etag:9a0364b9"), e_tag_of("v1")), (Some("9a0364b9"), None));
    }

    #[test]
    fn only_a_file_that_may_be_of_transfers_needs_a_declared_source() {
        let needs = |key: &str| upload(key, &[]).instructions().unwrap().needs_declared_source();
        assert!(needs("imports/july.csv") && needs("imports/sepa-eu/july.csv"));
        assert!(!needs("imports/sepa/july.csv") && !needs("imports/swift/july.csv"));
        assert!(!needs("imports/accounts/4711/july.csv"));
        assert!(!needs("imports/profiles/berka/trans.asc"));
    }
}
