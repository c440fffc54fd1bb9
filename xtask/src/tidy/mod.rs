//! `cargo xtask tidy`: project rules that no compiler and no public linter checks.
//!
//! Each check is a pure function from its input to its findings; this module runs the checks and prints the findings.

mod agreement;
mod budgets;
mod cards;
mod cycles;
mod directions;
mod names;
mod recipes;
mod repeat;
mod rules;
mod source;
mod template;
mod words;

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, bail};

use source::Sources;
use template::Template;

/// A violation of a project rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// A file, a line in it, a crate or a resource.
    place: String,
    what: String,
}

impl Finding {
    fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Prints the findings in the repository at `root`, and fails if there are any.
///
/// With `fix`, generated documents are written instead of compared.
pub(crate) fn run(root: &Path, fix: bool) -> Result<()> {
    let findings = inspect(root, fix)?;
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => {
            println!("tidy: ok");
            Ok(())
        }
        count => bail!("tidy: {count} {}", if count == 1 { "finding" } else { "findings" }),
    }
}

fn inspect(root: &Path, fix: bool) -> Result<Vec<Finding>> {
    let sources = Sources::read(root)?;
    let template_text = sources.text("infra/template.yaml").context("infra/template.yaml is missing")?;
    let template = Template::parse(template_text).context("infra/template.yaml")?;

    let mut findings = directions::check(&directions::Graph::of(root)?);
    findings.extend(cards::check(&sources, root, fix)?);
    findings.extend(budgets::check(&sources));
    findings.extend(cycles::check(&sources));
    findings.extend(names::check(&sources));
    findings.extend(agreement::check(&sources, &template));
    findings.extend(recipes::check(&sources, &template, root));
    findings.extend(rules::check(&template));
    findings.extend(words::check(&sources));
    findings.sort();
    findings.dedup();
    Ok(findings)
}
