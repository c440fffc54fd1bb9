use proptest::prelude::*;

use super::*;
use crate::format::fields::Fields;

const COMMA: Dialect = Dialect { delimiter: b',', quote: Some(b'"') };

fn rows(text: &[u8], cuts: &[usize]) -> Vec<(u64, Vec<String>, Shape)> {
    let mut scanner = Scanner::new(COMMA);
    let mut fields = Fields::default();
    let mut rows = Vec::new();
    let mut read = |scanner: &mut Scanner| {
        while let Some(row) = scanner.next_row().unwrap() {
            fields.split(row.bytes, COMMA);
            let texts = (0..fields.len()).map(|it| String::from_utf8_lossy(fields.get(row.bytes, it)).into_owned());
            rows.push((row.line, texts.collect(), row.shape));
        }
    };
    let mut from = 0;
    for cut in cuts.iter().copied().chain([text.len()]) {
        let to = cut.clamp(from, text.len());
        scanner.feed(&text[from..to]);
        read(&mut scanner);
        from = to;
    }
    scanner.end();
    read(&mut scanner);
    rows
}

fn check(text: &str, expected: &[(u64, &[&str])]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(line, fields)| (*line, fields.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>(), Shape::Whole))
        .collect();
    for step in 1..=text.len().max(1) {
        let cuts: Vec<usize> = (0..text.len()).step_by(step).collect();
        assert_eq!(rows(text.as_bytes(), &cuts), expected, "{text:?} in pieces of {step}");
    }
}

#[test]
fn rows_do_not_depend_on_the_ends_of_pieces() {
    check("a,b\n1,2\n", &[(1, &["a", "b"]), (2, &["1", "2"])]);
    check("a,b\r\n1,2", &[(1, &["a", "b"]), (2, &["1", "2"])]);
    check("a,b\n\n1,\n", &[(1, &["a", "b"]), (2, &[""]), (3, &["1", ""])]);
    check("\"a,\"\"x\"\"\",b\n1,2\n", &[(1, &["a,\"x\"", "b"]), (2, &["1", "2"])]);
    check("\"two\nlines\",b\n1,2\n", &[(1, &["two\nlines", "b"]), (3, &["1", "2"])]);
    check("5\" pipe,b\n1,2\n", &[(1, &["5\" pipe", "b"]), (2, &["1", "2"])]);
    check("\"a\"x,b\n", &[(1, &["ax", "b"])]);
    check("\"\",\"\"\n", &[(1, &["", ""])]);
    check("a,b\r1,2\r", &[(1, &["a", "b"]), (2, &["1", "2"])]);
    check("a,b\r\r1,\"x\ry\"\r3,4", &[(1, &["a", "b"]), (2, &[""]), (3, &["1", "x\ry"]), (5, &["3", "4"])]);
    check("a\r\nb\rc\nd\r\r\ne", &[(1, &["a"]), (2, &["b"]), (3, &["c"]), (4, &["d"]), (5, &[""]), (6, &["e"])]);
    check("\"a\r\nb\",c\r\nd\r\n", &[(1, &["a\r\nb", "c"]), (3, &["d"])]);
    check("", &[]);
}

#[test]
fn a_quote_that_is_not_closed_costs_its_own_line_only() {
    let text = "a,b\n1,\"cut\n2,x\n3,y\n";
    for cuts in [vec![], vec![5], (0..text.len()).collect()] {
        let rows = rows(text.as_bytes(), &cuts);
        let shapes: Vec<_> = rows.iter().map(|(line, _, shape)| (*line, *shape)).collect();
        assert_eq!(shapes, [(1, Shape::Whole), (2, Shape::Unclosed), (3, Shape::Whole), (4, Shape::Whole)], "{cuts:?}");
    }
    let mut long = b"1,\"open\n".to_vec();
    for _ in 0..30_000 {
        long.extend_from_slice(b"2,fine\n");
    }
    for cuts in [vec![], vec![100_000], (0..long.len()).step_by(1000).collect()] {
        let rows = rows(&long, &cuts);
        assert_eq!(rows.len(), 30_001, "{cuts:?}");
        assert_eq!(rows.iter().filter(|it| it.2 != Shape::Whole).count(), 1);
        assert_eq!(rows[30_000].0, 30_001);
    }
}

