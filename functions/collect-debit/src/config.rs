use std::num::ParseIntError;
use std::time::Duration;

use advances::ProcessorRules;
use lambda_kit::{Environment, MissingEnvironment};

/// The configuration of the function, from environment variables.
pub struct Config {
    /// The base URL of the processor: `https://…`.
    pub processor_url: String,
    /// The time-out of one of its responses.
    pub processor_time_out_seconds: String,
    /// Our own account with the processor.
    pub processor_account: String,
    /// How long the processor recognises a repeated reference; 0: never.
    pub processor_dedupe_hours: String,
    /// The secret with the processor's credentials; `None` if it requires none.
    pub processor_secret_arn: Option<String>,
    /// The table of advances.
    pub advances_table: String,
    /// Whether the clock can be set ahead: only with the sandbox's processor.
    pub simulates_clock: bool,
}

impl Config {
    /// Reads the environment variables; the error lists all missing names.
    pub fn from_env() -> Result<Self, MissingEnvironment> {
        Environment::read(|env| Self {
            processor_url: env.required("PROCESSOR_URL"),
            processor_time_out_seconds: env.required("PROCESSOR_TIME_OUT_SECONDS"),
            processor_account: env.required("PROCESSOR_ACCOUNT"),
            processor_dedupe_hours: env.required("PROCESSOR_DEDUPE_HOURS"),
            processor_secret_arn: env.optional("PROCESSOR_SECRET_ARN"),
            advances_table: env.required("ADVANCES_TABLE"),
            simulates_clock: env.optional("SIMULATED_CLOCK").is_some(),
        })
    }

    /// What the processor guarantees.
    pub fn rules(&self) -> Result<ProcessorRules, ParseIntError> {
        self.processor_dedupe_hours.parse().map(|hours| ProcessorRules::new(Duration::from_hours(hours)))
    }

    /// The time-out of one response of the processor.
    pub fn time_out(&self) -> Result<Duration, ParseIntError> {
        self.processor_time_out_seconds.parse().map(Duration::from_secs)
    }
}
