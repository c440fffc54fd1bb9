//! The OpenAPI document is kept, and it is the router's.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod samples;

use advances::testing::{FakeAdvances, FakeBreaks, FakeGate, FakePaymentQueue, FakeRuns};
use customers::testing::FakeRegister;
use samples::{FakeRunQueue, Noon, Stores, Token, api, get, post};
use serde_json::Value;
use serve_advances::ServeAdvances;

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi-advances.json");
/// Set, the kept document is written instead of compared.
const REFRESH: Option<&str> = option_env!("MILLRACE_REFRESH");

type Api =
    ServeAdvances<FakeAdvances, FakeBreaks, FakeRuns, FakeGate, FakeRegister, FakePaymentQueue, FakeRunQueue, Noon>;

fn parsed() -> Value {
    serde_json::from_str(&serve_advances::document::<Api>()).unwrap()
}

#[test]
fn the_kept_document_is_the_api_s() {
    let document = serve_advances::document::<Api>();
    if REFRESH.is_some() {
        std::fs::write(KEPT, &document).unwrap();
    }
    let kept = std::fs::read_to_string(KEPT).unwrap_or_default();
    assert!(
        kept == document,
        "docs/openapi-advances.json is not what the API says of itself; refresh and read it:\n    \
         MILLRACE_REFRESH=1 cargo test -p serve-advances --profile local --test openapi && git diff docs"
    );
}

#[test]
fn every_reference_of_it_resolves() {
    let document = parsed();
    let mut found = 0;
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        if let Some(reference) = value["$ref"].as_str() {
            found += 1;
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
        }
        open.extend(value.as_object().into_iter().flat_map(|it| it.values()));
        open.extend(value.as_array().into_iter().flatten());
    }
    assert!(found > 50, "only {found} references");
}

#[tokio::test]
async fn each_operation_of_it_is_routed_and_guarded() {
    let api = api(&Stores::default()).await;
    let document = parsed();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let target = path.replace("{advance}", "0123456789abcdef01234567");
            let target = target.replace("{break}", "0123456789abcdef01234567").replace("{date}", "2026-03-02");
            let answer = match method.as_str() {
                "get" => get(&api, &target, Token::None).await,
                "post" => post(&api, &target, Token::None, &Value::Null).await,
                other => panic!("{other} {path}"),
            };
            assert_eq!(answer.status, 401, "{method} {path}");
            for status in ["400", "401", "403", "500", "503"] {
                assert!(operation["responses"].get(status).is_some(), "{method} {path} {status}");
            }
        }
    }
}
