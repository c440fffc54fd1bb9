use crate::Reject;

/// The maximum length of the row in a reject, in bytes.
pub(crate) const MAX_SHOWN: usize = 200;
/// The maximum number and size of rejects in the CSV, which bounds the memory; all rejects are counted.
const MAX_LINES: u64 = 100_000;
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// The number of rejects in an import's report.
const MAX_FIRST: usize = 20;

/// The rejected rows, as CSV for the sender of the file.
pub(crate) struct Rejects {
    csv: Vec<u8>,
    count: u64,
    left_out: u64,
    first: Vec<Reject>,
}

impl Rejects {
    pub(crate) fn new() -> Self {
        Self { csv: b"line,reason,row\r\n".to_vec(), count: 0, left_out: 0, first: Vec::new() }
    }

    pub(crate) fn add(&mut self, line: u64, reason: &str, row: &[u8]) {
        self.count = self.count.saturating_add(1);
        if self.left_out > 0 || self.count > MAX_LINES || self.csv.len() >= MAX_BYTES {
            self.left_out = self.left_out.saturating_add(1);
            return;
        }
        let row = cut(row, MAX_SHOWN);
        self.csv.extend_from_slice(line.to_string().as_bytes());
        self.csv.push(b',');
        write_field(&mut self.csv, reason);
        self.csv.push(b',');
        write_field(&mut self.csv, &row);
        self.csv.extend_from_slice(b"\r\n");
        if self.first.len() < MAX_FIRST {
            self.first.push(Reject { line, reason: reason.to_owned(), row });
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The CSV, the number of omitted rejects, which the last line states, too, and the first rejects.
    pub(crate) fn finish(mut self) -> (Vec<u8>, u64, Vec<Reject>) {
        if self.left_out > 0 {
            let what = format!("{} more rows were rejected and are not listed", self.left_out);
            self.csv.push(b',');
            write_field(&mut self.csv, &what);
            self.csv.extend_from_slice(b",\r\n");
        }
        (self.csv, self.left_out, self.first)
    }
}

/// Bytes as readable text: at most `most` bytes, with invalid UTF-8 and unprintable characters replaced.
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

/// A quoted field. A field that a spreadsheet would execute as a formula gets a leading apostrophe.
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
        let (csv, left_out, first) = rejects.finish();
        assert_eq!(left_out, 0);
        let expected = "line,reason,row\r\n\
            3,\"transaction: not an amount\",\"'=cmd|' /C calc'!A0,\"\"x\"\"\"\r\n\
            4,\"date: no such day\",\"\u{fffd},7/32,1\u{fffd}\"\r\n";
        assert_eq!(String::from_utf8(csv).unwrap(), expected);
        assert_eq!(first.len(), 2);
    }

    /// Adds `count` rejects of the same row; returns the CSV's lines, its bytes and the number of omitted rejects.
    fn bounded(count: u64, row: &[u8]) -> (Vec<String>, usize, u64) {
        let mut rejects = Rejects::new();
        (0..count).for_each(|line| rejects.add(line, "not an amount", row));
        assert_eq!(rejects.count(), count);
        let (csv, left_out, first) = rejects.finish();
        assert_eq!(first.len(), MAX_FIRST);
        let lines = String::from_utf8(csv.clone()).unwrap().lines().map(str::to_owned).collect();
        (lines, csv.len(), left_out)
    }

    #[test]
    fn rejects_have_a_bound_and_say_how_many_are_left_out() {
        let (lines, _, left_out) = bounded(MAX_LINES, b"a");
        assert_eq!((lines.len(), left_out), (100_001, 0), "the header and every reject");
        let (lines, _, left_out) = bounded(MAX_LINES + 1_234, b"a");
        assert_eq!((lines.len(), left_out), (100_002, 1_234));
        assert_eq!(lines.last().unwrap(), ",\"1234 more rows were rejected and are not listed\",");
        let (lines, bytes, left_out) = bounded(MAX_LINES, &[b'"'; 200]);
        assert!(bytes < MAX_BYTES + 1_000, "{bytes} bytes");
        let listed = u64::try_from(lines.len()).unwrap() - 2;
        assert_eq!(listed + left_out, MAX_LINES);
    }
}
