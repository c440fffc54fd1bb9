//! Runs every fuzz target on its corpus: `fuzz/` needs a nightly compiler, this does not.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::Path;

#[path = "../../../fuzz/parsers.rs"]
mod parsers;

type Parser = fn(&[u8]);

#[test]
fn every_parser_takes_its_corpus() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let targets: [(&str, Parser); 6] = [
        ("file", parsers::file),
        ("profile", parsers::profile),
        ("key", parsers::key),
        ("batch", parsers::batch),
        ("feed", parsers::feed),
        ("amount", parsers::amount),
    ];
    for (name, target) in targets {
        let files: Vec<_> = std::fs::read_dir(corpus.join(name)).unwrap().map(|it| it.unwrap().path()).collect();
        assert!(!files.is_empty(), "{name} has no corpus");
        for file in files {
            let bytes = std::fs::read(file).unwrap();
            // The file itself, cut at each quarter, and with each of some bytes changed.
            (0..=4).for_each(|quarter| target(&bytes[..bytes.len() * quarter / 4]));
            for at in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
                for byte in [0, b'"', b'<', b'9', 0xff] {
                    let mut changed = bytes.clone();
                    changed[at] = byte;
                    target(&changed);
                }
            }
        }
    }
}
