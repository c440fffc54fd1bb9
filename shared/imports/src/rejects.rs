use crate::Reject;

/// How much of a row a reject shows, in bytes.
pub(crate) const MOST_SHOWN: usize = 200;
/// How many rejects show their row; the others have line and reason only, so that memory stays bounded.
const MOST_WITH_ROWS: u64 = 100_000;
/// How many rejects an import's report shows.
const MOST_FIRST: usize = 20;

/// The rows that were not taken, as a CSV for the file's sender.
pub(crate) struct Rejects {
    csv: Vec<u8>,
    count: u64,
    first: Vec<Reject>,
}

impl Rejects {
    pub(crate) fn new() -> Self {
        Self { csv: b"line,reason,row\r\n".to_vec(), count: 0, first: Vec::new() }
    }

    pub(crate) fn add(&mut self, line: u64, reason: &str, row: &[u8]) {
        self.count = self.count.saturating_add(1);
        let row = if self.count <= MOST_WITH_ROWS { cut(row, MOST_SHOWN) } else { String::new() };
        self.csv.extend_from_slice(line.to_string().as_bytes());
        self.csv.push(b',');
        write_field(&mut self.csv, reason);
        self.csv.push(b',');
        write_field(&mut self.csv, &row);
        self.csv.extend_from_slice(b"\r\n");
        if self.first.len() < MOST_FIRST {
            self.first.push(Reject { line, reason: reason.to_owned(), row });
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The CSV and the first rejects.
    pub(crate) fn finish(self) -> (Vec<u8>, Vec<Reject>) {
        (self.csv, self.first)
    }
}

/// Bytes as text for people: at most `most` of them, what is no UTF-8 or cannot be printed replaced.
pub(crate) fn cut(bytes: &[u8], most: usize) -> String {
    let shown = bytes.get(..most.min(bytes.len())).unwrap_or_default();
    let mut text: String = String::from_utf8_lossy(shown)
        .chars()
        .map(|it| if it.is_control() && it != '\t' { '\u{fffd}' } else { it })
        .collect();
    if bytes.len() > most {
        text.push('…');
    }
    text
}

/// A quoted field. One that a spreadsheet would take for a formula gets an apostrophe before it.
fn write_field(csv: &mut Vec<u8>, text: &str) {
    csv.push(b'"');
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        csv.push(b'\'');
    }
    for byte in text.bytes() {
        if byte == b'"' {
            csv.push(b'"');
        }
        csv.push(byte);
    }
    csv.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_are_a_csv_that_no_spreadsheet_executes() {
        let mut rejects = Rejects::new();
        rejects.add(3, "transaction: not an amount", b"=cmd|' /C calc'!A0,\"x\"");
        rejects.add(4, "date: no such day", b"\xff,7/32,1\x00");
        let (csv, first) = rejects.finish();
        let expected = "line,reason,row\r\n\
            3,\"transaction: not an amount\",\"'=cmd|' /C calc'!A0,\"\"x\"\"\"\r\n\
            4,\"date: no such day\",\"\u{fffd},7/32,1\u{fffd}\"\r\n";
        assert_eq!(String::from_utf8(csv).unwrap(), expected);
        assert_eq!(first.len(), 2);
    }
}
