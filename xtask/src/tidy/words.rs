//! Words that the glossary's column `not` refuses.

use std::collections::BTreeMap;

use super::Finding;
use super::source::{Sources, has_extension, masked};

const GLOSSARY: &str = "docs/GLOSSARY.md";
/// This file names the exceptions.
const EXCEPTIONS: &str = "xtask/src/tidy/words.rs";

/// A second, legitimate meaning of a refused word, in a file or a folder.
struct Allowed {
    word: &'static str,
    /// A file, or the beginning of the paths of a folder.
    path: &'static str,
    /// Why the word is allowed there; for the reader of this list.
    #[allow(dead_code, reason = "documents the exception")]
    reason: &'static str,
}

const ALLOWED: [Allowed; 17] = [
    Allowed { word: "asked", path: "functions/poll-feed/tests/drain.rs", reason: STORED },
    Allowed { word: "asked", path: "shared/api-documents/src/feed.rs", reason: API },
    Allowed { word: "asked", path: "functions/serve-customers/tests/feeds.rs", reason: API },
    Allowed { word: "asked", path: "shared/feeds/src/", reason: STORED },
    Allowed { word: "asked", path: "tests/laptop/feeds.rs", reason: API },
    Allowed { word: "asked", path: "tools/millrace/src/poll.rs", reason: STORED },
    Allowed { word: "carrier", path: "shared/mail/src/record.rs", reason: STORED },
    Allowed { word: "go on", path: "infra/template.yaml", reason: STATEMENT },
    Allowed { word: "outlook", path: "shared/api-documents/src/forecast.rs", reason: API },
    Allowed { word: "revision", path: "shared/feeds-dynamodb/src/", reason: STORED },
    Allowed { word: "revision", path: "shared/feeds/src/log.rs", reason: STORED },
    Allowed { word: "revision", path: "shared/imports-dynamodb/src/", reason: STORED },
    Allowed { word: "revision", path: "shared/imports-dynamodb/tests/", reason: STORED },
    Allowed { word: "revision", path: "shared/imports/src/import.rs", reason: STORED },
    Allowed { word: "taken up", path: "shared/imports/src/import.rs", reason: STORED },
    Allowed { word: "tells of", path: "infra/template.yaml", reason: STATEMENT },
    Allowed { word: "what becomes of", path: "infra/template.yaml", reason: STATEMENT },
];

const API: &str = "a field of the API";
const STORED: &str = "a field or an attribute of stored data";
const STATEMENT: &str = "the id of a statement of a policy";

/// A refused word or phrase, and the word to use.
#[derive(Debug, PartialEq, Eq)]
struct Refused {
    /// As the glossary has it.
    not: String,
    instead: String,
}

impl Refused {
    /// The words of a phrase; `None` for an identifier.
    fn phrase(&self) -> Option<Vec<String>> {
        let is_identifier = self.not.starts_with('`');
        (!is_identifier).then(|| self.not.split(' ').map(str::to_lowercase).collect())
    }

    /// Whether `name` is the refused identifier, or begins with the refused prefix.
    fn refuses(&self, name: &str) -> bool {
        let refused = self.not.trim_matches('`');
        refused != self.not && (name == refused || refused.ends_with('_') && name.starts_with(refused))
    }
}

/// Finds refused words in all texts, except JSON: its names are contracts.
pub(crate) fn check(sources: &Sources) -> Vec<Finding> {
    let refused = refused(sources.text(GLOSSARY).unwrap_or_default());
    let mut used = vec![false; ALLOWED.len()];
    let mut findings = Vec::new();
    let is_checked = |path: &str| path != GLOSSARY && path != EXCEPTIONS && !has_extension(path, "json");
    for (path, text) in sources.iter().filter(|(path, _)| is_checked(path)) {
        for (line, refused) in find(path, text, &refused) {
            let allowed = |it: &Allowed| it.word == refused.not && path.starts_with(it.path);
            match ALLOWED.iter().position(allowed).and_then(|at| used.get_mut(at)) {
                Some(used) => *used = true,
                None => findings.push(Finding::new(
                    format!("{path}:{line}"),
                    format!("\"{}\" is not used here; write \"{}\" ({GLOSSARY})", refused.not, refused.instead),
                )),
            }
        }
    }
    let stale = ALLOWED.iter().zip(used).filter(|(_, used)| !used);
    findings
        .extend(stale.map(|(it, _)| Finding::new(it.path, format!("does not contain the allowed \"{}\"", it.word))));
    findings
}

