//! The fakes keep the contracts of their ports.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests; clippy.toml allows it only inside of #[test]"
)]

mod samples;

use mail::testing::{
    Answer, FakeMailer, FakeSummaries, FakeSummaryRequests, counts_contract, gate_contract, mailer_contract, ready,
    summaries_contract, summary_requests_contract, suppressions_contract,
};

#[test]
fn the_fake_summaries_keep_their_contract() {
    let summaries = FakeSummaries::default();
    ready(summaries_contract(&summaries, "contract-1"));
    ready(summaries_contract(&summaries, "contract-2"));
}

#[test]
fn the_fake_gate_suppressions_and_counts_keep_their_contracts() {
    let summaries = FakeSummaries::default();
    ready(gate_contract(&summaries));
    ready(suppressions_contract(&summaries, &mail::EmailAddress::parse("ada@example.com").unwrap()));
    ready(counts_contract(&summaries, "contract-1"));
}

#[test]
fn the_fake_requests_keep_their_contract() {
    let requests = FakeSummaryRequests::default();
    ready(summary_requests_contract(&requests, async |_| requests.take()));
}

#[test]
fn the_fake_mailer_keeps_its_contract() {
    let mailer = FakeMailer::default();
    let mail = mail::render(&samples::four_rows(), &samples::envelope()).unwrap();
    ready(mailer_contract(&mailer, &mail));
    assert_eq!(mailer.taken(), [mail.clone(), mail]);
}

#[test]
#[should_panic(expected = "a valid mail is accepted")]
fn the_contract_notices_a_mailer_that_loses_mails() {
    let mail = mail::render(&samples::four_rows(), &samples::envelope()).unwrap();
    ready(mailer_contract(&FakeMailer::answering([Answer::Take, Answer::Lose]), &mail));
}
