use clap::{Args, Subcommand};

use super::ListArgs;

#[derive(Args)]
pub(crate) struct TokenArgs {
    /// The user's name [default: operator, on the laptop]
    #[arg(long, env = "MILLRACE_USER", value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Read a refresh token, as `millrace --json token` prints it, instead of a password
    #[arg(long)]
    pub(crate) refresh: bool,
    /// The user pool, for people without rights on AWS, as in eu-west-1_AbCdEfGhI [default: the stack's]
    #[arg(long, value_name = "ID", requires = "client")]
    pub(crate) user_pool: Option<String>,
    /// The pool's client for people [default: the stack's]
    #[arg(long, value_name = "ID", requires = "user_pool")]
    pub(crate) client: Option<String>,
}

/// The subcommands for users.
#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// Add a user: an operator, who sees every customer, or a customer, who sees their own data
    ///
    /// Without --email it reads the user's password from the terminal or from standard input.
    ///
    /// Example: millrace user add --operator olga --email olga@example.com
    Add(AddUserArgs),
    /// Set a user's password, read from the terminal or from standard input
    Password {
        /// The user's name; for a customer, the customer's id or a part of the name
        name: String,
    },
    /// Disable a user and sign them out; issued access tokens stay valid for up to an hour
    Disable {
        /// The user's name; for a customer, the customer's id or a part of the name
        name: String,
    },
    /// Let a disabled user sign in again
    Enable {
        /// The user's name; for a customer, the customer's id or a part of the name
        name: String,
    },
    /// Remove a user, for example one who has lost the second factor, so that `user add` can add them again
    Remove {
        /// The user's name; for a customer, the customer's id or a part of the name
        name: String,
    },
    /// List the users
    List(ListArgs),
}

#[derive(Args)]
#[group(id = "who", required = true, multiple = false, args = ["operator", "customer"])]
pub(crate) struct AddUserArgs {
    /// The name of an operator
    #[arg(long, value_name = "NAME")]
    pub(crate) operator: Option<String>,
    /// The id or a part of the name of a customer; the id is also the user's name
    #[arg(long, value_name = "CUSTOMER|NAME")]
    pub(crate) customer: Option<String>,
    /// Invite the user at this address, with a temporary password
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: Option<String>,
}
