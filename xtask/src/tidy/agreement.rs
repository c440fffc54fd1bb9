//! The consistency of the template, the functions and the sample events.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Finding;
use super::source::{Sources, has_extension};
use super::template::Template;

/// Set for every function and read by the logger, not by its configuration.
const HOUSE_NAMES: [&str; 1] = ["RUST_LOG"];
const TEMPLATE: &str = "infra/template.yaml";
/// The documents of the API, one for each of its functions.
const APIS: [&str; 2] = ["docs/openapi.json", "docs/openapi-advances.json"];
/// The folder of runbooks.
const RUNBOOKS: &str = "docs/runbooks/";

pub(crate) fn check(sources: &Sources, template: &Template) -> Vec<Finding> {
    let mut findings = functions(sources, template);
    findings.extend(events(sources));
    findings.extend(envelopes(sources));
    findings.extend(runbooks(sources, template));
    findings.extend(APIS.iter().flat_map(|document| routes(document, sources, template)));
    findings
}

/// The gateway has a route to each operation of a document of the API, its own or the one of its family.
fn routes(path: &str, sources: &Sources, template: &Template) -> Vec<Finding> {
    let document = sources.text(path).map_or(Ok(Value::Null), serde_json::from_str);
    let Ok(document) = document else { return vec![Finding::new(path, "is no JSON")] };
    let keys: Vec<&str> = template
        .of_type("AWS::ApiGatewayV2::Route")
        .filter_map(|it| it.text("/RouteKey").or_else(|| it.text("/RouteKey/Fn::Sub")))
        .collect();
    let items = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    let operations = items.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flat_map(Map::keys);
        methods.map(move |method| (format!("{} {path}", method.to_uppercase()), method.to_uppercase(), path))
    });
    let missing = operations.filter(|(operation, method, path)| {
        let family = path.split('/').nth(1).unwrap_or_default();
        let is_item = path.split('/').nth(2).is_some();
        let greedy = format!("{method} /{family}/{{proxy+}}");
        !keys.iter().any(|key| key == operation || is_item && *key == greedy)
    });
    missing.map(|(operation, ..)| Finding::new(TEMPLATE, format!("has no route for {operation}"))).collect()
}

/// Each function has an event as Lambda delivers it, and each such event a function.
fn envelopes(sources: &Sources) -> Vec<Finding> {
    let path = |function: &str| format!("events/aws/{function}.json");
    let missing = sources.functions().filter(|it| sources.text(&path(it)).is_none());
    let missing = missing.map(|it| Finding::new(path(it), "is missing; `cargo xtask invoke` needs it"));
    let named = sources.iter().filter_map(|(it, _)| Some((it, it.strip_prefix("events/aws/")?.strip_suffix(".json")?)));
    let unknown = named.filter(|(_, name)| !sources.functions().any(|it| it == *name));
    missing.chain(unknown.map(|(it, _)| Finding::new(it, "is named after no function"))).collect()
}

/// The description of each alarm ends in a runbook that exists, and each runbook has an alarm.
fn runbooks(sources: &Sources, template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut used = BTreeSet::new();
    for alarm in template.of_type("AWS::CloudWatch::Alarm") {
        let description = alarm.text("/AlarmDescription").unwrap_or_default();
        match description.split_once(" Runbook: ") {
            Some((_, path)) if path.starts_with(RUNBOOKS) && sources.text(path).is_some() => drop(used.insert(path)),
            Some((_, path)) => findings.push(Finding::new(alarm.id, format!("its runbook {path} does not exist"))),
            None => {
                findings.push(Finding::new(alarm.id, format!("its description does not end in Runbook: {RUNBOOKS}…")));
            }
        }
    }
    let all = sources.iter().map(|(path, _)| path).filter(|it| it.starts_with(RUNBOOKS));
    findings.extend(all.filter(|it| !used.contains(it)).map(|it| Finding::new(it, "is the runbook of no alarm")));
    findings
}

