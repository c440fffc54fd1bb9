//! Allowed dependencies between crates, from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Finding;

/// Tier 0: values. They do not depend on other crates of this workspace.
const VALUES: [&str; 4] = ["money", "calendar", "banking", "storage"];
/// Tier 1: domains. They depend on values and, with a reason, on each other.
const DOMAINS: [&str; 11] = [
    "customers",
    "ledger",
    "imports",
    "mail",
    "mails",
    "feeds",
    "treasury",
    "advances",
    "invoices",
    "risk",
    "statements",
];
/// The technologies of adapters (tier 2): `<owner>-<technology>`. A crate of this workspace for a technology has only
/// its name; `backoff` is what several of them need for their retries, `http-client` what all adapters `-http` need.
const TECHNOLOGIES: [&str; 9] =
    ["backoff", "dynamodb", "s3", "sqs", "ses", "http", "http-client", "athena", "secretsmanager"];
/// For functions: of all, and of the API.
const KITS: [&str; 2] = ["lambda-kit", "api-kit"];
/// The documents of the API: created from domains, for functions and tools.
const DOCUMENTS: &str = "api-documents";
/// Simulations of external systems, for the laptop and for staging.
const SANDBOXES: [&str; 2] = ["advances-sandbox", "feeds-sandbox"];

/// The allowed dependencies between domains and between technologies, of the kit on values and of a sandbox on a tool,
/// each with its reason.
const REASONS: [(&str, &str, &str); 17] = [
    ("advances-sandbox", "datamaker", "its failures are drawn from the same noise as those of the feeds"),
    ("feeds", "imports", "a feed's pages become imports, and its proof uses their outcomes"),
    ("feeds-sandbox", "datamaker", "it serves the data maker's rows without files"),
    ("lambda-kit", "calendar", "its clock tells moments"),
    ("api-kit", "calendar", "a query has dates"),
    ("api-kit", "customers", "a caller is a customer of the register, by the id in the access token"),
    ("dynamodb", "backoff", "it retries conflicts and throttling"),
    ("dynamodb", "calendar", "an index sorts by moments written as texts"),
    ("dynamodb", "storage", "a conditional write results in a version or a conflict"),
    (
        "imports",
        "customers",
        "a holders or customers file registers customers, and only registered accounts are posted",
    ),
    ("imports", "ledger", "a row becomes an entry of the books, with the same identity rules"),
    ("mail", "customers", "a mail goes to an address that the register has accepted: both use one rule"),
    ("secretsmanager", "http-client", "it reads the credentials that a server requires"),
    ("sqs", "backoff", "it sends again what a queue has not taken"),
    ("treasury", "customers", "the portfolio is of all companies of the register"),
    ("treasury", "imports", "its figures are converted at the imported exchange rates"),
    ("treasury", "ledger", "a company's figures are folds of its accounts' periods and entries"),
];

/// Crates that values and domains must not depend on, even indirectly.
const OUTSIDE: [&str; 7] = ["tokio", "aws-", "aws_", "lambda_", "http", "tracing", "hyper"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tier<'a> {
    Value,
    Domain,
    Adapter {
        owner: &'a str,
    },
    Technology,
    Documents,
    Kit,
    Sandbox,
    Function,
    /// tools/ and xtask/
    Tool,
    /// tests/
    Story,
}

/// The data of `cargo metadata`.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// By id.
    packages: BTreeMap<String, Package>,
    members: BTreeSet<String>,
}

#[derive(Debug, Default)]
struct Package {
    name: String,
    /// Relative to the root of the workspace; empty for external packages.
    folder: String,
    /// The resolved ids of its normal and build dependencies.
    uses: BTreeSet<String>,
    /// The names of all its dependencies, including those of tests.
    names: BTreeSet<String>,
    /// Dependencies with a `testing` feature outside of tests.
    testing: Vec<String>,
}

impl Graph {
    pub(crate) fn of(root: &Path) -> Result<Self> {
        let output = Command::new("cargo")
            // The platform that the functions run on.
            .args(["metadata", "--format-version", "1", "--filter-platform", "x86_64-unknown-linux-gnu"])
            .current_dir(root)
            .output()
            .context("cargo metadata")?;
        ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
        Self::parse(&serde_json::from_slice(&output.stdout)?).context("the output of cargo metadata is incomplete")
    }

