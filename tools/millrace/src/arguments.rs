//! The arguments of the command.

mod advances;
mod feeds;
mod figures;
mod imports;
mod lists;
mod mails;
mod sandbox;
mod users;

use std::path::PathBuf;

use ::customers::{EmailAddress, MailChoice};
use ::imports::is_source_name;
use banking::AccountNumber;
use calendar::{Bucket, Date, Moment};
use clap::{Args, Parser, Subcommand, ValueEnum};
use ledger::View;
use money::{Currency, Reference};

pub(crate) use advances::{AdvanceCommand, AdvancesCommand, SimulateArgs};
pub(crate) use feeds::{FeedCommand, ServeFeedArgs};
pub(crate) use figures::{
    BalancesArgs, CounterpartiesArgs, CountriesArgs, ForecastArgs, InterestArgs, PortfolioArgs, SubjectArgs,
};
pub(crate) use imports::{ImportArgs, ImportsArgs, ImportsCommand};
pub(crate) use lists::{AccountArgs, CustomerKindArg, CustomersArgs, KindArg, ListArgs};
pub(crate) use mails::{MailsArgs, MailsCommand};
pub(crate) use sandbox::{FaultsArgs, PlayArgs, SandboxCommand};
pub(crate) use users::{TokenArgs, UserCommand};

/// Import bank files into a Millrace stack, and show and verify its books.
///
/// The stack is that of --endpoint; otherwise the laptop's stack, if `cargo xtask up` has run in this folder; otherwise
/// that of the AWS account from your environment or --aws-profile.
#[derive(Parser)]
#[command(name = "millrace", version, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The stack and the output format.
#[derive(Args)]
pub(crate) struct Global {
    /// Name of the CloudFormation stack
    #[arg(long, global = true, env = "MILLRACE_STACK", default_value = "millrace", value_name = "NAME")]
    pub(crate) stack: String,
    /// Address of an AWS emulator, for example `http://127.0.0.1:4566`
    #[arg(long, global = true, env = "AWS_ENDPOINT_URL", value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// Profile of the AWS configuration to sign in with
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) aws_profile: Option<String>,
    /// Print one JSON document, the same as the HTTP API's
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Show all columns of tables, even if the terminal is too narrow
    #[arg(long, global = true)]
    pub(crate) wide: bool,
    /// The program for outputs that exceed the terminal's height
    #[arg(long, global = true, env = "PAGER", default_value = "less -FRX", value_name = "COMMAND")]
    pub(crate) pager: String,
    /// Print long outputs without a pager
    #[arg(long, global = true)]
    pub(crate) no_pager: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Upload bank files; with --wait, print their reports
    Import(ImportArgs),
    /// List the customers
    ///
    /// Example: millrace customers --search bakery --kind company
    Customers(CustomersArgs),
    /// Show a customer and their accounts; --email sets the mail address, --mails whether they get mails
    ///
    /// Example: millrace customer lovelace --email ada@example.com
    Customer {
        /// The customer's id, or a part of the name
        #[arg(value_name = "CUSTOMER|NAME")]
        customer: String,
        /// Opt the customer out of summary mails, or in again
        #[arg(long, value_enum, value_name = "CHOICE")]
        mails: Option<Mails>,
        /// Set the mail address; a later file with another address replaces it
        #[arg(long, value_name = "ADDRESS", value_parser = EmailAddress::parse)]
        email: Option<EmailAddress>,
    },
    /// List the accounts with their holders and balances
    ///
    /// Example: millrace accounts --search lovelace
    Accounts(ListArgs),
    /// Show an account; --holder sets its holder
    ///
    /// Example: millrace account 4711 --holder lovelace
    Account(AccountArgs),
    /// Show the balance of an account, after all entries or at the end of a day
    ///
    /// Example: millrace balance 4711 --on 2026-07-31
    Balance(BalanceArgs),
    /// Show the balances of a customer, by account and in total
    ///
    /// Example: millrace balances acme --on 2026-07-31 --in EUR
    Balances(BalancesArgs),
    /// Show the flows of an account or a customer, by day, week, month, quarter or year, and chart the balances
    ///
    /// Example: millrace history acme --from 2026-01-01 --to 2026-06-30 --by month --in EUR
    History(HistoryArgs),
    /// Show turnover by country
    ///
    /// Example: millrace countries acme --from 2026-01-01
    Countries(CountriesArgs),
    /// Show the top counterparties
    ///
    /// Example: millrace counterparties acme --in EUR --limit 10
    Counterparties(CounterpartiesArgs),
    /// Calculate interest on debt and credit, day by day
    ///
    /// Example: millrace interest acme --from 2026-01-01 --to 2026-06-30 --debt-rate 0.05
    Interest(InterestArgs),
    /// Forecast balances, with an interval of 80 % and the accuracy of past forecasts
    ///
    /// Example: millrace forecast acme --to 2026-12-31 --in USD
    Forecast(ForecastArgs),
    /// Show the balances of all companies together, and the largest debts
    ///
    /// Example: millrace portfolio --on 2026-06-30 --in USD
    Portfolio(PortfolioArgs),
    /// List the entries of an account or a customer, oldest first
    ///
    /// Example: millrace entries acme --from 2026-07-01 --search rent
    Entries(EntriesArgs),
    /// List the latest imports, show the report of one, or retry a failed one
    ///
    /// Example: millrace imports july.csv
    Imports(ImportsArgs),
    /// List summary mails, resend failed ones, or resume sending
    ///
    /// Without --import it lists mails of the newest 100 imports; with --state wanted or sending, those of all imports.
    ///
    /// Example: millrace mails --state failed
    Mails(MailsArgs),
    /// Verify the books of all accounts: totals = sums of the months = sums of the entries = reports of the imports
    Audit {
        /// Also look up each entry of the imports of the last 30 days in the books of its account
        #[arg(long)]
        entries: bool,
    },
    /// Sign in and print an access token for the HTTP API
    ///
    /// It reads the password, and a one-time password if Cognito requests one, from the terminal or from standard
    /// input.
    Token(TokenArgs),
    /// Run the debits of advances, approve runs, stop payments, or simulate a portfolio
    #[command(subcommand)]
    Advances(AdvancesCommand),
    /// Request, show, list and change advances, and close their breaks
    #[command(subcommand)]
    Advance(AdvanceCommand),
    /// Play days on a stack with the sandbox's payment processor, on which no real money moves
    #[command(subcommand)]
    Sandbox(SandboxCommand),
    /// Restore the tables to a point in time; docs/RESTORE.md describes all steps
    #[command(subcommand)]
    Restore(RestoreCommand),
    /// Add, disable and list users of the HTTP API
    #[command(subcommand)]
    User(UserCommand),
    /// Propose, check or upload a profile, which maps another bank's CSV
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Declare a source of transfers, or list the declared ones
    #[command(subcommand)]
    Source(SourceCommand),
    /// Poll the bank's feeds and prove them complete, or simulate a bank
    #[command(subcommand)]
    Feed(FeedCommand),
}

