//! Standard output and standard error of the command.

use std::io::{self, Write as _};

use anyhow::Result;
use serde::Serialize;

/// The output of the command, for a person or a program.
pub(crate) struct Output {
    json: bool,
}

/// Whether the reader of the output is still there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reader {
    There,
    /// The reader has closed the output.
    Gone,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints the result: `document` with `--json`, otherwise the text.
    pub(crate) fn answer<T: Serialize + ?Sized>(&self, document: &T, text: impl FnOnce() -> String) -> Result<()> {
        let answer = if self.json { serde_json::to_string_pretty(document)? } else { text() };
        self.write(&format!("{answer}\n")).map(drop)
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
