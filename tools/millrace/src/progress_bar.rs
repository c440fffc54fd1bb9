//! Progress of long operations: a bar on a terminal, lines elsewhere.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar as Bar, ProgressDrawTarget, ProgressStyle};

/// For an unknown number of parts.
const UNKNOWN: &str = "  {spinner} {prefix}  {wide_msg}";
const COUNTED: &str = "  {spinner} {prefix} [{bar:24}] {pos}/{len}  {wide_msg}";
const BYTES: &str = "  {spinner} {prefix} [{bar:24}] {bytes}/{total_bytes}  {wide_msg}";

/// The progress of one operation.
pub(crate) struct ProgressBar {
    title: String,
    bar: Bar,
    started: Instant,
    on_terminal: bool,
}

impl ProgressBar {
    /// Counts parts; their number may become known later.
    pub(crate) fn counting(title: &str, parts: u64) -> Self {
        let template = if parts == 0 { UNKNOWN } else { COUNTED };
        Self::with(title, parts, template)
    }

    /// Counts bytes.
    pub(crate) fn bytes(title: &str, size_bytes: u64) -> Self {
        Self::with(title, size_bytes, BYTES)
    }

    fn with(title: &str, length: u64, template: &str) -> Self {
        let on_terminal = io::stderr().is_terminal();
        let target = if on_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = Bar::with_draw_target(Some(length), target);
        let progress_bar = Self { title: title.to_owned(), bar, started: Instant::now(), on_terminal };
        progress_bar.style(template);
        if on_terminal {
            progress_bar.bar.set_prefix(title.to_owned());
            progress_bar.bar.enable_steady_tick(Duration::from_millis(100));
        }
        progress_bar
    }

    fn style(&self, template: &str) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style.progress_chars("━╸ "));
        }
    }

    /// Shows the current step; prints a line if there is no bar.
    pub(crate) fn note(&self, message: &str) {
        if self.on_terminal {
            self.bar.set_message(message.to_owned());
        } else if self.bar.message() != message {
            self.bar.set_message(message.to_owned());
            say(&format!("  {}: {message}", self.title));
        }
    }

    /// Shows that `parts` of `of` are done.
    pub(crate) fn reached(&self, parts: u64, of: u64) {
        if self.on_terminal && self.bar.length() == Some(0) && of > 0 {
            self.style(COUNTED);
        }
        self.bar.set_length(of);
        self.bar.set_position(parts);
    }

    /// Ends the operation with `result`.
    pub(crate) fn done(self, result: &str) {
        self.bar.finish_and_clear();
        say(&format!("  {}: {result} ({})", self.title, seconds(self.started.elapsed())));
    }
}

impl Drop for ProgressBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn say(text: &str) {
    // If standard error is closed, nobody can read the message.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Formats a duration: `0.4 s`, `2 min 5 s`.
pub(crate) fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..10 => format!("{}.{} s", time.as_secs(), time.subsec_millis().div_euclid(100)),
        10..120 => format!("{} s", time.as_secs()),
        more => format!("{} min {} s", more.div_euclid(60), more.rem_euclid(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_readable() {
        for (ms, text) in [(0, "0.0 s"), (449, "0.4 s"), (9_999, "9.9 s"), (65_000, "65 s"), (125_000, "2 min 5 s")] {
            assert_eq!(seconds(Duration::from_millis(ms)), text);
        }
    }
}
