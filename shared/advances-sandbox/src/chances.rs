use std::str::FromStr;

use datamaker::PerMille;

/// How often the processor fails. Each failure is independent of the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Chances {
    /// An accepted transaction fails at the customer's bank.
    pub failure: PerMille,
    /// An order is refused.
    pub refusal: PerMille,
    /// A call has the answer 503, and nothing is executed.
    pub unavailable: PerMille,
    /// A call has no answer within the client's time-out, and its order is executed hours later.
    pub hang: PerMille,
    /// An order is executed and its answer is lost.
    pub lost_answer: PerMille,
    /// An answer takes seconds.
    pub slow: PerMille,
    /// An outcome becomes known one week to two months late.
    pub late_outcome: PerMille,
    /// A day's report is available days late.
    pub late_report: PerMille,
    /// A day's report is incomplete for the first days.
    pub partial_report: PerMille,
    /// A day's report has each line twice, and those of the day before.
    pub repeated_lines: PerMille,
    /// A day's report has a line that no order has caused.
    pub unknown_lines: PerMille,
}

/// Why a text is not a set of rates.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChancesError {
    /// Not a list of names and rates.
    #[error("`{0}` is not of the form failure=5%")]
    Malformed(String),
    /// No such failure.
    #[error(
        "`{0}` is no failure; there are failure, refusal, unavailable, hang, lost-answer, slow, late-outcome, \
         late-report, partial-report, repeated-lines and unknown-lines, each with a rate: failure=5%"
    )]
    Unknown(String),
}

impl FromStr for Chances {
    type Err = ChancesError;

    /// Reads `failure=20%,lost-answer=10%`; an empty text means no failures.
    fn from_str(text: &str) -> Result<Self, ChancesError> {
        let mut chances = Self::default();
        for part in text.split(',').map(str::trim).filter(|it| !it.is_empty()) {
            let malformed = || ChancesError::Malformed(part.to_owned());
            let (name, rate) = part.split_once('=').ok_or_else(malformed)?;
            let chance = match name {
                "failure" => &mut chances.failure,
                "refusal" => &mut chances.refusal,
                "unavailable" => &mut chances.unavailable,
                "hang" => &mut chances.hang,
                "lost-answer" => &mut chances.lost_answer,
                "slow" => &mut chances.slow,
                "late-outcome" => &mut chances.late_outcome,
                "late-report" => &mut chances.late_report,
                "partial-report" => &mut chances.partial_report,
                "repeated-lines" => &mut chances.repeated_lines,
                "unknown-lines" => &mut chances.unknown_lines,
                _ => return Err(ChancesError::Unknown(name.to_owned())),
            };
            *chance = rate.parse().map_err(|_| malformed())?;
        }
        Ok(chances)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_read_from_a_list() {
        let rate = |text: &str| text.parse::<PerMille>().unwrap();
        let expected = Chances { failure: rate("20%"), lost_answer: rate("0.5%"), ..Chances::default() };
        assert_eq!("failure=20%, lost-answer=0.5%".parse(), Ok(expected));
        assert_eq!("".parse(), Ok(Chances::default()));
        for name in ["failure", "failure=5", "failure=101%"] {
            assert_eq!(name.parse::<Chances>(), Err(ChancesError::Malformed(name.to_owned())));
        }
        let error = "lie=5%".parse::<Chances>().unwrap_err();
        assert_eq!(error, ChancesError::Unknown("lie".to_owned()));
        // The message names exactly the failures that there are.
        let message = error.to_string();
        let names = message.split_once("there are ").unwrap().1.split_once(", each").unwrap().0;
        let names: Vec<&str> = names.split(", ").flat_map(|it| it.split(" and ")).collect();
        assert_eq!(names.len(), 11);
        for name in names {
            assert_ne!(format!("{name}=1%").parse(), Ok(Chances::default()), "{name}");
        }
    }
}
