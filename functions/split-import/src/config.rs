use lambda_kit::{Environment, MissingEnvironment};

/// The configuration of the function, from environment variables.
pub struct Config {
    /// The bucket of uploads, profiles, batches and rejects.
    pub files_bucket: String,
    /// The table of customers and accounts.
    pub customers_table: String,
    /// The table of imports.
    pub imports_table: String,
    /// The queue of batches to post.
    pub batches_queue_url: String,
    /// The ISO 4217 code of amounts without a currency.
    pub default_currency: String,
}

impl Config {
    /// Reads the environment variables; the error lists all missing names.
    pub fn from_env() -> Result<Self, MissingEnvironment> {
        Environment::read(|env| Self {
            files_bucket: env.required("FILES_BUCKET"),
            customers_table: env.required("CUSTOMERS_TABLE"),
            imports_table: env.required("IMPORTS_TABLE"),
            batches_queue_url: env.required("BATCHES_QUEUE_URL"),
            default_currency: env.required("DEFAULT_CURRENCY"),
        })
    }
}
