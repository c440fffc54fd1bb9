//! `package`: what is shipped to AWS, one zip for each function, built by cargo-lambda.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;

use crate::compile::cargo;
use crate::paths::Root;
use crate::python::Environment;

/// What the functions run on, in the words of the template's parameter.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Architecture {
    /// Graviton
    Arm64,
    /// Intel and AMD
    #[value(name = "x86_64")]
    X86,
}

impl Architecture {
    fn flag(self) -> &'static str {
        match self {
            Self::Arm64 => "--arm64",
            Self::X86 => "--x86-64",
        }
    }

    /// samconfig.toml says arm64 and has the sender's address; who overrides one parameter has to say them all.
    fn overrides(self) -> &'static str {
        match self {
            Self::Arm64 => "",
            Self::X86 => {
                " --parameter-overrides Stage=dev Architecture=x86_64 DeletionProtection=true SenderAddress=<address>"
            }
        }
    }

    fn target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::X86 => "x86_64-unknown-linux-gnu",
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Arm64 => "arm64",
            Self::X86 => "x86_64",
        })
    }
}

/// Builds the zips, and a copy of the template that points at them.
pub(crate) fn run(root: &Root, architecture: Architecture, asked: &[String]) -> Result<()> {
    let functions = root.functions()?;
    if let Some(unknown) = asked.iter().find(|name| !functions.contains(name)) {
        bail!("there is no function {unknown}; there are: {}", functions.join(", "));
    }
    check_target(root, architecture)?;
    let environment = Environment::ship(root);
    {
        let _lock = root.lock()?;
        environment.ensure()?;
    }

    let chosen = if asked.is_empty() { &functions } else { asked };
    let mut build = cargo(root);
    build.env("PATH", path_with(&environment)?);
    build.args(["lambda", "build", "--release", architecture.flag(), "--output-format", "zip", "--locked"]);
    for name in chosen {
        build.args(["--package", name]);
    }
    if !build.status().context("starting cargo-lambda")?.success() {
        bail!("the build failed; what is wrong stands above");
    }

    let folder = root.target().join("lambda");
    for name in chosen {
        let zip = folder.join(name).join("bootstrap.zip");
        let bytes = fs::metadata(&zip).with_context(|| format!("{} was not made", zip.display()))?.len();
        println!("  ✓ {} ({} KB)", zip.display(), bytes.div_ceil(1_000));
    }
    if asked.is_empty() {
        let template = write_template(root, &functions)?;
        println!("  ✓ {}, which points at them; to deploy it, with", template.display());
        println!("    `SenderAddress=<address>` among the parameter_overrides of infra/samconfig.toml:");
        println!("    cd infra && sam deploy --template-file {}{}", template.display(), architecture.overrides());
    }
    Ok(())
}

/// The standard library of the target must be there; rustup fetches it, other installations have other ways.
fn check_target(root: &Root, architecture: Architecture) -> Result<()> {
    let target = architecture.target();
    let asked = Command::new("rustc")
        .current_dir(root.path())
        .args(["--print", "target-libdir", "--target", target])
        .output()
        .context("starting rustc")?;
    let folder = PathBuf::from(String::from_utf8(asked.stdout)?.trim());
    if !folder.is_dir() {
        bail!("Rust has no standard library for {target} here; `rustup target add {target}` fetches it");
    }
    Ok(())
}

fn path_with(environment: &Environment) -> Result<std::ffi::OsString> {
    let path = std::env::vars_os().find(|(name, _)| name == "PATH").map(|(_, path)| path).unwrap_or_default();
    let folders = std::iter::once(environment.programs()).chain(std::env::split_paths(&path));
    Ok(std::env::join_paths(folders)?)
}

fn write_template(root: &Root, functions: &[String]) -> Result<PathBuf> {
    let mut text = fs::read_to_string(root.join("infra/template.yaml")).context("reading the template")?;
    for name in functions {
        let source = format!("CodeUri: ../functions/{name}/");
        if !text.contains(&source) {
            bail!("infra/template.yaml has no `{source}`");
        }
        text = text.replace(&source, &format!("CodeUri: {name}/bootstrap.zip"));
    }
    let path = root.target().join("lambda/template.yaml");
    fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    Ok(path)
}
