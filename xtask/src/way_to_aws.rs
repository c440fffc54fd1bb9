//! Tests the README's deployment steps without an AWS account: `sam` deploys to a local stack. Nothing is
//! compiled; the zips hold a placeholder, since no function is called.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Parser;

use crate::deploy;
use crate::instance::Instance;
use crate::package::{self, Architecture, Package};
use crate::paths::Root;
use crate::progress::Step;
use crate::python::Environment;

pub(crate) const HEADING: &str = "## Deploying to AWS";
/// Added to the template: it fails after the bucket was made, as any mistake in a first deployment may.
const MISTAKE: &str = "\n  Mistake:\n    Type: AWS::CloudWatch::Alarm\n    DependsOn: FilesBucket\n";
/// Parameters that the local stack needs: it has no metric math, and what it keeps is thrown away.
const LOCAL: [&str; 2] = ["AlarmMath=false", "DeletionProtection=false"];

/// Follows the way, on a local stack that ends with it.
pub(crate) fn run(root: &Root) -> Result<()> {
    let readme = fs::read_to_string(root.join("README.md")).context("reading README.md")?;
    let commands = commands(&readme)?;
    let (local, sam) = (Environment::local(root), Environment::sam(root));
    {
        let _lock = root.lock()?;
        local.ensure()?;
        sam.ensure_has("sam")?;
    }
    let mut instance = Instance::own(root)?;
    instance.start(root)?;
    let way = Way { root, sam: sam.programs().join("sam"), python: local.python(), instance: &instance };
    let mut packaged = None;
    let followed = commands.iter().try_for_each(|command| {
        let step = Step::start(command);
        way.follow(command, &mut packaged)?;
        step.done("ok");
        Ok(())
    });
    instance.stop()?;
    match followed {
        Ok(()) => instance.forget(),
        Err(error) => Err(error),
    }
}

/// The commands of the first block below the heading.
fn commands(readme: &str) -> Result<Vec<&str>> {
    let (_, section) = readme.split_once(HEADING).with_context(|| format!("README.md has no `{HEADING}`"))?;
    let (_, block) = section.split_once("```sh\n").context("the way to AWS has no commands")?;
    let (block, _) = block.split_once("```").context("the block of commands does not end")?;
    let lines = block.lines().map(|line| line.split(" #").next().unwrap_or_default().trim());
    Ok(lines.filter(|line| !line.is_empty()).collect())
}

struct Way<'a> {
    root: &'a Root,
    sam: PathBuf,
    python: PathBuf,
    instance: &'a Instance,
}

/// `cargo xtask package`, as a line of its own.
#[derive(Parser)]
struct PackageLine {
    #[command(flatten)]
    package: Package,
}

impl Way<'_> {
    /// Does what a line of the README says. `packaged` is what `cargo xtask package` was given.
    fn follow(&self, command: &str, packaged: &mut Option<Package>) -> Result<()> {
        if let Some(target) = command.strip_prefix("rustup target add ") {
            let needed = Architecture::Arm64.target();
            ensure!(target == needed, "the functions are built for {needed}");
            return Ok(());
        }
        if let Some(pinned) = command.strip_prefix("pip install ") {
            let list = fs::read_to_string(self.root.join("infra/ci/requirements.txt"))?;
            ensure!(list.lines().any(|it| it == pinned), "infra/ci/requirements.txt does not have {pinned}");
            return Ok(());
        }
        if let Some(arguments) = command.strip_prefix("cargo xtask package") {
            let line = PackageLine::try_parse_from(std::iter::once("package").chain(arguments.split_whitespace()))?;
            *packaged = Some(line.package);
            return Ok(());
        }
        match command {
            "(cd infra && sam validate)" => self.sam(&self.root.join("infra"), &["validate"]),
            "cd target/lambda && sam deploy" => {
                self.deploy(packaged.as_ref().context("the functions are packaged before they are deployed")?)
            }
            _ => bail!("no test follows this command"),
        }
    }

    /// A first deployment fails and leaves nothing in the way of the second, in a folder like target/lambda.
    fn deploy(&self, packaged: &Package) -> Result<()> {
        let folder = self.instance.folder().join("lambda");
        for name in self.root.functions()? {
            let function = folder.join(name);
            fs::create_dir_all(&function)?;
            fs::write(function.join("bootstrap"), "nobody calls it\n")?;
            let zip = ["-m", "zipfile", "-c", "bootstrap.zip", "bootstrap"];
            finish(Command::new(&self.python).args(zip).current_dir(&function))?;
        }
        let parameters: Vec<String> = packaged.parameters().iter().cloned().chain(LOCAL.map(str::to_owned)).collect();
        package::write_deployment(self.root, &folder, packaged.architecture(), &parameters)?;
        self.sam(&folder, &["validate"])?;
        // The bucket that `resolve_s3` makes is there after the change set.
        self.sam(&folder, &["deploy", "--no-confirm-changeset", "--no-execute-changeset"])?;

        let template = fs::read_to_string(folder.join("template.yaml"))?;
        let broken = template.replacen("\nOutputs:\n", &format!("{MISTAKE}\nOutputs:\n"), 1);
        fs::write(folder.join("template.yaml"), broken)?;
        let deploy = ["deploy", "--no-confirm-changeset", "--no-progressbar"];
        ensure!(self.sam(&folder, &deploy).is_err(), "a deployment with a mistake in it went through");
        fs::write(folder.join("template.yaml"), template)?;
        self.sam(&folder, &deploy)?;
        self.sam(&folder, &["list", "stack-outputs", "--stack-name", deploy::STACK])
    }

    fn sam(&self, folder: &Path, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new(&self.sam);
        command.args(arguments).current_dir(folder).env("SAM_CLI_TELEMETRY", "0");
        finish(command.envs(deploy::environment(self.instance)))
    }
}

fn finish(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("starting {command:?}"))?;
    if !output.status.success() {
        let printed = [output.stdout, output.stderr].concat();
        bail!("{command:?} failed:\n{}", String::from_utf8_lossy(&printed));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_those_of_the_first_block() {
        let readme =
            "## Two\n```sh\na\n```\n## Deploying to AWS\nText.\n```sh\nb -c   # why\n\nd && e\n```\n```sh\nf\n```\n";
        assert_eq!(commands(readme).unwrap(), ["b -c", "d && e"]);
        assert!(commands("## Deploying to AWS\n").is_err());
    }

    #[test]
    fn the_way_of_the_readme_ends_with_a_deployment() {
        let readme = include_str!("../../README.md");
        assert_eq!(commands(readme).unwrap().last(), Some(&"cd target/lambda && sam deploy"));
    }
}
