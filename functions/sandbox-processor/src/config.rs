use std::num::ParseIntError;

use advances_sandbox::{ChancesError, Faults};
use lambda_kit::{Environment, MissingEnvironment};

/// The configuration of the function, from environment variables.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// The table with its state.
    pub table: String,
    /// Whether the processor recognises references.
    pub references: bool,
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
    /// `PROCESSOR_SEED` is invalid.
    #[error("PROCESSOR_SEED is not a number")]
    Seed(#[from] ParseIntError),
    /// `PROCESSOR_REFERENCES` is invalid.
    #[error("PROCESSOR_REFERENCES is neither `recognised` nor `none`")]
    References,
    /// `PROCESSOR_FAULTS` is invalid.
    #[error("PROCESSOR_FAULTS cannot be read")]
    Faults(#[from] ChancesError),
}

impl Config {
    /// Reads the environment variables; the error lists all missing names. Without `PROCESSOR_FAULTS` nothing fails.
    pub fn from_env() -> Result<Self, ConfigError> {
        let (table, references, seed, faults) = Environment::read(|env| {
            let table = env.required("PROCESSOR_TABLE");
            let (references, seed) = (env.required("PROCESSOR_REFERENCES"), env.required("PROCESSOR_SEED"));
            (table, references, seed, env.optional("PROCESSOR_FAULTS").unwrap_or_default())
        })?;
        Self::read(table, &references, &seed, faults)
    }

    /// Reads whether references are `recognised` or `none`, a seed, and failures of the form `failure=20%,hang=1%`.
    pub fn read(table: String, references: &str, seed: &str, chances: String) -> Result<Self, ConfigError> {
        let references = match references {
            "recognised" => true,
            "none" => false,
            _ => return Err(ConfigError::References),
        };
        let faults = Faults { seed: seed.parse()?, chances, without_funds: Vec::new() };
        faults.rates()?;
        Ok(Self { table, references, faults })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_are_read_or_named() {
        let read = |references, seed, faults: &str| Config::read("T".to_owned(), references, seed, faults.to_owned());
        let config = read("recognised", "7", "failure=20%").unwrap();
        assert_eq!((config.references, config.faults.seed), (true, 7));
        assert_eq!(config.faults.chances, "failure=20%");
        assert!(!read("none", "7", "").unwrap().references);
        assert!(matches!(read("some", "7", ""), Err(ConfigError::References)));
        assert!(matches!(read("none", "x", ""), Err(ConfigError::Seed(_))));
        assert!(matches!(read("none", "7", "lie=1%"), Err(ConfigError::Faults(_))));
    }
}
