//! Opting out of mails, by a mail program and by a person.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod samples;

use axum::Router;
use samples::{Answer, Token, ada, api, event, get, send, unsubscribe_key};

async fn post(api: &Router, target: &str) -> Answer {
    send(api, &event("POST", target, &Token::None)).await
}

/// What Ada has chosen.
async fn choice(api: &Router) -> String {
    let customer = get(api, &format!("/customers/{}", ada()), &Token::Operator).await.json();
    customer["mails"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_mail_program_opts_out_with_one_post_and_a_scanner_that_opens_the_link_does_not() {
    let api = api().await;
    let link = format!("/unsubscribe?utm=x&token={}", unsubscribe_key().token(ada()));
    let page = get(&api, &link, &Token::None).await;
    assert_eq!((page.status, page.headers["referrer-policy"].to_str().unwrap()), (200, "no-referrer"));
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    assert!(page.text.contains("<form method=\"post\">"), "{}", page.text);
    assert_eq!(choice(&api).await, "wanted", "opening the link changes nothing");
    for _ in 0..2 {
        let page = post(&api, &link).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("You get no more summary mails."), "{}", page.text);
        assert_eq!(choice(&api).await, "unwanted");
    }
}

#[tokio::test]
async fn a_link_that_is_not_signed_opts_nobody_out() {
    let api = api().await;
    let token = unsubscribe_key().token(ada());
    for query in ["", "?token=", &format!("?token={}", ada()), &format!("?token={token}0"), &format!("?t={token}")] {
        let link = format!("/unsubscribe{query}");
        for page in [get(&api, &link, &Token::None).await, post(&api, &link).await] {
            assert_eq!(page.status, 400, "{query}");
            assert!(page.text.contains("This link is not valid.") && !page.text.contains("<form"), "{}", page.text);
        }
    }
    assert_eq!(choice(&api).await, "wanted");
}
