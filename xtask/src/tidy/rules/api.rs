//! What the world can reach.

use super::super::Finding;
use super::super::template::Template;

/// Routes that need no token of the user pool: the document, and links that are signed themselves.
const OPEN: [&str; 3] = ["GET /openapi.json", "GET /unsubscribe", "POST /unsubscribe"];
/// The route to made-up data, which needs none either where the condition says that there is any.
const SANDBOX: (&str, &str) = ("ANY /sandbox/{proxy+}", "HasSandbox");

pub(super) fn route_authorized(template: &Template) -> Vec<Finding> {
    let routes = template.of_type("AWS::ApiGatewayV2::Route");
    let open = routes.filter(|it| {
        let is_known = it.text("/RouteKey").is_some_and(|key| {
            OPEN.contains(&key) || it.condition().is_some_and(|condition| (key, condition) == SANDBOX)
        });
        let is_guarded = it.text("/AuthorizationType") == Some("JWT") && it.target("/AuthorizerId").is_some();
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

#[cfg(test)]
mod tests {
    use super::*;

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
