//! Reads passwords and codes from the terminal without echo, or from standard input. Never from arguments or the
//! environment, which others could read.

use std::io::{self, BufRead as _, IsTerminal as _};

use anyhow::{Context as _, Result, ensure};

/// Prompts for `what`; reads the next line of standard input if that is not a terminal.
pub(crate) fn prompt(what: &str) -> Result<String> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        let typed = rpassword::prompt_password(format!("{what}: ")).with_context(|| format!("reading: {what}"))?;
        ensure!(!typed.is_empty(), "nothing was typed");
        return Ok(typed);
    }
    let mut line = String::new();
    stdin.lock().read_line(&mut line).with_context(|| format!("reading from standard input: {what}"))?;
    let line = line.trim_end_matches(['\r', '\n']);
    ensure!(!line.is_empty(), "standard input has no line for: {what}");
    Ok(line.to_owned())
}

/// Prompts for a new password, twice if it is typed.
pub(crate) fn prompt_new(what: &str) -> Result<String> {
    let password = prompt(what)?;
    if io::stdin().is_terminal() {
        ensure!(prompt(&format!("{what}, again"))? == password, "the two are not the same");
    }
    Ok(password)
}
