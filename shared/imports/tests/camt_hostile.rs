//! Ten thousand statements that nobody should send: cut, nested, huge and in wrong encodings. Each is taken or refused
//! with its place, none is a panic, and the memory is bounded.
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

use customers::Directory;
use imports::{ImportContext, Importer, ParsedFile, Refusal, Upload, read_batch};
use money::Currency;

const FILES: u64 = 10_000;
/// The memory beyond that of the entries.
const MAX_MEMORY_KB: u64 = 64 * 1024;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document \
                    xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">\n<BkToCstmrStmt><GrpHdr><MsgId>M</MsgId>\
                    </GrpHdr>\n<Stmt><Id>S1</Id><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>\n";
const BALANCE: &str = "<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">10</Amt><CdtDbtInd>CRDT\
                       </CdtDbtInd></Bal>\n<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">20</Amt>\
                       <CdtDbtInd>DBIT</CdtDbtInd></Bal>\n";
const ENTRY: &str = "<Ntry><NtryRef>1</NtryRef><Amt Ccy=\"EUR\">8.85</Amt><CdtDbtInd>CRDT</CdtDbtInd><RvslInd>false\
                     </RvslInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-07-15</Dt></BookgDt><AcctSvcrRef>R1\
                     </AcctSvcrRef><NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>Ada &amp; Co</Nm></Pty></Dbtr><DbtrAcct>\
                     <Id><IBAN>FR1420041010050500013M02606</IBAN></Id></DbtrAcct></RltdPties><RmtInf><Ustrd>x</Ustrd>\
                     </RmtInf></TxDtls></NtryDtls></Ntry>\n";
const TAIL: &str = "</Stmt></BkToCstmrStmt></Document>\n";

/// What gets into files.
const NASTY: [&str; 30] = [
    "\0",
    "<",
    ">",
    "</",
    "/>",
    "&",
    "&lt;",
    "&#0;",
    "&#x110000;",
    "&xxe;",
    "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>",
    "<!DOCTYPE a [<!ENTITY b \"&c;&c;&c;\">",
    "<!--",
    "-->",
    "<!-- -- -->",
    "<![CDATA[",
    "]]>",
    "<?",
    "<?xml version='1.0' encoding='utf-16'?>",
    "?>",
    "<!",
    "<a b=\"",
    "<a b='c' b='d'>",
    "\"",
    "'",
    "\u{feff}",
    "\u{0}\u{1}",
    "999999999999999999999999",
    "-5",
    "</Ntry><Ntry>",
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
}

