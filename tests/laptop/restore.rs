//! The tables are restored under new names, and the stack works with them: docs/RESTORE.md, step by step.
//!
//! It deploys the whole stack again, so it runs alone: see `.config/nextest.toml`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, reason = "this test uses a part of it")]
mod api;
mod command;

use std::thread;
use std::time::{Duration, Instant};

use api::Api;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{Capability, Parameter, StackStatus};
use command::{file, millrace, stack};
use customers::{CustomerId, shard_of};
use serde_json::{Value, json};

const STACK: &str = "millrace";
const PREFIX: &str = "millrace-rehearsal";
const PATIENCE: Duration = Duration::from_mins(2);

struct Deployer {
    runtime: tokio::runtime::Runtime,
    cloudformation: Client,
}

impl Deployer {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let config = runtime.block_on(aws_config::load_from_env());
        Self { cloudformation: Client::new(&config), runtime }
    }

    /// Deploys the same template, with these parameters changed.
    fn deploy(&self, changed: &[(&str, &str)]) {
        self.runtime.block_on(async {
            let stack = self.stack().await;
            let parameters = stack.parameters.clone().unwrap_or_default().into_iter().map(|it| {
                let key = it.parameter_key.unwrap();
                let value = changed.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned());
                let value = value.or(it.parameter_value);
                Parameter::builder().parameter_key(key).set_parameter_value(value).build()
            });
            let request = self.cloudformation.update_stack().stack_name(STACK).use_previous_template(true);
            let request =
                request.capabilities(Capability::CapabilityIam).capabilities(Capability::CapabilityAutoExpand);
            request.set_parameters(Some(parameters.collect())).send().await.unwrap();
            let until = Instant::now() + PATIENCE;
            loop {
                match self.stack().await.stack_status {
                    Some(StackStatus::UpdateComplete) => return,
                    Some(StackStatus::UpdateInProgress | StackStatus::UpdateCompleteCleanupInProgress)
                        if Instant::now() < until =>
                    {
                        tokio::time::sleep(Duration::from_millis(200)).await;
                    }
                    other => panic!("the stack is {other:?}"),
                }
            }
        });
    }

    async fn stack(&self) -> aws_sdk_cloudformation::types::Stack {
        let described = self.cloudformation.describe_stacks().stack_name(STACK).send().await.unwrap();
        described.stacks.unwrap().remove(0)
    }
}

/// Puts the stack's own tables back, however the test ends.
struct Back<'a>(&'a Deployer);

impl Drop for Back<'_> {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.0.deploy(&[("Paused", "false"), ("RestoredTables", "")]);
        }
    }
}

