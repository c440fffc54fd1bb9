/// The largest amount of one entry, either sign: eighteen nines of minor units. Larger ones are refused, so
/// that an entry always fits an `i64` and no sum of entries overflows an `i128`.
pub const MAX_ENTRY_MINOR: i64 = 999_999_999_999_999_999;

/// The character between whole units and their fraction. It is declared, never guessed: one bank writes `1.000` for a
/// thousand, another for one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DecimalMark {
    /// `60.5`
    #[default]
    Point,
    /// `60,5`
    Comma,
}

impl DecimalMark {
    fn byte(self) -> u8 {
        match self {
            Self::Point => b'.',
            Self::Comma => b',',
        }
    }

    /// The character.
    pub fn char(self) -> char {
        char::from(self.byte())
    }
}

/// Why a text is not an amount.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AmountError {
    /// Nothing there.
    #[error("the amount is empty")]
    Empty,
    /// Not `[+-]digits[.digits]`.
    #[error("not an amount")]
    Malformed,
    /// More decimals than the currency has.
    #[error("more decimals than the currency has")]
    TooManyDecimals,
    /// Above [`MAX_ENTRY_MINOR`].
    #[error("too large for one entry")]
    TooLarge,
}

/// Reads an amount of a file as minor units: `+60.5`, `-20.46`, `60` (unsigned is a credit), with at most
/// `decimals` decimals. No exponent, no grouping, no other digits than `0` to `9`.
///
/// ```
/// # use money::{parse_minor, AmountError, DecimalMark::Point};
/// assert_eq!(parse_minor(b"+60.5", 2, Point), Ok(6050));
/// assert_eq!(parse_minor(b"60.555", 2, Point), Err(AmountError::TooManyDecimals));
/// ```
pub fn parse_minor(text: &[u8], decimals: u32, mark: DecimalMark) -> Result<i64, AmountError> {
    let (negative, digits) = match text {
        [] => return Err(AmountError::Empty),
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] | rest => (false, rest),
    };
    let mut minor: i64 = 0;
    let mut whole_digits: u32 = 0;
    let mut fraction_digits: Option<u32> = None;
    for &byte in digits {
        if byte.is_ascii_digit() {
            match &mut fraction_digits {
                None => whole_digits = whole_digits.saturating_add(1),
                Some(count) => *count = count.saturating_add(1),
            }
            if minor > MAX_ENTRY_MINOR / 10 {
                return Err(too_large_or_malformed(digits, mark));
            }
            minor = minor.wrapping_mul(10).wrapping_add(i64::from(byte.wrapping_sub(b'0')));
        } else if byte == mark.byte() && fraction_digits.is_none() {
            fraction_digits = Some(0);
        } else {
            return Err(AmountError::Malformed);
        }
    }
    if whole_digits == 0 || fraction_digits == Some(0) {
        return Err(AmountError::Malformed);
    }
    let missing = decimals.checked_sub(fraction_digits.unwrap_or(0)).ok_or(AmountError::TooManyDecimals)?;
    for _ in 0..missing {
        if minor > MAX_ENTRY_MINOR / 10 {
            return Err(AmountError::TooLarge);
        }
        minor = minor.wrapping_mul(10);
    }
    Ok(if negative { minor.wrapping_neg() } else { minor })
}

fn too_large_or_malformed(digits: &[u8], mark: DecimalMark) -> AmountError {
    if digits.iter().all(|byte| byte.is_ascii_digit() || *byte == mark.byte()) {
        AmountError::TooLarge
    } else {
        AmountError::Malformed
    }
}

