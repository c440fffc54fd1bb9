//! Size limits of files and functions.

use super::Finding;
use super::source::{Sources, functions, lines_without_tests};

/// The card is not wiring and is not counted.
const MAIN_LINES: usize = 45;
const BEHAVIOUR_LINES: usize = 150;
const FILE_LINES: usize = 500;
const FN_LINES: usize = 70;

pub(crate) fn check(sources: &Sources) -> Vec<Finding> {
    sources.rust().flat_map(|(path, text)| check_file(path, text)).collect()
}

fn check_file(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut hold = |what: &str, lines: usize, budget: usize| {
        if lines > budget {
            findings.push(Finding::new(path, format!("{what} has {lines} lines; at most {budget}")));
        }
    };
    hold("the file", text.lines().count(), FILE_LINES);
    if path.starts_with("functions/") && path.ends_with("/src/main.rs") {
        let wiring = text.lines().skip_while(|line| line.starts_with("//!")).count();
        hold("the wiring", wiring, MAIN_LINES);
    }
    if path.starts_with("functions/") && path.ends_with("/src/lib.rs") {
        hold("the behaviour, without its tests,", lines_without_tests(text), BEHAVIOUR_LINES);
    }
    // A contract is a sequence of assertions; splitting it does not make it clearer.
    let is_contract = path.contains("/src/testing");
    for function in functions(text).into_iter().filter(|_| !is_contract) {
        hold(&format!("fn {} (line {})", function.name, function.line), function.lines, FN_LINES);
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, expected: usize) {
        assert_eq!(check_file(path, text).len(), expected, "{path} of {} lines", text.lines().count());
    }

    #[test]
    fn each_budget_holds_to_the_line() {
        check("functions/f/src/main.rs", &format!("//! card\n//!\n{}", "use a;\n".repeat(45)), 0);
        check("functions/f/src/main.rs", &format!("//! card\n//!\n{}", "use a;\n".repeat(46)), 1);
        check("functions/f/src/lib.rs", &"use a;\n".repeat(150), 0);
        check("functions/f/src/lib.rs", &"use a;\n".repeat(151), 1);
        check("functions/f/src/lib.rs", &format!("#[cfg(test)]\nmod t {{\n{}}}\n", "use a;\n".repeat(200)), 0);
        check("shared/money/src/lib.rs", &"use a;\n".repeat(500), 0);
        check("shared/money/src/lib.rs", &"use a;\n".repeat(501), 1);
        check("shared/money/src/lib.rs", &format!("fn a() {{\n{}}}\n", "a();\n".repeat(68)), 0);
        check("shared/money/src/lib.rs", &format!("fn a() {{\n{}}}\n", "a();\n".repeat(69)), 1);
    }
}
