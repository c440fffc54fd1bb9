//! Deploys to an instance and queries it, through the scripts of `infra/local`.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::compile::PROFILE;
use crate::instance::Instance;
use crate::paths::Root;
use crate::progress::Step;
use crate::python::{Environment, script};

/// The region of the local stack.
pub(crate) const REGION: &str = "eu-west-1";
/// The format of feeds on the local stack, unless `demo` is given another.
pub(crate) const FEED_FORMAT: &str = "millrace";
/// Access key and secret of the local stack, which accepts any.
pub(crate) const CREDENTIAL: &str = "test";
/// The name of the stack.
pub(crate) const STACK: &str = "millrace";
/// A user with access to everything, created on each local stack.
pub(crate) const OPERATOR: &str = "operator";
/// The operator's password on local stacks, which are reachable only through loopback.
pub(crate) const PASSWORD: &str = "Millrace-on-the-laptop-1";
const SENDER: &str = "summaries@millrace.example";

/// The stack's outputs, by name.
pub(crate) type Outputs = BTreeMap<String, String>;

/// Deploys the built functions, if anything changed. Feeds are polled in `feed_format`.
pub(crate) fn run(root: &Root, instance: &Instance, feed_format: &str) -> Result<Outputs> {
    let step = Step::start("Stack");
    let architecture = if std::env::consts::ARCH == "aarch64" { "arm64" } else { "x86_64" };
    let mut command = script(&Environment::local(root).python(), &root.script("deploy.py"));
    command
        .args(["--endpoint", &instance.endpoint(), "--region", REGION, "--stack", STACK])
        .arg("--template")
        .arg(root.join("infra/template.yaml"))
        .arg("--binaries")
        .arg(root.target().join(PROFILE))
        .args(["--functions", &root.functions()?.join(",")])
        .arg("--profiles")
        .arg(root.join("profiles"))
        .args(["--parameter", &format!("Architecture={architecture}")])
        .args(["--parameter", &format!("SenderAddress={SENDER}")])
        .args(["--parameter", "DeletionProtection=false"])
        .args(["--parameter", &format!("FeedUrl=http://127.0.0.1:{}", instance.feed_port)])
        .args(["--parameter", &format!("FeedFormat={feed_format}")])
        .args(["--parameter", "FeedEndSilences=2"])
        .args(["--parameter", "Sandbox=true"])
        .args(["--parameter", &format!("ApiAddress={}", api_address(instance, "{ApiId}"))])
        .args(["--parameter", "ProcessorAccount=DE02120300000000202051"])
        .args(["--parameter", "ProcessorDedupeHours=24"])
        .args(["--parameter", &format!("ProcessorUrl={}/sandbox/processor", api_address(instance, "{ApiId}"))])
        .args(["--parameter", "AlarmMath=false"])
        .args(["--parameter", "ConcurrentExecutions=1000"])
        .args(["--parameter", "WebPageUrl=http://localhost:5173/"])
        .arg("--environment")
        .arg(instance.folder().join("functions.env"))
        .args(["--sender", SENDER, "--operator", OPERATOR, "--password", PASSWORD])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().context("starting deploy.py")?;

    let mut printed = Vec::new();
    for line in BufReader::new(child.stderr.take().context("deploy.py has no error output")?).lines() {
        let line = line?;
        step.note(&line);
        printed.push(line);
    }
    let mut answer = String::new();
    child.stdout.take().context("deploy.py has no output")?.read_to_string(&mut answer)?;
    if !child.wait()?.success() {
        let from = printed.iter().position(|line| line.starts_with("error: ")).unwrap_or(0);
        let message: Vec<_> = printed.iter().skip(from).map(String::as_str).collect();
        let message = message.join("\n");
        bail!("the deployment failed: {}", message.trim_start_matches("error: "));
    }
    let answer: Value = serde_json::from_str(&answer).context("reading the answer of deploy.py")?;
    step.done(&outcome(&answer));
    outputs(&answer)
}

