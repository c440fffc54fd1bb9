//! Queues, schedules and what happens to what they cannot deliver.

use super::super::Finding;
use super::super::template::{Template, items, target};
use super::access::denies_plain_http;

const QUEUE: &str = "AWS::SQS::Queue";
const FOURTEEN_DAYS_SECONDS: u64 = 1_209_600;

/// A message is not redelivered while its function may still process it.
pub(super) fn visibility_six_times_timeout(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    for mapping in template.mappings() {
        let Some(queue) = mapping.source.and_then(|it| template.resource(it)).filter(|it| it.kind() == QUEUE) else {
            continue;
        };
        let needed = template.timeout_seconds(mapping.function).saturating_mul(6);
        let visibility = queue.number("/VisibilityTimeout").unwrap_or(30);
        if visibility < needed {
            let what = format!("hides a message for {visibility} s; {} needs {needed} s", mapping.function);
            findings.push(Finding::new(queue.id, what));
        }
    }
    findings
}

/// A few failures in a row are an outage, not a bad message.
pub(super) fn five_receives(template: &Template) -> Vec<Finding> {
    let redriven = template.of_type(QUEUE).filter(|it| it.property("/RedrivePolicy").is_some());
    let few = redriven.filter(|it| it.number("/RedrivePolicy/maxReceiveCount").unwrap_or(0) < 5);
    few.map(|it| Finding::new(it.id, "gives a message up before its fifth delivery")).collect()
}

pub(super) fn queue_dead_letters(template: &Template) -> Vec<Finding> {
    let ends = template.dead_letter_queues();
    let open = template
        .of_type(QUEUE)
        .filter(|it| !ends.contains(&it.id) && it.target("/RedrivePolicy/deadLetterTargetArn").is_none());
    open.map(|it| Finding::new(it.id, "has no dead-letter queue")).collect()
}

/// A schedule needs a place for what it cannot start, and its function one for what it does not finish: it is called
/// asynchronously, so that nobody else hears of a failure.
pub(super) fn schedule_dead_letters(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut scheduled = Vec::new();
    for schedule in template.of_type("AWS::Scheduler::Schedule") {
        if schedule.target("/Target/DeadLetterConfig/Arn").is_none() {
            findings.push(Finding::new(schedule.id, "has no dead-letter queue"));
        }
        scheduled.extend(schedule.target("/Target/Arn"));
    }
    for function in template.functions() {
        let events = function.property("/Events").and_then(|it| it.as_object());
        for (id, event) in events.into_iter().flatten() {
            let kind = event.get("Type").and_then(|it| it.as_str());
            if matches!(kind, Some("Schedule" | "ScheduleV2")) {
                scheduled.push(function.id);
                if event.pointer("/Properties/DeadLetterConfig").is_none() {
                    findings.push(Finding::new(format!("{}.{id}", function.id), "has no dead-letter queue"));
                }
            }
        }
    }
    // A queue that is a schedule's target has dead letters of its own.
    for function in scheduled.iter().filter_map(|it| template.resource(it)).filter(|it| it.kind() != QUEUE) {
        if function.property("/EventInvokeConfig/DestinationConfig/OnFailure/Destination").is_none() {
            findings.push(Finding::new(function.id, "is started by a schedule and has no destination for failures"));
        }
    }
    findings
}

pub(super) fn dead_letters_kept(template: &Template) -> Vec<Finding> {
    let ends = template.dead_letter_queues().into_iter().filter_map(|it| template.resource(it));
    let short = ends.filter(|it| it.number("/MessageRetentionPeriod").unwrap_or(0) < FOURTEEN_DAYS_SECONDS);
    short.map(|it| Finding::new(it.id, "keeps dead letters for less than 14 days")).collect()
}

/// An alarm on how many letters there are stays as it is when another one comes; one on growth does not.
pub(super) fn dead_letters_alarm(template: &Template) -> Vec<Finding> {
    let ends = template.dead_letter_queues().into_iter();
    let silent = ends.filter(|it| !template.has_growth_alarm("ApproximateNumberOfMessagesVisible", "QueueName", it));
    silent.map(|it| Finding::new(it, "has no alarm for letters that arrive (DIFF)")).collect()
}

pub(super) fn waiting_alarm(template: &Template) -> Vec<Finding> {
    let ends = template.dead_letter_queues();
    let silent = template.of_type(QUEUE).filter(|it| {
        !ends.contains(&it.id) && !template.has_alarm("ApproximateAgeOfOldestMessage", "QueueName", it.id)
    });
    silent.map(|it| Finding::new(it.id, "has no alarm for messages that wait")).collect()
}

pub(super) fn queue_encryption(template: &Template) -> Vec<Finding> {
    let plain = template
        .of_type(QUEUE)
        .filter(|it| !it.is_true("/SqsManagedSseEnabled") && it.property("/KmsMasterKeyId").is_none());
    plain.map(|it| Finding::new(it.id, "is not encrypted")).collect()
}

pub(super) fn queue_tls(template: &Template) -> Vec<Finding> {
    let open = template.of_type(QUEUE).filter(|queue| {
        !template.of_type("AWS::SQS::QueuePolicy").any(|policy| {
            items(policy.property("/Queues")).any(|it| target(it) == Some(queue.id)) && denies_plain_http(&policy)
        })
    });
    open.map(|it| Finding::new(it.id, "has no policy that refuses plain HTTP")).collect()
}
