//! Standard output and standard error of the command.

use std::io::{self, Write as _};

use anyhow::Result;
use console::Term;
use serde::Serialize;

use crate::arguments::{Global, ListArgs};
use crate::pager;
use crate::table::{self, count, counted};

/// The number of items of a list for a person.
const USUAL_ITEMS: usize = 100;

/// The output of the command, for a person or a program.
pub(crate) struct Output {
    json: bool,
    pager: Option<Pager>,
}

/// The program that shows long outputs, and the height of the terminal.
struct Pager {
    command: String,
    lines: usize,
}

/// Whether the reader of the output is still there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reader {
    There,
    /// The reader has closed the output.
    Gone,
}

impl Output {
    /// The output for these arguments: on a terminal, tables fit its width, and a pager shows what exceeds its height.
    pub(crate) fn of(global: &Global) -> Self {
        let mut output = Self::new(global.json);
        let terminal = Some(Term::stdout()).filter(Term::is_term).and_then(|it| it.size_checked());
        let Some((lines, width)) = terminal else { return output };
        if !global.wide {
            table::fit_to(width);
        }
        if !global.no_pager {
            output.pager = Some(Pager { command: global.pager.clone(), lines: usize::from(lines) });
        }
        output
    }

    /// An output without a pager.
    pub(crate) fn new(json: bool) -> Self {
        Self { json, pager: None }
    }

    /// Prints the result: the document with `--json`, otherwise the text.
    pub(crate) fn answer<T: Serialize>(
        &self,
        document: impl FnOnce() -> T,
        text: impl FnOnce() -> String,
    ) -> Result<()> {
        let mut answer = if self.json { serde_json::to_string_pretty(&document())? } else { text() };
        answer.push('\n');
        let is_shown = self.pager.as_ref().is_some_and(|it| it.shows(&answer));
        if is_shown { Ok(()) } else { self.write(&answer).map(drop) }
    }

    /// The maximum number of items of a list: as given, else a number that a person can read, or all for a program.
    pub(crate) fn limit(&self, list: &ListArgs) -> usize {
        list.limit.unwrap_or(if self.json { usize::MAX } else { USUAL_ITEMS })
    }

    /// Says what the limit leaves out of a list.
    pub(crate) fn note_left_out(&self, shown: usize, of: usize, (one, many): (&str, &str)) {
        if shown < of {
            let [shown, of] = [shown, of].map(|it| u64::try_from(it).unwrap_or(u64::MAX));
            self.note(&format!("{} of {}; more with --limit", count(shown), counted(of, one, many)));
        }
    }

    /// Prints a part of a result that is neither a table nor a document. Returns whether the reader is still there.
    #[allow(clippy::unused_self, reason = "all output goes through this type")]
    pub(crate) fn write(&self, part: &str) -> Result<Reader> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(part.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
            written => Ok(written.map(|()| Reader::There)?),
        }
    }

    /// Prints a line to standard error.
    #[allow(clippy::unused_self, reason = "all output goes through this type")]
    pub(crate) fn note(&self, text: &str) {
        // If standard error is closed, nobody can read the message.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}

impl Pager {
    /// Shows a text that exceeds the terminal's height; `false` if it does not, or if the pager does not start.
    fn shows(&self, text: &str) -> bool {
        // The prompt of the shell takes a line.
        text.lines().count() >= self.lines && pager::show(&self.command, text)
    }
}
