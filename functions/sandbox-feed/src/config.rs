use std::num::ParseIntError;
use std::time::Duration;

use feeds_sandbox::{Carrier, ChancesError, Faults, Size, UnknownSize};
use lambda_kit::{Environment, MissingEnvironment};

/// Longer than anybody waits for an answer, and shorter than the function's own time-out.
const HANG: Duration = Duration::from_secs(25);
const SLOW: Duration = Duration::from_secs(3);

/// What the function is told by its environment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config {
    /// How much it serves.
    pub size: Size,
    /// What companies, transfers and failures are drawn from.
    pub seed: u64,
    /// How it fails.
    pub faults: Faults,
}

/// Why the environment says no configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It lacks names.
    #[error(transparent)]
    Missing(#[from] MissingEnvironment),
    /// `FEED_SIZE` is wrong.
    #[error("FEED_SIZE cannot be read")]
    Size(#[from] UnknownSize),
    /// `FEED_SEED` is wrong.
    #[error("FEED_SEED is no number")]
    Seed(#[from] ParseIntError),
    /// `FEED_FAULTS` is wrong.
    #[error("FEED_FAULTS cannot be read")]
    Faults(#[from] ChancesError),
}

impl Config {
    /// Reads the environment; all missing names are told at once. Without `FEED_FAULTS` nothing fails.
    pub fn from_env() -> Result<Self, ConfigError> {
        let (size, seed, faults) = Environment::read(|env| {
            let faults = env.optional("FEED_FAULTS").unwrap_or_default();
            (env.required("FEED_SIZE"), env.required("FEED_SEED"), faults)
        })?;
        Self::read(&size, &seed, &faults)
    }

    /// Reads a size, a seed, and failures of the form `crash=5%,repeat-pages=2%`.
    pub fn read(size: &str, seed: &str, faults: &str) -> Result<Self, ConfigError> {
        let (size, seed, chances) = (size.parse()?, seed.parse()?, faults.parse()?);
        Ok(Self { size, seed, faults: Faults { seed, chances, hang: HANG, slow: SLOW, carrier: Carrier::Gateway } })
    }
}
