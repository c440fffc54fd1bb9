//! Twenty thousand files that nobody should send: broken, cut, crossed and forged. Each is taken or refused, none is
//! a panic, no amount is read as another, and every row is accounted for.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use customers::{CustomerId, Directory};
use imports::{ImportContext, Importer, ParsedFile, Profile, Refusal, Upload, read_batch};
use money::Currency;

const FILES: u64 = 20_000;
const OURS: [&str; 2] = ["DE89370400440532013000", "AT611904300234573201"];
const PROFILE: &str = include_str!("../../../profiles/berka.json");

/// A well-formed file of each kind: its key, and its text.
const SAMPLES: [(&str, &str); 7] = [
    ("imports/accounts/4711/a.csv", "Id,Date,Transaction\n0,7/15,+60.5\n1,7/28,-10.3\n2,8/2,-20.46\n3,8/13,+10\n"),
    (
        "imports/h.csv",
        "account_number,first_name,last_name,dob,email,type,operation_id,transaction_ts,transaction\n\
         1,Ada,Lovelace,1915-12-10,ada@example.com,giro,a,2026-07-15T10:00:00Z,+60.5\n\
         2,\"Bob, jr\",Byron,1988-01-22,,giro,e,2026-08-13T10:00:00+02:00,+7\n",
    ),
    (
        "imports/swift/t.csv",
        "id,payer,beneficiary,amount,currency,timestamp\n\
         1,DE89370400440532013000,GB29NWBK60161331926819,100.00,EUR,2026-01-02T03:04:05Z\n\
         2,XX00,AT611904300234573201,1000,JPY,2026-01-02T03:04:05Z\n",
    ),
    (
        "imports/c.csv",
        "id,name,owner,address,email,ibans\nC1,One,Own,Street 1,one@example.com,\"['DE89370400440532013000']\"\n",
    ),
    ("imports/r.csv", "currency,usd_rate,eur_rate,date\nUSD,1,0.9,2024-01-02\nGBP,1.25,1.125,2024-01-02\n"),
    ("imports/r.csv", "Date,USD,JPY,TRL,\n2024-01-02,1.0956,155.68,N/A,\n2004-12-31,1.3621,139.65,1836200,\n"),
    (
        "imports/profiles/berka/b.asc",
        "\"trans_id\";\"account_id\";\"date\";\"type\";\"operation\";\"amount\";\"balance\";\"k_symbol\";\"bank\";\"account\"\r\n\
         695247;2378;930101;\"PRIJEM\";\"VKLAD\";700.00;700.00;\"\";;\r\n",
    ),
];

/// What gets into files.
const NASTY: [&str; 34] = [
    "\0",
    "\"",
    "\"\"",
    "\n",
    "\r",
    "\r\n",
    ",",
    ";",
    "\t",
    "1.000,00",
    "1e5",
    "-",
    "+",
    ".",
    "--1",
    "0x10",
    "NaN",
    "999999999999999999999999999999999999999",
    "-0",
    "\u{ff11}\u{ff12}",
    "\u{661}",
    "\u{a0}7",
    "=1+1",
    "@cmd",
    "2/30",
    "9999-12-31",
    "0000-01-01",
    "-1/1",
    "13/1",
    "2026-07-15T25:00:00Z",
    "EURO",
    "XXX",
    "\u{feff}",
    "\u{202e}",
];

/// `SplitMix64`.
struct Noise(u64);

impl Noise {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    fn one_of<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let at = self.below(of.len());
        of.get(at).unwrap()
    }
}

/// A file that was well-formed once.
fn hostile(seed: u64) -> (&'static str, Vec<u8>) {
    let mut noise = Noise(seed);
    let (key, text) = *noise.one_of(&SAMPLES);
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..noise.below(8) {
        let at = noise.below(bytes.len() + 1);
        match noise.below(13) {
            0 if at < bytes.len() => bytes[at] = u8::try_from(noise.below(256)).unwrap(),
            1 => drop(bytes.splice(at..at, noise.one_of(&NASTY).bytes())),
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..(at + noise.below(20)).min(bytes.len()))),
            4 => bytes.extend(noise.one_of(&SAMPLES).1.bytes()),
            5 => drop(bytes.splice(at..at, std::iter::repeat_n(*noise.one_of(b"9,\"\n a"), 1 + noise.below(70_000)))),
            6 => bytes = String::from_utf8_lossy(&bytes).encode_utf16().flat_map(u16::to_le_bytes).collect(),
            7 => drop(bytes.splice(0..0, [0xef, 0xbb, 0xbf])),
            8 => bytes = gzip(&bytes),
            9 => bytes = String::from_utf8_lossy(&bytes).replace('\n', "\r\n").into_bytes(),
            10 => bytes.iter_mut().filter(|it| **it == b'\n').for_each(|it| *it = b'\r'),
            11 => {
                let other = *noise.one_of(b";	|");
                bytes.iter_mut().filter(|it| **it == b',').for_each(|it| *it = other);
            }
            // A field becomes something else.
            _ => {
                let separator = |byte: &u8| matches!(byte, b',' | b';' | b'\n' | b'\r');
                let end =
                    bytes.get(at..).and_then(|it| it.iter().position(separator)).map_or(bytes.len(), |it| at + it);
                let begin = bytes.get(..at).and_then(|it| it.iter().rposition(separator)).map_or(0, |it| it + 1);
                drop(bytes.splice(begin..end.max(begin), noise.one_of(&NASTY).bytes()));
            }
        }
    }
    (key, bytes)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// Reads a file in pieces.
