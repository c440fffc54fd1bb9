use lambda_kit::{Environment, MissingEnvironment};

/// The configuration of the function, from environment variables.
pub struct Config {
    /// The table of imports.
    pub imports_table: String,
    /// The table of summary mails.
    pub mails_table: String,
}

impl Config {
    /// Reads the environment variables; the error lists all missing names.
    pub fn from_env() -> Result<Self, MissingEnvironment> {
        Environment::read(|env| Self {
            imports_table: env.required("IMPORTS_TABLE"),
            mails_table: env.required("MAILS_TABLE"),
        })
    }
}
