//! Tests README.md: its commands exist, and its sessions print what it shows, on a local stack.
//!
//! A block of `console` is a session: lines after `$ ` are commands, the lines below are their output. What differs from
//! run to run is not compared: times and ids ([`VARYING`]), and the counts and sums of the feeds, because the bank draws
//! its failures by the number of the request. Progress, on standard error, is not shown. `cargo xtask test --only readme --update` writes the output into README.md.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::compile::{self, PROFILE};
use crate::demo::{self, Bank};
use crate::deploy;
use crate::instance::Instance;
use crate::paths::Root;
use crate::progress::Step;
use crate::python::Environment;

/// The session after `cargo xtask demo`.
const FIRST_SESSION: &str = "## A first session";
/// The session of `cargo xtask demo --feed small`.
const FEEDS_SESSION: &str = "## A bank's feeds";
/// The session without a stack.
const ADVANCES_SESSION: &str = "## Advances";
/// The size and the format of the feeds of that session.
const FEEDS: (&str, &str) = ("small", deploy::FEED_FORMAT);
/// What is not compared: `0` is any digit, `f` is any hexadecimal digit.
const VARYING: [&str; 2] = ["0000-00-00 00:00", "ffffffffffffffffffffffffffffffff"];
/// Separates the outputs of commands.
const SEPARATOR: char = '\u{1e}';

/// Follows README.md on a local stack that ends with it; with `update`, writes the output into it.
pub(crate) fn run(root: &Root, update: bool) -> Result<()> {
    {
        let _lock = root.lock()?;
        Environment::local(root).ensure()?;
    }
    compile::with_tests(root)?;
    let mut instance = Instance::own(root)?;
    instance.start(root)?;
    let result = follow(root, &instance, update);
    instance.stop()?;
    result?;
    instance.forget()
}

fn follow(root: &Root, instance: &Instance, update: bool) -> Result<()> {
    let outputs = deploy::run(root, instance, deploy::FEED_FORMAT)?;
    demo::show_files(root, instance, &outputs)?;
    let path = root.join("README.md");
    let mut readme = fs::read_to_string(&path).context("reading README.md")?;
    let mut problems = unknown_commands(root, &readme)?;
    for heading in [FIRST_SESSION, FEEDS_SESSION, ADVANCES_SESSION] {
        let _bank = (heading == FEEDS_SESSION).then(|| Bank::open(root, instance, FEEDS.0, FEEDS.1)).transpose()?;
        let step = Step::start(heading.trim_start_matches("## "));
        let session = session(&readme, heading)?.to_owned();
        let printed = session_in_shell(root, instance, &session)?;
        step.done(&format!("{} commands", commands(&session).count()));
        let counts = heading != FEEDS_SESSION;
        if comparable(&printed, counts) != comparable(&session, counts) {
            if update {
                readme = readme.replace(&session, &printed);
            } else {
                problems.push(format!("\"{heading}\" shows:\n{session}\nbut it prints:\n{printed}"));
            }
        }
    }
    if update {
        fs::write(&path, readme).context("writing README.md")?;
    }
    ensure!(
        problems.is_empty(),
        "{}\n`cargo xtask test --only readme --update` writes the output into README.md",
        problems.join("\n")
    );
    Ok(())
}

/// The block of `console` below a heading.
fn session<'a>(readme: &'a str, heading: &str) -> Result<&'a str> {
    let found = blocks(readme).into_iter().find(|it| it.heading == heading && it.language == "console");
    found.map(|it| it.text).with_context(|| format!("README.md has no session below \"{heading}\""))
}

/// The commands of a session.
fn commands(session: &str) -> impl Iterator<Item = &str> {
    session.lines().filter_map(|line| line.strip_prefix("$ "))
}

