use lambda_kit::{Environment, MissingEnvironment};

/// The configuration of the function, from environment variables.
pub struct Config {
    /// The table of customers and accounts.
    pub customers_table: String,
    /// The table of the books.
    pub ledger_table: String,
    /// The table of summary mails.
    pub mails_table: String,
    /// The sender of the mails.
    pub sender_address: String,
    /// The maximum rate over all instances, in mails per second.
    pub mails_per_second: String,
    /// The configuration set of SES, which publishes events about the mails.
    pub configuration_set: String,
    /// The address for replies, if it differs from the sender.
    pub contact_address: Option<String>,
    /// The address of the page to opt out of mails.
    pub unsubscribe_url: String,
    /// The secret with the key that signs the links to it.
    pub unsubscribe_secret_arn: String,
}

impl Config {
    /// Reads the environment variables; the error lists all missing names.
    pub fn from_env() -> Result<Self, MissingEnvironment> {
        Environment::read(|env| Self {
            customers_table: env.required("CUSTOMERS_TABLE"),
            ledger_table: env.required("LEDGER_TABLE"),
            mails_table: env.required("MAILS_TABLE"),
            sender_address: env.required("SENDER_ADDRESS"),
            mails_per_second: env.required("MAILS_PER_SECOND"),
            configuration_set: env.required("SES_CONFIGURATION_SET"),
            contact_address: env.optional("CONTACT_ADDRESS"),
            unsubscribe_url: env.required("UNSUBSCRIBE_URL"),
            unsubscribe_secret_arn: env.required("UNSUBSCRIBE_SECRET_ARN"),
        })
    }
}
