//! What may be asked of summary mails.

use ::imports::ImportId;
use banking::AccountNumber;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use mail::Address;
use mail::outbox::STATES;

/// Which mails are listed.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct AskMails {
    #[command(subcommand)]
    pub(crate) command: Option<MailsCommand>,
    /// Of this import
    #[arg(long, value_name = "IMPORT")]
    pub(crate) import: Option<ImportId>,
    /// In this state
    #[arg(long, value_parser = PossibleValuesParser::new(STATES))]
    pub(crate) state: Option<String>,
    /// How many at most
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = super::limit)]
    pub(crate) limit: usize,
}

/// What is done with mails.
#[derive(Subcommand)]
pub(crate) enum MailsCommand {
    /// Sends again what has failed or was refused
    ///
    /// Example: millrace mails retry 7ff3673a88553ef39d50977f15460727 --account 4711
    Retry {
        /// The import whose mails are sent again
        import: ImportId,
        /// Only the mail of this account
        #[arg(long, value_name = "NUMBER")]
        account: Option<AccountNumber>,
        /// Also those without an answer from the provider: their holders may get a second mail
        #[arg(long)]
        unknown: bool,
    },
    /// Sends no mails until `millrace mails resume`; they wait
    Pause,
    /// Sends mails again after too many bounces or complaints, or without waiting for the end of a hold
    Resume,
    /// Sends mails to a suppressed address again
    ///
    /// Example: millrace mails allow ada@example.com
    Allow {
        /// The address
        #[arg(value_parser = Address::parse)]
        address: Address,
    },
}