#[test]
fn the_stack_works_with_restored_tables_and_sends_no_mail_twice() {
    let Some(endpoint) = stack() else { return };
    let api = Api::new(&endpoint);
    let import = |account: &str| {
        let path = file("restore.csv", "Id,Date,Transaction\n0,7/15,+60.5\n1,7/28,-10.3\n");
        let request = ["import", &path, "--account", account, "--year", "2026", "--wait"];
        let (code, report) = millrace(&request);
        assert_eq!(code, 0, "{report}");
        report
    };
    let report = import("RESTORE1");
    let before = millrace(&["balance", "RESTORE1"]).1;
    let unfinished = "0123456789abcdef0123456789abcdef";
    put_wanted_mail(&api, &api.output("MailsTable"), unfinished);

    let deployer = Deployer::new();
    assert_eq!(millrace(&["restore", "mails"]).0, 1, "the stack is running");
    deployer.deploy(&[("Paused", "true")]);
    let back = Back(&deployer);
    let (code, restored) = millrace(&["restore", "tables", "--at", &a_second_ago(), "--prefix", PREFIX]);
    assert_eq!(code, 0, "{restored}");
    assert_eq!(millrace(&["restore", "mails"]).0, 1, "the restored tables are not adopted yet");
    let since = [opt_out(), suppressed_address()];
    for (table, item) in ["CustomersTable", "MailsTable"].iter().zip(&since) {
        api.dynamodb("PutItem", &json!({ "TableName": api.output(table), "Item": item }));
    }
    deployer.deploy(&[("Paused", "true"), ("RestoredTables", PREFIX)]);

    let (code, settled) = millrace(&["restore", "mails"]);
    assert_eq!((code, &settled), (0, &json!({ "unknown": 1, "mail_choices": 1, "suppressed": 1 })));
    let again = millrace(&["restore", "mails"]).1;
    assert_eq!(again, json!({ "unknown": 0, "mail_choices": 0, "suppressed": 0 }));
    for (table, item) in ["customers", "mails"].iter().zip(&since) {
        let key = json!({ "pk": item["pk"], "sk": item["sk"] });
        let found = api.dynamodb("GetItem", &json!({ "TableName": format!("{PREFIX}-{table}"), "Key": key }));
        assert_eq!(&found["Item"], item);
    }
    assert_eq!(state_of_mail(&api, &format!("{PREFIX}-mails"), unfinished), "unknown");
    assert_eq!(millrace(&["balance", "RESTORE1"]).1, before);
    let (code, audit) = millrace(&["audit"]);
    assert_eq!(code, 0, "{audit}");

    deployer.deploy(&[("Paused", "false"), ("RestoredTables", PREFIX)]);
    let again = import("RESTORE1");
    assert_eq!(again["repeats"], report["id"]);
    assert_eq!(again["entries"]["posted"], 0, "what was restored is there: {again}");
    import("RESTORE2");
    drop(back);
    // The stack's own tables were left as they were.
    assert_eq!(millrace(&["balance", "RESTORE1"]).1, before);
    assert_eq!(millrace(&["balance", "RESTORE2"]).0, 1);
}

/// Choices and suppressed addresses as the functions record them after the moment of the backup.
fn opt_out() -> Value {
    let customer = CustomerId::of_company("restore").to_string();
    json!({
        "pk": { "S": format!("M#{:02}", shard_of(&customer)) }, "sk": { "S": customer },
        "choice": { "S": "unwanted" }, "at": { "S": "2026-01-01T10:00:00.000000Z" },
    })
}

fn suppressed_address() -> Value {
    json!({
        "pk": { "S": format!("SUPPRESSED#{}", "0".repeat(64)) }, "sk": { "S": "ADDRESS" },
        "why": { "S": "bounce" }, "at": { "S": "2026-01-01T10:00:00.000000Z" },
    })
}

fn a_second_ago() -> String {
    thread::sleep(Duration::from_secs(2));
    let output = std::process::Command::new("date").args(["-u", "-d", "1 second ago", "+%Y-%m-%dT%H:%M:%SZ"]).output();
    String::from_utf8(output.unwrap().stdout).unwrap().trim().to_owned()
}

/// A record as `post-entries` makes it before the mail is sent; the sweeper is not that fast.
fn put_wanted_mail(api: &Api, table: &str, import: &str) {
    let since = "2026-01-01T10:00:00.000000Z";
    let doc = json!({
        "key": { "account": "RESTORE1", "import": import },
        "state": { "state": "wanted", "since": "2026-01-01T10:00:00Z" },
    });
    let item = json!({
        "pk": { "S": format!("IMPORT#{import}") }, "sk": { "S": "ACCT#RESTORE1" }, "doc": { "S": doc.to_string() },
        "v": { "N": "1" }, "state": { "S": "wanted" }, "open": { "S": "1" }, "open_since": { "S": since },
    });
    api.dynamodb("PutItem", &json!({ "TableName": table, "Item": item }));
}

fn state_of_mail(api: &Api, table: &str, import: &str) -> String {
    let key = json!({ "pk": { "S": format!("IMPORT#{import}") }, "sk": { "S": "ACCT#RESTORE1" } });
    let answer = api.dynamodb("GetItem", &json!({ "TableName": table, "Key": key }));
    answer["Item"]["state"]["S"].as_str().unwrap().to_owned()
}
