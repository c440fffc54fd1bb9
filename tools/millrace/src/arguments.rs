//! What may be asked, and how.

mod figures;
mod imports;
mod mails;
mod users;

use std::path::PathBuf;

use ::customers::{CustomerId, MailChoice};
use ::imports::{ImportId, is_source_name};
use banking::AccountNumber;
use calendar::{Bucket, Date, Moment};
use clap::{Args, Parser, Subcommand, ValueEnum};
use feeds::{Feed, FeedFormat};
use feeds_sandbox::{PerMille, Size};
use ledger::View;
use money::{Currency, Reference};

pub(crate) use figures::{
    AskBalances, AskCounterparties, AskCountries, AskForecast, AskInterest, AskPortfolio, AskWhose,
};
pub(crate) use imports::{ImportFiles, ImportsCommand};
pub(crate) use mails::{AskMails, MailsCommand};
pub(crate) use users::{AddUser, AskToken, UserCommand};

/// Brings bank files into a Millrace stack, shows its books, and proves them.
///
/// The stack is that of --endpoint; without one, the laptop's where `cargo xtask up` has been in this folder; else
/// the one of the AWS account that your environment or --aws-profile names.
#[derive(Parser)]
#[command(name = "millrace", version, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Of which stack, and how to answer.
#[derive(Args)]
pub(crate) struct Global {
    /// Name of the CloudFormation stack
    #[arg(long, global = true, env = "MILLRACE_STACK", default_value = "millrace", value_name = "NAME")]
    pub(crate) stack: String,
    /// Where AWS is played, for example `http://127.0.0.1:4566`
    #[arg(long, global = true, env = "AWS_ENDPOINT_URL", value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// Profile of the AWS configuration to sign in with
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) aws_profile: Option<String>,
    /// Answers with one JSON document
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Uploads bank files; with --wait, tells what came of them
    Import(ImportFiles),
    /// Lists the customers
    Customers,
    /// Shows a customer and their accounts, after --mails has set whether they get mails
    Customer {
        /// The customer's id
        id: CustomerId,
        /// Opts the customer out of summary mails, or in again
        #[arg(long, value_enum, value_name = "CHOICE")]
        mails: Option<Mails>,
    },
    /// Lists the accounts with their holders and balances
    Accounts,
    /// Shows the balance of an account, after all entries or at the end of a day
    Balance(AskBalance),
    /// Shows the balances of a customer, account by account and together
    Balances(AskBalances),
    /// Shows what moved on an account or for a customer, by day, week, month, quarter or year
    History(AskHistory),
    /// Shows with which countries there was business
    Countries(AskCountries),
    /// Shows with whom there was most business
    Counterparties(AskCounterparties),
    /// Counts interest on debt and credit, day by day
    Interest(AskInterest),
    /// Forecasts balances, with an interval of 80 % and how well such forecasts did
    Forecast(AskForecast),
    /// Shows the balances of all companies together, and the largest debts
    Portfolio(AskPortfolio),
    /// Lists the entries of an account or a customer, the oldest first
    Entries(AskEntries),
    /// Lists the latest imports, shows the report of one, or retries one that has failed
    #[command(args_conflicts_with_subcommands = true)]
    Imports {
        #[command(subcommand)]
        command: Option<ImportsCommand>,
        /// The import's id
        id: Option<ImportId>,
        /// How many of the latest
        #[arg(long, default_value_t = 20, value_name = "N", value_parser = limit)]
        limit: usize,
    },
    /// Lists summary mails, sends failed ones again, or resumes sending
    ///
    /// Example: millrace mails --state failed
    Mails(AskMails),
    /// Proves the books of all accounts: totals = sums of the months = sums of the entries = what imports report
    Audit {
        /// Also look up each entry of the imports of the last 30 days in the books of its account
        #[arg(long)]
        entries: bool,
    },
    /// Prints an access token for the HTTP API, after signing in
    ///
    /// It reads the password, and a one-time password where Cognito asks for one, from the terminal or from standard input.
    Token(AskToken),
    /// Restores the tables as they were at a moment; see docs/RESTORE.md for the whole way
    #[command(subcommand)]
    Restore(RestoreCommand),
    /// Adds, disables and lists those who may sign in to the HTTP API
    #[command(subcommand)]
    User(UserCommand),
    /// Checks or uploads a profile, which says how another bank's CSV is read
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Declares a source of transfers, or lists the declared ones
    #[command(subcommand)]
    Source(SourceCommand),
    /// Takes the bank's feeds in, and proves them complete; or plays a bank
    #[command(subcommand)]
    Feed(FeedCommand),
}

