//! Clients that others generate from the OpenAPI document: both compile, and each makes five calls.
//!
//! Needs npm and Python. The pinned packages are installed once, into `.millrace/clients`. Without npm the test is
//! skipped, but not in CI.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::api::Api;
use crate::command::{file, millrace, stack};

const ACCOUNT: &str = "CLIENTS1";

/// Runs a program to its end.
fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} failed:\n{out}{err}");
}

#[allow(clippy::disallowed_methods, reason = "CI says that it is CI by its environment")]
fn is_ci() -> bool {
    std::env::var_os("CI").is_some()
}

/// The folder with the scripts, the packages and what is generated. Packages are installed again when their lists
/// change.
fn folder(root: &Path) -> PathBuf {
    let folder = root.join(".millrace/clients");
    std::fs::create_dir_all(&folder).unwrap();
    let from = root.join("tests/clients");
    let changed = |name: &str| {
        let listed = std::fs::read(from.join(name)).unwrap();
        std::fs::read(folder.join("installed").join(name)).ok() != Some(listed)
    };
    let (npm, pip) = (changed("package-lock.json"), changed("requirements.txt"));
    for entry in std::fs::read_dir(&from).unwrap().map(Result::unwrap) {
        std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
    if npm {
        run(Command::new("npm").args(["ci", "--ignore-scripts"]).current_dir(&folder));
    }
    if pip {
        run(Command::new("python3").args(["-m", "venv", "--clear", "venv"]).current_dir(&folder));
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"];
        run(python(&folder).args(install));
    }
    std::fs::create_dir_all(folder.join("installed")).unwrap();
    for name in ["package-lock.json", "requirements.txt"] {
        std::fs::copy(from.join(name), folder.join("installed").join(name)).unwrap();
    }
    std::fs::copy(root.join("docs/openapi.json"), folder.join("openapi.json")).unwrap();
    folder
}

fn python(folder: &Path) -> Command {
    let mut python = Command::new(folder.join("venv/bin/python"));
    python.current_dir(folder);
    python
}

/// A program of the npm packages.
fn node(folder: &Path, program: &str) -> Command {
    let mut node = Command::new("node");
    node.arg(folder.join("node_modules").join(program)).current_dir(folder);
    node
}

#[test]
fn generated_clients_compile_and_make_five_calls_each() {
    let Some(endpoint) = stack() else { return };
    if !is_ci() && Command::new("npm").arg("--version").output().is_err() {
        eprintln!("skipped: npm is not installed");
        return;
    }
    let path = file("clients.csv", "Id,Date,Transaction\n0,7/15,+60.5\n1,7/28,-10.3\n2,8/2,-20.46\n3,8/13,+10\n");
    let (code, report) = millrace(&["import", &path, "--account", ACCOUNT, "--year", "2026", "--wait"]);
    assert_eq!(code, 0, "{report}");
    let api = Api::new(&endpoint);
    api.add_user("clients-operator", Some("operator"));
    let environment = [
        ("MILLRACE_API", api.address()),
        ("MILLRACE_TOKEN", api.access_token("clients-operator")),
        ("MILLRACE_ACCOUNT", ACCOUNT.to_owned()),
        ("MILLRACE_IMPORT", report["id"].as_str().unwrap().to_owned()),
    ];
    let folder = folder(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".."));

    run(node(&folder, "openapi-typescript/bin/cli.js").args(["openapi.json", "-o", "api.d.ts"]));
    run(&mut node(&folder, "typescript/bin/tsc"));
    run(Command::new("node").arg("compiled/calls.js").current_dir(&folder).envs(environment.clone()));

    let generate =
        ["-m", "openapi_python_client", "generate", "--path", "openapi.json", "--meta", "none", "--overwrite"];
    let generate = generate.into_iter().chain(["--output-path", "millrace_client", "--config", "generator.yaml"]);
    run(python(&folder).args(generate).arg("--fail-on-warning"));
    run(python(&folder).args(["-m", "compileall", "-q", "millrace_client", "calls.py"]));
    run(python(&folder).arg("calls.py").envs(environment));
}
