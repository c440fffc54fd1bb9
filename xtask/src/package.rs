//! `package`: builds the deployment packages for AWS, one zip for each function, with cargo-lambda.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

use crate::compile::cargo;
use crate::paths::Root;
use crate::python::Environment;

/// The architecture of the functions, as values of the template's parameter.
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

    pub(crate) fn target(self) -> &'static str {
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

/// The arguments of `cargo xtask package`.
#[derive(Args)]
pub(crate) struct Package {
    /// The architecture the functions run on
    #[arg(long, value_enum, default_value_t = Architecture::Arm64)]
    architecture: Architecture,
    /// A parameter of the template, for the `sam deploy` that follows, for example `SenderAddress=books@example.com`
    #[arg(long = "parameter", short, value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<String>,
    /// Build only these functions, and write no template
    functions: Vec<String>,
}

impl Package {
    /// What the functions run on.
    pub(crate) fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// The parameters of the template that were given.
    pub(crate) fn parameters(&self) -> &[String] {
        &self.parameters
    }
}

/// Builds the zips, and next to them the template and the configuration for `sam deploy`.
pub(crate) fn run(root: &Root, arguments: &Package) -> Result<()> {
    let Package { architecture, parameters, functions: chosen } = arguments;
    let architecture = *architecture;
    let functions = root.functions()?;
    if let Some(unknown) = chosen.iter().find(|name| !functions.contains(name)) {
        bail!("there is no function {unknown}; there are: {}", functions.join(", "));
    }
    check_target(root, architecture)?;
    let environment = Environment::ship(root);
    {
        let _lock = root.lock()?;
        environment.ensure()?;
    }

    let is_whole = chosen.is_empty();
    let chosen = if is_whole { &functions } else { chosen };
    let mut build = cargo(root);
    build.env("PATH", path_with(&environment)?);
    build.args(["lambda", "build", "--release", architecture.flag(), "--output-format", "zip", "--locked"]);
    for name in chosen {
        build.args(["--package", name]);
    }
    if !build.status().context("starting cargo-lambda")?.success() {
        bail!("the build failed; the errors are printed above");
    }

    let folder = root.target().join("lambda");
    for name in chosen {
        let zip = folder.join(name).join("bootstrap.zip");
        let bytes = fs::metadata(&zip).with_context(|| format!("{} was not made", zip.display()))?.len();
        println!("  ✓ {} ({} KB)", zip.display(), bytes.div_ceil(1_000));
    }
    if is_whole {
        write_deployment(root, &folder, architecture, parameters)?;
        println!("  ✓ {}, with its samconfig.toml; to deploy it:", folder.join("template.yaml").display());
        println!("    cd {} && sam deploy", folder.display());
    }
    Ok(())
}

/// Writes the files for `sam deploy` to `folder`, which contains the zips: SAM reads its configuration from the
/// template's folder.
pub(crate) fn write_deployment(
    root: &Root,
    folder: &Path,
    architecture: Architecture,
    parameters: &[String],
) -> Result<()> {
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
    };
    let read = |name: &str| fs::read_to_string(root.join(name)).with_context(|| format!("reading {name}"));
    let all: Vec<String> = std::iter::once(format!("Architecture={architecture}")).chain(parameters.to_vec()).collect();
    write("template.yaml", with_zips(read("infra/template.yaml")?, &root.functions()?)?)?;
    write("samconfig.toml", with_parameters(&read("infra/samconfig.toml")?, &all)?)
}

fn parameter(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((name, _)) if !name.is_empty() && name.chars().all(|it| it.is_ascii_alphanumeric()) => Ok(text.to_owned()),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

/// The configuration with `parameters` in each of its environments, replacing those of the same name.
fn with_parameters(config: &str, parameters: &[String]) -> Result<String> {
    const KEY: &str = "parameter_overrides = ";
    let name = |it: &str| it.split('=').next().unwrap_or_default().to_owned();
    let lines = config.lines().map(|line| {
        let Some(list) = line.strip_prefix(KEY) else { return Ok(line.to_owned()) };
        // A list of texts on one line is the same in TOML and in JSON.
        let mut list: Vec<String> = serde_json::from_str(list).with_context(|| format!("reading `{line}`"))?;
        list.retain(|old| parameters.iter().all(|new| name(new) != name(old)));
        list.extend(parameters.iter().cloned());
        Ok(format!("{KEY}{}", serde_json::to_string(&list)?))
    });
    Ok(lines.collect::<Result<Vec<_>>>()?.join("\n") + "\n")
}

/// Checks that the standard library of the target is installed.
fn check_target(root: &Root, architecture: Architecture) -> Result<()> {
    let target = architecture.target();
    let arguments = Command::new("rustc")
        .current_dir(root.path())
        .args(["--print", "target-libdir", "--target", target])
        .output()
        .context("starting rustc")?;
    let folder = PathBuf::from(String::from_utf8(arguments.stdout)?.trim());
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

fn with_zips(mut template: String, functions: &[String]) -> Result<String> {
    for name in functions {
        let source = format!("CodeUri: ../functions/{name}/");
        if !template.contains(&source) {
            bail!("infra/template.yaml has no `{source}`");
        }
        template = template.replace(&source, &format!("CodeUri: {name}/bootstrap.zip"));
    }
    Ok(template)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_parameters_replace_those_of_the_same_name_in_each_environment() {
        let config = "# a\nparameter_overrides = [\"Stage=dev\", \"Mfa=ON\"]\nb = 1\nparameter_overrides = []\n";
        let expected =
            "# a\nparameter_overrides = [\"Stage=dev\",\"Mfa=OFF\"]\nb = 1\nparameter_overrides = [\"Mfa=OFF\"]\n";
        assert_eq!(with_parameters(config, &["Mfa=OFF".to_owned()]).unwrap(), expected);
        assert_eq!(with_parameters(config, &[]).unwrap().lines().count(), 4);
        assert!(with_parameters("parameter_overrides = Stage=dev", &[]).is_err());
    }

    #[test]
    fn the_configuration_accepts_parameters() {
        let config = include_str!("../../infra/samconfig.toml");
        let given = with_parameters(config, &["SenderAddress=a@b.c".to_owned()]).unwrap();
        assert_eq!(given.matches("SenderAddress=a@b.c").count(), 2, "{given}");
    }

    #[test]
    fn a_parameter_has_a_name() {
        assert!(parameter("FeedUrl=https://a/?b=c").is_ok());
        assert!(parameter("=a").is_err() && parameter("a").is_err() && parameter("a b=c").is_err());
    }
}
