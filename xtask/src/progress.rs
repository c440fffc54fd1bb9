//! Progress of long operations: a spinner or a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// One step of a command, from its start to its result.
pub(crate) struct Step {
    title: String,
    bar: ProgressBar,
    started: Instant,
}

impl Step {
    /// A step of unknown length.
    pub(crate) fn start(title: &str) -> Self {
        Self::with(title, ProgressBar::new_spinner(), "  {spinner} {prefix}  {wide_msg:.dim}")
    }

    /// A step with counted parts.
    pub(crate) fn counted(title: &str, parts: u64) -> Self {
        Self::with(title, ProgressBar::new(parts), "  {spinner} {prefix} [{bar:24}] {pos}/{len}  {wide_msg:.dim}")
    }

    fn with(title: &str, bar: ProgressBar, template: &str) -> Self {
        if std::io::stdout().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::stdout());
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.set_prefix(title.to_owned());
            bar.enable_steady_tick(Duration::from_millis(100));
        } else {
            bar.set_draw_target(ProgressDrawTarget::hidden());
            println!("    {title} …");
        }
        Self { title: title.to_owned(), bar, started: Instant::now() }
    }

    /// Shows the current action.
    pub(crate) fn note(&self, message: &str) {
        self.bar.set_message(message.to_owned());
    }

    /// Shows the number of finished parts.
    pub(crate) fn reached(&self, parts: u64) {
        self.bar.set_position(parts);
    }

    /// Ends the step with `result`.
    pub(crate) fn done(self, result: &str) {
        self.bar.finish_and_clear();
        done(&self.title, result, self.started);
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The line of a finished step.
pub(crate) fn done(title: &str, result: &str, started: Instant) {
    println!("  ✓ {title}: {result} ({})", seconds(started.elapsed()));
}

/// Formats a duration: `0.4 s`, `2 min 5 s`.
pub(crate) fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..10 => format!("{}.{} s", time.as_secs(), time.subsec_millis() / 100),
        10..120 => format!("{} s", time.as_secs()),
        more => format!("{} min {} s", more / 60, more % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_readable() {
        for (ms, expected) in [(0, "0.0 s"), (449, "0.4 s"), (9_999, "9.9 s"), (65_000, "65 s"), (125_000, "2 min 5 s")]
        {
            assert_eq!(seconds(Duration::from_millis(ms)), expected);
        }
    }
}
