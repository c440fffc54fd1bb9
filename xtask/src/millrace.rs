//! Runs the operator's command, for demos and tests.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::compile::PROFILE;
use crate::deploy;
use crate::instance::Instance;
use crate::paths::Root;

/// The built operator's command, configured for the local stack.
pub(crate) struct Millrace {
    pub(crate) binary: PathBuf,
    endpoint: String,
    environment: Vec<(&'static str, String)>,
}

impl Millrace {
    pub(crate) fn of(root: &Root, instance: &Instance) -> Self {
        Self {
            binary: root.target().join(PROFILE).join("millrace"),
            endpoint: instance.endpoint(),
            environment: deploy::environment(instance),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(["--endpoint", &self.endpoint, "--no-pager"])
            .args(arguments)
            .envs(self.environment.iter().cloned());
        command
    }

    /// Runs it with visible output.
    pub(crate) fn show(&self, arguments: &[&str]) -> Result<()> {
        println!("$ millrace {}", arguments.join(" "));
        let status = self.command(arguments).status().with_context(|| self.missing())?;
        if !status.success() {
            bail!("`millrace {}` failed; the reason is printed above", arguments.join(" "));
        }
        Ok(())
    }

    /// Runs it and returns its output.
    pub(crate) fn answer(&self, arguments: &[&str]) -> Result<String> {
        let output = self.command(arguments).stderr(Stdio::inherit()).output().with_context(|| self.missing())?;
        let text = String::from_utf8(output.stdout)?.trim().to_owned();
        if !output.status.success() || text.is_empty() {
            bail!("`millrace {}` failed", arguments.join(" "));
        }
        Ok(text)
    }

    /// Starts it in the background without output.
    pub(crate) fn start(&self, arguments: &[&str]) -> Result<Child> {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().with_context(|| self.missing())
    }

    fn missing(&self) -> String {
        format!("starting {}", self.binary.display())
    }
}
