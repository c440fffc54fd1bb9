/// As much of a rejected row as a report may show.
const SHOWN_BYTES: usize = 256;

/// The rows that wait until the accounts they name are looked up in the register. Once one waits, rejects wait behind
/// it, so that they stay in the order of the file.
#[derive(Default)]
pub(crate) struct Waiting {
    /// The rows, end to end.
    bytes: Vec<u8>,
    rows: Vec<WaitingRow>,
}

struct WaitingRow {
    line: u64,
    /// Where it ends in the bytes.
    end: usize,
    /// Why it is rejected, if that is known.
    reason: Option<String>,
}

impl Waiting {
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A row that cannot be taken yet.
    pub(crate) fn add(&mut self, line: u64, row: &[u8]) {
        self.keep(line, row, None);
    }

    /// A row that is rejected.
    pub(crate) fn add_reject(&mut self, line: u64, row: &[u8], reason: String) {
        self.keep(line, row.get(..SHOWN_BYTES).unwrap_or(row), Some(reason));
    }

    fn keep(&mut self, line: u64, row: &[u8], reason: Option<String>) {
        self.bytes.extend_from_slice(row);
        self.rows.push(WaitingRow { line, end: self.bytes.len(), reason });
    }

    /// The rows in order: line, bytes, and why it is rejected if that is known.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (u64, &[u8], Option<&str>)> {
        let begins = std::iter::once(0).chain(self.rows.iter().map(|it| it.end));
        self.rows.iter().zip(begins).map(|(row, begin)| {
            let bytes = self.bytes.get(begin..row.end).unwrap_or_default();
            (row.line, bytes, row.reason.as_deref())
        })
    }

    /// Forgets the rows and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.rows.clear();
    }
}