fn read(key: &str, bytes: &[u8], piece: usize) -> Result<ParsedFile, Refusal> {
    let upload = Upload {
        key: key.to_owned(),
        version: "1".to_owned(),
        size_bytes: 1,
        uploaded_at: "2026-11-21T10:00:00Z".parse().unwrap(),
        metadata: BTreeMap::new(),
    };
    let instructions = upload.instructions()?;
    let directory: Directory = OURS.map(|it| (it.parse().unwrap(), CustomerId::of_company(it))).into();
    let mut importer = Importer::new(ImportContext {
        profile: instructions.profile.as_deref().map(|name| Profile::parse(name, PROFILE.as_bytes())).transpose()?,
        instructions,
        uploaded_at: upload.uploaded_at,
        default_currency: Currency::EUR,
        declared_sources: Vec::new(),
    });
    for piece in bytes.chunks(piece.max(1)) {
        importer.feed(piece)?;
        // A file in one piece is looked up at its end; in pieces, after each: that makes no difference.
        if piece.len() < bytes.len() {
            importer.learn(&directory);
        }
    }
    importer.end()?.finish(&directory)
}

/// All there is to see of what was read.
fn rendered(read: Result<ParsedFile, Refusal>) -> String {
    let mut read = match read {
        Ok(read) => read,
        Err(refusal) => return format!("refused: {refusal}"),
    };
    let found = &read.found;
    assert_eq!(found.rows_read, found.rows_taken + found.rows_rejected, "rows add up");
    let packed = read.pack();
    let entries: Vec<_> = packed
        .index
        .bounds
        .windows(2)
        .flat_map(|bounds| {
            let [from, to] = [bounds[0], bounds[1]].map(|it| usize::try_from(it).unwrap());
            read_batch(&packed.bytes[from..to]).unwrap()
        })
        .collect();
    let count: usize = entries.iter().map(|(_, of_account)| of_account.len()).sum();
    assert_eq!(u64::try_from(count).unwrap(), read.found.entries, "entries add up");
    format!("{:?} {:?} {:?} {:?} {entries:?}", read.kind, read.found, read.registrations, read.rates.len())
}

#[test]
fn nothing_panics_and_pieces_make_no_difference() {
    let (mut taken, mut refused) = (0, 0);
    for seed in 0..FILES {
        let (key, bytes) = hostile(seed);
        let whole = catch_unwind(AssertUnwindSafe(|| rendered(read(key, &bytes, usize::MAX))));
        let Ok(whole) = whole else { panic!("file {seed} ({key})") };
        let piece = 1 + Noise(seed).below(if bytes.len() > 5_000 { 9_000 } else { 40 });
        let in_pieces = rendered(read(key, &bytes, piece));
        // If there are two reasons to refuse a file, the first one is reported.
        let both_refuse = [&whole, &in_pieces].iter().all(|it| it.starts_with("refused"));
        assert!(both_refuse || in_pieces == whole, "file {seed} in pieces of {piece}:\n{in_pieces}\n{whole}");
        if whole.starts_with("refused") { refused += 1 } else { taken += 1 }
    }
    assert!(taken > FILES / 5 && refused > FILES / 20, "{taken} taken, {refused} refused: neither side was tried");
}

/// What an amount is, said another way than the parser says it.
fn expected(text: &str) -> Option<i64> {
    let trimmed = text.trim_matches(|it: char| it.is_ascii_whitespace());
    let (sign, digits) = match trimmed.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let numeric = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    if !numeric(whole) || fraction.is_some_and(|it| !numeric(it) || it.len() > 2) {
        return None;
    }
    let minor: i128 =
        format!("{whole}{:0<2}", fraction.unwrap_or("")).trim_start_matches('0').parse().unwrap_or_else(|_| {
            if whole.bytes().chain(fraction.unwrap_or("").bytes()).all(|it| it == b'0') { 0 } else { i128::MAX }
        });
    (minor <= 999_999_999_999_999_999).then(|| sign * i64::try_from(minor).unwrap())
}

#[test]
fn an_amount_is_read_as_what_it_says_or_not_at_all() {
    let parts = [
        "",
        "0",
        "1",
        "00",
        "9",
        "60",
        "5",
        ".",
        "..",
        ",",
        "-",
        "+",
        "e",
        "1e5",
        " ",
        "\t",
        "'",
        "_",
        "\u{a0}",
        "１",
        "٣",
        "999999999999999",
        "00000000000000000000",
        "x",
        "∞",
    ];
    let mut noise = Noise(7);
    let mut taken = 0;
    for round in 0..4_000 {
        let amount: String = (0..=noise.below(5)).map(|_| *noise.one_of(&parts)).collect();
        let text = format!("Id;Date;Transaction\n{round};2026-07-15;{amount}\n");
        let mut read = read("imports/accounts/4711/a.csv", text.as_bytes(), usize::MAX).unwrap();
        let made = read.pack();
        let entries = read_batch(&made.bytes).unwrap();
        let minor = entries.first().map(|(_, entries)| entries[0].amount_minor);
        assert_eq!(minor, expected(&amount), "`{amount}`");
        taken += u32::from(minor.is_some());
    }
    assert!(taken > 400, "{taken} amounts taken");
}