/// A statement that was well-formed once.
fn hostile(seed: u64) -> Vec<u8> {
    let mut noise = Noise(seed);
    let mut bytes = [HEAD, BALANCE, &ENTRY.repeat(1 + noise.below(3)), TAIL].concat().into_bytes();
    for _ in 0..noise.below(5) {
        let at = noise.below(bytes.len() + 1);
        match noise.below(12) {
            0 if at < bytes.len() => bytes[at] = u8::try_from(noise.below(256)).unwrap(),
            1 | 2 => drop(bytes.splice(at..at, NASTY[noise.below(NASTY.len())].bytes())),
            3 => bytes.truncate(at),
            4 => drop(bytes.drain(at..(at + noise.below(40)).min(bytes.len()))),
            5 => drop(bytes.splice(at..at, b"<a>".repeat(1 + noise.below(50)))),
            6 => drop(bytes.splice(at..at, b"<a><b/></a>".repeat(1 + noise.below(50)))),
            7 => drop(bytes.splice(at..at, std::iter::repeat_n(b"x9 <"[noise.below(4)], 1 + noise.below(70_000)))),
            8 => bytes = String::from_utf8_lossy(&bytes).encode_utf16().flat_map(u16::to_le_bytes).collect(),
            9 => {
                let from = noise.below(at + 1);
                let part = bytes[from..at].to_vec();
                drop(bytes.splice(at..at, part));
            }
            10 => {
                let label = ["ISO-8859-1", "utf-16", "windows-1252", "none", "shift_jis"][noise.below(5)];
                bytes = String::from_utf8_lossy(&bytes).replacen("UTF-8", label, 1).into_bytes();
            }
            // The text of an element becomes something else.
            _ => {
                let end = bytes[at..].iter().position(|it| *it == b'<').map_or(bytes.len(), |it| at + it);
                let begin = bytes[..at].iter().rposition(|it| *it == b'>').map_or(0, |it| it + 1);
                drop(bytes.splice(begin..end.max(begin), NASTY[noise.below(NASTY.len())].bytes()));
            }
        }
    }
    if noise.below(10) == 0 { gzip(&bytes) } else { bytes }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn importer() -> Importer {
    let upload = Upload {
        key: "imports/a.xml".to_owned(),
        version: "1".to_owned(),
        size_bytes: 1,
        uploaded_at: "2026-11-21T10:00:00Z".parse().unwrap(),
        metadata: BTreeMap::new(),
    };
    Importer::new(ImportContext {
        instructions: upload.instructions().unwrap(),
        profile: None,
        uploaded_at: upload.uploaded_at,
        default_currency: Currency::EUR,
        declared_sources: Vec::new(),
    })
}

fn read(bytes: &[u8], piece: usize) -> Result<ParsedFile, Refusal> {
    let mut importer = importer();
    for piece in bytes.chunks(piece.max(1)) {
        importer.feed(piece)?;
        importer.learn(&Directory::new());
    }
    importer.end()?.finish(&Directory::new())
}

/// All there is to see of what was read.
fn rendered(read: Result<ParsedFile, Refusal>) -> String {
    match read {
        Ok(mut read) => {
            let found = &read.found;
            assert_eq!(found.rows_read, found.rows_taken + found.rows_rejected, "rows add up");
            let entries = read_batch(&read.pack().bytes).unwrap();
            format!("{:?} {:?} {entries:?}", read.found, read.registrations)
        }
        Err(refusal @ (Refusal::BadXml { .. } | Refusal::UnknownXml { .. } | Refusal::UnknownHeader { .. })) => {
            format!("refused: {refusal}")
        }
        Err(Refusal::NotUtf8(_) | Refusal::NotReadable { .. } | Refusal::Empty | Refusal::TooLarge(_)) => {
            "refused: another format".to_owned()
        }
        Err(other) => panic!("a refusal without a place: {other}"),
    }
}

#[test]
fn nothing_panics_and_pieces_make_no_difference() {
    let (mut taken, mut refused) = (0, 0);
    for seed in 0..FILES {
        let bytes = hostile(seed);
        let whole = catch_unwind(AssertUnwindSafe(|| rendered(read(&bytes, usize::MAX))));
        let Ok(whole) = whole else { panic!("file {seed}") };
        let piece = 1 + Noise(seed).below(if bytes.len() > 10_000 { 9_000 } else { 400 });
        let in_pieces = rendered(read(&bytes, piece));
        assert_eq!(in_pieces, whole, "file {seed} in pieces of {piece}");
        if whole.starts_with("refused") { refused += 1 } else { taken += 1 }
    }
    assert!(taken > FILES / 5 && refused > FILES / 5, "{taken} taken, {refused} refused: neither side was tried");
}

/// The highest memory of this process so far. `None` where the system does not report it.
fn peak_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

#[test]
fn the_memory_does_not_depend_on_the_size_of_the_file() {
    let before = peak_kb();
    let pending = ENTRY.replace("BOOK", "PDNG").repeat(1_000);
    let statement = format!("{BALANCE}{ENTRY}</Stmt><Stmt><Id>S</Id>").replace("R1", "").repeat(500);
    let ignored = format!("<SplmtryData>{}</SplmtryData>", "<a b=\"c\">text<!-- --></a>".repeat(20_000));
    for (what, part, is_taken) in [
        ("rejects", pending.as_str(), true),
        ("statements", &statement, true),
        ("elements that mean nothing", &ignored, true),
        ("a text without end", &"x".repeat(100_000), false),
        ("elements without end", &"<a>".repeat(10_000), false),
        ("a comment without end", &format!("<!--{}", "x".repeat(100_000)), false),
    ] {
        let mut importer = importer();
        importer.feed(HEAD.as_bytes()).unwrap();
        let result = (0..12).try_for_each(|_| part.as_bytes().chunks(64 * 1024).try_for_each(|it| importer.feed(it)));
        assert_eq!(result.is_ok(), is_taken, "{what}: {result:?}");
    }
    let grown = peak_kb().zip(before).map_or(0, |(after, before)| after.saturating_sub(before));
    assert!(grown < MAX_MEMORY_KB, "{grown} KB");
}
