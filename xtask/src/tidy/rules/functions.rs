//! Functions: their logs, their alarms, and how many run at once.

use super::super::Finding;
use super::super::template::Template;

/// A log group that nobody declared is kept for ever.
pub(super) fn log_retention(template: &Template) -> Vec<Finding> {
    const GROUP: &str = "AWS::Logs::LogGroup";
    let endless = template.of_type(GROUP).filter(|it| it.property("/RetentionInDays").is_none());
    let endless = endless.map(|it| Finding::new(it.id, "keeps logs for ever"));
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

/// A queue that fills up must not become a storm on what is behind its function.
pub(super) fn bounded_concurrency(template: &Template) -> Vec<Finding> {
    let unbounded = template.mappings().into_iter().filter(|it| {
        let reserved = template.resource(it.function).and_then(|it| it.number("/ReservedConcurrentExecutions"));
        !it.is_stream && it.properties.pointer("/ScalingConfig/MaximumConcurrency").is_none() && reserved.is_none()
    });
    unbounded
        .map(|it| Finding::new(format!("{}.{}", it.function, it.id), "may run any number of times at once"))
        .collect()
}