/// The same session with what its commands print now. They run in one shell; `target/` is where README.md expects it.
fn session_in_shell(root: &Root, instance: &Instance, session: &str) -> Result<String> {
    let folder = instance.folder().join("session");
    fs::create_dir_all(&folder)?;
    let target = folder.join("target");
    if !target.exists() {
        symlink(root.target(), &target)?;
    }
    let mut script = format!("set -e\nPATH=\"$PWD/target/{PROFILE}:$PATH\"\n");
    for command in commands(session) {
        script.push_str(&format!("printf '{SEPARATOR}'\n{command}\n"));
    }
    let mut bash = Command::new("bash");
    let output = bash.args(["-c", &script]).current_dir(&folder).envs(deploy::environment(instance)).output()?;
    let text = String::from_utf8(output.stdout).context("a command of README.md printed no UTF-8")?;
    let printed: Vec<&str> = text.split(SEPARATOR).skip(1).collect();
    let mut shown = String::new();
    for (command, printed) in commands(session).zip(&printed) {
        writeln!(shown, "$ {command}")?;
        shown.push_str(printed);
    }
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("the session of README.md failed ({}):\n{shown}{errors}", output.status);
    }
    Ok(shown)
}

/// What is compared of a session: lines and cells without what differs from run to run, and without the lines of tables.
/// Without `counts`, all counts and sums in cells are equal.
fn comparable(session: &str, counts: bool) -> Vec<Vec<String>> {
    let text = masked(session);
    let is_line = |it: &&str| it.starts_with(['┌', '╞', '└']);
    let is_count = |it: &str| it.starts_with(|it: char| it.is_ascii_digit()) && !it.contains(['-', ':']);
    let cell = |it: &str| if !counts && is_count(it) { "0".to_owned() } else { it.to_owned() };
    let row = |it: &str| match it.strip_prefix('│') {
        Some(row) => row.split(['│', '┆']).map(|it| cell(it.trim())).collect(),
        None => vec![if counts { it.trim_end().to_owned() } else { without_numbers(it) }],
    };
    text.lines().filter(|it| !is_line(it)).map(row).collect()
}

/// A line with each number as one zero.
fn without_numbers(line: &str) -> String {
    let is_part = |it: char| it.is_ascii_digit() || it == ',';
    let mut text = String::new();
    for letter in line.trim_end().chars() {
        let letter = if letter.is_ascii_digit() { '0' } else { letter };
        if !(is_part(letter) && text.ends_with('0')) {
            text.push(letter);
        }
    }
    text
}

/// A text without what differs from run to run.
fn masked(text: &str) -> String {
    let mut text: Vec<char> = text.chars().collect();
    for mask in VARYING {
        let mask: Vec<char> = mask.chars().collect();
        let fits = |window: &[char]| {
            window.iter().zip(&mask).all(|(it, mask)| match mask {
                '0' => it.is_ascii_digit(),
                'f' => it.is_ascii_hexdigit(),
                _ => it == mask,
            })
        };
        for start in 0..text.len() {
            let end = start.saturating_add(mask.len());
            if let Some(window) = text.get_mut(start..end).filter(|it| fits(it)) {
                window.copy_from_slice(&mask);
            }
        }
    }
    text.into_iter().collect()
}

/// What `millrace --help` says of the commands and options in the text of README.md that do not exist.
fn unknown_commands(root: &Root, readme: &str) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for span in spans(readme).filter(|it| it.starts_with("millrace ")) {
        let words: Vec<&str> = span.split_whitespace().skip(1).collect();
        let is_name = |it: &&&str| it.bytes().all(|it| it.is_ascii_lowercase() || it == b'-') && !it.starts_with('-');
        let mut help = Command::new(root.target().join(PROFILE).join("millrace"));
        let output = help.args(words.iter().take_while(is_name)).arg("--help").output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let options = words.iter().filter(|it| it.starts_with("--"));
        if !output.status.success() {
            problems.push(format!("`{span}` does not exist"));
        }
        problems.extend(options.filter(|it| !text.contains(**it)).map(|it| format!("`{span}`: {it} does not exist")));
    }
    Ok(problems)
}

