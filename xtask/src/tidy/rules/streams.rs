//! What feeds functions from queues and streams.

use super::super::Finding;
use super::super::template::{Mapping, Template, items};

fn finding(mapping: &Mapping<'_>, what: &str) -> Finding {
    Finding::new(format!("{}.{}", mapping.function, mapping.id), what)
}

/// Without it one failed record brings the whole batch back.
pub(super) fn partial_failures(template: &Template) -> Vec<Finding> {
    let all = template.mappings();
    let whole = all.iter().filter(|it| {
        let types = it.properties.get("FunctionResponseTypes");
        !items(types).any(|it| it.as_str() == Some("ReportBatchItemFailures"))
    });
    whole.map(|it| finding(it, "does not report failures record by record")).collect()
}

/// Without limits a record that always fails holds its shard up until it is trimmed.
pub(super) fn stream_limits(template: &Template) -> Vec<Finding> {
    let endless = template.mappings().into_iter().filter(|it| {
        let attempts = it.properties.get("MaximumRetryAttempts").and_then(serde_json::Value::as_u64);
        let bisects = it.properties.get("BisectBatchOnFunctionError").and_then(serde_json::Value::as_bool);
        it.is_stream && (attempts.is_none() || bisects != Some(true))
    });
    endless.map(|it| finding(&it, "has no retry limit or does not bisect")).collect()
}

/// A queue or a topic would get where the records were, and not the records.
pub(super) fn stream_destination(template: &Template) -> Vec<Finding> {
    let lost = template.mappings().into_iter().filter(|it| {
        let failure = it.properties.pointer("/DestinationConfig/OnFailure");
        let kind = failure.and_then(|it| it.get("Type")).and_then(serde_json::Value::as_str);
        it.is_stream && kind != Some("S3")
    });
    lost.map(|it| finding(&it, "does not put failed records into a bucket")).collect()
}

pub(super) fn iterator_age_alarm(template: &Template) -> Vec<Finding> {
    let silent = template
        .mappings()
        .into_iter()
        .filter(|it| it.is_stream && !template.has_alarm("IteratorAge", "FunctionName", it.function));
    silent.map(|it| finding(&it, "has no alarm for the age of its records")).collect()
}
