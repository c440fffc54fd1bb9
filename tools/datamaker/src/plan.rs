use std::str::FromStr;

use calendar::Date;

/// The parameters of the generated data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// The seed of the random streams.
    pub seed: u64,
    /// The number of companies; each has one to four accounts.
    pub companies: u64,
    /// The number of people; each has one or two accounts of their own.
    pub people: u64,
    /// Rows of the SEPA feed.
    pub sepa_rows: u64,
    /// Rows of the SWIFT feed.
    pub swift_rows: u64,
    /// The day of the first transfers.
    pub first_day: Date,
    /// The number of days.
    pub days: u64,
    /// Additional rows of batch payments per million SWIFT rows. At most 100,000.
    pub batch_per_million: u64,
    /// IBANs without a country per million SWIFT rows. At most 100,000.
    pub invalid_per_million: u64,
    /// Repeated rows per million SWIFT rows. At most 20,000.
    pub repeated_per_million: u64,
}

/// The size of the generated data.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Size {
    /// 100 companies, 2 thousand SEPA and 20 thousand SWIFT transfers.
    #[default]
    Small,
    /// 1,000 companies, 100 thousand SEPA and a million SWIFT transfers.
    Medium,
    /// 10,000 companies, a million SEPA and 10 million SWIFT transfers.
    Large,
    /// 50,000 companies, 10 million SEPA and 90 million SWIFT transfers.
    Mega,
}

/// A text that is not the name of a size.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("not a size: small, medium, large or mega")]
pub struct UnknownSize;

impl FromStr for Size {
    type Err = UnknownSize;

    fn from_str(text: &str) -> Result<Self, UnknownSize> {
        match text {
            "small" => Ok(Self::Small),
            "medium" => Ok(Self::Medium),
            "large" => Ok(Self::Large),
            "mega" => Ok(Self::Mega),
            _ => Err(UnknownSize),
        }
    }
}

impl Plan {
    /// The plan of this size over 2023 and 2024, one row in forty of SWIFT being corrupt.
    pub fn new(seed: u64, size: Size) -> Self {
        let (companies, sepa_rows, swift_rows) = match size {
            Size::Small => (100, 2_000, 20_000),
            Size::Medium => (1_000, 100_000, 1_000_000),
            Size::Large => (10_000, 1_000_000, 10_000_000),
            Size::Mega => (50_000, 10_000_000, 90_000_000),
        };
        Self {
            seed,
            companies,
            people: companies,
            sepa_rows,
            swift_rows,
            first_day: Date::try_new(2023, 1, 1).unwrap_or(Date::MIN),
            days: 730,
            batch_per_million: 10_000,
            invalid_per_million: 10_000,
            repeated_per_million: 5_000,
        }
    }
}

/// A feed of transfers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Feed {
    /// In euros, between accounts of companies.
    Sepa,
    /// In several currencies, with at least one company's account.
    Swift,
}

impl Feed {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sepa, Self::Swift];

    /// Its name in files, keys and addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sepa => "sepa",
            Self::Swift => "swift",
        }
    }
}
