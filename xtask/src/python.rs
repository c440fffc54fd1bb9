//! The Python environments under `.millrace/`, created once for each list of pinned packages.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context as _, Result, bail};

use crate::paths::Root;
use crate::progress::Step;

/// An environment with exactly the packages of its list.
pub(crate) struct Environment {
    folder: PathBuf,
    requirements: PathBuf,
}

impl Environment {
    /// The environment for the laptop.
    pub(crate) fn local(root: &Root) -> Self {
        Self { folder: root.made().join("venv"), requirements: root.script("requirements.txt") }
    }

    /// The environment for packaging; separate, because it has a few hundred megabytes.
    pub(crate) fn ship(root: &Root) -> Self {
        Self { folder: root.made().join("venv-ship"), requirements: root.script("requirements-ship.txt") }
    }

    /// `sam` and the linters, which `.ci/run` installs too.
    pub(crate) fn sam(root: &Root) -> Self {
        Self { folder: root.made().join("venv-ci"), requirements: root.join("infra/ci/requirements.txt") }
    }

    /// The folder of its programs.
    pub(crate) fn programs(&self) -> PathBuf {
        self.folder.join("bin")
    }

    /// Its Python.
    pub(crate) fn python(&self) -> PathBuf {
        self.programs().join("python")
    }

    /// A copy of the list, written after all packages were installed.
    fn seal(&self) -> PathBuf {
        self.folder.join("installed.txt")
    }

    /// Whether it matches the current list.
    pub(crate) fn is_ready(&self) -> bool {
        let wanted = fs::read(&self.requirements);
        let installed = fs::read(self.seal());
        self.python().exists() && matches!((wanted, installed), (Ok(wanted), Ok(installed)) if wanted == installed)
    }

    /// Creates it unless it is ready. An incomplete environment after a crash has no copy of the list and is created
    /// again.
    pub(crate) fn ensure(&self) -> Result<()> {
        if self.is_ready() {
            return Ok(());
        }
        let wanted = fs::read_to_string(&self.requirements)
            .with_context(|| format!("reading {}", self.requirements.display()))?;
        let count = wanted.lines().filter(|line| !line.starts_with('#')).count();
        let step = Step::counted("Python environment", u64::try_from(count)?);

        step.note("venv");
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder)?;
        }
        let made = Command::new(system_python()?).args(["-m", "venv"]).arg(&self.folder).output()?;
        if !made.status.success() {
            bail!(
                "`python3 -m venv` failed; on Debian and Ubuntu it is in the package python3-venv\n{}{}",
                String::from_utf8_lossy(&made.stdout),
                String::from_utf8_lossy(&made.stderr)
            );
        }
        self.install(&step)?;
        fs::write(self.seal(), wanted)?;
        step.done(&format!("{count} packages in {}", self.folder.display()));
        Ok(())
    }

    /// Creates it unless it already has this program.
    pub(crate) fn ensure_has(&self, program: &str) -> Result<()> {
        if self.programs().join(program).exists() { Ok(()) } else { self.ensure() }
    }

    fn install(&self, step: &Step) -> Result<()> {
        let mut pip = Command::new(self.python())
            .args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"])
            .arg("--requirement")
            .arg(&self.requirements)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut errors = pip.stderr.take().context("pip has no error output")?;
        let errors = thread::spawn(move || {
            let mut text = String::new();
            let _ = errors.read_to_string(&mut text);
            text
        });
        let mut collected = 0_u64;
        for line in BufReader::new(pip.stdout.take().context("pip has no output")?).lines() {
            let line = line?;
            if let Some(package) = line.strip_prefix("Collecting ") {
                collected = collected.saturating_add(1);
                step.reached(collected);
                step.note(package);
            } else if line.starts_with("Installing") {
                step.note("unpacking");
            }
        }
        let errors = errors.join().unwrap_or_default();
        if !pip.wait()?.success() {
            bail!("pip could not install {}:\n{errors}", self.requirements.display());
        }
        Ok(())
    }
}

/// Python 3.10 or newer, which MiniStack requires.
fn system_python() -> Result<&'static str> {
    let recent = "import sys; sys.exit(sys.version_info < (3, 10))";
    ["python3", "python"]
        .into_iter()
        .find(|name| {
            let check = Command::new(name).args(["-c", recent]).stderr(Stdio::null()).status();
            check.is_ok_and(|status| status.success())
        })
        .context("Python 3.10 or newer is needed, as `python3`")
}

/// A command for a script of this repository that writes no bytecode.
pub(crate) fn script(python: &Path, script: &Path) -> Command {
    let mut command = Command::new(python);
    command.arg(script).env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUNBUFFERED", "1");
    command
}
