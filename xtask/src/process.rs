//! Background processes that outlive the command that started them, found again by their pid files.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

const GRACE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(50);

/// A process of an instance: MiniStack, or the mail sink.
pub(crate) struct Background {
    name: &'static str,
    folder: PathBuf,
}

impl Background {
    /// The process `name` of the instance in `folder`; the folder must be among the process's arguments.
    pub(crate) fn new(name: &'static str, folder: &Path) -> Self {
        Self { name, folder: folder.to_owned() }
    }

    /// Its log file.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.name))
    }

    fn pid_file(&self) -> PathBuf {
        self.folder.join(format!("{}.pid", self.name))
    }

    /// Starts it in a separate process group, so that Ctrl-C on the terminal does not reach it.
    ///
    /// With `tied` it gets a pipe as its standard input, which closes when this command ends.
    pub(crate) fn start(&self, command: &mut Command, tied: bool) -> Result<Child> {
        let log = self.log();
        let file = File::create(&log).with_context(|| format!("opening {}", log.display()))?;
        let mut child = command
            .stdin(if tied { Stdio::piped() } else { Stdio::null() })
            .stdout(file.try_clone()?)
            .stderr(file)
            .process_group(0)
            .spawn()
            .with_context(|| format!("starting {}", self.name))?;
        // Right after its start a process has no arguments yet and would not be recognised.
        let started = Instant::now();
        while child.try_wait()?.is_none() && !self.is_ours(i32::try_from(child.id())?) && started.elapsed() < GRACE {
            thread::sleep(Duration::from_millis(1));
        }
        let part = self.folder.join(format!("{}.pid.part", self.name));
        fs::write(&part, child.id().to_string())?;
        fs::rename(&part, self.pid_file())?;
        Ok(child)
    }

    /// Its pid, if it runs and belongs to this instance: a pid file may remain after a crash or a reboot.
    pub(crate) fn pid(&self) -> Option<Pid> {
        let pid = fs::read_to_string(self.pid_file()).ok()?.trim().parse().ok()?;
        if self.is_ours(pid) { Pid::from_raw(pid) } else { None }
    }

    fn is_ours(&self, pid: i32) -> bool {
        let argument = format!(" {} ", self.folder.display());
        command_line(pid).is_some_and(|arguments| arguments.contains(&argument))
    }

    /// Stops it and its children; returns whether it ran.
    pub(crate) fn stop(&self) -> Result<bool> {
        let Some(pid) = self.pid() else {
            let _ = fs::remove_file(self.pid_file());
            return Ok(false);
        };
        // The group may have ended before either signal, which is fine.
        let _ = kill_process_group(pid, Signal::TERM);
        self.wait_for_end(GRACE);
        let _ = kill_process_group(pid, Signal::KILL);
        self.wait_for_end(GRACE);
        if self.pid().is_some() {
            bail!("{} (pid {}) does not end", self.name, pid.as_raw_pid());
        }
        let _ = fs::remove_file(self.pid_file());
        Ok(true)
    }

    fn wait_for_end(&self, patience: Duration) {
        let started = Instant::now();
        while self.pid().is_some() && started.elapsed() < patience {
            thread::sleep(PAUSE);
        }
    }

    /// The last lines of its log, for a message about its failure.
    pub(crate) fn last_words(&self) -> String {
        let text = fs::read(self.log()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        let mut lines: Vec<_> = text.lines().rev().take(8).collect();
        lines.reverse();
        lines.join("\n")
    }
}

/// The arguments of a running process, with a blank after each; `None` when there is none, or it has ended and was not
/// yet collected.
fn command_line(pid: i32) -> Option<String> {
    let text = if Path::new("/proc/self/cmdline").exists() {
        fs::read(format!("/proc/{pid}/cmdline")).ok()?
    } else {
        Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output().ok()?.stdout
    };
    let text = String::from_utf8_lossy(&text).replace(['\0', '\n'], " ");
    if text.trim().is_empty() { None } else { Some(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_process_is_found_by_its_pid_file_and_stopped_with_its_children() {
        let folder = folder("stopped");
        let process = Background::new("sleeper", &folder);
        assert!(process.pid().is_none());
        // Not a program that may be a wrapper, which has no arguments for a moment when it starts another one.
        let mut shell = Command::new("sh");
        let mut child = process.start(shell.args(["-c", "sleep 600; true", "sh"]).arg(&folder), false).unwrap();
        assert!(process.pid().is_some());

        assert!(process.stop().unwrap());
        assert!(!child.wait().unwrap().success());
        assert!(!process.stop().unwrap());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_stale_pid_file_never_leads_to_another_process() {
        let folder = folder("stale");
        let process = Background::new("sleeper", &folder);
        fs::write(process.pid_file(), std::process::id().to_string()).unwrap();
        assert!(process.pid().is_none());
        assert!(!process.stop().unwrap());
        assert!(!process.pid_file().exists());
        fs::remove_dir_all(folder).unwrap();
    }
}