/// The code in the text of a document.
fn spans(text: &str) -> impl Iterator<Item = String> {
    let outside = text.split("```").step_by(2);
    let spans = outside.flat_map(|it| it.split('`').skip(1).step_by(2));
    spans.map(|it| it.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A block between fences.
#[derive(Debug, PartialEq, Eq)]
struct Block<'a> {
    /// The heading above it.
    heading: &'a str,
    language: &'a str,
    text: &'a str,
}

fn blocks(readme: &str) -> Vec<Block<'_>> {
    let mut heading = "";
    let mut blocks = Vec::new();
    for (index, part) in readme.split("```").enumerate() {
        if index % 2 == 0 {
            heading = part.lines().rfind(|it| it.starts_with("## ")).unwrap_or(heading);
        } else if let Some((language, text)) = part.split_once('\n') {
            blocks.push(Block { heading, language, text });
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::{Arguments, way_to_aws};

    const README: &str = include_str!("../../README.md");

    fn is_task(line: &str) -> bool {
        let line = line.split(" #").next().unwrap_or_default().trim();
        let task = line.strip_prefix("cargo ").filter(|it| it.starts_with("xtask "));
        task.is_some_and(|it| Arguments::try_parse_from(it.split_whitespace()).is_ok())
    }

    #[test]
    fn each_block_of_the_readme_has_a_test() {
        for block in blocks(README) {
            let has_test = match (block.heading, block.language) {
                // A picture.
                ("", "text") => true,
                ("## Two commands", "sh") => block.text.lines().all(is_task),
                // `cargo xtask test --only aws`
                (way_to_aws::HEADING, "sh") => block.text.contains("sam deploy"),
                // `cargo xtask test --only readme`
                (FIRST_SESSION | FEEDS_SESSION | ADVANCES_SESSION, "console") => block.text.starts_with("$ "),
                _ => false,
            };
            assert!(has_test, "no test runs this block: {block:?}");
        }
        let sessions =
            [FIRST_SESSION, FEEDS_SESSION, ADVANCES_SESSION].map(|it| commands(session(README, it).unwrap()).count());
        assert!(sessions.iter().all(|it| *it > 0), "{sessions:?}");
        assert_eq!(blocks(README).iter().filter(|it| it.language == "console").count(), sessions.len());
    }

    #[test]
    fn each_task_in_the_text_exists() {
        for document in [README, include_str!("../../docs/CONTRIBUTING.md"), include_str!("../../docs/ARCHITECTURE.md")]
        {
            for span in spans(document).filter(|it| it.starts_with("cargo xtask ")) {
                assert!(is_task(&span), "{span}");
            }
        }
    }

    #[test]
    fn a_block_has_heading_language_and_text() {
        let readme = "```text\na\n```\n## One\nText.\n## Two\n```sh\nb `c`\n```\n";
        let block = |heading, language, text| Block { heading, language, text };
        assert_eq!(blocks(readme), [block("", "text", "a\n"), block("## Two", "sh", "b `c`\n")]);
        assert_eq!(spans("`a\nb` c ```sh\n`d`\n``` `e`").collect::<Vec<_>>(), ["a b", "e"]);
    }

    #[test]
    fn times_ids_and_if_they_vary_counts_are_not_compared() {
        let id = "0123456789abcdef0123456789abcdef";
        let text = |id: &str, at: &str| format!("import {id}\n│ {at} │ 2026-07-31 \n");
        let shown = text(id, "2026-11-21 10:00");
        assert_eq!(comparable(&shown, true), comparable(&text(&id.replace('0', "9"), "2027-01-02 23:59"), true));
        for (from, to) in [("07-31", "07-30"), ("import", "imports"), ("\n", "\n\n")] {
            assert_ne!(comparable(&shown, false), comparable(&shown.replace(from, to), false));
        }
        let (few, many) = ("┌──┬─────┐\n│ a ┆   1 │", "┌──┬──────┐\n│ a ┆ 1,000 │");
        assert_eq!(comparable(few, false), comparable(many, false));
        assert_ne!(comparable(few, true), comparable(many, true));
        assert_ne!(comparable(few, false), comparable(&few.replace('1', "—"), false));
        let [few, many] = ["9 sides have no entry", "14,113 sides have no entry"];
        assert_eq!(comparable(few, false), comparable(many, false));
        assert_ne!(comparable(few, true), comparable(many, true));
    }
}
