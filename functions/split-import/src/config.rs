use lambda_kit::{Environment, MissingEnvironment};

/// What the function is told by its environment.
pub struct Config {
    /// The bucket of uploads, profiles, batches and rejects.
    pub files_bucket: String,
    /// The table of customers and accounts.
    pub customers_table: String,
    /// The table of imports.
    pub imports_table: String,
    /// The queue of batches to post.
    pub batches_queue_url: String,
    /// The ISO 4217 code of amounts that have no currency of their own.
    pub default_currency: String,
}

impl Config {
    /// Reads the environment; all missing names are told at once.
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
