//! Requests of advances, and who may make them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod samples;

use samples::{IBAN, OTHER_IBAN, Stores, Token, ada, api, eve, get, hundred, post, request};
use serde_json::{Value, json};

#[tokio::test]
async fn the_same_key_and_body_have_the_same_answer_and_one_advance() {
    let stores = Stores::default();
    let api = api(&stores).await;
    let first = request(&api, Token::Customer(ada()), "key-1", &hundred()).await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!(first.json()["state"], "requested");
    assert_eq!(first.json()["customer"], json!(ada().to_string()));
    let location = first.headers["location"].to_str().unwrap().to_owned();
    let requests = stores.payments.take();
    assert_eq!(requests.len(), 1, "the credit is requested at once");

    // Also after it has changed.
    let cancelled =
        post(&api, &format!("{location}/cancellation"), Token::Operator, &json!({"reason": "a test"})).await;
    assert_eq!(cancelled.json()["state"], "cancelled");
    let again = request(&api, Token::Customer(ada()), "key-1", &hundred()).await;
    assert_eq!((again.status, &again.text), (200, &first.text));
    assert_eq!(stores.advances.all().len(), 1);

    let other = json!({"account": IBAN, "amount": "100.01", "currency": "EUR"});
    let reused = request(&api, Token::Customer(ada()), "key-1", &other).await;
    assert_eq!((reused.status, reused.json()["type"].as_str()), (422, Some("urn:millrace:problem:key-reused")));
    let of_another = request(&api, Token::Operator, "key-1", &hundred()).await;
    assert_eq!(of_another.status, 201, "keys are of their callers");
    let without_key = post(&api, "/advances", Token::Operator, &hundred()).await;
    assert_eq!((without_key.status, without_key.fields()), (400, vec!["Idempotency-Key".to_owned()]));
}

/// A request with one field changed is refused, and the problem names just `fields`.
async fn check(changed: Value, status: u16, fields: &[&str]) {
    let stores = Stores::default();
    let api = api(&stores).await;
    let mut body = hundred();
    body.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
    let refused = request(&api, Token::Customer(ada()), "key-1", &body).await;
    assert_eq!(
        (refused.status, refused.fields()),
        (status, fields.iter().map(|it| (*it).to_owned()).collect()),
        "{body}"
    );
    assert_eq!(refused.headers["content-type"], "application/problem+json");
    assert!(stores.advances.all().is_empty() && stores.payments.take().is_empty(), "{body}");
}

#[tokio::test]
async fn a_refusal_names_the_fields() {
    for amount in ["0", "0.00", "-100.00", "100.001", "1e5", "1.000,00", "100000.01", "", "9.99"] {
        check(json!({"amount": amount}), 422, &["amount"]).await;
    }
    check(json!({"currency": "XXY"}), 422, &["currency"]).await;
    check(json!({"currency": "JPY"}), 422, &["amount"]).await;
    check(json!({"account": "DE02120300000000202051"}), 422, &["account"]).await;
    check(json!({"account": OTHER_IBAN}), 422, &["account"]).await;
    check(json!({"account": "?", "amount": "0"}), 422, &["account", "amount"]).await;
    check(json!({"amount": 100}), 400, &["amount"]).await;
    check(json!({"terms": {}}), 400, &["terms"]).await;
}

#[tokio::test]
async fn a_customer_sees_and_changes_only_their_own_advances() {
    let stores = Stores::default();
    let api = api(&stores).await;
    let of_ada = request(&api, Token::Operator, "key-1", &hundred()).await;
    let path = of_ada.headers["location"].to_str().unwrap().to_owned();
    let reason = json!({"reason": "a test"});
    for (token, sees, cancels) in [
        (Token::None, 401, 401),
        (Token::Customer(eve()), 404, 404),
        (Token::Reader, 200, 403),
        (Token::Customer(ada()), 200, 200),
    ] {
        assert_eq!(get(&api, &path, token).await.status, sees, "{token:?}");
        assert_eq!(post(&api, &format!("{path}/cancellation"), token, &reason).await.status, cancels, "{token:?}");
    }
    assert_eq!(request(&api, Token::Reader, "key-2", &hundred()).await.status, 403);
    let listed = |token, query: &'static str| {
        let api = &api;
        async move {
            let answer = get(api, &format!("/advances{query}"), token).await;
            let items = answer.json()["items"].as_array().map(Vec::len);
            (answer.status, items)
        }
    };
    assert_eq!(listed(Token::Operator, "").await, (200, Some(1)));
    assert_eq!(listed(Token::Operator, "?state=cancelled").await, (200, Some(1)));
    assert_eq!(listed(Token::Operator, "?state=active").await, (200, Some(0)));
    assert_eq!(listed(Token::Customer(ada()), "").await, (200, Some(1)));
    assert_eq!(listed(Token::Customer(eve()), "").await, (200, Some(0)));
    assert_eq!(listed(Token::Operator, "?state=open").await.0, 400);
    let of_another = get(&api, &format!("/advances?customer={}", ada()), Token::Customer(eve())).await;
    assert_eq!(of_another.status, 404);
}

#[tokio::test]
async fn a_list_has_pages() {
    let stores = Stores::default();
    let api = api(&stores).await;
    for key in ["a", "b", "c"] {
        assert_eq!(request(&api, Token::Operator, key, &hundred()).await.status, 201);
    }
    let mut found = Vec::new();
    let mut target = "/advances?limit=2".to_owned();
    loop {
        let page = get(&api, &target, Token::Operator).await.json();
        found.extend(page["items"].as_array().unwrap().iter().map(|it| it["id"].to_string()));
        let Some(next) = page["next"].as_str() else { break };
        target = format!("/advances?limit=2&cursor={next}");
    }
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 3);
    let other_list = target.replace("limit=2", "limit=2&state=active");
    assert_eq!(get(&api, &other_list, Token::Operator).await.fields(), ["cursor"]);
}