/// Each folder under functions/ is in the template, each function of the template has a folder, and the names
/// that a function requires are those that the template gives it.
fn functions(sources: &Sources, template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut deployed = BTreeSet::new();
    for function in template.functions() {
        let folder = function.text("/CodeUri").and_then(|it| it.strip_prefix("../functions/")?.strip_suffix('/'));
        let Some(folder) = folder else {
            findings.push(Finding::new(function.id, "CodeUri is not ../functions/<name>/"));
            continue;
        };
        deployed.insert(folder);
        if function.text("/FunctionName/Fn::Sub") != Some(format!("${{AWS::StackName}}-{folder}").as_str()) {
            findings.push(Finding::new(function.id, format!("FunctionName is not ${{AWS::StackName}}-{folder}")));
        }
        let Some(config) = sources.text(&format!("functions/{folder}/src/config.rs")) else {
            findings.push(Finding::new(format!("functions/{folder}"), "has no src/config.rs"));
            continue;
        };
        let mut given = template.environment(&function);
        given.retain(|name| !HOUSE_NAMES.contains(name));
        let required = names(config, "required(");
        let optional = names(config, "optional(");
        for name in required.difference(&given) {
            findings.push(Finding::new(TEMPLATE, format!("{folder} requires {name} and is not given it")));
        }
        for name in given.difference(&required).filter(|it| !optional.contains(*it)) {
            findings.push(Finding::new(TEMPLATE, format!("{folder} is given {name} and does not require it")));
        }
    }
    for folder in sources.functions().filter(|it| !deployed.contains(it)) {
        findings.push(Finding::new(TEMPLATE, format!("functions/{folder} is not deployed")));
    }
    let folders: BTreeSet<&str> = sources.functions().collect();
    for folder in deployed.difference(&folders) {
        findings.push(Finding::new(TEMPLATE, format!("functions/{folder} does not exist")));
    }
    findings
}

/// The names in calls like `required("NAME")`.
fn names<'a>(config: &'a str, call: &str) -> BTreeSet<&'a str> {
    config.split(call).skip(1).filter_map(|it| Some(it.trim_start().strip_prefix('"')?.split_once('"')?.0)).collect()
}

