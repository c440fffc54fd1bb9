use std::fmt;
use std::str::FromStr;

/// A rate per thousand: at most 1000.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct PerMille(u16);

/// A text that is not such a rate.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("not a rate: write 5% or 0.5%, at most 100%")]
pub struct PerMilleError;

impl PerMille {
    /// Always.
    pub const ALWAYS: Self = Self(1000);

    /// The rate as a number from 0 to 1000.
    pub fn value(self) -> u64 {
        u64::from(self.0)
    }
}

impl FromStr for PerMille {
    type Err = PerMilleError;

    /// Reads `5%` and `0.5%`.
    fn from_str(text: &str) -> Result<Self, PerMilleError> {
        let number = text.strip_suffix('%').ok_or(PerMilleError)?;
        let tenths = money::parse_minor(number.as_bytes(), 1, money::DecimalMark::Point).map_err(|_| PerMilleError)?;
        let rate = u16::try_from(tenths).map(Self).map_err(|_| PerMilleError)?;
        if rate <= Self::ALWAYS { Ok(rate) } else { Err(PerMilleError) }
    }
}

impl fmt::Display for PerMille {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}%", self.0.div_euclid(10), self.0.rem_euclid(10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_written_as_percents() {
        for (text, rate) in [("0%", 0), ("5%", 50), ("0.5%", 5), ("99.9%", 999), ("100%", 1000)] {
            assert_eq!(text.parse(), Ok(PerMille(rate)), "{text}");
        }
        for text in ["5", "%", "-1%", "100.1%", "0.05%", "1e1%", "5 %", "99999999999%"] {
            assert_eq!(text.parse::<PerMille>(), Err(PerMilleError), "{text}");
        }
        assert_eq!(PerMille(55).to_string(), "5.5%");
    }
}
