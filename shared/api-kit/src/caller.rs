use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use customers::CustomerId;
use lambda_http::request::RequestContext;
use lambda_kit::Problem;

/// The applications with accepted access tokens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clients {
    /// The clients for people; the user's groups determine the role.
    pub people: Vec<String>,
    /// The client for programs, which have no user; the token's scope determines the role.
    pub machine: String,
}

impl Clients {
    /// Parses the comma-separated client ids for people, and the id of the machine client.
    pub fn new(people: &str, machine: String) -> Self {
        let people = people.split(',').filter(|it| !it.is_empty()).map(str::to_owned).collect();
        Self { people, machine }
    }
}

/// The state of a router that knows which tokens it accepts.
pub trait AcceptedClients {
    /// The applications with accepted access tokens.
    fn clients(&self) -> &Clients;
}

/// The scope of a program that may read.
const READ: &str = "millrace/read";
/// The scope of a program that may also change things.
const WRITE: &str = "millrace/write";

/// The caller. The gateway has verified the token's signature, issuer and expiry; this reads its claims.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Caller {
    /// Sees all and changes all.
    Operator,
    /// A program that sees all and changes nothing.
    Reader,
    /// Sees their own data.
    Customer(CustomerId),
}

impl Caller {
    /// Refuses customers.
    pub fn may_see_all(self) -> Result<(), Problem> {
        match self {
            Self::Operator | Self::Reader => Ok(()),
            Self::Customer(_) => Err(Problem::forbidden()),
        }
    }

    /// Refuses callers other than operators.
    pub fn may_change_all(self) -> Result<(), Problem> {
        match self {
            Self::Operator => Ok(()),
            Self::Reader | Self::Customer(_) => Err(Problem::forbidden()),
        }
    }

    /// Refuses programs that only read, and data of other customers like missing data.
    pub fn may_change(self, customer: CustomerId) -> Result<(), Problem> {
        self.may_see(customer)?;
        if self == Self::Reader { Err(Problem::forbidden()) } else { Ok(()) }
    }

    /// Refuses data of other customers like missing data.
    pub fn may_see(self, customer: CustomerId) -> Result<(), Problem> {
        match self {
            Self::Operator | Self::Reader => Ok(()),
            Self::Customer(own) if own == customer => Ok(()),
            Self::Customer(_) => Err(Problem::not_found()),
        }
    }

    /// Reads the claims of a token of one of `clients`. An id token identifies a user and does not authorize requests.
    fn of(claims: &HashMap<String, String>, clients: &Clients) -> Result<Self, Problem> {
        let claim = |name: &str| claims.get(name).map(String::as_str).unwrap_or_default();
        let client = claim("client_id");
        if claim("token_use") != "access" || client.is_empty() {
            return Err(Problem::unauthorized());
        }
        if client == clients.machine {
            let has = |scope: &str| claim("scope").split(' ').any(|it| it == scope);
            return match (has(WRITE), has(READ)) {
                (true, _) => Ok(Self::Operator),
                (false, true) => Ok(Self::Reader),
                (false, false) => Err(Problem::forbidden()),
            };
        }
        if !clients.people.iter().any(|it| it == client) {
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

impl<P: AcceptedClients + Send + Sync> FromRequestParts<Arc<P>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<P>) -> Result<Self, Problem> {
        Self::of(claims(parts)?, api.clients())
    }
}

fn claims(parts: &Parts) -> Result<&HashMap<String, String>, Problem> {
    let Some(RequestContext::ApiGatewayV2(context)) = parts.extensions.get() else {
        return Err(Problem::unauthorized());
    };
    let jwt = context.authorizer.as_ref().and_then(|it| it.jwt.as_ref());
    Ok(&jwt.ok_or_else(Problem::unauthorized)?.claims)
}

/// The name of the user, or the client id of a program: for the record of what was changed by whom. [`Caller`] says
/// what they may do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallerName(
    /// The name.
    pub String,
);

impl<S: Send + Sync> FromRequestParts<S> for CallerName {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let claims = claims(parts)?;
        let claim = |name: &str| claims.get(name).filter(|it| !it.is_empty()).cloned();
        claim("username").or_else(|| claim("client_id")).map(Self).ok_or_else(Problem::unauthorized)
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
        let clients = Clients::new("ours,page", "machine".to_owned());
        let caller = Caller::of(&claims.collect(), &clients).map_err(|it| it.status);
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
        check("[operator]", &[("client_id", "")], Err(401));
        check("[operator]", &[("client_id", "page")], Ok(Caller::Operator));
    }

    #[test]
    fn a_program_is_its_scope() {
        let program = |scope| [("client_id", "machine"), ("username", ""), ("scope", scope)];
        check("", &program("millrace/read"), Ok(Caller::Reader));
        check("", &program("millrace/write millrace/read"), Ok(Caller::Operator));
        check("", &program("millrace/reading"), Err(403));
        check("", &program("millrace/writing"), Err(403));
        check("[operator]", &program(""), Err(403));
    }

    #[test]
    fn a_reader_sees_all_and_changes_nothing() {
        let ada: CustomerId = ADA.parse().unwrap();
        let other = CustomerId::of_company("other");
        for (caller, sees_all, changes_all, sees_ada, changes_ada) in [
            (Caller::Operator, Ok(()), Ok(()), Ok(()), Ok(())),
            (Caller::Reader, Ok(()), Err(403), Ok(()), Err(403)),
            (Caller::Customer(ada), Err(403), Err(403), Ok(()), Ok(())),
            (Caller::Customer(other), Err(403), Err(403), Err(404), Err(404)),
        ] {
            let status = |checked: Result<(), Problem>| checked.map_err(|it| it.status);
            assert_eq!(status(caller.may_see_all()), sees_all, "{caller:?}");
            assert_eq!(status(caller.may_change_all()), changes_all, "{caller:?}");
            assert_eq!(status(caller.may_see(ada)), sees_ada, "{caller:?}");
            assert_eq!(status(caller.may_change(ada)), changes_ada, "{caller:?}");
        }
    }
}