/// The refused words of the tables with the columns word, meaning and not.
fn refused(glossary: &str) -> Vec<Refused> {
    let mut all = Vec::new();
    for line in glossary.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [word, _, not] = cells.as_slice() else { continue };
        if *not == "not" || not.starts_with("---") {
            continue;
        }
        let words = not.split(',').map(str::trim).filter(|it| !it.is_empty());
        all.extend(words.map(|it| Refused { not: it.to_owned(), instead: (*word).to_owned() }));
    }
    all
}

/// The refused words of a text, with their lines.
fn find<'a>(path: &str, text: &str, refused: &'a [Refused]) -> Vec<(usize, &'a Refused)> {
    let mut by_first: BTreeMap<String, Vec<(Vec<String>, &Refused)>> = BTreeMap::new();
    for (phrase, refused) in refused.iter().filter_map(|it| Some((it.phrase()?, it))) {
        let Some(first) = phrase.first().cloned() else { continue };
        by_first.entry(first).or_default().push((phrase, refused));
    }
    let words = words(text);
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        for (phrase, refused) in by_first.get(&word.text).into_iter().flatten() {
            let here = words.iter().skip(at).take(phrase.len());
            let is_equal = here.clone().map(|it| &it.text).eq(phrase);
            if is_equal && here.skip(1).all(|it| it.follows) {
                found.push((word.line, *refused));
            }
        }
    }
    if has_extension(path, "rs") {
        for (at, line) in masked(text).lines().enumerate() {
            let names = line.split(|it: char| !it.is_alphanumeric() && it != '_');
            let refused = names.flat_map(|name| refused.iter().filter(move |it| it.refuses(name)));
            found.extend(refused.map(|it| (at.saturating_add(1), it)));
        }
    }
    found
}

/// A word of a text, or a part of an identifier, in lower case.
struct Word {
    text: String,
    /// Counted from 1.
    line: usize,
    /// Whether only space, underscores or marks of comments separate it from the word before.
    follows: bool,
}

fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let (mut line, mut follows, mut before) = (1_usize, true, ' ');
    for character in text.chars() {
        if character.is_alphabetic() {
            let begins = !before.is_alphabetic() || before.is_lowercase() && character.is_uppercase();
            if begins {
                words.push(Word { text: String::new(), line, follows });
                follows = true;
            }
            if let Some(word) = words.last_mut() {
                word.text.extend(character.to_lowercase());
            }
        } else {
            follows &= character.is_whitespace() || "_/!*#".contains(character);
            line = line.saturating_add(usize::from(character == '\n'));
        }
        before = character;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "| word | meaning | not |\n| --- | --- | --- |\n\
        | entry | a movement | booking, put  down |\n| index | a position | `Spot`, `PLACE_` |\n| page | a part | |\n";

    fn check(path: &str, text: &str, expected: &[(usize, &str, &str)]) {
        let refused = refused(&TABLE.replace("put  down", "put down"));
        let found: Vec<_> =
            find(path, text, &refused).into_iter().map(|(line, it)| (line, &*it.not, &*it.instead)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_refused_word_is_found_in_text_and_in_identifiers() {
        check("a.md", "A\nBooking.", &[(2, "booking", "entry")]);
        check(
            "a.rs",
            "fn first_booking() {}\nstruct BookingDate;",
            &[(1, "booking", "entry"), (2, "booking", "entry")],
        );
        check("a.rs", "const A: &str = \"no booking\";", &[(1, "booking", "entry")]);
        check("a.rs", "fn bookings() {} // overbooking, page", &[]);
    }

    #[test]
    fn a_phrase_may_be_broken_by_a_comment_line_but_not_by_punctuation() {
        check("a.rs", "/// Is put\n/// down.", &[(1, "put down", "entry")]);
        check("a.rs", "fn put_down() {}", &[(1, "put down", "entry")]);
        check("a.rs", "fn a() { put(down) } // put, down", &[]);
    }

    #[test]
    fn a_name_in_backticks_is_refused_as_an_identifier_only() {
        check(
            "a.rs",
            "struct Spot; // Spot\nconst PLACE_A: u8 = 1;",
            &[(1, "`Spot`", "index"), (2, "`PLACE_`", "index")],
        );
        check("a.rs", "struct Spotlight; const PLACES: u8 = 1;", &[]);
        check("a.md", "Spot", &[]);
    }

    #[test]
    fn a_finding_names_file_line_word_and_replacement() {
        let sources = Sources::of([(GLOSSARY, TABLE), ("docs/A.md", "a\nbooking"), ("events/a.json", "booking")]);
        let findings: Vec<String> = super::check(&sources).iter().map(Finding::to_string).collect();
        let expected = "docs/A.md:2: \"booking\" is not used here; write \"entry\" (docs/GLOSSARY.md)";
        assert!(findings.contains(&expected.to_owned()), "{findings:?}");
        assert!(!findings.iter().any(|it| it.starts_with("events/")), "{findings:?}");
    }
}
