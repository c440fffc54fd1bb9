//! What the world can reach.

use super::super::Finding;
use super::super::template::Template;

/// Routes that need no token of the user pool: the document, and links that are signed themselves.
const OPEN: [&str; 3] = ["GET /openapi.json", "GET /unsubscribe", "POST /unsubscribe"];
/// The routes to simulations, which need none either where the condition says that there are any.
const SANDBOX: [(&str, &str); 2] =
    [("ANY /sandbox/{proxy+}", "HasSandbox"), ("ANY /sandbox/processor/{proxy+}", "HasSandbox")];

pub(super) fn route_authorized(template: &Template) -> Vec<Finding> {
    let routes = template.of_type("AWS::ApiGatewayV2::Route");
    let open = routes.filter(|it| {
        let is_known = it.text("/RouteKey").is_some_and(|key| {
            OPEN.contains(&key) || it.condition().is_some_and(|condition| SANDBOX.contains(&(key, condition)))
        });
        let is_guarded = it.text("/AuthorizationType") == Some("JWT") && it.target("/AuthorizerId").is_some();
        // Without a scope an id token would do.
        let is_guarded = is_guarded && it.property("/AuthorizationScopes").is_some();
        !is_known && !is_guarded
    });
    open.map(|it| Finding::new(it.id, "is open to everybody")).collect()
}

pub(super) fn stage_throttled_and_logged(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    for stage in template.of_type("AWS::ApiGatewayV2::Stage") {
        let limits = ["ThrottlingRateLimit", "ThrottlingBurstLimit"];
        if !limits.iter().all(|it| stage.number(&format!("/DefaultRouteSettings/{it}")).is_some()) {
            findings.push(Finding::new(stage.id, "is not throttled"));
        }
        if stage.target("/AccessLogSettings/DestinationArn").is_none() {
            findings.push(Finding::new(stage.id, "has no access log"));
        }
    }
    findings
}

/// What API Gateway writes for a variable that has no value.
const NO_VALUE: &str = "-";
/// Variables that are a number for every request.
const NUMBERS: [&str; 3] = ["status", "responseLatency", "responseLength"];
/// Variables with untrusted text that may contain quotes.
const FOREIGN: [&str; 4] = ["error.messageString", "integrationErrorMessage", "integration.error", "authorizer.error"];

/// Each line of the access log is JSON, whatever has a value.
pub(super) fn access_log_json(template: &Template) -> Vec<Finding> {
    let formats = template.of_type("AWS::ApiGatewayV2::Stage").filter_map(|stage| {
        let format = stage.text("/AccessLogSettings/Format")?;
        let broken = serde_json::from_str::<serde_json::Value>(&sample(format)).is_err();
        broken.then(|| Finding::new(stage.id, "writes an access log that is no JSON"))
    });
    formats.collect()
}

/// A line with the least handy value of each variable.
fn sample(format: &str) -> String {
    let mut parts = format.split("$context.");
    let mut line = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|it: char| !it.is_ascii_alphanumeric() && !".-_".contains(it)).unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        let value = if NUMBERS.contains(&name) {
            "0"
        } else if FOREIGN.contains(&name) {
            "\"a\" b"
        } else {
            NO_VALUE
        };
        line.push_str(value);
        line.push_str(rest);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_access_log_is_json_only_with_quotes_in_their_places() {
        for (format, is_json) in [
            (r#"{"a":"$context.requestId","s":$context.status}"#, true),
            (r#"{"a":"$context.authorizer.claims.sub"}"#, true),
            (r#"{"a":$context.integrationLatency}"#, false),
            (r#"{"a":"$context.error.messageString"}"#, false),
            (r#"{"a":"$context.integrationErrorMessage"}"#, false),
        ] {
            assert_eq!(serde_json::from_str::<serde_json::Value>(&sample(format)).is_ok(), is_json, "{format}");
        }
    }

    #[test]
    fn the_sandbox_is_open_on_its_condition_alone() {
        let route = "{Type: AWS::ApiGatewayV2::Route, Properties: {RouteKey: 'ANY /sandbox/{proxy+}'}}";
        for (route, findings) in [
            (route.replace("Properties", "Condition: HasSandbox, Properties"), 0),
            (route.replace("Properties", "Condition: IsProtected, Properties"), 1),
            (route.to_owned(), 1),
        ] {
            let template = Template::parse(&format!("Resources: {{Sandbox: {route}}}")).unwrap();
            assert_eq!(route_authorized(&template).len(), findings, "{route}");
        }
    }
}