#[test]
fn a_row_without_end_is_skipped_in_bounded_memory() {
    let mut text = vec![b'x'; 5 * MAX_ROW_BYTES];
    text.extend_from_slice(b"\n1,2\n");
    let at_end = 5 * MAX_ROW_BYTES;
    for end in ["\n", "\r", "\r\n"] {
        let mut text = text.clone();
        text.splice(at_end..=at_end, end.bytes());
        for cuts in [vec![], (0..text.len()).step_by(9999).collect(), vec![at_end + 1]] {
            let rows = rows(&text, &cuts);
            let shapes: Vec<_> = rows.iter().map(|(line, _, shape)| (*line, *shape)).collect();
            assert_eq!(shapes, [(1, Shape::TooLong), (2, Shape::Whole)], "{end:?}");
        }
    }
}

#[test]
fn a_row_has_up_to_64_kibibytes_with_its_line_breaks() {
    // The shape of the first row, if it is `before`, filled up, and then `after`.
    let first = |before: &str, after: &str, length: usize| {
        let filled = "x".repeat(length - before.len() - after.len());
        let text = [before, &filled, after, if after.is_empty() { "" } else { "1,2\n" }].concat().into_bytes();
        let whole = rows(&text, &[]);
        for cuts in [vec![length - 1], vec![length], (0..text.len()).step_by(9999).collect()] {
            assert!(rows(&text, &cuts) == whole, "{cuts:?}");
        }
        whole[0].2
    };
    for (before, after, longer) in [
        ("a,", "\n", Shape::TooLong),
        ("a,", "\r\n", Shape::TooLong),
        ("a,", "", Shape::TooLong),
        ("\"a\n", "\"\n", Shape::Unclosed),
    ] {
        assert_eq!(first(before, after, MAX_ROW_BYTES), Shape::Whole, "{before:?} {after:?}");
        assert_eq!(first(before, after, MAX_ROW_BYTES + 1), longer, "{before:?} {after:?}");
    }
}

#[test]
fn too_many_open_quotes_refuse_the_file() {
    let text = [b"\"a\n".as_slice(), &b"a row of forty bytes without any quote..\n".repeat(1_700)].concat().repeat(102);
    let mut scanner = Scanner::new(COMMA);
    scanner.feed(&text);
    let mut unclosed = 0;
    let refusal = loop {
        match scanner.next_row() {
            Ok(row) => unclosed += u32::from(row.unwrap().shape == Shape::Unclosed),
            Err(refusal) => break refusal,
        }
    };
    assert!(matches!(refusal, Refusal::UnbalancedQuotes { line: 1, .. }), "{refusal}");
    assert_eq!(unclosed, MAX_UNCLOSED);
}

proptest! {
    #[test]
    fn pieces_make_no_difference(text in "[a,\"\n\r ]{0,80}", cuts in prop::collection::vec(0_usize..80, 0..6)) {
        let mut cuts = cuts;
        cuts.sort_unstable();
        prop_assert_eq!(rows(text.as_bytes(), &cuts), rows(text.as_bytes(), &[]));
    }

    #[test]
    fn it_agrees_with_another_reader_on_well_formed_text(
        table in prop::collection::vec(prop::collection::vec("[a-c,\"\n ]{0,6}", 3), 1..6),
    ) {
        let quoted = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
        let lines: Vec<String> = table.iter().map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(",")).collect();
        let text = lines.join("\n");
        let read: Vec<Vec<String>> = rows(text.as_bytes(), &[]).into_iter().map(|it| it.1).collect();
        let trimmed: Vec<Vec<String>> = table.iter().map(|row| row.iter().map(|it| it.trim_matches([' ', '\n']).to_owned()).collect()).collect();
        prop_assert_eq!(read, trimmed);
    }
}