    fn parse(metadata: &Value) -> Option<Self> {
        let root = metadata.get("workspace_root")?.as_str()?;
        let members = texts(metadata.get("workspace_members")).map(str::to_owned).collect();
        let mut packages = BTreeMap::new();
        for package in metadata.get("packages")?.as_array()? {
            let manifest = package.get("manifest_path")?.as_str()?.strip_suffix("/Cargo.toml")?;
            let folder = manifest.strip_prefix(root).unwrap_or_default().trim_start_matches('/').to_owned();
            let name = package.get("name")?.as_str()?.to_owned();
            let dependencies = package.get("dependencies")?.as_array()?;
            let names = dependencies.iter().filter_map(|it| Some(it.get("name")?.as_str()?.to_owned())).collect();
            let testing =
                if folder.starts_with("tests") { Vec::new() } else { testing_outside_tests(package, dependencies) };
            let id = package.get("id")?.as_str()?.to_owned();
            packages.insert(id, Package { name, folder, names, testing, uses: BTreeSet::new() });
        }
        for node in metadata.pointer("/resolve/nodes")?.as_array()? {
            let uses = node.get("deps")?.as_array()?.iter().filter(|dependency| {
                let kinds = dependency.get("dep_kinds").and_then(Value::as_array);
                kinds.into_iter().flatten().any(|it| it.get("kind").and_then(Value::as_str) != Some("dev"))
            });
            let uses = uses.filter_map(|it| Some(it.get("pkg")?.as_str()?.to_owned())).collect();
            packages.get_mut(node.get("id")?.as_str()?)?.uses = uses;
        }
        Some(Self { packages, members })
    }

    fn members(&self) -> impl Iterator<Item = (&String, &Package)> {
        self.packages.iter().filter(|(id, _)| self.members.contains(*id))
    }

    /// The shortest path from a package to a forbidden one, by name.
    fn way_outside(&self, from: &str) -> Option<Vec<&str>> {
        let mut seen = BTreeSet::from([from]);
        let mut ways = vec![vec![from]];
        while !ways.is_empty() {
            let mut longer = Vec::new();
            for way in ways {
                let uses = way.last().and_then(|it| self.packages.get(*it)).map(|it| &it.uses);
                for id in uses.into_iter().flatten() {
                    let mut next = way.clone();
                    next.push(id);
                    let name = self.packages.get(id).map(|it| it.name.as_str()).unwrap_or_default();
                    if is_outside(name) {
                        return Some(
                            next.iter().filter_map(|it| Some(self.packages.get(*it)?.name.as_str())).collect(),
                        );
                    }
                    if seen.insert(id) {
                        longer.push(next);
                    }
                }
            }
            ways = longer;
        }
        None
    }
}

pub(crate) fn check(graph: &Graph) -> Vec<Finding> {
    check_with(graph, &REASONS)
}

fn check_with(graph: &Graph, reasons: &[(&str, &str, &str)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let ours: BTreeMap<&str, Tier<'_>> =
        graph.members().filter_map(|(_, it)| Some((it.name.as_str(), tier(&it.folder, &it.name)?))).collect();
    for (id, package) in graph.members() {
        let name = package.name.as_str();
        let Some(tier) = ours.get(name).copied() else {
            findings.push(Finding::new(name, format!("{} belongs to no tier", package.folder)));
            continue;
        };
        let uses = package.uses.iter().filter_map(|it| Some(graph.packages.get(it)?.name.as_str()));
        for (other, to) in uses.filter_map(|it| ours.get_key_value(it)) {
            if let Err(why) = may_use(name, tier, other, *to, reasons) {
                findings.push(Finding::new(name, format!("depends on {other}: {why}")));
            }
        }
        for other in package.names.iter().filter(|it| ours.get(it.as_str()) == Some(&Tier::Function)) {
            if tier != Tier::Story {
                findings
                    .push(Finding::new(name, format!("depends on {other}: nothing depends on a function but tests/")));
            }
        }
        if let (Tier::Value | Tier::Domain | Tier::Documents, Some(way)) = (tier, graph.way_outside(id)) {
            findings.push(Finding::new(
                name,
                format!("depends on a crate that is not allowed for values and domains: {}", way.join(" > ")),
            ));
        }
        for sdk in package.names.iter().filter(|it| tier == Tier::Kit && it.starts_with("aws-sdk-")) {
            findings.push(Finding::new(name, format!("depends on {sdk}: the SDK is for adapters and wiring")));
        }
        findings.extend(package.testing.iter().map(|it| Finding::new(name, it)));
    }
    for (from, to, _) in reasons {
        let is_used = graph.members().any(|(_, it)| {
            let owner = match tier(&it.folder, &it.name) {
                Some(Tier::Adapter { owner }) => owner,
                _ => it.name.as_str(),
            };
            owner == *from && it.names.contains(*to)
        });
        if !is_used {
            findings.push(Finding::new(*from, format!("has a reason to depend on {to} and does not")));
        }
    }
    findings
}

fn tier<'a>(folder: &str, name: &'a str) -> Option<Tier<'a>> {
    match folder.split('/').next()? {
        "functions" => Some(Tier::Function),
        "tools" | "xtask" => Some(Tier::Tool),
        "tests" => Some(Tier::Story),
        "shared" if KITS.contains(&name) => Some(Tier::Kit),
        "shared" if name == DOCUMENTS => Some(Tier::Documents),
        "shared" if SANDBOXES.contains(&name) => Some(Tier::Sandbox),
        "shared" if VALUES.contains(&name) => Some(Tier::Value),
        "shared" if DOMAINS.contains(&name) => Some(Tier::Domain),
        "shared" if TECHNOLOGIES.contains(&name) => Some(Tier::Technology),
        "shared" => {
            let (owner, technology) = name.split_once('-')?;
            (DOMAINS.contains(&owner) && TECHNOLOGIES.contains(&technology)).then_some(Tier::Adapter { owner })
        }
        _ => None,
    }
}

