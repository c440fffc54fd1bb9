//! One local stack: a MiniStack process and a mail sink, on separate ports, with all data in one folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::deploy::{CREDENTIAL, REGION};
use crate::paths::Root;
use crate::probe;
use crate::process::Background;
use crate::python::{Environment, script};

/// The port of the bank's feeds for the shared stack.
const FEED_PORT: u16 = 4680;
const START: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(50);

/// A local stack, running or not.
pub(crate) struct Instance {
    folder: PathBuf,
    /// MiniStack's port.
    pub(crate) port: u16,
    /// The mail sink's port.
    pub(crate) mail_port: u16,
    /// The port of the bank's feeds, for `millrace feed serve`.
    pub(crate) feed_port: u16,
    tied: bool,
    children: Vec<Child>,
}

impl Instance {
    /// The shared stack, which `up` starts and the other commands use.
    pub(crate) fn shared(root: &Root, port: u16, mail_port: u16) -> Self {
        let folder = Self::shared_folder(root);
        Self { folder, port, mail_port, feed_port: FEED_PORT, tied: false, children: Vec::new() }
    }

    /// A temporary stack for this command, on free ports.
    pub(crate) fn own(root: &Root) -> Result<Self> {
        let [port, mail_port, feed_port] = [probe::free_port()?, probe::free_port()?, probe::free_port()?];
        let folder = root.made().join(format!("test-{port}"));
        Ok(Self { folder, port, mail_port, feed_port, tied: true, children: Vec::new() })
    }

    /// The shared stack that was last started; `None` if there is none.
    pub(crate) fn started(root: &Root) -> Option<Self> {
        let text = fs::read(Self::shared_folder(root).join("ports.json")).ok()?;
        let ports: Value = serde_json::from_slice(&text).ok()?;
        let port = |name: &str| u16::try_from(ports.get(name)?.as_u64()?).ok();
        Some(Self::shared(root, port("ministack")?, port("mail")?))
    }

    /// The shared stack, which must be running.
    pub(crate) fn running(root: &Root) -> Result<Self> {
        Self::started(root)
            .filter(Self::is_running)
            .context("the local stack is not running; `cargo xtask up` starts it")
    }

    fn shared_folder(root: &Root) -> PathBuf {
        root.made().join("up")
    }

    /// Its address.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The folder of received mails, as `.eml` and `.html`.
    pub(crate) fn mails(&self) -> PathBuf {
        self.folder.join("mails")
    }

    /// The log of calls by functions, from `ministack_local.py`.
    pub(crate) fn calls(&self) -> PathBuf {
        self.folder.join("calls.jsonl")
    }

