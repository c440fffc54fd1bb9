//! The recipes of docs/CONTRIBUTING.md: what they name exists, and what they list is complete.

use std::path::Path;

use super::Finding;
use super::source::Sources;
use super::template::Template;

const RECIPES: &str = "docs/CONTRIBUTING.md";
/// The functions of the suite in one process, and the test that invokes each function on the stack.
const WORLD: &str = "tests/world/functions.rs";
const INVOKED: &str = "tests/laptop/invoke.rs";
/// The command that restores tables, with their list.
const RESTORED: &str = "tools/millrace/src/restore.rs";

pub(crate) fn check(sources: &Sources, template: &Template, root: &Path) -> Vec<Finding> {
    let mut findings = named(sources, root);
    findings.extend(functions(sources));
    findings.extend(tables(sources, template));
    findings
}

/// Each path and each test that a recipe names exists.
fn named(sources: &Sources, root: &Path) -> Vec<Finding> {
    let text = sources.text(RECIPES).unwrap_or_default();
    let spans = text.split("```").step_by(2).flat_map(|it| it.split('`').skip(1).step_by(2));
    let is_missing = |span: &&str| {
        let (folder, _) = span.split_once('/').unwrap_or_default();
        let is_path = !span.contains(char::is_whitespace) && !folder.is_empty() && root.join(folder).exists();
        let is_test = span.matches('_').count() > 1 && span.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
        // Of `events/aws/<name>.json`, the folder.
        let path = span.split_once('<').map_or(*span, |(path, _)| path);
        let path = if path == *span { path } else { path.rsplit_once('/').map_or(path, |(folder, _)| folder) };
        let test = format!("fn {span}(");
        is_path && !root.join(path).exists() || is_test && !sources.rust().any(|(_, text)| text.contains(&test))
    };
    spans.filter(is_missing).map(|it| Finding::new(RECIPES, format!("names {it}, which does not exist"))).collect()
}

/// Each function is invoked on the stack; each one but those of the API is in the suite in one process.
fn functions(sources: &Sources) -> Vec<Finding> {
    let (world, invoked) = (sources.text(WORLD).unwrap_or_default(), sources.text(INVOKED).unwrap_or_default());
    let mut findings = Vec::new();
    for function in sources.functions() {
        let main = sources.text(&format!("functions/{function}/src/main.rs")).unwrap_or_default();
        if !main.contains("**Trigger:** the HTTP API")
            && !world.contains(&format!("use {}::", function.replace('-', "_")))
        {
            findings.push(Finding::new(WORLD, format!("does not have {function}")));
        }
        if !invoked.contains(&format!("\"{function}\"")) {
            findings.push(Finding::new(INVOKED, format!("does not invoke {function}")));
        }
    }
    findings
}

/// Each table is restored from its backup, but for those of simulations.
fn tables(sources: &Sources, template: &Template) -> Vec<Finding> {
    let restored = sources.text(RESTORED).unwrap_or_default();
    let tables =
        template.of_type("AWS::DynamoDB::Table").filter(|it| it.condition() != Some("HasSandbox")).map(|it| it.id);
    let missing = tables.filter(|it| !restored.contains(&format!("\"{it}\"")));
    missing.map(|it| Finding::new(RESTORED, format!("does not restore {it}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{agreement, cards};

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    #[test]
    fn a_recipe_names_paths_and_tests_that_exist() {
        let recipe = "`docs/adr/`, `events/aws/<name>.json`, `GET /a/b`, `main.rs`, `here_is_one`\n```sh\n`docs/b`\n```\n\
                      `docs/a.md`, `docs/none/<name>.rs`, `there_is_none`";
        let sources = Sources::of([(RECIPES, recipe), ("tests/a.rs", "fn here_is_one() {}")]);
        let found: Vec<String> = named(&sources, root()).into_iter().map(|it| it.what).collect();
        let missing = |it: &str| format!("names {it}, which does not exist");
        assert_eq!(found, ["docs/a.md", "docs/none/<name>.rs", "there_is_none"].map(missing));
    }

    #[test]
    fn each_table_is_restored_but_those_of_simulations() {
        let template = "Resources: {A: {Type: AWS::DynamoDB::Table}, B: {Type: AWS::DynamoDB::Table}, \
                        C: {Type: AWS::DynamoDB::Table, Condition: HasSandbox}}";
        let sources = Sources::of([(RESTORED, "(\"A\", \"a\")")]);
        let found = tables(&sources, &Template::parse(template).unwrap());
        assert_eq!(found.into_iter().map(|it| it.what).collect::<Vec<_>>(), ["does not restore B"]);
    }

    /// The files that a new function needs, as tidy reports them one after the other.
    #[test]
    fn the_recipe_of_a_function_names_every_file_that_tidy_misses() {
        let template = Template::parse("Resources: {DebitsTable: {Type: AWS::DynamoDB::Table}}").unwrap();
        let card =
            ["Trigger", "Reads", "Writes", "Delivered twice", "Fails"].map(|it| format!("\n//! - **{it}:** it."));
        let main = format!("//! `run-debits`: runs debits.\n//!{}", card.concat());
        let sources =
            Sources::of([("functions/run-debits/Cargo.toml", ""), ("functions/run-debits/src/main.rs", &main)]);
        let mut findings = check(&sources, &template, root());
        findings.extend(agreement::check(&sources, &template));
        findings.extend(cards::check(&sources, root(), false).unwrap());
        let mut places: Vec<String> = findings.into_iter().map(|it| it.place).collect();
        places.sort();
        let expected =
            ["docs/FUNCTIONS.md", "events/aws/run-debits.json", "infra/template.yaml", INVOKED, WORLD, RESTORED];
        assert_eq!(places, expected);

        let recipes = Sources::read(root()).unwrap();
        let recipe = recipes.text(RECIPES).and_then(|it| it.split_once("## Add a function")).unwrap().1;
        for place in places {
            assert!(recipe.contains(&place.replace("run-debits", "<name>")), "{place}");
        }
    }
}
