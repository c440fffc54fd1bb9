use ::feeds::{Feed, FeedFormat};
use clap::{Args, Subcommand};
use feeds_sandbox::{PerMille, Size};

#[derive(Subcommand)]
pub(crate) enum FeedCommand {
    /// Poll all feeds; with --wait, wait until their data is in the books and show the proofs
    Poll {
        /// Wait until all feeds are proven
        #[arg(long)]
        wait: bool,
        /// Time-out of --wait in seconds
        #[arg(long, default_value_t = 900, value_name = "SECONDS")]
        timeout: u64,
    },
    /// Fetch pages again that differ from their declared counts, repeat failed or refused imports, and prove again
    ///
    /// Example: millrace feed retry swift --wait
    Retry {
        /// company-info, exchange-rates, sepa or swift [default: all feeds]
        feed: Option<Feed>,
        /// Wait until the feeds are proven
        #[arg(long)]
        wait: bool,
        /// Time-out of --wait in seconds
        #[arg(long, default_value_t = 900, value_name = "SECONDS")]
        timeout: u64,
    },
    /// Show the progress of each feed, its last error, and its last proof: whether all declared data is in the books
    Proof,
    /// Compare the balances of all accounts with the known answers for the feeds of `feed serve`
    Check(SandboxArgs),
    /// Serve simulated companies, exchange rates, SEPA and SWIFT transfers on 127.0.0.1 until interrupted; needs no
    /// stack
    Serve(ServeFeedArgs),
}

/// The generated data of a bank's feeds.
#[derive(Args, Clone, Copy)]
pub(crate) struct SandboxArgs {
    /// Size: small (22 thousand transfers), medium (1 million), large (11 million) or mega (100 million)
    #[arg(long, default_value = "small")]
    pub(crate) size: Size,
    /// Seed of data and failures: the same seed gives the same run
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
}

#[derive(Args)]
pub(crate) struct ServeFeedArgs {
    #[command(flatten)]
    pub(crate) made: SandboxArgs,
    /// Format: millrace (pages with cursors and declared counts) or cdm (the server keeps the cursor, no declared
    /// counts)
    #[arg(long, default_value = "millrace")]
    pub(crate) format: FeedFormat,
    /// Require this bearer token
    #[arg(long, value_name = "TOKEN", conflicts_with = "client_id")]
    pub(crate) bearer: Option<String>,
    /// Require a bearer token that POST /token issues for this client (OAuth 2 client credentials)
    #[arg(long, value_name = "ID", requires = "client_secret")]
    pub(crate) client_id: Option<String>,
    /// The secret of --client-id
    #[arg(long, value_name = "SECRET", requires = "client_id")]
    pub(crate) client_secret: Option<String>,
    /// Lifetime of a token of POST /token
    #[arg(long, default_value_t = 3600, value_name = "SECONDS")]
    pub(crate) token_seconds: u64,
    /// Port on 127.0.0.1; 0 selects a free port
    #[arg(long, default_value_t = 4680, value_name = "N")]
    pub(crate) port: u16,
    /// Rate of responses with status 500
    #[arg(long, default_value = "0%", value_name = "RATE")]
    pub(crate) crash: PerMille,
    /// Rate of connections that close in the middle of the response
    #[arg(long, default_value = "0%", value_name = "RATE")]
    pub(crate) cut: PerMille,
    /// Rate of truncated responses that look complete
    #[arg(long, default_value = "0%", value_name = "RATE")]
    pub(crate) truncate: PerMille,
    /// Rate of responses delayed by --hang-seconds
    #[arg(long, default_value = "0%", value_name = "RATE")]
    pub(crate) hang: PerMille,
    /// Rate of responses delayed by --slow-seconds
    #[arg(long, default_value = "0%", value_name = "RATE")]
    pub(crate) slow: PerMille,
    /// Rate of responses with an earlier page and its own cursor
    #[arg(long, default_value = "0%", value_name = "RATE")]
    pub(crate) repeat_pages: PerMille,
    /// Rate of rows that occur twice on a page
    #[arg(long, default_value = "0%", value_name = "RATE")]
    pub(crate) repeat_rows: PerMille,
    /// Delay of a hanging response
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    pub(crate) hang_seconds: u64,
    /// Delay of a slow response
    #[arg(long, default_value_t = 3, value_name = "SECONDS")]
    pub(crate) slow_seconds: u64,
}
