//! Who may do what.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::Finding;
use super::super::template::{Resource, Template, items};

/// What is allowed is written out: no `*` in an action, and a role names its resources.
pub(super) fn exact_grants(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    for resource in template.resources() {
        for statement in statements(&resource) {
            if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
                continue;
            }
            for action in items(statement.get("Action")).filter_map(Value::as_str).filter(|it| it.contains('*')) {
                findings.push(Finding::new(resource.id, format!("allows {action}")));
            }
            if statement.get("NotAction").is_some() || statement.get("NotResource").is_some() {
                findings.push(Finding::new(resource.id, "allows all but something"));
            }
            if items(statement.get("Resource")).any(|it| it.as_str() == Some("*")) {
                findings.push(Finding::new(resource.id, "allows something on every resource"));
            }
        }
    }
    findings
}

/// Each function has a role of its own, written out here, without policies made or managed elsewhere.
pub(super) fn own_role(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut taken = BTreeSet::new();
    for function in template.functions() {
        let role = function.target("/Role").and_then(|it| template.resource(it));
        match role.filter(|it| it.kind() == "AWS::IAM::Role") {
            None => findings.push(Finding::new(function.id, "has no role of this template")),
            Some(role) if !taken.insert(role.id) => {
                findings.push(Finding::new(function.id, format!("shares {} with another function", role.id)));
            }
            Some(role) if role.property("/ManagedPolicyArns").is_some() => {
                findings.push(Finding::new(role.id, "takes policies that are not written here"));
            }
            Some(_) => {}
        }
        if function.property("/Policies").is_some() {
            findings.push(Finding::new(function.id, "has policies beside its role"));
        }
    }
    findings
}

/// Whether a policy denies everybody what does not come by TLS.
pub(super) fn denies_plain_http(policy: &Resource<'_>) -> bool {
    statements(policy).any(|it| {
        it.get("Effect").and_then(Value::as_str) == Some("Deny")
            && it.get("Principal").and_then(Value::as_str) == Some("*")
            && it.pointer("/Condition/Bool/aws:SecureTransport").and_then(Value::as_str) == Some("false")
    })
}

/// The statements of a role, of a policy, of the policy of a bucket or queue, and of a function's own policies.
pub(super) fn statements<'a>(resource: &Resource<'a>) -> impl Iterator<Item = &'a Value> + use<'a> {
    let inline = items(resource.property("/Policies")).filter_map(|it| match it.get("PolicyDocument") {
        Some(document) => document.get("Statement"),
        None => it.get("Statement"),
    });
    let own = resource.property("/PolicyDocument/Statement");
    inline.chain(own).flat_map(|it| items(Some(it)))
}
