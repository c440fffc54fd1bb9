//! The fakes keep the contracts that the adapters keep.

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
