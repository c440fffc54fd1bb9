use std::num::ParseIntError;
use std::time::Duration;

use feeds_sandbox::{ChancesError, Faults, Size, Transport, UnknownSize};
use lambda_kit::{Environment, MissingEnvironment};

/// Longer than a client waits for a response, and shorter than the function's time-out.
const HANG: Duration = Duration::from_secs(25);
const SLOW: Duration = Duration::from_secs(3);

/// The configuration of the function, from environment variables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config {
    /// The amount of data.
    pub size: Size,
    /// The seed of companies, transfers and failures.
    pub seed: u64,
    /// How it fails.
    pub faults: Faults,
}

/// Why the environment is not a valid configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Environment variables are missing.
    #[error(transparent)]
    Missing(#[from] MissingEnvironment),
    /// `FEED_SIZE` is invalid.
    #[error("FEED_SIZE cannot be read")]
    Size(#[from] UnknownSize),
    /// `FEED_SEED` is invalid.
    #[error("FEED_SEED is not a number")]
    Seed(#[from] ParseIntError),
    /// `FEED_FAULTS` is invalid.
    #[error("FEED_FAULTS cannot be read")]
    Faults(#[from] ChancesError),
}

impl Config {
    /// Reads the environment variables; the error lists all missing names. Without `FEED_FAULTS` nothing fails.
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
        Ok(Self { size, seed, faults: Faults { seed, chances, hang: HANG, slow: SLOW, transport: Transport::Gateway } })
    }
}
