//! A CloudFormation template as plain values, with the queries of the rules.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use super::repeat;

/// A parsed template; `!Ref x` and its kin are written out as `{"Ref": "x"}`, loops as their resources.
#[derive(Debug)]
pub(crate) struct Template(Value);

/// One resource of a template.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resource<'a> {
    pub(crate) id: &'a str,
    pub(crate) body: &'a Value,
}

/// What feeds a function from a queue or a stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mapping<'a> {
    /// The logical id of the event or of the mapping.
    pub(crate) id: &'a str,
    /// The logical id of the function.
    pub(crate) function: &'a str,
    /// The logical id of the queue, table or stream.
    pub(crate) source: Option<&'a str>,
    pub(crate) is_stream: bool,
    pub(crate) properties: &'a Value,
}

impl Template {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let value: yaml_serde::Value = yaml_serde::from_str(text)?;
        Ok(Self(repeat::write_out(plain(value)?)?))
    }

    pub(crate) fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        let resources = self.0.get("Resources").and_then(Value::as_object);
        resources.into_iter().flatten().map(|(id, body)| Resource { id, body })
    }

    pub(crate) fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = Resource<'a>> {
        self.resources().filter(move |it| it.body.get("Type").and_then(Value::as_str) == Some(kind))
    }

    pub(crate) fn functions(&self) -> impl Iterator<Item = Resource<'_>> {
        self.of_type("AWS::Serverless::Function")
    }

    pub(crate) fn resource(&self, id: &str) -> Option<Resource<'_>> {
        self.resources().find(|it| it.id == id)
    }

    /// The names of the environment of a function, with those that all functions have.
    pub(crate) fn environment<'a>(&'a self, function: &Resource<'a>) -> BTreeSet<&'a str> {
        let own = function.property("/Environment/Variables");
        let all = self.0.pointer("/Globals/Function/Environment/Variables");
        [own, all].into_iter().flatten().filter_map(Value::as_object).flat_map(Map::keys).map(String::as_str).collect()
    }

    /// The timeout of a function, its own or that of all; three seconds where none is said.
    pub(crate) fn timeout_seconds(&self, function: &str) -> u64 {
        let own = self.resource(function).and_then(|it| it.number("/Timeout"));
        own.or_else(|| self.0.pointer("/Globals/Function/Timeout")?.as_u64()).unwrap_or(3)
    }

    /// All mappings: the events of functions and the ones written out.
    pub(crate) fn mappings(&self) -> Vec<Mapping<'_>> {
        let events = self.functions().flat_map(|function| {
            let events = function.property("/Events").and_then(Value::as_object);
            events.into_iter().flatten().filter_map(move |(id, event)| {
                let properties = event.get("Properties")?;
                let is_stream = match event.get("Type")?.as_str()? {
                    "SQS" => false,
                    "DynamoDB" | "Kinesis" => true,
                    _ => return None,
                };
                let source = properties.get(if is_stream { "Stream" } else { "Queue" }).and_then(target);
                Some(Mapping { id, function: function.id, source, is_stream, properties })
            })
        });
        let written_out = self.of_type("AWS::Lambda::EventSourceMapping").filter_map(|mapping| {
            let source = mapping.property("/EventSourceArn").and_then(target);
            let is_stream = source.and_then(|it| self.resource(it)).is_some_and(|it| it.kind() != "AWS::SQS::Queue");
            let properties = mapping.body.get("Properties")?;
            let function = target(properties.get("FunctionName")?)?;
            Some(Mapping { id: mapping.id, function, source, is_stream, properties })
        });
        events.chain(written_out).collect()
    }

    /// The logical ids of the queues that take what others could not deliver.
    pub(crate) fn dead_letter_queues(&self) -> Vec<&str> {
        let redrives = self.of_type("AWS::SQS::Queue").filter_map(|it| it.target("/RedrivePolicy/deadLetterTargetArn"));
        let schedules =
            self.of_type("AWS::Scheduler::Schedule").filter_map(|it| it.target("/Target/DeadLetterConfig/Arn"));
        let functions = self.functions().flat_map(|it| {
            [
                it.target("/DeadLetterQueue/TargetArn"),
                it.target("/EventInvokeConfig/DestinationConfig/OnFailure/Destination"),
            ]
        });
        let mut ids: Vec<&str> = redrives.chain(schedules).chain(functions.flatten()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Whether an alarm looks at `metric` of the resource `id`, named by the dimension `dimension`.
    pub(crate) fn has_alarm(&self, metric: &str, dimension: &str, id: &str) -> bool {
        let mut alarms = self.of_type("AWS::CloudWatch::Alarm");
        alarms.any(|alarm| alarm.body.get("Properties").is_some_and(|it| is_metric_of(it, metric, dimension, id)))
    }

    /// Whether an alarm looks at how `metric` of the resource `id` grows.
    pub(crate) fn has_growth_alarm(&self, metric: &str, dimension: &str, id: &str) -> bool {
        self.of_type("AWS::CloudWatch::Alarm").any(|alarm| {
            let is_of =
                |it: &Value| it.pointer("/MetricStat/Metric").is_some_and(|it| is_metric_of(it, metric, dimension, id));
            let grows =
                |it: &Value| it.get("Expression").and_then(Value::as_str).is_some_and(|it| it.contains("DIFF("));
            let metrics = || items(alarm.property("/Metrics"));
            metrics().any(is_of) && metrics().any(grows)
        })
    }
}

impl<'a> Resource<'a> {
    pub(crate) fn kind(&self) -> &'a str {
        self.body.get("Type").and_then(Value::as_str).unwrap_or_default()
    }

    /// The condition on which it is there.
    pub(crate) fn condition(&self) -> Option<&'a str> {
        self.body.get("Condition")?.as_str()
    }

    /// The property at a JSON pointer.
    pub(crate) fn property(&self, pointer: &str) -> Option<&'a Value> {
        self.body.get("Properties")?.pointer(pointer)
    }

    pub(crate) fn text(&self, pointer: &str) -> Option<&'a str> {
        self.property(pointer)?.as_str()
    }

    pub(crate) fn number(&self, pointer: &str) -> Option<u64> {
        self.property(pointer)?.as_u64()
    }

    pub(crate) fn is_true(&self, pointer: &str) -> bool {
        self.property(pointer).and_then(Value::as_bool) == Some(true)
    }

    pub(crate) fn target(&self, pointer: &str) -> Option<&'a str> {
        target(self.property(pointer)?)
    }
}

