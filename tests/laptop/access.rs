//! Who may see what through the API, with tokens as the user pool gives them.

use std::thread;
use std::time::{Duration, Instant};

use crate::api::Api;
use crate::command::{file, millrace, stack};

#[test]
fn the_token_decides_who_sees_what() {
    let Some(endpoint) = stack() else { return };
    let path = file("api.csv", "Id,Date,Transaction\n0,7/15,+60.5\n1,7/28,-10.3\n2,8/2,-20.46\n3,8/13,+10\n");
    for account in ["API1", "API2"] {
        let import = ["import", &path, "--account", account, "--year", "2026", "--wait"];
        assert_eq!(millrace(&import).0, 0);
    }
    let api = Api::new(&endpoint);
    let operator = "api-operator";
    api.add_user(operator, Some("operator"));
    let token = api.access_token(operator);
    let status = |path: &str, token: &str| api.get(path, Some(token)).0;

    let (code, balance) = api.get("/accounts/API1/balance", Some(&token));
    assert_eq!(code, 200, "{balance}");
    assert!(balance.to_string().contains("\"39.74\""), "amounts are strings: {balance}");

    // No token, a forged one, one that says more than was signed, one for another use, one of another application.
    assert_eq!(api.get("/accounts/API1", None).0, 401);
    assert_eq!(status("/accounts/API1", "not.a.token"), 401);
    let (body, signature) = token.rsplit_once('.').unwrap();
    let turned: String = signature.chars().rev().collect();
    assert_eq!(status("/accounts/API1", &format!("{body}.{turned}")), 401);
    let (head, _) = body.split_once('.').unwrap();
    let nobody = api_user_without_a_group(&api);
    let (_, claims_of_nobody) = nobody.rsplit_once('.').unwrap().0.split_once('.').unwrap();
    assert_eq!(status("/accounts/API1", &format!("{head}.{claims_of_nobody}.{signature}")), 401);
    let id_token = api.sign_in(operator, &api.client).id_token.unwrap();
    assert_eq!(status("/accounts/API1", &id_token), 403, "an id token has no scope");
    let theirs = api.sign_in(operator, &api.other_client()).access_token.unwrap();
    assert_eq!(status("/accounts/API1", &theirs), 401, "a token of another application");

    // A valid token without a role, and a customer who requests their own data and another's.
    assert_eq!(status("/accounts/API1", &nobody), 403);
    let own = api.get("/accounts/API1", Some(&token)).1;
    let customer = own["customer"].as_str().or_else(|| own["customer_id"].as_str()).unwrap().to_owned();
    api.add_user(&customer, Some("customer"));
    let customer = api.access_token(&customer);
    assert_eq!(status("/accounts/API1/balance", &customer), 200);
    for hidden in ["/accounts/API2", "/accounts/API2/balance", "/accounts/API2/entries", "/accounts/NONE"] {
        assert_eq!(status(hidden, &customer), 404, "{hidden}");
    }
    assert_eq!(status("/imports", &customer), 403);

    // What cannot be answered names the field.
    let (code, problem) = api.get("/accounts/API1/balance?on=2026-02-30", Some(&token));
    assert_eq!(code, 400);
    assert!(problem.to_string().contains("on"), "{problem}");
    assert_eq!(status("/accounts/API1/balance?unknown=1", &token), 400);

    api.let_tokens_live(1);
    let short = api.access_token(operator);
    api.let_tokens_live(3600);
    let until = Instant::now() + Duration::from_secs(30);
    while status("/accounts/API1", &short) != 401 {
        assert!(Instant::now() < until, "an expired token is still good");
        thread::sleep(Duration::from_millis(200));
    }
}

fn api_user_without_a_group(api: &Api) -> String {
    api.add_user("api-nobody", None);
    api.access_token("api-nobody")
}

#[test]
fn the_feeds_of_the_sandbox_are_open_and_page_on() {
    let Some(endpoint) = stack() else { return };
    let api = Api::new(&endpoint);
    assert_eq!(api.get("/sandbox/ping", None), (200, serde_json::json!({ "ok": true })));
    let (mut cursor, mut rows, mut more) = (String::new(), 0, true);
    while more {
        let (status, page) = api.get(&format!("/sandbox/sepa?cursor={cursor}"), None);
        assert_eq!((status, page["cursor"].as_str()), (200, Some(cursor.as_str())));
        page["next"].as_str().unwrap().clone_into(&mut cursor);
        rows += page["rows"].as_u64().unwrap();
        more = page["more"] == true;
    }
    assert_eq!((rows, cursor.as_str()), (2_000, "sepa-2000"));
    assert_eq!(api.get("/sandbox/sepa?cursor=x", None).0, 400);
}