/// Reads a sum as [`crate::Money`] renders it. Sums may be larger than an entry.
pub(crate) fn parse_sum(text: &[u8], decimals: u32) -> Result<i128, AmountError> {
    let places = usize::try_from(decimals).map_err(|_| AmountError::TooManyDecimals)?;
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (whole, fraction) = match digits.iter().position(|byte| *byte == b'.') {
        Some(point) if places > 0 => (digits.get(..point), digits.get(point.saturating_add(1)..)),
        _ => (Some(digits), None),
    };
    let (whole, fraction) = (whole.unwrap_or_default(), fraction.unwrap_or_default());
    if whole.is_empty() || fraction.len() != places {
        return Err(AmountError::Malformed);
    }
    let mut minor: i128 = 0;
    for &byte in whole.iter().chain(fraction) {
        if !byte.is_ascii_digit() {
            return Err(AmountError::Malformed);
        }
        let next = minor.checked_mul(10).and_then(|it| it.checked_add(i128::from(byte.wrapping_sub(b'0'))));
        minor = next.ok_or(AmountError::TooLarge)?;
    }
    Ok(if negative { minor.wrapping_neg() } else { minor })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_files() {
        use AmountError::{Empty, Malformed, TooLarge, TooManyDecimals};
        let check = |text: &str, decimals: u32, expected: Result<i64, AmountError>| {
            assert_eq!(parse_minor(text.as_bytes(), decimals, DecimalMark::Point), expected, "{text:?}");
        };
        check("+60.5", 2, Ok(6050));
        check("-10.3", 2, Ok(-1030));
        check("-20.46", 2, Ok(-2046));
        check("10", 2, Ok(1000));
        check("-0", 2, Ok(0));
        check("007", 0, Ok(7));
        check("1.2345", 4, Ok(12345));
        check("9999999999999999.99", 2, Ok(999_999_999_999_999_999));
        check("10000000000000000.00", 2, Err(TooLarge));
        check("99999999999999999", 2, Err(TooLarge));
        check("999999999999999999999999999999999999999", 2, Err(TooLarge));
        check("99999999999999999", 1, Ok(999_999_999_999_999_990));
        check("999999999999999999x", 0, Err(Malformed));
        check("9999999999999999999x", 0, Err(Malformed));
        check("60.555", 2, Err(TooManyDecimals));
        check("60.5", 0, Err(TooManyDecimals));
        check("", 2, Err(Empty));
        for text in
            ["+", "-", ".", "5.", ".5", "1e5", "1,5", "1.000,00", "1 000", "--1", "+-1", "１２", "0x10", "NaN", "1.2.3"]
        {
            check(text, 2, Err(Malformed));
        }
        assert_eq!(parse_minor(b"60,5", 2, DecimalMark::Comma), Ok(6050));
        assert_eq!(parse_minor(b"60.5", 2, DecimalMark::Comma), Err(Malformed));
    }

    #[test]
    fn a_sum_is_read_only_as_it_is_rendered() {
        use AmountError::{Malformed, TooLarge};
        for (text, decimals, expected) in [
            ("39.74", 2, Ok(3974)),
            ("-20.46", 2, Ok(-2046)),
            ("0.00", 2, Ok(0)),
            ("1200", 0, Ok(1200)),
            ("-0.001", 3, Ok(-1)),
            ("12345678901234567890.12", 2, Ok(1_234_567_890_123_456_789_012)),
            ("1701411834604692317316873037158841057.27", 2, Ok(i128::MAX)),
            ("1701411834604692317316873037158841057.28", 2, Err(TooLarge)),
        ] {
            assert_eq!(parse_sum(text.as_bytes(), decimals), expected, "{text:?}");
        }
        for (decimals, texts) in [
            (0, ["", "-", "1.", ".", "1.0", "+1", "1e3", "--1", " 1", "1x"]),
            (2, ["", "39", "39.7", "39.745", ".74", "-.74", "39.", "+1.00", "1,00", "3x.74"]),
            (3, ["1.2.3", "1..23", ".123", "1.23", "1.2345", "1.2x3", "1.-23", "1234", "-", "."]),
        ] {
            for text in texts {
                assert_eq!(parse_sum(text.as_bytes(), decimals), Err(Malformed), "{text:?} with {decimals} decimals");
            }
        }
    }
}
