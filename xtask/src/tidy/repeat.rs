//! What the transform `AWS::LanguageExtensions` does before CloudFormation reads a template, as far as the template
//! uses it: `Fn::ForEach` in the resources, and `Fn::FindInMap` with names that are known then.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-foreach.html>

use anyhow::{Context, Result};
use serde_json::{Map, Value};

/// Writes out the repeated resources of a template.
pub(super) fn write_out(mut template: Value) -> Result<Value> {
    let mappings = template.get("Mappings").cloned().unwrap_or_default();
    let Some(resources) = template.get_mut("Resources").and_then(Value::as_object_mut) else { return Ok(template) };
    let mut all = Map::new();
    for (id, body) in std::mem::take(resources) {
        if id.starts_with("Fn::ForEach::") {
            all.extend(copies(&body, &mappings).with_context(|| id)?);
        } else {
            all.insert(id, body);
        }
    }
    *resources = all;
    Ok(template)
}

/// The resources of `[name, [item, …], {"${name}Suffix": body}]`.
fn copies(body: &Value, mappings: &Value) -> Result<Map<String, Value>> {
    let part = |index| body.get(index).context("not a name, a list of items and resources");
    let name = part(0)?.as_str().context("a name that is no text")?;
    let mut all = Map::new();
    for item in part(1)?.as_array().context("items that are no list")? {
        let item = item.as_str().context("an item that is no text")?;
        for (id, resource) in part(2)?.as_object().context("resources that are no map")? {
            let id = id.replace(&format!("${{{name}}}"), item);
            all.insert(id, filled(resource, name, item, mappings));
        }
    }
    Ok(all)
}

/// A value with the item in place of the name.
fn filled(value: &Value, name: &str, item: &str, mappings: &Value) -> Value {
    match value {
        Value::String(text) => text.replace(&format!("${{{name}}}"), item).into(),
        Value::Array(list) => list.iter().map(|it| filled(it, name, item, mappings)).collect(),
        Value::Object(object) => {
            if object.get("Ref").and_then(Value::as_str) == Some(name) {
                return item.into();
            }
            let object = object.iter().map(|(key, it)| (key.clone(), filled(it, name, item, mappings))).collect();
            known(&object, mappings).unwrap_or(Value::Object(object))
        }
        other => other.clone(),
    }
}

/// What a function yields if nothing in it has to wait for the deployment.
fn known(object: &Map<String, Value>, mappings: &Value) -> Option<Value> {
    if let Some(Value::String(text)) = object.get("Fn::Sub") {
        return (!text.contains("${")).then(|| text.as_str().into());
    }
    let path = object.get("Fn::FindInMap")?.as_array()?;
    path.iter().try_fold(mappings, |it, key| it.get(key.as_str()?)).cloned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn repeated_resources_are_written_out() {
        let template = json!({
            "Mappings": {"Queues": {"Uploads": {"Waiting": "a file waits"}, "Polls": {"Waiting": "a poll waits"}}},
            "Resources": {
                "Topic": {"Type": "AWS::SNS::Topic"},
                "Fn::ForEach::Alarms": ["Queue", ["Uploads", "Polls"], {"${Queue}Alarm": {
                    "Description": {"Fn::FindInMap": ["Queues", {"Ref": "Queue"}, "Waiting"]},
                    "Of": {"Fn::GetAtt": [{"Fn::Sub": "${Queue}Queue"}, "Arn"]},
                    "Name": {"Fn::Sub": "${AWS::StackName}-${Queue}"},
                    "Topic": {"Ref": "Topic"},
                }}],
            },
        });
        let alarm = |queue: &str, says: &str| {
            json!({
                "Description": says,
                "Of": {"Fn::GetAtt": [format!("{queue}Queue"), "Arn"]},
                "Name": {"Fn::Sub": format!("${{AWS::StackName}}-{queue}")},
                "Topic": {"Ref": "Topic"},
            })
        };
        let expected = json!({
            "Topic": {"Type": "AWS::SNS::Topic"},
            "UploadsAlarm": alarm("Uploads", "a file waits"),
            "PollsAlarm": alarm("Polls", "a poll waits"),
        });
        assert_eq!(write_out(template).unwrap().get("Resources"), Some(&expected));
    }

    #[test]
    fn a_loop_that_is_none_is_named() {
        let template = json!({"Resources": {"Fn::ForEach::Alarms": ["Queue", "Uploads", {}]}});
        let error = write_out(template).unwrap_err();
        assert_eq!(format!("{error:#}"), "Fn::ForEach::Alarms: items that are no list");
    }
}
