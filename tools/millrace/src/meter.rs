//! What a person sees while something takes its time: a bar on a terminal, a line elsewhere.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Of parts whose number is not known yet.
const UNKNOWN: &str = "  {spinner} {prefix}  {wide_msg}";
const COUNTED: &str = "  {spinner} {prefix} [{bar:24}] {pos}/{len}  {wide_msg}";
const BYTES: &str = "  {spinner} {prefix} [{bar:24}] {bytes}/{total_bytes}  {wide_msg}";

/// One thing that takes its time, from its start to its result.
pub(crate) struct Meter {
    title: String,
    bar: ProgressBar,
    started: Instant,
    on_terminal: bool,
}

impl Meter {
    /// Of parts whose number may become known later.
    pub(crate) fn counting(title: &str, parts: u64) -> Self {
        let template = if parts == 0 { UNKNOWN } else { COUNTED };
        Self::with(title, parts, template)
    }

    /// Of bytes.
    pub(crate) fn bytes(title: &str, size_bytes: u64) -> Self {
        Self::with(title, size_bytes, BYTES)
    }

    fn with(title: &str, length: u64, template: &str) -> Self {
        let on_terminal = io::stderr().is_terminal();
        let target = if on_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(length), target);
        let meter = Self { title: title.to_owned(), bar, started: Instant::now(), on_terminal };
        meter.style(template);
        if on_terminal {
            meter.bar.set_prefix(title.to_owned());
            meter.bar.enable_steady_tick(Duration::from_millis(100));
        }
        meter
    }

    fn style(&self, template: &str) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style.progress_chars("━╸ "));
        }
    }

    /// What is being done just now; a new line where there is no bar.
    pub(crate) fn note(&self, message: &str) {
        if self.on_terminal {
            self.bar.set_message(message.to_owned());
        } else if self.bar.message() != message {
            self.bar.set_message(message.to_owned());
            say(&format!("  {}: {message}", self.title));
        }
    }

    /// How many are done, of how many.
    pub(crate) fn reached(&self, parts: u64, of: u64) {
        if self.on_terminal && self.bar.length() == Some(0) && of > 0 {
            self.style(COUNTED);
        }
        self.bar.set_length(of);
        self.bar.set_position(parts);
    }

    /// It is over; `result` is what came of it.
    pub(crate) fn done(self, result: &str) {
        self.bar.finish_and_clear();
        say(&format!("  {}: {result} ({})", self.title, seconds(self.started.elapsed())));
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn say(text: &str) {
    // Where even that cannot be written, there is nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// A time for people: `0.4 s`, `2 min 5 s`.
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
    fn times_are_told_as_people_do() {
        for (ms, told) in [(0, "0.0 s"), (449, "0.4 s"), (9_999, "9.9 s"), (65_000, "65 s"), (125_000, "2 min 5 s")] {
            assert_eq!(seconds(Duration::from_millis(ms)), told);
        }
    }
}