/// The instructions for an upload's key and metadata.
#[derive(Args, Clone, Default)]
pub(crate) struct InstructionsArgs {
    /// The account, for files of one account
    #[arg(long, value_name = "NUMBER")]
    pub(crate) account: Option<AccountNumber>,
    /// The profile to read the files with
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Source of transfers: sepa, swift, or one declared with `millrace source add`
    #[arg(long, value_name = "NAME", conflicts_with_all = ["account", "profile"])]
    pub(crate) source: Option<String>,
    /// Year of dates without a year, for example 2026
    #[arg(long, value_name = "YYYY")]
    pub(crate) year: Option<i32>,
    /// Currency of amounts without a currency: the code of ISO 4217, for example EUR
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
pub(crate) struct BalanceArgs {
    /// The account's number, or the id or a part of the name of a holder who has no other account
    #[arg(value_name = "ACCOUNT|CUSTOMER|NAME")]
    pub(crate) account: String,
    /// Balance at the end of this day [default: after all entries]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) on: Option<Date>,
    /// Include or exclude dirty transfers
    #[arg(long, value_enum, default_value_t = ViewArg::Clean)]
    pub(crate) view: ViewArg,
}

#[derive(Args)]
pub(crate) struct HistoryArgs {
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    /// Convert the total into EUR or USD, at the rates of the days
    #[arg(long = "in", value_name = "EUR|USD")]
    pub(crate) into: Option<Reference>,
    /// Bucket size: day, week (ISO 8601), month, quarter or year
    #[arg(long, default_value = "month", value_name = "BUCKET")]
    pub(crate) by: Bucket,
    /// First day [default: the first month with entries]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: Option<Date>,
    /// Last day [default: the end of the last month with entries]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) to: Option<Date>,
    /// Include or exclude dirty transfers
    #[arg(long, value_enum, default_value_t = ViewArg::Clean)]
    pub(crate) view: ViewArg,
}

#[derive(Args)]
pub(crate) struct EntriesArgs {
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    /// Print all entries as CSV
    #[arg(long, conflicts_with = "limit")]
    pub(crate) csv: bool,
    #[command(flatten)]
    pub(crate) list: ListArgs,
    /// First day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: Option<Date>,
    /// Last day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) to: Option<Date>,
    /// Include or exclude dirty transfers
    #[arg(long, value_enum, default_value_t = ViewArg::Clean)]
    pub(crate) view: ViewArg,
}

fn source_name(text: &str) -> Result<String, String> {
    if is_source_name(text) {
        return Ok(text.to_owned());
    }
    Err("write lower case letters, digits and hyphens, at most 40; `accounts` and `profiles` are other folders"
        .to_owned())
}

/// Parses the number of items to show; zero would look like an empty list.
fn limit(text: &str) -> Result<usize, String> {
    let limit = text.parse().ok().filter(|it| *it > 0);
    limit.ok_or_else(|| "write a number from 1 on".to_owned())
}

/// A [`MailChoice`] as an argument.
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

/// A [`View`] as an argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ViewArg {
    /// Without batch payments and invalid IBANs
    Clean,
    /// Including batch payments and invalid IBANs
    All,
}

