//! What the answers look like.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod samples;

use insta::assert_snapshot;
use samples::{Token, ada, api, bolt, get, july};

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

/// The figures for the treasurer of Bolt.
async fn of_bolt(query: &str) -> String {
    answer(&format!("/customers/{}/{query}", bolt()), &Token::Customer(bolt())).await
}

#[tokio::test]
async fn balances_in_each_currency_and_in_one() {
    assert_snapshot!(of_bolt("balances?on=2026-07-01&in=EUR").await);
}

#[tokio::test]
async fn a_history_with_its_revaluation() {
    assert_snapshot!(of_bolt("history?from=2026-05-15&to=2026-06-30&in=EUR").await);
}

#[tokio::test]
async fn countries_with_what_came_in_and_went_out() {
    assert_snapshot!(of_bolt("countries").await);
}

#[tokio::test]
async fn the_top_counterparties() {
    assert_snapshot!(of_bolt("counterparties?in=EUR&limit=2").await);
}

#[tokio::test]
async fn interest_on_debt_and_credit() {
    assert_snapshot!(of_bolt("interest?from=2026-01-01&to=2026-12-31").await);
}

#[tokio::test]
async fn forecasts_of_each_currency() {
    assert_snapshot!(of_bolt("forecast?to=2026-07-26").await);
}

#[tokio::test]
async fn a_forecast_of_all_together() {
    assert_snapshot!(of_bolt("forecast?on=2026-06-30&to=2026-07-10&in=EUR").await);
}

#[tokio::test]
async fn entries_of_a_customer() {
    assert_snapshot!(of_bolt("entries?from=2026-07-01&limit=2").await);
}

#[tokio::test]
async fn the_portfolio() {
    assert_snapshot!(answer("/portfolio?on=2026-07-31&limit=1", &Token::Operator).await);
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
