//! Reading passwords and codes: from the person's terminal, unseen, or from standard input. Never from an argument or the
//! environment, where others could read them.

use std::io::{self, BufRead as _, IsTerminal as _};

use anyhow::{Context as _, Result, ensure};

/// Asks for `what`; from standard input it is the next line.
pub(crate) fn ask(what: &str) -> Result<String> {
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

/// Asks for a password that is to be, twice where it is typed.
pub(crate) fn ask_new(what: &str) -> Result<String> {
    let password = ask(what)?;
    if io::stdin().is_terminal() {
        ensure!(ask(&format!("{what}, once more"))? == password, "the two are not the same");
    }
    Ok(password)
}
