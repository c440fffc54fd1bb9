use lambda_kit::{Environment, MissingEnvironment};

/// What the function is told by its environment.
pub struct Config {
    /// The table of summary mails.
    pub mails_table: String,
}

impl Config {
    /// Reads the environment; all missing names are told at once.
    pub fn from_env() -> Result<Self, MissingEnvironment> {
        Environment::read(|env| Self { mails_table: env.required("MAILS_TABLE") })
    }
}
