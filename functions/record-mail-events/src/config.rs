use lambda_kit::{Environment, MissingEnvironment};

/// The configuration of the function, from environment variables.
pub struct Config {
    /// The table of summary mails.
    pub mails_table: String,
}

impl Config {
    /// Reads the environment variables; the error lists all missing names.
    pub fn from_env() -> Result<Self, MissingEnvironment> {
        Environment::read(|env| Self { mails_table: env.required("MAILS_TABLE") })
    }
}
