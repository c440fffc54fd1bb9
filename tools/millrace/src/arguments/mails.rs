//! The arguments for summary mails.

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use mail::EmailAddress;
use mail::outbox::STATES;

use super::ListArgs;

/// Selects the mails to list.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct MailsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<MailsCommand>,
    /// Only mails of this import: its id, its first digits, or a part of the file's name
    #[arg(long, value_name = "IMPORT|FILE")]
    pub(crate) import: Option<String>,
    /// Only mails in this state
    #[arg(long, value_parser = PossibleValuesParser::new(STATES))]
    pub(crate) state: Option<String>,
    #[command(flatten)]
    pub(crate) list: ListArgs,
}

/// The subcommands for mails.
#[derive(Subcommand)]
pub(crate) enum MailsCommand {
    /// Send failed and refused mails again
    ///
    /// Example: millrace mails retry 7ff3673a88553ef39d50977f15460727 --account 4711
    Retry {
        /// The import to resend mails of: its id, its first digits, or a part of the file's name
        #[arg(value_name = "IMPORT|FILE")]
        import: String,
        /// Only the mail of this account: its number, or the id or a part of the name of its holder
        #[arg(long, value_name = "ACCOUNT|CUSTOMER|NAME")]
        account: Option<String>,
        /// Also mails without a response from the provider: their holders may get a second mail
        #[arg(long)]
        unknown: bool,
    },
    /// Send no mails until `millrace mails resume`; they wait
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
