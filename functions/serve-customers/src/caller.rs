use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use customers::CustomerId;
use lambda_http::request::RequestContext;
use lambda_kit::Problem;

use crate::Ports;

/// Who asks. The gateway has verified the token's signature, issuer and expiry; what it stands for is read here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Caller {
    /// Sees all.
    Operator,
    /// Sees what is theirs.
    Customer(CustomerId),
}

impl Caller {
    /// Refuses who is no operator.
    pub(crate) fn operates(self) -> Result<(), Problem> {
        match self {
            Self::Operator => Ok(()),
            Self::Customer(_) => Err(Problem::forbidden()),
        }
    }

    /// Refuses what is another customer's just as what does not exist.
    pub(crate) fn may_see(self, customer: CustomerId) -> Result<(), Problem> {
        match self {
            Self::Operator => Ok(()),
            Self::Customer(own) if own == customer => Ok(()),
            Self::Customer(_) => Err(Problem::not_found()),
        }
    }

    /// Reads the claims of a token of `client_id`. An id token says who somebody is, not what they may do here.
    fn of(claims: &HashMap<String, String>, client_id: &str) -> Result<Self, Problem> {
        let claim = |name: &str| claims.get(name).map(String::as_str).unwrap_or_default();
        if claim("token_use") != "access" || claim("client_id") != client_id || client_id.is_empty() {
            return Err(Problem::unauthorized());
        }
        // An HTTP API writes a list as `[a b]`.
        let groups = claim("cognito:groups");
        let groups = groups.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(groups);
        let is_in = |group: &str| groups.split(' ').any(|it| it == group);
        if is_in("operator") {
            return Ok(Self::Operator);
        }
        let customer = claim("username").parse().ok().filter(|_| is_in("customer"));
        customer.map(Self::Customer).ok_or_else(Problem::forbidden)
    }
}

impl<P: Ports> FromRequestParts<Arc<P>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<P>) -> Result<Self, Problem> {
        let Some(RequestContext::ApiGatewayV2(context)) = parts.extensions.get() else {
            return Err(Problem::unauthorized());
        };
        let jwt = context.authorizer.as_ref().and_then(|it| it.jwt.as_ref());
        Self::of(&jwt.ok_or_else(Problem::unauthorized)?.claims, api.client_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: &str = "0f8fad5b-d9cb-569f-a165-70867728950e";

    fn check(groups: &str, changed: &[(&str, &str)], expected: Result<Caller, u16>) {
        let mut claims = HashMap::from([
            ("token_use", "access"),
            ("client_id", "ours"),
            ("username", ADA),
            ("cognito:groups", groups),
        ]);
        claims.extend(changed.iter().copied());
        let claims = claims.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let caller = Caller::of(&claims.collect(), "ours").map_err(|it| it.status);
        assert_eq!(caller, expected, "{groups} {changed:?}");
    }

    #[test]
    fn a_caller_is_their_group_and_their_name() {
        let ada = Caller::Customer(ADA.parse().unwrap());
        check("[customer]", &[], Ok(ada));
        check("customer", &[], Ok(ada));
        check("[operator]", &[("username", "olga")], Ok(Caller::Operator));
        check("[customer operator]", &[], Ok(Caller::Operator));
        check("[customer]", &[("username", "ada")], Err(403));
        check("", &[], Err(403));
        check("[operators x-customer]", &[], Err(403));
        check("[operator]", &[("token_use", "id")], Err(401));
        check("[operator]", &[("token_use", "")], Err(401));
        check("[operator]", &[("client_id", "theirs")], Err(401));
    }
}
