//! The OpenAPI document is kept, and it is the router's.

mod samples;

use samples::{Token, ada, api, get, july, unsubscribe_key};
use serde_json::Value;

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
/// Set, the kept document is written instead of compared.
const REFRESH: Option<&str> = option_env!("MILLRACE_REFRESH");

async fn document() -> String {
    get(&api().await, "/openapi.json", &Token::None).await.text
}

async fn parsed() -> Value {
    get(&api().await, "/openapi.json", &Token::None).await.json()
}

#[tokio::test]
async fn the_kept_document_is_the_api_s() {
    let document = document().await;
    if REFRESH.is_some() {
        std::fs::write(KEPT, &document).unwrap();
    }
    let kept = std::fs::read_to_string(KEPT).unwrap_or_default();
    assert!(
        kept == document,
        "docs/openapi.json is not what the API says of itself; refresh and read it:\n    \
         MILLRACE_REFRESH=1 cargo test -p serve-customers --profile local --test openapi && git diff docs/openapi.json"
    );
}

#[tokio::test]
async fn it_is_version_3_1_and_says_how_each_route_refuses() {
    let document = parsed().await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let paths = document["paths"].as_object().unwrap();
    for (path, item) in paths {
        if path == "/unsubscribe" {
            assert_eq!(item["post"]["security"], item["get"]["security"], "the link is signed itself");
            continue;
        }
        assert_eq!(item.as_object().unwrap().keys().collect::<Vec<_>>(), ["get"], "{path}");
        let responses = item["get"]["responses"].as_object().unwrap();
        let open = path == "/openapi.json";
        for status in ["400", "401", "403", "500", "503"] {
            assert_eq!(responses.contains_key(status), !open, "{path} {status}");
        }
        assert_eq!(responses.contains_key("404"), path.contains('{'), "{path}");
    }
}

#[tokio::test]
async fn every_reference_of_it_resolves() {
    let document = parsed().await;
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
    assert!(found > 100, "only {found} references");
}

#[tokio::test]
async fn each_path_of_it_is_routed() {
    let api = api().await;
    let document = parsed().await;
    for path in document["paths"].as_object().unwrap().keys() {
        let target = path.replace("{customer}", &ada().to_string());
        let target =
            target.replace("{account}", "4711").replace("{import}", &july().id.to_string()).replace("{feed}", "sepa");
        let needed = match target.rsplit('/').next() {
            Some("interest") => "?from=2026-07-01&to=2026-08-31".to_owned(),
            Some("forecast") => "?to=2026-08-31".to_owned(),
            Some("unsubscribe") => format!("?token={}", unsubscribe_key().token(ada())),
            _ => String::new(),
        };
        assert_eq!(get(&api, &format!("{target}{needed}"), &Token::Operator).await.status, 200, "{path}");
    }
    let served = get(&api, "/openapi.json", &Token::None).await;
    assert_eq!(served.json(), document);
    assert_eq!(served.headers["content-type"], "application/json");
}
