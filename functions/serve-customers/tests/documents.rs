//! What the answers look like.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod samples;

use insta::assert_snapshot;
use samples::{Token, ada, api, get, july};

/// The answer's status and its JSON.
async fn answer(target: &str, token: &Token) -> String {
    let answer = get(&api().await, target, token).await;
    format!("{}\n{}", answer.status, serde_json::to_string_pretty(&answer.json()).unwrap())
}

#[tokio::test]
async fn a_customer_with_accounts() {
    let ada = ada();
    assert_snapshot!(answer(&format!("/customers/{ada}"), &Token::Customer(ada)).await);
}

#[tokio::test]
async fn an_account_with_its_balances() {
    assert_snapshot!(answer("/accounts/4711", &Token::Operator).await);
}

#[tokio::test]
async fn a_balance_at_a_date() {
    assert_snapshot!(answer("/accounts/4711/balance?on=2026-07-31", &Token::Operator).await);
}

#[tokio::test]
async fn a_history_by_month_with_a_part_of_one() {
    let target = "/accounts/4711/history?from=2026-07-20&to=2026-08-31&by=month";
    assert_snapshot!(answer(target, &Token::Operator).await);
}

#[tokio::test]
async fn entries_clean_and_dirty() {
    assert_snapshot!(answer("/accounts/4711/entries?from=2026-08-13&view=all", &Token::Operator).await);
}

#[tokio::test]
async fn the_imports() {
    assert_snapshot!(answer("/imports", &Token::Operator).await);
}

#[tokio::test]
async fn the_report_of_an_import() {
    assert_snapshot!(answer(&format!("/imports/{}", july().id), &Token::Operator).await);
}

#[tokio::test]
async fn a_link_to_rejects() {
    assert_snapshot!(answer(&format!("/imports/{}/rejects", july().id), &Token::Operator).await);
}

#[tokio::test]
async fn a_problem_that_names_fields() {
    assert_snapshot!(answer("/accounts/4711/entries?from=today&limit=0&sort=amount", &Token::Operator).await);
}
