//! The sweeper or an operator finishes imports that stopped half-way.

use std::thread;
use std::time::{Duration, Instant};

use aws_sdk_sqs::Client;
use serde_json::{Value, json};

use crate::api::Api;
use crate::command::{file, millrace, stack};
use crate::invoke::{envelope, invoke};

const PATIENCE: Duration = Duration::from_secs(30);

/// Imports two rows of an account.
fn import(account: &str) -> Value {
    let path = file(&format!("{account}.csv"), "Id,Date,Transaction\n0,7/15,+60.5\n1,7/28,-10.3\n");
    let (code, report) = millrace(&["import", &path, "--account", account, "--year", "2026", "--wait"]);
    assert_eq!(code, 0, "{report}");
    report
}

/// Leaves an import as if the requests to post its batches had been lost an hour ago.
fn lose_batches(api: &Api, id: &str) {
    let table = api.output("ImportsTable");
    let key = |sort_key: &str| json!({ "pk": { "S": format!("IMPORT#{id}") }, "sk": { "S": sort_key } });
    let request = json!({
        "TableName": table, "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": { ":pk": { "S": format!("IMPORT#{id}") } },
    });
    for item in api.dynamodb("Query", &request)["Items"].as_array().unwrap() {
        let sort_key = item["sk"]["S"].as_str().unwrap();
        if sort_key != "IMPORT" {
            api.dynamodb("DeleteItem", &json!({ "TableName": table, "Key": key(sort_key) }));
            continue;
        }
        let mut item = item.clone();
        let mut import: Value = serde_json::from_str(item["doc"]["S"].as_str().unwrap()).unwrap();
        import["state"] = json!({ "name": "posting" });
        import["touched_at"] = json!("2026-01-01T10:00:00Z");
        item["doc"]["S"] = json!(import.to_string());
        item["open"] = json!({ "S": "1" });
        item["open_since"] = json!({ "S": "2026-01-01T10:00:00.000000Z" });
        api.dynamodb("PutItem", &json!({ "TableName": table, "Item": item }));
    }
}

fn state(id: &str) -> String {
    millrace(&["imports", id]).1["state"].as_str().unwrap().to_owned()
}

/// Waits until an import is in a state, and returns its report.
fn wait_for(id: &str, expected: &str) -> Value {
    let until = Instant::now() + PATIENCE;
    while state(id) != expected {
        assert!(Instant::now() < until, "import {id} is {}, not {expected}", state(id));
        thread::sleep(Duration::from_millis(100));
    }
    millrace(&["imports", id]).1
}

fn check_books(account: &str) {
    assert!(millrace(&["balance", account]).1.to_string().contains("\"50.20\""));
    let (code, audit) = millrace(&["audit"]);
    assert_eq!(code, 0, "{audit}");
}

#[test]
fn the_sweeper_requests_batches_with_lost_messages_again() {
    let Some(endpoint) = stack() else { return };
    let api = Api::new(&endpoint);
    let report = import("STALLED1");
    let id = report["id"].as_str().unwrap();
    lose_batches(&api, id);
    assert_eq!(state(id), "posting");
    invoke(&api, "sweep-imports", &envelope("sweep-imports"));
    assert_eq!(wait_for(id, "done"), report, "as if nothing had been lost");
    check_books("STALLED1");
}

#[test]
fn an_import_with_a_dead_letter_fails_and_an_operator_retries_it() {
    let Some(endpoint) = stack() else { return };
    let api = Api::new(&endpoint);
    let report = import("STALLED2");
    let id = report["id"].as_str().unwrap();
    lose_batches(&api, id);
    let batch = json!({
        "v": 1, "import": id, "batch": 0, "of": 1, "from": 0, "to": 1, "summaries": false, "repeats": false,
    });
    give_up(&batch);
    let failed = wait_for(id, "failed");
    let reason = failed["reason"].as_str().unwrap();
    assert!(reason.contains("batch 0 of 1") && reason.contains(&format!("millrace imports retry {id}")), "{reason}");
    let (code, said) = millrace(&["imports", "retry", id]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(wait_for(id, "done"), report, "as if nothing had failed");
    check_books("STALLED2");
}

/// Puts a message where SQS puts one that was received as often as it may be.
fn give_up(message: &Value) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let sqs = Client::new(&aws_config::load_from_env().await);
        let queues = sqs.list_queues().send().await.unwrap().queue_urls.unwrap();
        let url = queues.iter().find(|it| it.contains("BatchesDeadLetters")).unwrap();
        sqs.send_message().queue_url(url).message_body(message.to_string()).send().await.unwrap();
    });
}
