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
            contact_address: env.optional("CONTACT_ADDRESS"),
            unsubscribe_url: env.required("UNSUBSCRIBE_URL"),
            unsubscribe_secret_arn: env.required("UNSUBSCRIBE_SECRET_ARN"),
        })
    }
}
