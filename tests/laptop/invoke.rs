//! Each function is called with its event, as `cargo xtask invoke` and `cargo lambda invoke` do it.

use std::path::Path;

use serde_json::{Value, json};

use crate::api::{Api, owner};
use crate::command::{file, millrace, stack};

pub(crate) fn envelope(function: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../events/aws/{function}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What a function answers; it must not end with an error.
pub(crate) fn invoke(api: &Api, function: &str, event: &Value) -> Value {
    let path = format!("/2015-03-31/functions/millrace-{function}/invocations");
    let (status, head, body) =
        api.send("POST", &path, &format!("content-type: application/json\r\n{}", owner("lambda")), &event.to_string());
    assert_eq!(status, 200, "{function}: {head} {body}");
    assert!(!head.to_lowercase().contains("x-amz-function-error"), "{function}: {body}");
    serde_json::from_str(body.trim()).unwrap_or(Value::Null)
}

#[test]
fn each_function_answers_its_event() {
    let Some(endpoint) = stack() else { return };
    let api = Api::new(&endpoint);
    // Lambda's own response to a batch without failures. What the events are about is not there, which the
    // functions take as done already.
    for function in ["split-import", "mail-summary", "record-mail-events", "record-failures", "collect-debit"] {
        let answer = invoke(&api, function, &envelope(function));
        assert_eq!(answer["batchItemFailures"], json!([]), "{function}: {answer}");
    }
    assert_eq!(invoke(&api, "sweep-imports", &envelope("sweep-imports")), Value::Null);
    for function in ["sandbox-feed", "sandbox-processor"] {
        assert_eq!(invoke(&api, function, &envelope(function))["statusCode"], 200, "{function}");
    }

    let mut request = envelope("serve-customers");
    assert_eq!(invoke(&api, "serve-customers", &request)["statusCode"], 401, "a token of no client of this stack");
    request["requestContext"]["authorizer"]["jwt"]["claims"]["client_id"] = json!(api.output("UserPoolClientId"));
    assert_eq!(invoke(&api, "serve-customers", &request)["statusCode"], 200);

    let mut request = envelope("serve-advances");
    assert_eq!(invoke(&api, "serve-advances", &request)["statusCode"], 401, "a token of no client of this stack");
    request["requestContext"]["authorizer"]["jwt"]["claims"]["client_id"] = json!(api.output("UserPoolClientId"));
    assert_eq!(invoke(&api, "serve-advances", &request)["statusCode"], 200);

    // The batch of no import fails, and that of an import that is posted changes nothing.
    let event = envelope("post-entries");
    let failed = invoke(&api, "post-entries", &event);
    assert_eq!(failed["batchItemFailures"][0]["itemIdentifier"], event["Records"][0]["messageId"], "{failed}");
    let path = file("invoke.csv", "Id,Date,Transaction\n0,7/15,+60.5\n1,7/28,-10.3\n");
    let (code, report) = millrace(&["import", &path, "--account", "INVOKE1", "--year", "2026", "--wait"]);
    assert_eq!(code, 0, "{report}");
    let again = invoke(&api, "post-entries", &of_import(&api, event, &report));
    assert_eq!(again["batchItemFailures"], json!([]), "{again}");
    let (_, balance) = millrace(&["balance", "INVOKE1"]);
    assert!(balance.to_string().contains("50.20"), "{balance}");
}

/// Their events would send requests to the bank and to the processor, which other tests simulate; an unknown version
/// fails without requests.
#[test]
fn a_poll_and_a_run_of_another_version_fail_as_one_message() {
    let Some(endpoint) = stack() else { return };
    for (function, body) in [("poll-feed", r#"{"v":99}"#), ("run-debits", r#"{"v":99,"date":"2026-03-02"}"#)] {
        let mut event = envelope(function);
        event["Records"][0]["body"] = json!(body);
        let answer = invoke(&Api::new(&endpoint), function, &event);
        assert_eq!(answer["batchItemFailures"][0]["itemIdentifier"], event["Records"][0]["messageId"], "{answer}");
    }
}

/// The event, with the first batch of this import.
fn of_import(api: &Api, mut event: Value, report: &Value) -> Value {
    let import = report["id"].as_str().unwrap();
    let (status, head, _) =
        api.send("HEAD", &format!("/{}/work/{import}/entries.bin", api.output("FilesBucket")), &owner("s3"), "");
    assert_eq!(status, 200, "{head}");
    let length = head.lines().find_map(|it| it.to_lowercase().strip_prefix("content-length:").map(str::to_owned));
    let body = json!({
        "v": 1, "import": import, "batch": 0, "of": 1, "from": 0,
        "to": length.unwrap().trim().parse::<u64>().unwrap(), "summaries": false, "repeats": false,
    });
    event["Records"][0]["body"] = json!(body.to_string());
    event
}
