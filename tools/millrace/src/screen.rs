//! Where answers and notes go.

use std::io::{self, Write as _};

use anyhow::Result;
use serde::Serialize;

/// The person's terminal, or the program that reads us.
pub(crate) struct Screen {
    json: bool,
}

/// Whether somebody still reads the answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reader {
    There,
    /// They have seen enough.
    Gone,
}

impl Screen {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// The answer: `document` with `--json`, else the text.
    pub(crate) fn answer<T: Serialize + ?Sized>(&self, document: &T, text: impl FnOnce() -> String) -> Result<()> {
        let answer = if self.json { serde_json::to_string_pretty(document)? } else { text() };
        self.write(&format!("{answer}\n")).map(drop)
    }

    /// A part of an answer that is neither a table nor a document. Whether anybody goes on reading.
    #[allow(clippy::unused_self, reason = "all that is said goes over the screen")]
    pub(crate) fn write(&self, part: &str) -> Result<Reader> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(part.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
            written => Ok(written.map(|()| Reader::There)?),
        }
    }

    /// A line beside the answer.
    #[allow(clippy::unused_self, reason = "all that is said goes over the screen")]
    pub(crate) fn note(&self, text: &str) {
        // Where even that cannot be written, there is nobody to tell.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}