/// What an upload's key and metadata are to say.
#[derive(Args, Clone, Default)]
pub(crate) struct AskInstructions {
    /// The account, for files of one account
    #[arg(long, value_name = "NUMBER")]
    pub(crate) account: Option<AccountNumber>,
    /// The profile to read the files with
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Where transfers come from: sepa, swift, or a source that `millrace source add` has declared
    #[arg(long, value_name = "NAME", conflicts_with_all = ["account", "profile"])]
    pub(crate) source: Option<String>,
    /// The year of dates that have none
    #[arg(long)]
    pub(crate) year: Option<i32>,
    /// The currency of amounts that have none, for example EUR
    #[arg(long, value_name = "CODE")]
    pub(crate) currency: Option<Currency>,
    /// The name of the account's holder
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The mail address of the account's holder
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: Option<String>,
}

#[derive(Args)]
pub(crate) struct AskBalance {
    /// The account's number
    pub(crate) account: AccountNumber,
    /// At the end of this day, as YYYY-MM-DD; without, after all entries
    #[arg(long, value_name = "DATE")]
    pub(crate) on: Option<Date>,
    /// With dirty transfers, or without
    #[arg(long, value_enum, default_value_t = Look::Clean)]
    pub(crate) view: Look,
}

#[derive(Args)]
pub(crate) struct AskHistory {
    #[command(flatten)]
    pub(crate) whose: AskWhose,
    /// All together in EUR or USD, at the rates of the days
    #[arg(long = "in", value_name = "CODE")]
    pub(crate) into: Option<Reference>,
    /// What it is cut into: day, week (ISO 8601), month, quarter or year
    #[arg(long, default_value = "month", value_name = "BUCKET")]
    pub(crate) by: Bucket,
    /// From this day on, as YYYY-MM-DD; without, from the first month with entries
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<Date>,
    /// Up to this day; without, to the end of the last month with entries
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<Date>,
    /// With dirty transfers, or without
    #[arg(long, value_enum, default_value_t = Look::Clean)]
    pub(crate) view: Look,
}

#[derive(Args)]
pub(crate) struct AskEntries {
    #[command(flatten)]
    pub(crate) whose: AskWhose,
    /// All of them, as CSV
    #[arg(long, conflicts_with = "limit")]
    pub(crate) csv: bool,
    /// From this day on, as YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<Date>,
    /// Up to and with this day
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<Date>,
    /// With dirty transfers, or without
    #[arg(long, value_enum, default_value_t = Look::Clean)]
    pub(crate) view: Look,
    /// How many at most
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = limit)]
    pub(crate) limit: usize,
}

fn source_name(text: &str) -> Result<String, String> {
    if is_source_name(text) {
        return Ok(text.to_owned());
    }
    Err("write lower case letters, digits and hyphens, at most 40; `accounts` and `profiles` are other folders"
        .to_owned())
}

/// Reads how many items to show: none would look as if there were none.
fn limit(text: &str) -> Result<usize, String> {
    let limit = text.parse().ok().filter(|it| *it > 0);
    limit.ok_or_else(|| "write a number from 1 on".to_owned())
}

/// A [`MailChoice`], as it is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Mails {
    /// The customer gets summary mails
    Wanted,
    /// The customer gets none
    Unwanted,
}

impl Mails {
    pub(crate) fn choice(self) -> MailChoice {
        match self {
            Self::Wanted => MailChoice::Wanted,
            Self::Unwanted => MailChoice::Unwanted,
        }
    }
}

/// A [`View`], as it is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Look {
    /// Without batch payments and invalid IBANs
    Clean,
    /// With them
    All,
}

impl Look {
    pub(crate) fn view(self) -> View {
        match self {
            Self::Clean => View::Clean,
            Self::All => View::All,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::All => "all",
        }
    }
}