fn outcome(answer: &Value) -> String {
    let count = |name: &str| answer.get(name).and_then(Value::as_array).map_or(0, Vec::len);
    match answer.get("stack").and_then(Value::as_str) {
        Some("unchanged") => "nothing changed, nothing deployed".to_owned(),
        stack => format!("{}, functions uploaded: {}", stack.unwrap_or("deployed"), count("uploaded")),
    }
}

fn outputs(answer: &Value) -> Result<Outputs> {
    let outputs = answer.get("outputs").and_then(Value::as_object).context("deploy.py gave no outputs")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(outputs.iter().map(|(name, value)| (name.clone(), text(value))).collect())
}

/// The API's address on the instance.
pub(crate) fn api(instance: &Instance, outputs: &Outputs) -> String {
    api_address(instance, outputs.get("ApiId").map_or("", String::as_str))
}

fn api_address(instance: &Instance, id: &str) -> String {
    format!("{}/_aws/execute-api/{id}/$default", instance.endpoint())
}

/// The environment variables for a program that may only reach the instance.
pub(crate) fn environment(instance: &Instance) -> Vec<(&'static str, String)> {
    vec![
        ("MILLRACE_ENDPOINT", instance.endpoint()),
        ("MILLRACE_STACK", STACK.to_owned()),
        ("MILLRACE_MAILS_DIR", instance.mails().display().to_string()),
        ("MILLRACE_FEED_PORT", instance.feed_port.to_string()),
        ("MILLRACE_USER", OPERATOR.to_owned()),
        ("AWS_ENDPOINT_URL", instance.endpoint()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", CREDENTIAL.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", CREDENTIAL.to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ]
}

/// Show the logs of a function.
pub(crate) fn logs(root: &Root, function: &str, follow: bool) -> Result<()> {
    let follow = follow.then_some(OsStr::new("--follow"));
    run_script(root, "logs.py", [OsStr::new(function)].into_iter().chain(follow))
}

/// Calls a function with an event from a file, or with its own envelope.
pub(crate) fn invoke(root: &Root, function: &str, event: Option<PathBuf>) -> Result<()> {
    let event = event.unwrap_or_else(|| root.join("events/aws").join(format!("{function}.json")));
    run_script(root, "invoke.py", [OsStr::new(function), event.as_os_str()])
}

/// Fails if a function made a call without a grant, and with `all_used` if a grant was never used.
pub(crate) fn check_permissions(root: &Root, instance: &Instance, all_used: bool) -> Result<()> {
    let step = Step::start("Permissions");
    let all_used = all_used.then_some(OsStr::new("--all-used"));
    let calls = instance.calls();
    let arguments = [calls.as_os_str()].into_iter().chain(all_used);
    let answer = instance_script(root, instance, "permissions.py", arguments).output()?;
    if !answer.status.success() {
        bail!("{}", String::from_utf8_lossy(&answer.stderr).trim().trim_start_matches("error: "));
    }
    let answer: Value = serde_json::from_slice(&answer.stdout).context("reading the answer of permissions.py")?;
    let count = |name: &str| answer.get(name).and_then(Value::as_u64).unwrap_or_default();
    step.done(&format!("{} roles, {} grants, no call without one", count("roles"), count("grants")));
    Ok(())
}

fn run_script<'a>(root: &Root, name: &str, arguments: impl IntoIterator<Item = &'a OsStr>) -> Result<()> {
    let instance = Instance::running(root)?;
    if !instance_script(root, &instance, name, arguments).status()?.success() {
        bail!("the command failed; the reason is printed above");
    }
    Ok(())
}

/// A script of `infra/local` with the arguments for instance and stack.
fn instance_script<'a>(
    root: &Root,
    instance: &Instance,
    name: &str,
    arguments: impl IntoIterator<Item = &'a OsStr>,
) -> Command {
    let mut command = script(&Environment::local(root).python(), &root.script(name));
    command.args([&instance.endpoint(), REGION, STACK]).args(arguments);
    command
}
