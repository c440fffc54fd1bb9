//! Calls of another company's server over HTTP.
//!
//! A call is encrypted unless it stays on this machine, has the stored credentials that the server requires, and ends
//! within a time-out, with all of its parts. It follows no redirect, so a token reaches only its intended host. Nothing
//! is repeated, except a GET request with a token that the server refuses: it is sent once more, with a new one.

mod address;
mod client;
mod credentials;
#[cfg(feature = "testing")]
pub mod testing;
mod tokens;

use std::error::Error;

pub use address::AddressError;
pub use client::{BodyError, CallError, CallLimits, Connections, HttpAnswer, HttpClient};
pub use credentials::{ClientCredentials, Credentials, CredentialsError, NoSecrets, Secret, Secrets, SecretsError};

/// The whole chain of an error, which contains the stage of the connection.
fn chain(error: &(dyn Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |it| (*it).source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