/// The steps of a restore from backup that the command does.
#[derive(Subcommand)]
pub(crate) enum RestoreCommand {
    /// Restores all tables under new names, beside those in use; needs the rights of an administrator
    ///
    /// Example: millrace restore tables --at 2026-11-21T10:00:00Z --prefix millrace-before-the-mistake
    Tables {
        /// The moment, in the last 35 days
        #[arg(long, value_name = "MOMENT")]
        at: Moment,
        /// The new tables are called <PREFIX>-customers, -ledger, -imports, -feeds and -mails
        #[arg(long)]
        prefix: String,
    },
    /// Makes mails that were not final at that moment unknown, so that none is sent twice; the stack must be paused
    Mails,
}

#[derive(Subcommand)]
pub(crate) enum ProfileCommand {
    /// Says what is wrong with a profile; needs no stack
    Check {
        /// The JSON document; its name is the profile's
        file: PathBuf,
    },
    /// Checks a profile and uploads it
    Put {
        /// The JSON document; its name is the profile's
        file: PathBuf,
    },
}

#[derive(Subcommand)]
pub(crate) enum SourceCommand {
    /// Declares a source: transfers of others are refused, for the same ones under a misspelt source are booked twice
    ///
    /// Example: millrace source add target2
    Add {
        /// Lower case letters, digits and hyphens, at most 40
        #[arg(value_parser = source_name)]
        name: String,
    },
    /// Lists the sources
    List,
}

#[derive(Subcommand)]
pub(crate) enum FeedCommand {
    /// Polls all feeds; with --wait, until what they have is in the books, and shows the proofs
    Poll {
        /// Waits until all feeds are proven
        #[arg(long)]
        wait: bool,
        /// How many seconds --wait waits
        #[arg(long, default_value_t = 900, value_name = "SECONDS")]
        timeout: u64,
    },
    /// Fetches again pages that do not match what they declare, imports again what failed or was refused, proves again
    ///
    /// Example: millrace feed retry swift --wait
    Retry {
        /// company-info, exchange-rates, sepa or swift; without it, all of them
        feed: Option<Feed>,
        /// Waits until the feeds are proven
        #[arg(long)]
        wait: bool,
        /// How many seconds --wait waits
        #[arg(long, default_value_t = 900, value_name = "SECONDS")]
        timeout: u64,
    },
    /// Shows how far each feed is, its last error, and its last proof: whether all that it declared is in the books
    Proof,
    /// Compares the balances of all accounts with what is true of the feeds that `feed serve` plays
    Check(Made),
    /// Serves companies, exchange rates, SEPA and SWIFT transfers on 127.0.0.1, until it is interrupted; needs no stack
    Serve(ServeFeed),
}

/// What a bank's feeds are made of.
#[derive(Args, Clone, Copy)]
pub(crate) struct Made {
    /// How much: small (22 thousand transfers), medium (a million), large (11 millions) or mega (a hundred)
    #[arg(long, default_value = "small")]
    pub(crate) size: Size,
    /// What data and failures are drawn from: the same seed, the same run
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
}

