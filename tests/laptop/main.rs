//! Stories on the laptop's stack: what a user does, through the bucket, the API and the command. They need the stack
//! that `cargo xtask test` starts, and are skipped without it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod access;
mod api;
mod clients;
mod command;
mod imports;
mod invoke;
mod large;
mod sign_in;
mod stalled;
