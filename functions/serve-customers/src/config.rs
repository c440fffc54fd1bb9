use lambda_kit::{Environment, MissingEnvironment};

/// The configuration of the function, from environment variables.
pub struct Config {
    /// The bucket of rejects, and of months too large for the table.
    pub files_bucket: String,
    /// The table of customers and accounts.
    pub customers_table: String,
    /// The table of the books.
    pub ledger_table: String,
    /// The table of imports.
    pub imports_table: String,
    /// The table of summary mails.
    pub mails_table: String,
    /// The table of feeds.
    pub feeds_table: String,
    /// The secret with the key of unsubscribe links.
    pub unsubscribe_secret_arn: String,
    /// The comma-separated client ids for people.
    pub user_pool_client_ids: String,
    /// The client of programs.
    pub machine_client_id: String,
}

impl Config {
    /// Reads the environment variables; the error lists all missing names.
    pub fn from_env() -> Result<Self, MissingEnvironment> {
        Environment::read(|env| Self {
            files_bucket: env.required("FILES_BUCKET"),
            customers_table: env.required("CUSTOMERS_TABLE"),
            ledger_table: env.required("LEDGER_TABLE"),
            imports_table: env.required("IMPORTS_TABLE"),
            mails_table: env.required("MAILS_TABLE"),
            feeds_table: env.required("FEEDS_TABLE"),
            unsubscribe_secret_arn: env.required("UNSUBSCRIBE_SECRET_ARN"),
            user_pool_client_ids: env.required("USER_POOL_CLIENT_IDS"),
            machine_client_id: env.required("MACHINE_CLIENT_ID"),
        })
    }
}
