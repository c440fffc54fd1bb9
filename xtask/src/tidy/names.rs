//! Forbidden file names and leftovers.

use super::Finding;
use super::source::{Sources, has_extension, masked};

/// Names without information about the content.
const EMPTY_NAMES: [&str; 8] = ["utils", "util", "helpers", "helper", "common", "misc", "manager", "service"];
/// Written in parts, so that this file is not a finding.
const UNFINISHED: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];
const UNFINISHED_CODE: [&str; 2] = [concat!("todo", "!"), concat!("unimplemented", "!")];

pub(crate) fn check(sources: &Sources) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in sources.iter() {
        findings.extend(empty_name(path));
        findings.extend(unfinished(path, text));
        if path.starts_with("functions/") && path.contains("/src/") && !path.ends_with("/src/main.rs") {
            findings.extend(envelope(path, text));
        }
    }
    findings
}

fn empty_name(path: &str) -> Option<Finding> {
    let mut parts = path.rsplit('/');
    let file = parts.next()?;
    let stem = if has_extension(file, "rs") { file.strip_suffix(".rs") } else { None };
    let name = stem.filter(|it| *it != "mod").or(if stem.is_some() { parts.next() } else { None })?;
    EMPTY_NAMES.contains(&name).then(|| Finding::new(path, format!("\"{name}\" does not describe the content")))
}

fn unfinished(path: &str, text: &str) -> Vec<Finding> {
    let words = text.lines().map(|line| {
        let mut words = line.split(|it: char| !it.is_alphanumeric());
        words.find(|word| UNFINISHED.contains(word))
    });
    let code = if has_extension(path, "rs") { masked(text) } else { String::new() };
    let macros = code.lines().map(|line| UNFINISHED_CODE.into_iter().find(|mark| line.contains(mark)));
    let found = words.enumerate().chain(macros.enumerate());
    found
        .filter_map(|(at, mark)| {
            let place = format!("{path}:{}", at.saturating_add(1));
            Some(Finding::new(place, format!("{} is left to do", mark?)))
        })
        .collect()
}

/// Only the wiring uses the SDK, and a handler takes a parsed event, never an AWS envelope.
fn envelope(path: &str, text: &str) -> Option<Finding> {
    let code = masked(text);
    let foreign: &[&str] =
        if path.ends_with("/src/lib.rs") { &["aws_sdk_", "aws_lambda_events"] } else { &["aws_sdk_"] };
    let name = foreign.iter().find(|name| code.contains(**name))?;
    Some(Finding::new(path, format!("{name} belongs in main.rs or in an adapter under shared/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, expected: usize) {
        let findings = super::check(&Sources::of([(path, text)]));
        assert_eq!(findings.len(), expected, "{findings:?}");
    }

    #[test]
    fn a_name_says_what_is_inside() {
        check("shared/money/src/utils.rs", "", 1);
        check("shared/money/src/common/mod.rs", "", 1);
        check("shared/money/src/amount.rs", "", 0);
    }

    #[test]
    fn nothing_is_left_to_do() {
        check("shared/money/src/amount.rs", concat!("// TO", "DO: round"), 1);
        check("infra/template.yaml", concat!("# FIX", "ME"), 1);
        check("shared/money/src/amount.rs", concat!("fn a() { todo", "!() }"), 1);
        check("shared/money/src/amount.rs", concat!("const A: &str = \"todo", "!\";"), 0);
    }

    #[test]
    fn behaviour_knows_no_envelope() {
        check("functions/f/src/lib.rs", "use aws_lambda_events::sqs::SqsEvent;", 1);
        check("functions/f/src/event.rs", "use aws_lambda_events::sqs::SqsEvent;", 0);
        check("functions/f/src/event.rs", "use aws_sdk_s3::Client;", 1);
        check("functions/f/src/main.rs", "use aws_lambda_events::sqs::SqsEvent;", 0);
        check("functions/f/tests/it.rs", "use aws_lambda_events::sqs::SqsEvent;", 0);
    }
}
