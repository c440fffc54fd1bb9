//! The operator's command, as a user runs it.

#![allow(dead_code, reason = "each binary of these tests uses a part of it")]

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// The address of the stack the tests run on; `None`, and a line that says so, if there is none.
#[allow(clippy::disallowed_methods, reason = "an environment variable names the stack of a test")]
pub(crate) fn stack() -> Option<String> {
    let endpoint = std::env::var("MILLRACE_ENDPOINT").ok();
    if endpoint.is_none() {
        eprintln!("skipped: MILLRACE_ENDPOINT is not set");
    }
    endpoint
}

/// The folder of the provider's mails.
#[allow(clippy::disallowed_methods, reason = "an environment variable names the stack of a test")]
pub(crate) fn mails_to(address: &str) -> Vec<String> {
    let folder = PathBuf::from(std::env::var("MILLRACE_MAILS_DIR").unwrap());
    let names = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let of_address = names.filter(|it| it.to_string_lossy().ends_with(&format!("{address}.eml")));
    of_address.map(|it| std::fs::read_to_string(it).unwrap()).collect()
}

#[allow(clippy::disallowed_methods, reason = "the command is in cargo's target folder")]
fn command() -> Command {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = std::env::var("CARGO_TARGET_DIR").map_or_else(|_| root.join("target"), PathBuf::from);
    Command::new(target.join("local/millrace"))
}

/// Starts `millrace` with `arguments` and leaves it running.
pub(crate) fn spawn(arguments: &[&str]) -> Child {
    command().args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Runs `millrace --json` with `arguments`; its exit code and what it printed, or said where it printed nothing.
pub(crate) fn millrace(arguments: &[&str]) -> (i32, serde_json::Value) {
    millrace_given(arguments, "")
}

/// The same with `input` at its standard input, as passwords are given.
pub(crate) fn millrace_given(arguments: &[&str], input: &str) -> (i32, serde_json::Value) {
    let mut command = command();
    command.arg("--json").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    // Who reads nothing of it may have closed it.
    let _ = running.stdin.take().unwrap().write_all(input.as_bytes());
    let output = running.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    if text.is_empty() {
        return (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap().into());
    }
    let printed = serde_json::from_str(&text).unwrap_or_else(|_| {
        panic!("{arguments:?} printed `{text}` and said `{}`", String::from_utf8_lossy(&output.stderr))
    });
    (output.status.code().unwrap(), printed)
}

/// Writes a file that a test uploads.
pub(crate) fn file(name: &str, text: &str) -> String {
    let folder = std::env::temp_dir().join(format!("millrace-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}
