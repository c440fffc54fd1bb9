//! The fakes keep the contracts that the adapters keep.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

use advances::testing::{
    FakeAdvances, FakeBreaks, FakeGate, FakeRuns, advances_contract, breaks_contract, gate_contract, runs_contract,
};

#[tokio::test]
async fn the_facts_are_appended_as_agreed() {
    advances_contract(&FakeAdvances::default()).await;
}

#[tokio::test]
async fn the_breaks_are_kept_as_agreed() {
    breaks_contract(&FakeBreaks::default()).await;
}

#[tokio::test]
async fn the_runs_are_kept_as_agreed() {
    runs_contract(&FakeRuns::default()).await;
}

#[tokio::test]
async fn the_gate_is_kept_as_agreed() {
    gate_contract(&FakeGate::default()).await;
}
