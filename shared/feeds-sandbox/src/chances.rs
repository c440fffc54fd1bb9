use std::str::FromStr;

use datamaker::PerMille;

/// The failure rates of a feed. A request has at most one failure; repeated rows are independent of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Chances {
    /// The rate of responses with status 500.
    pub crash: PerMille,
    /// The connection ends in the middle of the response.
    pub cut: PerMille,
    /// The response is truncated but looks complete.
    pub truncate: PerMille,
    /// The response comes long after the client's time-out.
    pub hang: PerMille,
    /// The response is late.
    pub slow: PerMille,
    /// The response is an earlier page, with its own cursor.
    pub repeat_pages: PerMille,
    /// The rate of rows of a page of transfers that occur twice.
    pub repeat_rows: PerMille,
}

/// Why a text or a set of rates is invalid.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChancesError {
    /// The rates of failing requests exceed 100 %.
    #[error("the rates of failing requests add up to more than 100%")]
    MoreThanAll,
    /// Not a list of names and rates.
    #[error("`{0}` is not of the form crash=5%")]
    Malformed(String),
    /// No such failure.
    #[error(
        "`{0}` is no failure; there are crash, cut, truncate, hang, slow, repeat-pages and repeat-rows, each with a \
         rate: crash=5%"
    )]
    Unknown(String),
}

impl Chances {
    /// Checks that the rates of failing requests do not exceed 100 %.
    pub fn checked(self) -> Result<Self, ChancesError> {
        let Self { crash, cut, truncate, hang, slow, repeat_pages, repeat_rows: _ } = self;
        let all = [crash, cut, truncate, hang, slow, repeat_pages].map(PerMille::value).iter().sum::<u64>();
        if all <= PerMille::ALWAYS.value() { Ok(self) } else { Err(ChancesError::MoreThanAll) }
    }
}

impl FromStr for Chances {
    type Err = ChancesError;

    /// Reads `crash=5%,repeat-pages=2%`; an empty text means no failures.
    fn from_str(text: &str) -> Result<Self, ChancesError> {
        let mut chances = Self::default();
        for part in text.split(',').map(str::trim).filter(|it| !it.is_empty()) {
            let malformed = || ChancesError::Malformed(part.to_owned());
            let (name, rate) = part.split_once('=').ok_or_else(malformed)?;
            let chance = match name {
                "crash" => &mut chances.crash,
                "cut" => &mut chances.cut,
                "truncate" => &mut chances.truncate,
                "hang" => &mut chances.hang,
                "slow" => &mut chances.slow,
                "repeat-pages" => &mut chances.repeat_pages,
                "repeat-rows" => &mut chances.repeat_rows,
                _ => return Err(ChancesError::Unknown(name.to_owned())),
            };
            *chance = rate.parse().map_err(|_| malformed())?;
        }
        chances.checked()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_read_from_a_list() {
        let rate = |text: &str| text.parse::<PerMille>().unwrap();
        let expected = Chances { crash: rate("5%"), repeat_rows: PerMille::ALWAYS, ..Chances::default() };
        assert_eq!("crash=5%, repeat-rows=100%".parse(), Ok(expected));
        assert_eq!("".parse(), Ok(Chances::default()));
        assert_eq!("crash=60%,hang=40.1%".parse::<Chances>(), Err(ChancesError::MoreThanAll));
        assert_eq!("crash".parse::<Chances>(), Err(ChancesError::Malformed("crash".to_owned())));
        assert_eq!("crash=5".parse::<Chances>(), Err(ChancesError::Malformed("crash=5".to_owned())));
        assert_eq!("lie=5%".parse::<Chances>(), Err(ChancesError::Unknown("lie".to_owned())));
    }
}