fn may_use(
    from: &str,
    tier: Tier<'_>,
    other: &str,
    to: Tier<'_>,
    reasons: &[(&str, &str, &str)],
) -> Result<(), &'static str> {
    let has_reason = |owner: &str| reasons.iter().any(|(a, b, _)| *a == owner && *b == other);
    let is_library = !matches!(to, Tier::Story | Tier::Tool);
    match (tier, to) {
        // `check_with` reports each dependency on a function once, including those of tests.
        (Tier::Story, _)
        | (_, Tier::Function)
        | (Tier::Domain | Tier::Adapter { .. } | Tier::Documents, Tier::Value)
        | (Tier::Documents, Tier::Domain)
        | (Tier::Adapter { .. }, Tier::Technology)
        | (Tier::Kit, Tier::Kit)
        | (Tier::Sandbox, Tier::Value | Tier::Kit) => Ok(()),
        (Tier::Function, Tier::Sandbox) if !from.starts_with("sandbox-") => {
            Err("only functions sandbox-* may use a simulation")
        }
        (Tier::Function | Tier::Tool, _) if is_library => Ok(()),
        (Tier::Function | Tier::Tool, _) => Err("it is not a library"),
        (Tier::Value, _) => Err("a value depends on nothing of ours"),
        (Tier::Kit | Tier::Technology, Tier::Value)
        | (Tier::Technology, Tier::Technology)
        | (Tier::Kit | Tier::Domain, Tier::Domain)
        | (Tier::Sandbox, Tier::Tool)
            if has_reason(from) =>
        {
            Ok(())
        }
        (Tier::Sandbox, _) => Err("a sandbox depends on values, the kit and, with a reason, on a tool"),
        // An adapter may complete another one of its owner: large months are in S3.
        (Tier::Adapter { owner }, Tier::Adapter { owner: of }) if owner == of => Ok(()),
        (Tier::Kit | Tier::Technology, _) => Err("it depends on no domain, a kit only with a reason"),
        (Tier::Adapter { owner }, Tier::Domain) if owner == other || has_reason(owner) => Ok(()),
        (Tier::Domain, Tier::Domain) => Err("a domain depends on another only with a reason listed in xtask tidy"),
        (Tier::Domain, _) => Err("a domain depends on values and domains"),
        (Tier::Documents, _) => Err("documents depend on values and domains"),
        (Tier::Adapter { .. }, _) => Err("an adapter depends on its owner, on values and on its technology"),
    }
}

fn is_outside(name: &str) -> bool {
    OUTSIDE.iter().any(|it| {
        let exact = it.trim_end_matches(['-', '_']);
        name == exact || name.starts_with(it) && it.ends_with(['-', '_']) || name.starts_with(&format!("{it}-"))
    })
}

/// Dependencies with, and features that enable, a `testing` feature outside of tests.
fn testing_outside_tests(package: &Value, dependencies: &[Value]) -> Vec<String> {
    let direct = dependencies.iter().filter_map(|dependency| {
        let for_tests = dependency.get("kind").and_then(Value::as_str) == Some("dev");
        let enables_testing = texts(dependency.get("features")).any(|it| it == "testing");
        let name = dependency.get("name")?.as_str()?;
        (enables_testing && !for_tests)
            .then(|| format!("turns on the testing feature of {name} outside of dev-dependencies"))
    });
    let features = package.get("features").and_then(Value::as_object);
    let through = features.into_iter().flatten().filter_map(|(feature, turns_on)| {
        let testing = texts(Some(turns_on)).find(|it| *it == "testing" || it.ends_with("/testing"))?;
        (feature != "testing").then(|| format!("its feature {feature} turns on {testing}"))
    });
    direct.chain(through).collect()
}

fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
#[path = "directions_tests.rs"]
mod tests;
