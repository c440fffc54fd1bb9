use lambda_kit::{Environment, MissingEnvironment};

/// What the function is told by its environment.
pub struct Config {
    /// The table of customers and accounts.
    pub customers_table: String,
    /// The table of the books.
    pub ledger_table: String,
    /// The table of summary mails.
    pub mails_table: String,
    /// From whom the mails are.
    pub sender_address: String,
    /// How many mails all instances together send in a second at most.
    pub mails_per_second: String,
    /// Where SES reports what becomes of the mails.
    pub configuration_set: String,
    /// Whom receivers ask, if that is not the sender.
    pub contact_address: Option<String>,
    /// Where receivers opt out of further mails.
    pub unsubscribe_url: String,
    /// The secret whose text signs the links to it.
    pub unsubscribe_secret_arn: String,
}

impl Config {
    /// Reads the environment; all missing names are told at once.
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
