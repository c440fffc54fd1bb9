//! Fakes for the tests of adapters: a stored secret, and a server on 127.0.0.1.

mod secrets;
mod server;

pub use secrets::FakeSecrets;
pub use server::{FakeServer, ReceivedRequest, answer};
