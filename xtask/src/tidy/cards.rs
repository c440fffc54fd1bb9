//! The card of each function, and the document that is generated from the cards.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::Finding;
use super::source::Sources;

const BULLETS: [&str; 5] = ["Trigger", "Reads", "Writes", "Delivered twice", "Fails"];
const DOCUMENT: &str = "docs/FUNCTIONS.md";

/// The description at the top of a function's main.rs.
#[derive(Debug, PartialEq, Eq)]
struct Card {
    title: String,
    /// In the order of [`BULLETS`].
    bullets: Vec<String>,
}

pub(crate) fn check(sources: &Sources, root: &Path, fix: bool) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut cards = Vec::new();
    for function in sources.functions() {
        let path = format!("functions/{function}/src/main.rs");
        match parse(sources.text(&path).unwrap_or_default()) {
            Ok(card) => cards.push((function, card)),
            Err(what) => findings.push(Finding::new(path, what)),
        }
    }
    if !findings.is_empty() {
        return Ok(findings);
    }
    let document = render(&cards);
    if sources.text(DOCUMENT) != Some(document.as_str()) {
        if fix {
            fs::write(root.join(DOCUMENT), document).context(DOCUMENT)?;
        } else {
            findings.push(Finding::new(DOCUMENT, "differs from the cards; write it with `cargo xtask tidy --fix`"));
        }
    }
    Ok(findings)
}

fn parse(main: &str) -> Result<Card, String> {
    let mut lines = main.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    let title = lines.next().filter(|it| !it.is_empty()).ok_or("the file does not start with a card")?.to_owned();
    if title.contains("the entry point") {
        return Err("the card says where the function is, and not what it does".to_owned());
    }
    let mut bullets: Vec<(String, String)> = Vec::new();
    for line in lines {
        if let Some((name, text)) = line.strip_prefix("- **").and_then(|it| it.split_once(":** ")) {
            bullets.push((name.to_owned(), text.to_owned()));
        } else if let (false, Some((_, text))) = (line.is_empty(), bullets.last_mut()) {
            text.push(' ');
            text.push_str(line);
        }
    }
    let names: Vec<&str> = bullets.iter().map(|(name, _)| name.as_str()).collect();
    if names != BULLETS {
        return Err(format!("the card has the bullets {names:?} and should have {BULLETS:?}"));
    }
    Ok(Card { title, bullets: bullets.into_iter().map(|(_, text)| text).collect() })
}

fn render(cards: &[(&str, Card)]) -> String {
    let mut document = String::from(
        "# The functions\n\nMade by `cargo xtask tidy --fix` from the head of each `functions/*/src/main.rs`.\n",
    );
    for (function, card) in cards {
        // "`post-entries`: what it does." has the name once already.
        let title = card.title.strip_prefix(&format!("`{function}`: ")).unwrap_or(&card.title);
        let rows = BULLETS.iter().zip(&card.bullets);
        let rows = rows.map(|(name, text)| format!("| {name} | {} |\n", text.replace('|', "\\|")));
        document.push_str(&["\n## ", function, "\n\n", title, "\n\n| | |\n| --- | --- |\n"].concat());
        document.extend(rows);
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: &str = "//! `post-entries`: merges entries.\n//!\n//! - **Trigger:** SQS `batches`,\n//!   five at once.\n\
        //! - **Reads:** months.\n//! - **Writes:** months | totals.\n//! - **Delivered twice:** nothing changes.\n\
        //! - **Fails:** again.\n\nfn main() {}\n";

    #[test]
    fn a_card_has_its_five_bullets_in_order() {
        let card = parse(MAIN).unwrap();
        assert_eq!(card.bullets.first().unwrap(), "SQS `batches`, five at once.");
        assert!(parse("fn main() {}").is_err());
        assert!(parse(&MAIN.replace("**Fails:**", "**Breaks:**")).is_err());
        assert!(parse(&MAIN.replace("//! - **Reads:** months.\n", "")).is_err());
    }

    #[test]
    fn the_document_shows_every_card() {
        let document = render(&[("post-entries", parse(MAIN).unwrap())]);
        assert!(document.contains("\n## post-entries\n\nmerges entries.\n"), "{document}");
        assert!(document.contains("| Writes | months \\| totals. |\n"), "{document}");
    }

    #[test]
    fn a_document_that_differs_is_found() {
        let stale = [("functions/post-entries/Cargo.toml", ""), ("functions/post-entries/src/main.rs", MAIN)];
        assert_eq!(check(&Sources::of(stale), Path::new("/nowhere"), false).unwrap().len(), 1);
    }
}