#[derive(Args)]
pub(crate) struct ServeFeed {
    #[command(flatten)]
    pub(crate) made: Made,
    /// The format: millrace (pages with cursors that declare what they have) or cdm (the server keeps the cursor, nothing
    /// is declared)
    #[arg(long, default_value = "millrace")]
    pub(crate) format: FeedFormat,
    /// Requires this bearer token
    #[arg(long, value_name = "TOKEN", conflicts_with = "client_id")]
    pub(crate) bearer: Option<String>,
    /// Requires a bearer token that POST /token issues for this client (OAuth 2 client credentials)
    #[arg(long, value_name = "ID", requires = "client_secret")]
    pub(crate) client_id: Option<String>,
    /// The secret of --client-id
    #[arg(long, value_name = "SECRET", requires = "client_id")]
    pub(crate) client_secret: Option<String>,
    /// How long a token of POST /token is valid
    #[arg(long, default_value_t = 3600, value_name = "SECONDS")]
    pub(crate) token_seconds: u64,
    /// The port of 127.0.0.1; 0 for any that is free
    #[arg(long, default_value_t = 4680, value_name = "N")]
    pub(crate) port: u16,
    /// How many requests are answered with 500
    #[arg(long, default_value = "0%", value_name = "RATE")]
    pub(crate) crash: PerMille,
    /// How many connections end in the middle of the answer
    #[arg(long, default_value = "0%", value_name = "RATE")]
    pub(crate) cut: PerMille,
    /// How many answers end in the middle, but look whole
    #[arg(long, default_value = "0%", value_name = "RATE")]
    pub(crate) truncate: PerMille,
    /// How many answers come after --hang-seconds
    #[arg(long, default_value = "0%", value_name = "RATE")]
    pub(crate) hang: PerMille,
    /// How many answers come after --slow-seconds
    #[arg(long, default_value = "0%", value_name = "RATE")]
    pub(crate) slow: PerMille,
    /// How many answers are an earlier page, which has its own cursor
    #[arg(long, default_value = "0%", value_name = "RATE")]
    pub(crate) repeat_pages: PerMille,
    /// How many rows of a page are there twice
    #[arg(long, default_value = "0%", value_name = "RATE")]
    pub(crate) repeat_rows: PerMille,
    /// How long an answer hangs
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    pub(crate) hang_seconds: u64,
    /// How late a slow answer is
    #[arg(long, default_value_t = 3, value_name = "SECONDS")]
    pub(crate) slow_seconds: u64,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn what_the_demo_asks_is_understood() {
        let asked = ["millrace", "--endpoint", "http://127.0.0.1:4566", "import", "a.csv", "--wait", "--json"];
        let Arguments { global, command } = Arguments::try_parse_from(asked).unwrap();
        assert_eq!((global.endpoint.as_deref(), global.json), (Some("http://127.0.0.1:4566"), true));
        assert!(matches!(command, Command::Import(ImportFiles { wait: true, timeout: 900, .. })));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (asked, part) in [
            (vec!["import"], "<FILE>"),
            (vec!["import", "a", "--source", "sepa", "--account", "1"], "cannot be used with"),
            (vec!["balance", "1/2"], "the account number has a character"),
            (vec!["balance", "1", "--on", "2023-02-29"], "no such day"),
            (vec!["balances", "acme", "--in", "GBP"], "neither EUR nor USD"),
            (vec!["interest", "acme", "--from", "2024-01-01", "--to", "2024-02-01", "--debt-rate", "3"], "from 0 to 1"),
            (vec!["entries", "acme", "--csv", "--limit", "5"], "cannot be used with"),
            (vec!["entries", "acme", "--limit", "0"], "a number from 1 on"),
            (vec!["imports", "--limit", "0"], "a number from 1 on"),
            (vec!["counterparties", "acme", "--limit", "0"], "a number from 1 on"),
            (vec!["portfolio", "--limit", "0"], "a number from 1 on"),
            (vec!["portfolio", "--limit", "ten"], "a number from 1 on"),
            (vec!["source", "add", "SEPA"], "write lower case letters"),
            (vec!["source", "add", "accounts"], "write lower case letters"),
            (vec!["imports", "x"], "32 hexadecimal digits"),
            (vec!["user", "add"], "--operator <NAME>"),
            (
                vec!["user", "add", "--operator", "o", "--customer", "0f8fad5b-d9cb-569f-a165-70867728950e"],
                "cannot be used",
            ),
            (vec!["user", "add", "--customer", "ada"], "invalid value"),
            (vec!["token", "--password", "p"], "unexpected argument"),
            (vec!["token", "--client", "c"], "--user-pool <ID>"),
            (vec!["mails", "--state", "lost"], "[possible values: wanted,"),
            (vec!["mails", "allow", "ada"], "not a mail address"),
            (vec!["feed", "serve", "--crash", "5"], "write 5% or 0.5%"),
            (vec!["feed", "serve", "--size", "huge"], "small, medium, large or mega"),
            (vec!["feed", "serve", "--format", "xml"], "millrace or cdm"),
            (vec!["feed", "serve", "--client-id", "a"], "--client-secret <SECRET>"),
            (vec!["feed", "serve", "--bearer", "t", "--client-id", "a", "--client-secret", "b"], "cannot be used with"),
        ] {
            let asked = std::iter::once("millrace").chain(asked);
            let message = Arguments::try_parse_from(asked).err().unwrap().to_string();
            assert!(message.contains(part), "{part} is not in: {message}");
        }
    }
}
