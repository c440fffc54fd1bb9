//! What may be asked of imports.

use std::path::PathBuf;

use ::imports::ImportId;
use clap::{Args, Subcommand};

use super::AskInstructions;

#[derive(Args)]
pub(crate) struct ImportFiles {
    /// The files; gzip is accepted
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) instructions: AskInstructions,
    /// Waits until the entries are in the books and the mails are sent, and prints the report
    #[arg(long)]
    pub(crate) wait: bool,
    /// How many seconds --wait waits
    #[arg(long, default_value_t = 900, value_name = "SECONDS")]
    pub(crate) timeout: u64,
}

/// What is done with imports.
#[derive(Subcommand)]
pub(crate) enum ImportsCommand {
    /// Retries an import that has failed: it goes on where it was
    ///
    /// Example: millrace imports retry 7ff3673a88553ef39d50977f15460727
    Retry {
        /// The import's id
        id: ImportId,
    },
    /// Posts all batches of an import again, after `millrace audit --entries` has found entries of it missing
    ///
    /// What is in the books stays as it is, and no second mail goes out.
    ///
    /// Example: millrace imports repost 7ff3673a88553ef39d50977f15460727
    Repost {
        /// The import's id
        id: ImportId,
    },
}
