//! Functions: their logs, their alarms, and how many run at once.

use serde_json::Value;

use super::super::Finding;
use super::super::template::{Template, items, target};
use super::access::statements;

/// A new account has ten concurrent executions; two are for the API.
const SMALL_QUOTA: u64 = 8;

/// An undeclared log group never expires.
pub(super) fn log_retention(template: &Template) -> Vec<Finding> {
    const GROUP: &str = "AWS::Logs::LogGroup";
    let endless = template.of_type(GROUP).filter(|it| it.property("/RetentionInDays").is_none());
    let endless = endless.map(|it| Finding::new(it.id, "never deletes logs"));
    let undeclared = template.functions().filter(|it| {
        let group = it.target("/LoggingConfig/LogGroup").and_then(|it| template.resource(it));
        group.is_none_or(|it| it.kind() != GROUP)
    });
    endless.chain(undeclared.map(|it| Finding::new(it.id, "does not log to a group of this template"))).collect()
}

pub(super) fn function_alarms(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    for function in template.functions() {
        for metric in ["Errors", "Throttles"] {
            if !template.has_alarm(metric, "FunctionName", function.id) {
                findings.push(Finding::new(function.id, format!("has no alarm for {metric}")));
            }
        }
    }
    findings
}

/// A full queue must not overload the systems behind its function.
pub(super) fn bounded_concurrency(template: &Template) -> Vec<Finding> {
    let unbounded = template.mappings().into_iter().filter(|it| {
        let reserved = template.resource(it.function).and_then(|it| it.number("/ReservedConcurrentExecutions"));
        !it.is_stream && it.properties.pointer("/ScalingConfig/MaximumConcurrency").is_none() && reserved.is_none()
    });
    unbounded
        .map(|it| Finding::new(format!("{}.{}", it.function, it.id), "may run any number of times at once"))
        .collect()
}

/// With a small account quota, all concurrent consumers fit into it. Dead letters, messages of topics (events of SES) and
/// the messages of daily schedules are rare and not counted.
pub(super) fn small_quota(template: &Template) -> Vec<Finding> {
    let mut rare = template.dead_letter_queues();
    let subscriptions: Vec<_> = template.of_type("AWS::SNS::Subscription").collect();
    rare.extend(subscriptions.iter().filter_map(|it| it.target("/Endpoint")));
    let schedules: Vec<_> = template.of_type("AWS::Scheduler::Schedule").collect();
    rare.extend(schedules.iter().filter_map(|it| it.target("/Target/Arn")));
    let mappings = template.mappings();
    let usual = mappings.iter().filter(|it| it.source.is_none_or(|source| !rare.contains(&source)));
    let at_once: u64 =
        usual.filter_map(|it| it.properties.pointer("/ScalingConfig/MaximumConcurrency").map(small)).sum();
    let what = format!("{at_once} messages at once do not fit into a new account, which has room for {SMALL_QUOTA}");
    (at_once > SMALL_QUOTA).then(|| Finding::new("the template", what)).into_iter().collect()
}

/// Lambda takes a function that continues through its own queue for an endless loop, and after 16 invocations moves its
/// message to the dead letters, unless the function says that it means it.
pub(super) fn own_queue(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    for mapping in template.mappings() {
        let Some(function) = template.resource(mapping.function) else { continue };
        let Some(role) = function.target("/Role").and_then(|it| template.resource(it)) else { continue };
        let sends = |it: &Value| items(it.get("Action")).any(|action| action.as_str() == Some("sqs:SendMessage"));
        let names = |it: &Value| items(it.get("Resource")).any(|queue| target(queue) == mapping.source);
        let continues = mapping.source.is_some() && statements(&role).any(|it| sends(it) && names(it));
        if continues && function.text("/RecursiveLoop") != Some("Allow") {
            findings.push(Finding::new(mapping.function, "sends to its own queue without RecursiveLoop: Allow"));
        }
    }
    findings
}

/// A number, or the number of `!If [HasSmallQuota, number, …]`.
fn small(value: &Value) -> u64 {
    let chosen = value.pointer("/Fn::If").filter(|it| it.get(0).and_then(Value::as_str) == Some("HasSmallQuota"));
    chosen.and_then(|it| it.get(1)).unwrap_or(value).as_u64().unwrap_or(u64::from(u16::MAX))
}
