//! People, programs and the web page sign in; the gateway wants an access token with a scope.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::api::Api;
use crate::command::{file, millrace, millrace_given, stack};

const PASSWORD: &str = "For-this-test-0nly";

#[test]
fn an_operator_is_added_signs_in_refreshes_and_is_disabled() {
    let Some(endpoint) = stack() else { return };
    let api = Api::new(&endpoint);
    let (code, said) = millrace_given(&["user", "add", "--operator", "olga"], &format!("{PASSWORD}\n"));
    assert_eq!(code, 0, "{said}");
    let sign_in = |password: &str| millrace_given(&["token", "--user", "olga"], &format!("{password}\n"));
    let (code, tokens) = sign_in(PASSWORD);
    assert_eq!(code, 0, "{tokens}");
    assert_eq!(api.get("/accounts", tokens["access_token"].as_str()).0, 200);
    let (code, said) = sign_in("Another-passw0rd");
    assert!(code == 1 && said.as_str().unwrap().contains("password is wrong"), "{said}");

    let refresh = format!("{}\n", tokens["refresh_token"].as_str().unwrap());
    let (code, again) = millrace_given(&["token", "--refresh"], &refresh);
    assert_eq!(code, 0, "{again}");
    assert_eq!(api.get("/accounts", again["access_token"].as_str()).0, 200);
    // Without a stack to look at, as people without rights on AWS do it.
    let [pool, client] = [api.output("UserPoolId"), api.output("UserPoolClientId")];
    let named = ["token", "--user", "olga", "--user-pool", &pool, "--client", &client];
    assert_eq!(millrace_given(&named, &format!("{PASSWORD}\n")).0, 0);

    let listed = |name: &str| {
        let users = millrace(&["user", "list"]).1;
        users["items"].as_array().unwrap().iter().find(|it| it["name"] == name).cloned()
    };
    assert_eq!(listed("olga").unwrap()["groups"], serde_json::json!(["operator"]));
    assert_eq!(millrace(&["user", "disable", "olga"]).0, 0);
    assert_eq!(listed("olga").unwrap()["enabled"], false);
    assert_eq!(sign_in(PASSWORD).0, 1);
    assert_eq!(millrace_given(&["token", "--refresh"], &refresh).0, 1);
    assert_eq!(millrace(&["user", "enable", "olga"]).0, 0);
    assert_eq!(sign_in(PASSWORD).0, 0);

    let add = || millrace_given(&["user", "add", "--operator", "olga"], &format!("{PASSWORD}\n")).0;
    assert_eq!(add(), 1, "there is one of this name");
    assert_eq!(millrace(&["user", "remove", "olga"]).0, 0);
    assert!(listed("olga").is_none());
    assert_eq!(add(), 0);
}

#[test]
fn a_customer_s_user_has_the_customer_s_id() {
    let Some(endpoint) = stack() else { return };
    let api = Api::new(&endpoint);
    let path = file("user.csv", "Id,Date,Transaction\n0,7/15,+60.5\n");
    for account in ["USER1", "USER2"] {
        assert_eq!(millrace(&["import", &path, "--account", account, "--year", "2026", "--wait"]).0, 0);
    }
    let operator = millrace(&["token", "--user", "operator"]).1["access_token"].as_str().unwrap().to_owned();
    let customer = api.get("/accounts/USER1", Some(&operator)).1["customer"].as_str().unwrap().to_owned();
    let add = |id: &str| millrace_given(&["user", "add", "--customer", id], &format!("{PASSWORD}\n"));
    assert_eq!(add("00000000-0000-5000-8000-000000000000").0, 1, "there is no such customer");
    assert_eq!(add(&customer).0, 0);
    let (code, tokens) = millrace_given(&["token", "--user", &customer], &format!("{PASSWORD}\n"));
    assert_eq!(code, 0, "{tokens}");
    let token = tokens["access_token"].as_str();
    assert_eq!(api.get("/accounts/USER1/balance", token).0, 200);
    assert_eq!(api.get("/accounts/USER2/balance", token).0, 404);
}

