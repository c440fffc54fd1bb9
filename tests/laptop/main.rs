//! Stories on the laptop's stack: what a user does, through the bucket, the API and the command. They need the stack
//! that `cargo xtask test` starts, and are skipped without it.

mod command;
mod imports;
