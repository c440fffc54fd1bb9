//! Each parser of data that others write, with the properties that hold for all input.

use std::collections::BTreeMap;

use customers::Directory;
use feeds::{Feed, FeedFormat};
use imports::{ImportContext, Importer, Instructions, ParsedFile, Profile, Refusal, Upload, read_batch};
use money::{Currency, DecimalMark, parse_minor};

const PROFILE: &[u8] = include_bytes!("../profiles/berka.json");

/// An uploaded file in every format. The first byte chooses its instructions.
pub(crate) fn file(bytes: &[u8]) {
    let Some((choice, text)) = bytes.split_first() else { return };
    let read = |piece: usize| -> Result<ParsedFile, Refusal> {
        let account = "4711".parse().ok().filter(|_| choice % 4 == 1);
        let source = (choice % 4 == 2).then(|| "sepa".to_owned());
        let mut importer = Importer::new(ImportContext {
            instructions: Instructions { account, source, ..Instructions::default() },
            profile: (choice % 4 == 3).then(|| Profile::parse("berka", PROFILE)).transpose()?,
            uploaded_at: "2026-11-21T10:00:00Z".parse().unwrap(),
            default_currency: Currency::EUR,
            declared_sources: Vec::new(),
        });
        text.chunks(piece).try_for_each(|it| importer.feed(it))?;
        importer.end()?.finish(&Directory::new())
    };
    let seen = |read: Result<ParsedFile, Refusal>| {
        read.ok().map(|mut read| {
            assert_eq!(read.found.rows_read, read.found.rows_taken + read.found.rows_rejected);
            let packed = read.pack();
            (read.found, packed.bytes)
        })
    };
    assert_eq!(seen(read(usize::MAX)), seen(read(3)), "pieces make no difference");
}

/// A profile.
pub(crate) fn profile(bytes: &[u8]) {
    let _ = Profile::parse("fuzz", bytes);
}

/// An object's key and metadata: the key, then names and values, one in each line.
pub(crate) fn key(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\n').map(str::to_owned);
    let key = lines.next().unwrap_or_default();
    let metadata: BTreeMap<_, _> = std::iter::from_fn(|| lines.next().zip(lines.next())).collect();
    let uploaded_at = "2026-11-21T10:00:00Z".parse().unwrap();
    let _ = Upload { key, version: "1".to_owned(), size_bytes: 1, uploaded_at, metadata }.instructions();
}

/// A batch in the bucket.
pub(crate) fn batch(bytes: &[u8]) {
    let _ = read_batch(bytes);
}

/// An answer of a bank's feed in both formats. The first byte chooses the feed.
pub(crate) fn feed(bytes: &[u8]) {
    let Some((choice, body)) = bytes.split_first() else { return };
    let feed = Feed::ALL[usize::from(*choice) % Feed::ALL.len()];
    for format in [FeedFormat::Millrace, FeedFormat::Cdm] {
        let _ = format.parse(feed, body);
    }
}

/// An amount.
pub(crate) fn amount(bytes: &[u8]) {
    for mark in [DecimalMark::Point, DecimalMark::Comma] {
        for decimals in [0, 2, 3] {
            let minor = parse_minor(bytes, decimals, mark);
            assert!(minor.is_ok_and(|it| it.unsigned_abs() < 1_000_000_000_000_000) || minor.is_err());
        }
    }
}