impl ViewArg {
    pub(crate) fn view(self) -> View {
        match self {
            Self::Clean => View::Clean,
            Self::All => View::All,
        }
    }
}

/// The steps of a restore from a backup.
#[derive(Subcommand)]
pub(crate) enum RestoreCommand {
    /// Restore all tables under new names, next to the current ones; requires administrator rights
    ///
    /// Example: millrace restore tables --at 2026-11-21T10:00:00Z --prefix millrace-before-the-mistake
    Tables {
        /// Point in time, within the last 35 days, for example 2026-11-21T10:00:00Z
        #[arg(long, value_name = "MOMENT")]
        at: Moment,
        /// Prefix of the new tables: <PREFIX>-customers, -ledger, -imports, -feeds, -mails and -advances
        #[arg(long)]
        prefix: String,
    },
    /// Stop all payments, and mark those as unknown that may have been made since the backup
    ///
    /// Repeat it after the runs of the missed days, until no payment is left; then `millrace advances resume`.
    Advances {
        /// The point in time of `restore tables`
        #[arg(long, value_name = "MOMENT")]
        at: Moment,
    },
    /// Mark mails that were not final at that time as unknown, so that none is sent twice, and copy newer opt-outs and
    /// suppressed addresses from the previous tables; the stack must be paused
    Mails {
        /// Prefix of the previous tables, if they were restored, too; without it, the stack's own tables
        #[arg(long, value_name = "PREFIX")]
        previous: Option<String>,
    },
}

#[derive(Subcommand)]
pub(crate) enum ProfileCommand {
    /// Propose a profile from the header and the first rows of a bank's CSV; needs no stack
    ///
    /// It prints the profile, and to standard error what to check in it. Save it as NAME.json, correct it, and upload
    /// it with `millrace profile put NAME.json`. docs/PROFILES.md explains each field.
    ///
    /// Example: millrace profile suggest statement.csv > mybank.json
    Suggest {
        /// The bank's file; gzip is accepted
        file: PathBuf,
    },
    /// Check a profile; needs no stack
    Check {
        /// JSON document; its file name is the name of the profile
        file: PathBuf,
    },
    /// Check a profile and upload it
    Put {
        /// JSON document; its file name is the name of the profile
        file: PathBuf,
    },
}

#[derive(Subcommand)]
pub(crate) enum SourceCommand {
    /// Declare a source; transfers of other sources are refused, because a misspelt source would post them twice
    ///
    /// Example: millrace source add target2
    Add {
        /// Lower case letters, digits and hyphens, at most 40
        #[arg(value_parser = source_name)]
        name: String,
    },
    /// List the sources
    List(ListArgs),
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
    fn the_arguments_of_the_demo_are_valid() {
        let args = ["millrace", "--endpoint", "http://127.0.0.1:4566", "import", "a.csv", "--wait", "--json"];
        let Arguments { global, command } = Arguments::try_parse_from(args).unwrap();
        assert_eq!((global.endpoint.as_deref(), global.json), (Some("http://127.0.0.1:4566"), true));
        assert!(matches!(command, Command::Import(ImportArgs { wait: true, timeout: 900, .. })));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (args, part) in [
            (vec!["import"], "<FILE>"),
            (vec!["import", "a", "--source", "sepa", "--account", "1"], "cannot be used with"),
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
            (vec!["imports", "--kind", "camt"], "[possible values: account,"),
            (vec!["customers", "--limit", "0"], "a number from 1 on"),
            (vec!["user", "add"], "--operator <NAME>"),
            (
                vec!["user", "add", "--operator", "o", "--customer", "0f8fad5b-d9cb-569f-a165-70867728950e"],
                "cannot be used",
            ),
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
            let args = std::iter::once("millrace").chain(args);
            let message = Arguments::try_parse_from(args).err().unwrap().to_string();
            assert!(message.contains(part), "{part} is not in: {message}");
        }
    }
}
