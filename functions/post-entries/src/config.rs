use lambda_kit::{Environment, MissingEnvironment};

/// The configuration of the function, from environment variables.
pub struct Config {
    /// The bucket of batches and of large months.
    pub files_bucket: String,
    /// The table of the books.
    pub ledger_table: String,
    /// The table of imports.
    pub imports_table: String,
    /// The table of summary mails.
    pub mails_table: String,
    /// The queue of batches to post: the next part of a large account.
    pub batches_queue_url: String,
    /// The queue of summaries to send.
    pub summaries_queue_url: String,
}

impl Config {
    /// Reads the environment variables; the error lists all missing names.
    pub fn from_env() -> Result<Self, MissingEnvironment> {
        Environment::read(|env| Self {
            files_bucket: env.required("FILES_BUCKET"),
            ledger_table: env.required("LEDGER_TABLE"),
            imports_table: env.required("IMPORTS_TABLE"),
            mails_table: env.required("MAILS_TABLE"),
            batches_queue_url: env.required("BATCHES_QUEUE_URL"),
            summaries_queue_url: env.required("SUMMARIES_QUEUE_URL"),
        })
    }
}