    /// All its data.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn ministack(&self) -> Background {
        Background::new("ministack", &self.folder)
    }

    fn sink(&self) -> Background {
        Background::new("mail-sink", &self.folder)
    }

    /// Whether both processes belong to this stack and respond.
    pub(crate) fn is_running(&self) -> bool {
        self.ministack().pid().is_some()
            && self.sink().pid().is_some()
            && probe::is_healthy(self.port)
            && probe::accepts(self.mail_port)
    }

    /// Starts both processes without data and waits until they respond.
    pub(crate) fn start(&mut self, root: &Root) -> Result<()> {
        self.stop()?;
        for (port, what, flag) in [(self.port, "MiniStack", "--port"), (self.mail_port, "the mail sink", "--mail-port")]
        {
            if !probe::is_free(port) {
                bail!(
                    "port {port} of 127.0.0.1, reserved for {what}, is in use by another program; choose one with {flag}"
                );
            }
        }
        self.forget()?;
        for name in ["tmp", "state", "s3", "mails"] {
            fs::create_dir_all(self.folder.join(name))?;
        }
        let ports = json!({ "ministack": self.port, "mail": self.mail_port });
        fs::write(self.folder.join("ports.json"), ports.to_string())?;

        let sink = self.sink().start(&mut self.sink_command(root), self.tied)?;
        self.children.push(sink);
        let ministack = self.ministack().start(&mut self.ministack_command(root), self.tied)?;
        self.children.push(ministack);
        wait_until("the mail sink", &self.sink(), || probe::accepts(self.mail_port))?;
        wait_until("MiniStack", &self.ministack(), || probe::is_healthy(self.port))
    }

    /// Stops both processes; returns whether any was running.
    pub(crate) fn stop(&mut self) -> Result<bool> {
        let ministack = self.ministack().stop();
        let sink = self.sink().stop();
        for mut child in self.children.drain(..) {
            let _ = child.wait();
        }
        Ok(ministack? | sink?)
    }

    /// Empties all data, and the mails with it.
    pub(crate) fn empty(&self) -> Result<()> {
        let status = probe::reset(self.port).context("resetting MiniStack")?;
        if status != 200 {
            bail!("MiniStack refused the reset (HTTP {status})");
        }
        for mail in fs::read_dir(self.mails())? {
            fs::remove_file(mail?.path())?;
        }
        Ok(())
    }

    /// Removes the data of an earlier run; its logs stay until the next run begins.
    pub(crate) fn forget(&self) -> Result<()> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).with_context(|| format!("removing {}", self.folder.display()))?;
        }
        Ok(())
    }

    /// MiniStack does not inherit the caller's environment, because it passes its own to the functions.
    fn script(&self, root: &Root, name: &str) -> Command {
        let python = Environment::local(root).python();
        let mut command = script(&python, &root.script(name));
        let kept = std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "HOME" || name == "LANG");
        command
            .env_clear()
            .envs(kept)
            .envs([("PYTHONDONTWRITEBYTECODE", "1"), ("PYTHONUNBUFFERED", "1")])
            .current_dir(root.path())
            .arg(&self.folder);
        command
    }

    fn sink_command(&self, root: &Root) -> Command {
        let mut command = self.script(root, "mail_sink.py");
        command.arg(self.mail_port.to_string()).arg(self.mails());
        self.tie(&mut command);
        command
    }

    fn ministack_command(&self, root: &Root) -> Command {
        let mut command = self.script(root, "ministack_local.py");
        self.tie(&mut command);
        command
            .envs([
                ("BIND_HOST", "127.0.0.1"),
                ("IOT_MTLS_ENABLED", "0"),
                ("SFTP_ENABLED", "0"),
                ("LOG_LEVEL", "INFO"),
                ("MINISTACK_REGION", REGION),
                ("AWS_REGION", REGION),
                ("AWS_DEFAULT_REGION", REGION),
                ("AWS_ACCESS_KEY_ID", CREDENTIAL),
                ("AWS_SECRET_ACCESS_KEY", CREDENTIAL),
                ("AWS_EC2_METADATA_DISABLED", "true"),
            ])
            .env("GATEWAY_PORT", self.port.to_string())
            .env("AWS_ENDPOINT_URL", self.endpoint())
            .env("SMTP_HOST", format!("127.0.0.1:{}", self.mail_port))
            .env("TMPDIR", self.folder.join("tmp"))
            .env("STATE_DIR", self.folder.join("state"))
            .env("S3_DATA_DIR", self.folder.join("s3"));
        command
    }

    fn tie(&self, command: &mut Command) {
        if self.tied {
            command.arg("--until-stdin-closes");
        }
    }
}

fn wait_until(name: &str, process: &Background, ready: impl Fn() -> bool) -> Result<()> {
    let started = Instant::now();
    while !ready() {
        let trouble = if process.pid().is_none() {
            "ended at once".to_owned()
        } else if started.elapsed() > START {
            format!("does not answer after {} s", START.as_secs())
        } else {
            thread::sleep(PAUSE);
            continue;
        };
        bail!("{name} {trouble}; the end of {}:\n{}", process.log().display(), process.last_words());
    }
    Ok(())
}

impl Drop for Instance {
    fn drop(&mut self) {
        if self.tied {
            let _ = self.stop();
        }
    }
}

/// Removes the folders of test instances that no longer run; they contain the logs of the last failure.
pub(crate) fn forget_old_tests(root: &Root) -> Result<()> {
    let Ok(entries) = fs::read_dir(root.made()) else {
        return Ok(());
    };
    for entry in entries {
        let entry = entry?;
        let is_test = entry.file_name().to_string_lossy().starts_with("test-");
        if is_test && Background::new("ministack", &entry.path()).pid().is_none() {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}
