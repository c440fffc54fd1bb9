//! The arguments for summary mails.

use ::imports::ImportId;
use banking::AccountNumber;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use mail::EmailAddress;
use mail::outbox::STATES;

/// Selects the mails to list.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct MailsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<MailsCommand>,
    /// Only mails of this import
    #[arg(long, value_name = "IMPORT")]
    pub(crate) import: Option<ImportId>,
    /// Only mails in this state
    #[arg(long, value_parser = PossibleValuesParser::new(STATES))]
    pub(crate) state: Option<String>,
    /// Maximum number of items
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = super::limit)]
    pub(crate) limit: usize,
}

/// The subcommands for mails.
#[derive(Subcommand)]
pub(crate) enum MailsCommand {
    /// Send failed and refused mails again
    ///
    /// Example: millrace mails retry 7ff3673a88553ef39d50977f15460727 --account 4711
    Retry {
        /// The import to resend mails of
        import: ImportId,
        /// Only the mail of this account
        #[arg(long, value_name = "NUMBER")]
        account: Option<AccountNumber>,
        /// Also mails without a response from the provider: their holders may get a second mail
        #[arg(long)]
        unknown: bool,
    },
    /// Sends no mails until `millrace mails resume`; they wait
    Pause,
    /// Resume sending after too many bounces or complaints, or before the end of a hold
    Resume,
    /// Remove the suppression of an address
    ///
    /// Example: millrace mails allow ada@example.com
    Allow {
        /// The address
        #[arg(value_parser = EmailAddress::parse)]
        address: EmailAddress,
    },
}
