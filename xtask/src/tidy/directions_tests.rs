use serde_json::json;

use super::*;

/// `uses` are edges `from > to`, `from ~ to` for those of tests; names with a `/` are ours.
fn graph(edges: &str) -> Graph {
    let name = |it: &str| it.rsplit('/').next().unwrap_or_default().to_owned();
    let edges: Vec<(&str, &str, &str)> = edges
        .split(", ")
        .map(|edge| {
            let kind = if edge.contains('~') { "~" } else { ">" };
            let (from, to) = edge.split_once(kind).unwrap();
            (from.trim(), kind, to.trim())
        })
        .collect();
    let ids: BTreeSet<&str> = edges.iter().flat_map(|(from, _, to)| [*from, *to]).collect();
    let of = |id: &str| edges.iter().filter(move |(from, ..)| *from == id).copied().collect::<Vec<_>>();
    let kind = |it: &str| if it == "~" { json!("dev") } else { Value::Null };
    let packages: Vec<Value> = ids
        .iter()
        .map(|id| {
            let dependencies: Vec<Value> =
                of(id).iter().map(|(_, it, to)| json!({"name": name(to), "kind": kind(it), "features": []})).collect();
            let root = if id.contains('/') { "/root" } else { "/registry" };
            json!({"id": id, "name": name(id), "manifest_path": format!("{root}/{id}/Cargo.toml"),
                "dependencies": dependencies, "features": {}})
        })
        .collect();
    let nodes: Vec<Value> = ids
        .iter()
        .map(|id| {
            let deps: Vec<Value> =
                of(id).iter().map(|(_, it, to)| json!({"pkg": to, "dep_kinds": [{"kind": kind(it)}]})).collect();
            json!({"id": id, "deps": deps})
        })
        .collect();
    let members: Vec<&&str> = ids.iter().filter(|it| it.contains('/')).collect();
    let metadata = json!({"workspace_root": "/root", "workspace_members": members, "packages": packages,
        "resolve": {"nodes": nodes}});
    Graph::parse(&metadata).unwrap()
}

fn check(edges: &str, expected: &[&str]) {
    let reasons = [("mail", "ledger", "the summary uses totals")];
    let edges = format!("{edges}, shared/mail > shared/ledger");
    let findings: Vec<String> = check_with(&graph(&edges), &reasons).iter().map(ToString::to_string).collect();
    assert_eq!(findings, expected, "in {edges}");
}

#[test]
fn the_allowed_dependencies() {
    check("shared/ledger > shared/money, shared/ledger-dynamodb > shared/ledger", &[]);
    check("shared/ledger-dynamodb > shared/dynamodb, shared/dynamodb > aws-sdk-dynamodb", &[]);
    check("functions/post-entries > shared/ledger-s3, functions/post-entries > shared/lambda-kit", &[]);
    check("tests/world > functions/post-entries, tools/millrace > shared/ledger-dynamodb", &[]);
    check("shared/ledger ~ tokio, shared/mail-ses > shared/ledger", &[]);
    check("shared/api-documents > shared/ledger, tools/millrace > shared/api-documents", &[]);
}

#[test]
fn a_value_depends_on_no_other_crate_of_the_workspace() {
    check("shared/money > shared/calendar", &["money: depends on calendar: a value depends on nothing of ours"]);
}

#[test]
fn a_domain_needs_a_reason() {
    let why = "a domain depends on another only with a reason listed in xtask tidy";
    check("shared/ledger > shared/imports", &[&format!("ledger: depends on imports: {why}")]);
    check(
        "shared/ledger > shared/ledger-s3",
        &["ledger: depends on ledger-s3: a domain depends on values and domains"],
    );
}

#[test]
fn an_adapter_stays_with_its_owner() {
    let why = "an adapter depends on its owner, on values and on its technology";
    check("shared/ledger-s3 > shared/imports", &[&format!("ledger-s3: depends on imports: {why}")]);
    check("shared/ledger-s3 > shared/lambda-kit", &[&format!("ledger-s3: depends on lambda-kit: {why}")]);
    check("shared/ledger-cobol > shared/ledger", &["ledger-cobol: shared/ledger-cobol belongs to no tier"]);
}

#[test]
fn the_kit_depends_on_neither_domains_nor_the_sdk() {
    check(
        "shared/lambda-kit > shared/money",
        &["lambda-kit: depends on money: it depends on no domain, a kit only with a reason"],
    );
    let why = "the SDK is for adapters and wiring";
    check("shared/lambda-kit > aws-sdk-sqs", &[&format!("lambda-kit: depends on aws-sdk-sqs: {why}")]);
}

#[test]
fn a_sandbox_is_not_a_production_dependency() {
    check("functions/sandbox-feed > shared/feeds-sandbox, tools/millrace > shared/feeds-sandbox", &[]);
    check("shared/feeds-sandbox > shared/money, shared/feeds-sandbox > shared/lambda-kit", &[]);
    let why = "a sandbox depends on values, the kit and, with a reason, on a tool";
    for other in ["shared/ledger", "tools/datamaker"] {
        let name = other.rsplit('/').next().unwrap();
        check(&format!("shared/feeds-sandbox > {other}"), &[&format!("feeds-sandbox: depends on {name}: {why}")]);
    }
    check(
        "functions/post-entries > shared/feeds-sandbox",
        &["post-entries: depends on feeds-sandbox: only functions sandbox-* may use a simulation"],
    );
    let reasons = [("feeds-sandbox", "datamaker", "it serves what is made")];
    assert_eq!(check_with(&graph("shared/feeds-sandbox > tools/datamaker"), &reasons), []);
}

#[test]
fn nothing_depends_on_a_function_but_stories() {
    let why = "nothing depends on a function but tests/";
    check("tools/millrace > functions/split-import", &[&format!("millrace: depends on split-import: {why}")]);
    check("shared/ledger ~ functions/split-import", &[&format!("ledger: depends on split-import: {why}")]);
}

#[test]
fn domains_reach_nothing_outside() {
    let message = "depends on a crate that is not allowed for values and domains";
    check(
        "shared/ledger > tracing",
        &[&format!("ledger: {message}: ledger > tracing"), &format!("mail: {message}: mail > ledger > tracing")],
    );
    check(
        "shared/money > nice, nice > aws-smithy-types",
        &[&format!("money: {message}: money > nice > aws-smithy-types")],
    );
    check("shared/money > httparse", &[]);
}

#[test]
fn a_reason_without_its_dependency_is_stale() {
    let findings = check_with(&graph("shared/ledger > shared/money"), &[("ledger", "imports", "why")]);
    assert_eq!(findings, [Finding::new("ledger", "has a reason to depend on imports and does not")]);
}

#[test]
fn testing_is_for_tests() {
    let package = json!({"features": {"default": ["ledger/testing"], "testing": ["ledger/testing"]}});
    let dependencies = [
        json!({"name": "imports", "kind": null, "features": ["testing"]}),
        json!({"name": "mail", "kind": "dev", "features": ["testing"]}),
    ];
    assert_eq!(
        testing_outside_tests(&package, &dependencies),
        [
            "turns on the testing feature of imports outside of dev-dependencies",
            "its feature default turns on ledger/testing"
        ]
    );
}