fn is_metric_of(it: &Value, metric: &str, dimension: &str, id: &str) -> bool {
    let is_named = it.get("MetricName").and_then(Value::as_str) == Some(metric);
    is_named
        && items(it.get("Dimensions")).any(|it| {
            it.get("Name").and_then(Value::as_str) == Some(dimension) && it.get("Value").and_then(target) == Some(id)
        })
}

/// The logical id that a value refers to.
pub(crate) fn target(value: &Value) -> Option<&str> {
    if let Some(id) = value.get("Ref") {
        return id.as_str();
    }
    match value.get("Fn::GetAtt")? {
        Value::String(path) => path.split('.').next(),
        parts => parts.get(0)?.as_str(),
    }
}

/// The items of a value that is a list or a single one.
pub(crate) fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let list = value.and_then(Value::as_array);
    let single = value.filter(|_| list.is_none());
    list.into_iter().flatten().chain(single)
}

fn plain(value: yaml_serde::Value) -> Result<Value> {
    Ok(match value {
        yaml_serde::Value::Sequence(list) => list.into_iter().map(plain).collect::<Result<_>>()?,
        yaml_serde::Value::Mapping(map) => {
            let mut object = Map::new();
            for (key, value) in map {
                object.insert(key.as_str().context("a key that is no text")?.to_owned(), plain(value)?);
            }
            Value::Object(object)
        }
        yaml_serde::Value::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let name = match tag.trim_start_matches('!') {
                name @ ("Ref" | "Condition") => name.to_owned(),
                name => format!("Fn::{name}"),
            };
            Value::Object([(name, plain(tagged.value)?)].into_iter().collect())
        }
        scalar => serde_json::to_value(scalar)?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tags_become_functions() {
        let template =
            Template::parse("A: !GetAtt Q.Arn\nB: [!Ref Q, !Sub \"${Q}\"]\nC: !If [X, 1, !Ref AWS::NoValue]");
        let expected = json!({
            "A": {"Fn::GetAtt": "Q.Arn"},
            "B": [{"Ref": "Q"}, {"Fn::Sub": "${Q}"}],
            "C": {"Fn::If": ["X", 1, {"Ref": "AWS::NoValue"}]},
        });
        assert_eq!(template.unwrap().0, expected);
    }

    #[test]
    fn a_target_is_the_resource_that_is_meant() {
        assert_eq!(target(&json!({"Ref": "Q"})), Some("Q"));
        assert_eq!(target(&json!({"Fn::GetAtt": "Q.Arn"})), Some("Q"));
        assert_eq!(target(&json!({"Fn::GetAtt": ["Q", "Arn"]})), Some("Q"));
        assert_eq!(target(&json!("Q")), None);
    }
}