#[test]
fn a_program_signs_in_with_its_secret_and_reads_or_writes_by_its_scope() {
    let Some(endpoint) = stack() else { return };
    let api = Api::new(&endpoint);
    let client = api.output("MachineClientId");
    let basic = STANDARD.encode(format!("{client}:{}", api.secret(&client)));
    let ask = |basic: &str, scope: &str| {
        let head = format!("authorization: Basic {basic}\r\ncontent-type: application/x-www-form-urlencoded\r\n");
        api.send("POST", "/oauth2/token", &head, &format!("grant_type=client_credentials&scope={scope}"))
    };
    let token = |scope: &str| {
        let (status, _, answer) = ask(&basic, scope);
        assert_eq!(status, 200, "{answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    };
    let reader = token("millrace%2Fread");
    assert_eq!(api.get("/accounts", Some(&reader)).0, 200);
    assert_eq!(api.get("/portfolio", Some(&reader)).0, 200);
    assert_eq!(api.get("/advances", Some(&reader)).0, 200);
    // Without a body: the answer to a program that may write names the missing key.
    assert_eq!(api.ask("POST", "/advances", Some(&reader)).0, 403);
    assert_eq!(api.ask("POST", "/advances", Some(&token("millrace%2Fread+millrace%2Fwrite"))).0, 400);
    assert_ne!(ask(&basic, "millrace%2Fother").0, 200, "a scope that does not exist");
    assert_ne!(ask(&STANDARD.encode(format!("{client}:wrong")), "millrace%2Fread").0, 200);
}

#[test]
fn the_web_page_signs_in_with_a_code_and_its_verifier() {
    let Some(endpoint) = stack() else { return };
    let api = Api::new(&endpoint);
    assert_eq!(millrace_given(&["user", "add", "--operator", "page-user"], &format!("{PASSWORD}\n")).0, 0);
    let (client, back) = (api.output("WebPageClientId"), "http%3A%2F%2Flocalhost%3A5173%2F");
    let verifier = "a-verifier-of-at-least-forty-three-characters-as-rfc-7636-has-it";
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let request = format!(
        "client_id={client}&response_type=code&scope=openid+millrace%2Fread&redirect_uri={back}\
         &code_challenge_method=S256&code_challenge={challenge}&state=s1"
    );
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let (_, _, page) = api.send("GET", &format!("/oauth2/authorize?{request}"), "", "");
    // The page's form: what is hidden in it, and what the person types.
    let hidden: Vec<String> = page.split("<input").filter_map(hidden_field).collect();
    let filled = format!("{}&username=page-user&password={PASSWORD}", hidden.join("&"));
    let (status, head, page) = api.send("POST", &format!("/login?{request}"), form, &filled);
    assert_eq!(status, 302, "{head} {page}");
    let location = head.lines().find(|it| it.to_lowercase().starts_with("location:")).unwrap();
    let code = location.split("code=").nth(1).unwrap().split('&').next().unwrap().trim().to_owned();

    let redeem = |verifier: &str| {
        let request = format!(
            "grant_type=authorization_code&client_id={client}&code={code}&redirect_uri={back}&code_verifier={verifier}"
        );
        api.send("POST", "/oauth2/token", form, &request)
    };
    let (status, _, answer) = redeem(verifier);
    assert_eq!(status, 200, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(api.get("/accounts", answer["access_token"].as_str()).0, 200);
    assert_eq!(api.get("/accounts", answer["id_token"].as_str()).0 / 100, 4, "an id token is no access token");
    assert_ne!(redeem(verifier).0, 200, "a code is good once");

    // A browser asks before it reads from another origin with a header of its own.
    let preflight = |origin: &str| {
        let head = format!(
            "origin: {origin}\r\naccess-control-request-method: GET\r\naccess-control-request-headers: authorization\r\n"
        );
        let (status, head, _) = api.send("OPTIONS", &api.path_of("/customers/1/balances"), &head, "");
        (status / 100, head.to_lowercase().contains(&format!("access-control-allow-origin: {origin}\r\n")))
    };
    assert_eq!(preflight("http://localhost:5173"), (2, true));
    assert!(!preflight("https://elsewhere.example").1);
}

/// `name=value` of a hidden field, as a form sends it.
fn hidden_field(input: &str) -> Option<String> {
    let input = input.split('>').next()?;
    let attribute = |name: &str| input.split(&format!("{name}=\"")).nth(1)?.split('"').next();
    (attribute("type")? == "hidden").then_some(())?;
    let value = attribute("value")?.replace("&amp;", "&");
    let encoded = value.bytes().fold(String::new(), |encoded, it| encoded + &format!("%{it:02X}"));
    Some(format!("{}={encoded}", attribute("name")?))
}
