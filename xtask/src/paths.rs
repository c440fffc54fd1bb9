//! Paths in the repository.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// The top folder of the repository.
pub(crate) struct Root(PathBuf);

impl Root {
    /// The repository that this binary was built from.
    pub(crate) fn find() -> Result<Self> {
        let Some(root) = Path::new(env!("CARGO_MANIFEST_DIR")).parent() else {
            bail!("xtask is not inside a workspace");
        };
        Ok(Self(root.to_owned()))
    }

    /// A path below the top folder.
    pub(crate) fn join(&self, path: impl AsRef<Path>) -> PathBuf {
        self.0.join(path)
    }

    /// The top folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Cargo's target folder: this program is at `<target>/debug/xtask`.
    pub(crate) fn target(&self) -> PathBuf {
        let program = std::env::current_exe().unwrap_or_default();
        program.ancestors().nth(2).map_or_else(|| self.join("target"), Path::to_owned)
    }

    /// The folder for everything that is generated for the laptop.
    pub(crate) fn made(&self) -> PathBuf {
        self.join(".millrace")
    }

    /// A script of `infra/local`.
    pub(crate) fn script(&self, name: &str) -> PathBuf {
        self.join("infra/local").join(name)
    }

    /// Names of the functions, which are their folders, packages and binaries at once.
    pub(crate) fn functions(&self) -> Result<Vec<String>> {
        let names = self.crates_in("functions")?;
        if names.is_empty() {
            bail!("there are no functions in {}", self.join("functions").display());
        }
        Ok(names)
    }

    /// Names of the tools, in the same way.
    pub(crate) fn tools(&self) -> Result<Vec<String>> {
        self.crates_in("tools")
    }

    fn crates_in(&self, folder: &str) -> Result<Vec<String>> {
        let folder = self.join(folder);
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
            let entry = entry?;
            if entry.path().join("Cargo.toml").is_file() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// A lock that prevents two commands from using the same instance; the system releases it when the process ends.
    pub(crate) fn lock(&self) -> Result<File> {
        fs::create_dir_all(self.made())?;
        let path = self.made().join("lock");
        let file = File::create(&path).with_context(|| format!("opening {}", path.display()))?;
        if file.try_lock().is_err() {
            println!("another `cargo xtask` is running; waiting for it");
            file.lock().with_context(|| format!("locking {}", path.display()))?;
        }
        Ok(file)
    }
}
