//! `profile`: how another bank's CSV is read.

use std::fs;
use std::path::Path;

use ::imports::{Files as _, Profile};
use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use crate::Verdict;
use crate::arguments::{Global, ProfileCommand};
use crate::screen::Screen;
use crate::stack::Stack;

/// A profile that was checked.
struct Checked {
    name: String,
    json: Vec<u8>,
}

/// Checks a profile; uploads it, if that was asked.
pub(crate) async fn run(screen: &Screen, global: &Global, command: ProfileCommand) -> Result<Verdict> {
    match command {
        ProfileCommand::Check { file } => {
            let Checked { name, .. } = check(&file)?;
            screen.answer(&json!({ "profile": name }), || format!("the profile `{name}` is right"))?;
        }
        ProfileCommand::Put { file } => {
            let Checked { name, json } = check(&file)?;
            let key = format!("profiles/{name}.json");
            let stack = Stack::open(screen, global).await?;
            stack.files()?.write(&key, json, "application/json").await?;
            screen.answer(&json!({ "profile": name, "key": key }), || {
                format!("uploaded as {key}; use it with `millrace import FILE --profile {name}`")
            })?;
        }
    }
    Ok(Verdict::Well)
}

fn check(file: &Path) -> Result<Checked> {
    let name = file.file_stem().and_then(|it| it.to_str()).unwrap_or_default();
    let plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
    let is_json = file.extension().is_some_and(|it| it == "json");
    ensure!(
        is_json && (1..=40).contains(&name.len()) && name.bytes().all(plain),
        "{} names no profile: its name must be at most 40 lower case letters, digits and hyphens, and .json",
        file.display()
    );
    let json = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Profile::parse(name, &json)?;
    Ok(Checked { name: name.to_owned(), json })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_profile_is_right() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../profiles/berka.json");
        assert_eq!(check(&file).unwrap().name, "berka");
    }

    #[test]
    fn what_is_wrong_is_told() {
        let folder = std::env::temp_dir().join(format!("millrace-profile-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for (name, json, part) in [
            ("Bank.json", "{}", "names no profile"),
            ("bank.txt", "{}", "names no profile"),
            ("bank.json", r#"{"kind": "rates", "date_format": "%Y", "columns": {}}"#, "`kind`"),
        ] {
            let file = folder.join(name);
            fs::write(&file, json).unwrap();
            let message = format!("{:#}", check(&file).err().unwrap());
            assert!(message.contains(part), "{part} is not in: {message}");
        }
        let message = format!("{:#}", check(&folder.join("none.json")).err().unwrap());
        assert!(message.contains("cannot be read"), "{message}");
        fs::remove_dir_all(&folder).unwrap();
    }
}
