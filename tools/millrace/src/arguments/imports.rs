//! The arguments for imports.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{InstructionsArgs, KindArg, ListArgs};

#[derive(Args)]
pub(crate) struct ImportArgs {
    /// The files; gzip is accepted
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) instructions: InstructionsArgs,
    /// Wait until the entries are in the books and the mails are sent, and print the report
    #[arg(long)]
    pub(crate) wait: bool,
    /// Time-out of --wait in seconds
    #[arg(long, default_value_t = 900, value_name = "SECONDS")]
    pub(crate) timeout: u64,
}

/// Selects the imports to list, or one to show.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct ImportsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<ImportsCommand>,
    /// The import's id, its first digits, or a part of the file's name
    #[arg(value_name = "IMPORT|FILE", conflicts_with_all = ["search", "kind", "limit"])]
    pub(crate) import: Option<String>,
    /// Only files of this kind
    #[arg(long, value_enum)]
    pub(crate) kind: Option<KindArg>,
    #[command(flatten)]
    pub(crate) list: ListArgs,
}

/// The subcommands for imports.
#[derive(Subcommand)]
pub(crate) enum ImportsCommand {
    /// Retry a failed import: it continues where it stopped
    ///
    /// Example: millrace imports retry 7ff3673a88553ef39d50977f15460727
    Retry {
        /// The import's id, its first digits, or a part of the file's name
        #[arg(value_name = "IMPORT|FILE")]
        import: String,
    },
    /// Read the file of an import again, as a new import
    ///
    /// For rows that were rejected or left out and would be accepted now: after a profile was corrected, or accounts
    /// were registered. Rows that are in the books are duplicates; if nothing is new, no mail is sent. Rates of an old file
    /// become the latest ones.
    ///
    /// Example: millrace imports again 7ff3673a88553ef39d50977f15460727
    Again {
        /// The import's id, its first digits, or a part of the file's name
        #[arg(value_name = "IMPORT|FILE")]
        import: String,
    },
    /// Post all batches of an import again, after `millrace audit --entries` has found missing entries
    ///
    /// Existing entries do not change, and no second mail is sent.
    ///
    /// Example: millrace imports repost 7ff3673a88553ef39d50977f15460727
    Repost {
        /// The import's id, its first digits, or a part of the file's name
        #[arg(value_name = "IMPORT|FILE")]
        import: String,
    },
}
