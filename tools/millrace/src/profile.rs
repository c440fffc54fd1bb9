//! `profile`: checks and uploads profiles of other banks' CSV.

use std::fs;
use std::path::Path;

use ::imports::{Files as _, Kind, Profile, suggest_profile};
use anyhow::{Context as _, Result, ensure};
use calendar::Clock as _;
use lambda_kit::SystemClock;
use serde_json::json;

use crate::Verdict;
use crate::arguments::{Global, ProfileCommand};
use crate::output::Output;
use crate::pending_upload::head;
use crate::stack::Stack;
use crate::table::harmless;

/// A valid profile.
struct Checked {
    name: String,
    json: Vec<u8>,
}

/// Check a profile and upload it, if requested.
pub(crate) async fn run(output: &Output, global: &Global, command: ProfileCommand) -> Result<Verdict> {
    match command {
        ProfileCommand::Suggest { file } => suggest(output, &file)?,
        ProfileCommand::Check { file } => {
            let Checked { name, .. } = check(&file)?;
            output.answer(|| json!({ "profile": name }), || format!("the profile `{name}` is valid"))?;
        }
        ProfileCommand::Put { file } => {
            let Checked { name, json } = check(&file)?;
            let key = format!("profiles/{name}.json");
            let stack = Stack::open(output, global).await?;
            stack.files()?.write(&key, json, "application/json").await?;
            output.answer(
                || json!({ "profile": name, "key": key }),
                || format!("uploaded as {key}; use it with `millrace import FILE --profile {name}`"),
            )?;
        }
    }
    Ok(Verdict::Ok)
}

/// Prints the proposed profile and nothing else, so that it can be saved.
fn suggest(output: &Output, file: &Path) -> Result<()> {
    let suggestion = suggest_profile(&head(file)?, SystemClock.now()).with_context(|| file.display().to_string())?;
    output.write(&format!("{}\n", suggestion.json))?;
    for note in &suggestion.notes {
        output.note(&format!("- {}", harmless(note)));
    }
    let account = if suggestion.kind == Kind::Account { " --account NUMBER" } else { "" };
    output.note(&format!(
        "save it as NAME.json, run `millrace profile put NAME.json`, then `millrace import {} --profile NAME{account}`",
        file.display()
    ));
    Ok(())
}

fn check(file: &Path) -> Result<Checked> {
    let name = file.file_stem().and_then(|it| it.to_str()).unwrap_or_default();
    let plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
    let is_json = file.extension().is_some_and(|it| it == "json");
    ensure!(
        is_json && (1..=40).contains(&name.len()) && name.bytes().all(plain),
        "{} is not a valid name for a profile: it must be at most 40 lower case letters, digits and hyphens, and .json",
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
    fn problems_of_a_profile_are_reported() {
        let folder = std::env::temp_dir().join(format!("millrace-profile-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for (name, json, part) in [
            ("Bank.json", "{}", "is not a valid name for a profile"),
            ("bank.txt", "{}", "is not a valid name for a profile"),
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
