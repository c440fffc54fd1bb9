use lambda_kit::{Environment, MissingEnvironment};

/// The configuration of the function, from environment variables.
pub struct Config {
    /// The table of advances.
    pub advances_table: String,
    /// Whether the clock can be set ahead: only with the sandbox's processor.
    pub simulates_clock: bool,
    /// The table of customers and accounts.
    pub customers_table: String,
    /// The queue of payments to make.
    pub payments_queue_url: String,
    /// The queue of runs.
    pub runs_queue_url: String,
    /// The comma-separated client ids for people.
    pub user_pool_client_ids: String,
    /// The client of programs.
    pub machine_client_id: String,
}

impl Config {
    /// Reads the environment variables; the error lists all missing names.
    pub fn from_env() -> Result<Self, MissingEnvironment> {
        Environment::read(|env| Self {
            advances_table: env.required("ADVANCES_TABLE"),
            simulates_clock: env.optional("SIMULATED_CLOCK").is_some(),
            customers_table: env.required("CUSTOMERS_TABLE"),
            payments_queue_url: env.required("PAYMENTS_QUEUE_URL"),
            runs_queue_url: env.required("RUNS_QUEUE_URL"),
            user_pool_client_ids: env.required("USER_POOL_CLIENT_IDS"),
            machine_client_id: env.required("MACHINE_CLIENT_ID"),
        })
    }
}
