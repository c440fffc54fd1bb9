use std::num::ParseIntError;
use std::time::Duration;

use advances_sandbox::{ChancesError, Faults};
use lambda_kit::{Environment, MissingEnvironment};

/// The configuration of the function, from environment variables.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// The table with its state.
    pub table: String,
    /// How long the processor recognises a repeated reference; zero: it knows no references.
    pub dedupe: Duration,
    /// How it fails, until other faults are put.
    pub faults: Faults,
}

/// Why the environment is not a valid configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Environment variables are missing.
    #[error(transparent)]
    Missing(#[from] MissingEnvironment),
    /// `PROCESSOR_DEDUPE_HOURS` or `PROCESSOR_SEED` is invalid.
    #[error("PROCESSOR_DEDUPE_HOURS or PROCESSOR_SEED is not a number")]
    Number(#[from] ParseIntError),
    /// `PROCESSOR_FAULTS` is invalid.
    #[error("PROCESSOR_FAULTS cannot be read")]
    Faults(#[from] ChancesError),
}

impl Config {
    /// Reads the environment variables; the error lists all missing names. Without `PROCESSOR_FAULTS` nothing fails.
    pub fn from_env() -> Result<Self, ConfigError> {
        let (table, dedupe_hours, seed, faults) = Environment::read(|env| {
            let table = env.required("PROCESSOR_TABLE");
            let (dedupe_hours, seed) = (env.required("PROCESSOR_DEDUPE_HOURS"), env.required("PROCESSOR_SEED"));
            (table, dedupe_hours, seed, env.optional("PROCESSOR_FAULTS").unwrap_or_default())
        })?;
        Self::read(table, &dedupe_hours, &seed, faults)
    }

    /// Reads hours (0: no references), a seed, and failures of the form `failure=20%,hang=1%`.
    pub fn read(table: String, dedupe_hours: &str, seed: &str, chances: String) -> Result<Self, ConfigError> {
        let dedupe = Duration::from_hours(u64::from(dedupe_hours.parse::<u32>()?));
        let faults = Faults { seed: seed.parse()?, chances, without_funds: Vec::new() };
        faults.rates()?;
        Ok(Self { table, dedupe, faults })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_are_read_or_named() {
        let read = |hours, seed, faults: &str| Config::read("T".to_owned(), hours, seed, faults.to_owned());
        let config = read("72", "7", "failure=20%").unwrap();
        assert_eq!((config.dedupe, config.faults.seed), (Duration::from_hours(72), 7));
        assert_eq!(config.faults.chances, "failure=20%");
        assert!(read("0", "7", "").unwrap().dedupe.is_zero());
        assert!(matches!(read("-1", "7", ""), Err(ConfigError::Number(_))));
        assert!(matches!(read("0", "x", ""), Err(ConfigError::Number(_))));
        assert!(matches!(read("0", "7", "lie=1%"), Err(ConfigError::Faults(_))));
    }
}
