/// The maximum length of a rejected row in a report.
const SHOWN_BYTES: usize = 256;

/// The rows that wait for the lookup of their accounts. Rejects after a waiting row wait, too, so that they stay in the
/// order of the file.
#[derive(Default)]
pub(crate) struct Waiting {
    /// The rows, contiguous.
    bytes: Vec<u8>,
    rows: Vec<WaitingRow>,
}

struct WaitingRow {
    line: u64,
    /// Its end offset.
    end: usize,
    /// The reason of a reject, if known.
    reason: Option<String>,
}

impl Waiting {
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds a row that cannot be parsed yet.
    pub(crate) fn add(&mut self, line: u64, row: &[u8]) {
        self.keep(line, row, None);
    }

    /// Adds a rejected row.
    pub(crate) fn add_reject(&mut self, line: u64, row: &[u8], reason: String) {
        self.keep(line, row.get(..SHOWN_BYTES).unwrap_or(row), Some(reason));
    }

    fn keep(&mut self, line: u64, row: &[u8], reason: Option<String>) {
        self.bytes.extend_from_slice(row);
        self.rows.push(WaitingRow { line, end: self.bytes.len(), reason });
    }

    /// The rows in order: line, bytes, and the reason of a reject, if known.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (u64, &[u8], Option<&str>)> {
        let begins = std::iter::once(0).chain(self.rows.iter().map(|it| it.end));
        self.rows.iter().zip(begins).map(|(row, begin)| {
            let bytes = self.bytes.get(begin..row.end).unwrap_or_default();
            (row.line, bytes, row.reason.as_deref())
        })
    }

    /// Removes the rows and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.rows.clear();
    }
}
