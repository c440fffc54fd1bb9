//! The payment processor of the sandbox behind the API, with its state in the table.

use serde_json::{Value, json};

use crate::api::Api;
use crate::command::stack;

fn call(api: &Api, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let path = api.path_of(&format!("/sandbox/processor{path}"));
    let (status, _, body) = api.send(method, &path, "content-type: application/json\r\n", &body.to_string());
    (status, serde_json::from_str(body.trim()).unwrap_or(Value::Null))
}

#[test]
fn a_repeated_reference_is_one_transaction_in_the_ledger() {
    let Some(endpoint) = stack() else { return };
    let api = Api::new(&endpoint);
    let reference = format!("laptop-{}", std::process::id());
    let order = json!({
        "reference": reference, "source": "1000001", "destination": "9000009", "amount": "8.33", "currency": "EUR",
        "direction": "debit",
    });
    let (_, accepted) = call(&api, "POST", "/transactions", &order);
    let (_, again) = call(&api, "POST", "/transactions", &order);
    assert_eq!(accepted["transaction"], again["transaction"]);
    let (_, status) = call(&api, "GET", &format!("/transactions/{reference}"), &Value::Null);
    assert_eq!(status["transaction"], accepted["transaction"], "{status}");
    let (_, ledger) = call(&api, "GET", "/ledger", &Value::Null);
    let transactions = ledger["transactions"].as_array().unwrap();
    assert_eq!(transactions.iter().filter(|it| it["reference"] == json!(reference)).count(), 1, "{ledger}");
}
