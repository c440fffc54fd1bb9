use lambda_kit::{Environment, MissingEnvironment};

/// The configuration of the function, from environment variables.
pub struct Config {
    /// The bucket of uploads.
    pub files_bucket: String,
    /// The table of imports.
    pub imports_table: String,
    /// The table of summary mails.
    pub mails_table: String,
    /// The queue of uploads.
    pub uploads_queue_url: String,
    /// The queue of summaries to send.
    pub summaries_queue_url: String,
    /// The maximum rate over all instances, in mails per second.
    pub mails_per_second: String,
}

impl Config {
    /// Reads the environment variables; the error lists all missing names.
    pub fn from_env() -> Result<Self, MissingEnvironment> {
        Environment::read(|env| Self {
            files_bucket: env.required("FILES_BUCKET"),
            imports_table: env.required("IMPORTS_TABLE"),
            mails_table: env.required("MAILS_TABLE"),
            uploads_queue_url: env.required("UPLOADS_QUEUE_URL"),
            summaries_queue_url: env.required("SUMMARIES_QUEUE_URL"),
            mails_per_second: env.required("MAILS_PER_SECOND"),
        })
    }
}
