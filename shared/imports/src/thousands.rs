//! Marks between the thousands of an amount.

use money::AmountError;

/// The marks that banks use: `1.234,56`, `1,234.56`, `1'234.56`, `1 234,56`, and the same with no-break spaces.
pub(crate) const THOUSANDS_MARKS: [char; 7] = ['.', ',', '\'', '\u{2019}', ' ', '\u{a0}', '\u{202f}'];
/// Longer than any amount of an entry.
pub(crate) const MAX_AMOUNT_BYTES: usize = 48;

/// An amount without its thousands marks, written to `buffer` if it has any. Three digits must follow each mark:
/// `1.234` with points is a thousand, `1.23` is malformed.
pub(crate) fn without_thousands_marks<'a>(
    text: &'a [u8],
    mark: Option<char>,
    buffer: &'a mut [u8; MAX_AMOUNT_BYTES],
) -> Result<&'a [u8], AmountError> {
    let Some(mark) = mark else { return Ok(text) };
    let mut utf8 = [0; 4];
    let mark = mark.encode_utf8(&mut utf8).as_bytes();
    let (mut rest, mut length) = (text, 0_usize);
    // The number of digits since the last mark, until the end of the whole units.
    let mut digits: Option<u32> = None;
    loop {
        let next = rest.strip_prefix(mark);
        let is_digit = next.is_none() && rest.first().is_some_and(u8::is_ascii_digit);
        if !is_digit && digits.is_some_and(|it| it != 3) {
            return Err(AmountError::Malformed);
        }
        if let Some(next) = next {
            (digits, rest) = (Some(0), next);
            continue;
        }
        digits = digits.filter(|_| is_digit).map(|it| it.saturating_add(1));
        let Some((byte, next)) = rest.split_first() else { break };
        *buffer.get_mut(length).ok_or(AmountError::Malformed)? = *byte;
        (length, rest) = (length.saturating_add(1), next);
    }
    Ok(buffer.get(..length).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mark_is_before_three_digits() {
        for (text, mark, expected) in [
            ("1.234,56", '.', Some("1234,56")),
            ("-12.345.678,9", '.', Some("-12345678,9")),
            ("60,5", '.', Some("60,5")),
            ("1 234,56", ' ', Some("1234,56")),
            ("1\u{202f}234,56", '\u{202f}', Some("1234,56")),
            ("1,234.56", ',', Some("1234.56")),
            ("1.23", '.', None),
            ("1.2345", '.', None),
            ("1..234", '.', None),
            ("1.", '.', None),
            ("", '.', Some("")),
        ] {
            let mut buffer = [0; MAX_AMOUNT_BYTES];
            let plain = without_thousands_marks(text.as_bytes(), Some(mark), &mut buffer).ok();
            assert_eq!(plain, expected.map(str::as_bytes), "{text}");
        }
        let long = [b'1'; 100];
        assert!(without_thousands_marks(&long, Some('.'), &mut [0; MAX_AMOUNT_BYTES]).is_err());
        assert_eq!(without_thousands_marks(&long, None, &mut [0; MAX_AMOUNT_BYTES]), Ok(&long[..]));
    }
}
