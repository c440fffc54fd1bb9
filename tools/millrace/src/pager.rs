//! The pager for outputs that exceed the terminal's height.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::interrupt;

/// Shows `text` with the program and arguments of `command`, until the reader quits it. Returns `false` if it does not
/// start.
pub(crate) fn show(command: &str, text: &str) -> bool {
    let mut words = command.split_whitespace();
    let Some(program) = words.next() else { return false };
    // Ctrl-C is for the pager: without this command, it would lose the terminal.
    interrupt::ignore();
    let started = Command::new(program).args(words).stdin(Stdio::piped()).spawn();
    let Ok(mut pager) = started else { return false };
    if let Some(mut input) = pager.stdin.take() {
        // The reader may quit before the end.
        let _ = input.write_all(text.as_bytes());
    }
    let _ = pager.wait();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pager_may_end_before_the_text_or_not_exist() {
        let text = "a line\n".repeat(100_000);
        assert!(show("true", &text));
        assert!(show("head -c 0", &text));
        for nothing in ["", " ", "no-such-pager-exists -x"] {
            assert!(!show(nothing, "text"), "{nothing}");
        }
    }
}