/// Each sample of an event of ours is read by a test.
fn events(sources: &Sources) -> Vec<Finding> {
    let reads = |name: &str| {
        sources.rust().any(|(path, text)| {
            ["tests/", "functions/", "shared/"].iter().any(|it| path.starts_with(it)) && text.contains(name)
        })
    };
    sources
        .iter()
        .filter_map(|(path, _)| Some((path, path.strip_prefix("events/")?)))
        .filter(|(_, name)| has_extension(name, "json") && !name.contains('/') && !reads(name))
        .map(|(path, _)| Finding::new(path, "is read by no test"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTION: &str = "Globals: {Function: {Environment: {Variables: {RUST_LOG: info}}}}\nResources:\n  PostEntries:\n    \
        Type: AWS::Serverless::Function\n    Properties:\n      FunctionName: !Sub ${AWS::StackName}-post-entries\n      \
        CodeUri: ../functions/post-entries/\n      Environment: {Variables: {LEDGER_TABLE: a, IMPORTS_TABLE: b}}\n";
    const CONFIG: &str = "environment.required(\"LEDGER_TABLE\")\nenvironment.required(\n    \"IMPORTS_TABLE\",\n)";

    fn check(template: &str, config: &str, expected: &[&str]) {
        let sources =
            Sources::of([("functions/post-entries/Cargo.toml", ""), ("functions/post-entries/src/config.rs", config)]);
        let findings = functions(&sources, &Template::parse(template).unwrap());
        let findings: Vec<&str> = findings.iter().map(|it| it.what.as_str()).collect();
        assert_eq!(findings, expected);
    }

    #[test]
    fn a_function_is_given_what_it_requires() {
        check(FUNCTION, CONFIG, &[]);
        check(FUNCTION, "required(\"LEDGER_TABLE\")", &["post-entries is given IMPORTS_TABLE and does not require it"]);
        check(FUNCTION, "required(\"LEDGER_TABLE\"), optional(\"IMPORTS_TABLE\"), optional(\"OTHER\")", &[]);
        check(
            &FUNCTION.replace("LEDGER_TABLE: a, ", ""),
            CONFIG,
            &["post-entries requires LEDGER_TABLE and is not given it"],
        );
    }

    #[test]
    fn folders_and_template_name_the_same_functions() {
        check(
            &FUNCTION.replace("post-entries/", "post-entry/"),
            CONFIG,
            &[
                "FunctionName is not ${AWS::StackName}-post-entry",
                "has no src/config.rs",
                "functions/post-entries is not deployed",
                "functions/post-entry does not exist",
            ],
        );
        check(
            &FUNCTION.replace("../functions/post-entries/", "../"),
            CONFIG,
            &["CodeUri is not ../functions/<name>/", "functions/post-entries is not deployed"],
        );
    }

    #[test]
    fn an_alarm_ends_in_a_runbook_that_exists() {
        let sources = Sources::of([("docs/runbooks/known.md", ""), ("docs/runbooks/idle.md", "")]);
        for (description, found) in [
            ("It failed. Runbook: docs/runbooks/known.md", 1),
            ("It failed. Runbook: docs/runbooks/unknown.md", 3),
            ("It failed. Runbook: docs/runbooks/known.md, or call", 3),
            ("It failed.", 3),
        ] {
            let alarm =
                format!("{{Type: AWS::CloudWatch::Alarm, Properties: {{AlarmDescription: \"{description}\"}}}}");
            let template = Template::parse(&format!("Resources: {{Failed: {alarm}}}")).unwrap();
            assert_eq!(runbooks(&sources, &template).len(), found, "{description}");
        }
    }

    #[test]
    fn each_operation_has_a_route() {
        let document = r#"{"paths": {"/imports": {"get": {}}, "/imports/{import}": {"get": {}, "post": {}}}}"#;
        let sources = Sources::of([(APIS[0], document)]);
        let missing = |keys: &[&str]| {
            let route = |key: &&str| {
                format!("  R{}: {{Type: AWS::ApiGatewayV2::Route, Properties: {{RouteKey: '{key}'}}}}\n", key.len())
            };
            let template = Template::parse(&format!("Resources:\n{}", keys.iter().map(route).collect::<String>()));
            routes(APIS[0], &sources, &template.unwrap()).into_iter().map(|it| it.what).collect::<Vec<_>>()
        };
        let post = "has no route for POST /imports/{import}";
        assert_eq!(missing(&["GET /imports", "GET /imports/{import}"]), [post]);
        assert_eq!(missing(&["GET /imports/{proxy+}"]), ["has no route for GET /imports", post]);
        assert_eq!(missing(&["GET /imports", "GET /imports/{proxy+}", "POST /imports/{import}"]), [""; 0]);
    }

    #[test]
    fn each_function_has_its_envelope() {
        let function = ("functions/post-entries/Cargo.toml", "");
        assert_eq!(envelopes(&Sources::of([function, ("events/aws/post-entries.json", "{}")])), []);
        assert_eq!(envelopes(&Sources::of([function, ("events/aws/other.json", "{}")])).len(), 2);
    }

    #[test]
    fn a_sample_that_no_test_reads_is_found() {
        let sources = Sources::of([
            ("events/batch-ready.v1.json", "{}"),
            ("events/batch-read.v1.json", "{}"),
            ("events/aws/s3.json", "{}"),
            ("shared/imports/src/batch.rs", "include_str!(\"../../../events/batch-ready.v1.json\")"),
        ]);
        assert_eq!(events(&sources), [Finding::new("events/batch-read.v1.json", "is read by no test")]);
    }
}
