//! `token`: signing in to the HTTP API.

use anyhow::{Context as _, Error, Result, anyhow, bail};
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::error::SdkError;
use aws_sdk_cognitoidentityprovider::operation::admin_initiate_auth::AdminInitiateAuthError;
use aws_sdk_cognitoidentityprovider::types::AuthFlowType;
use serde_json::json;

use crate::Verdict;
use crate::arguments::AskToken;
use crate::screen::Screen;
use crate::stack::Stack;

/// Who `cargo xtask up` makes on the laptop's stack, and nowhere else.
const LAPTOP_USER: &str = "operator";
const LAPTOP_PASSWORD: &str = "Millrace-on-the-laptop-1";

/// Prints an access token and nothing else.
pub(crate) async fn run(screen: &Screen, stack: &Stack, asked: AskToken) -> Result<Verdict> {
    let (user, password) = who(asked, stack.is_local())?;
    let pool = stack.output("UserPoolId")?;
    let answer = Client::new(stack.sdk())
        .admin_initiate_auth()
        .user_pool_id(pool)
        .client_id(stack.output("UserPoolClientId")?)
        .auth_flow(AuthFlowType::AdminUserPasswordAuth)
        .auth_parameters("USERNAME", &user)
        .auth_parameters("PASSWORD", password)
        .send()
        .await
        .map_err(|error| explain(error, &user, pool))?;
    if let Some(challenge) = answer.challenge_name() {
        bail!(
            "{user} cannot sign in before answering {}; set a password for good with `aws cognito-idp \
             admin-set-user-password --permanent --user-pool-id {pool} --username {user} --password …`",
            challenge.as_str()
        );
    }
    let result = answer.authentication_result();
    let token = result.and_then(|it| it.access_token()).context("Cognito answered without a token")?;
    let document = json!({
        "access_token": token,
        "expires_in_seconds": result.map(aws_sdk_cognitoidentityprovider::types::AuthenticationResultType::expires_in),
    });
    screen.answer(&document, || token.to_owned())?;
    Ok(Verdict::Well)
}

fn who(asked: AskToken, is_local: bool) -> Result<(String, String)> {
    match (asked.user, asked.password) {
        (Some(user), Some(password)) => Ok((user, password)),
        (None, None) if is_local => Ok((LAPTOP_USER.to_owned(), LAPTOP_PASSWORD.to_owned())),
        (Some(user), None) if is_local && user == LAPTOP_USER => Ok((user, LAPTOP_PASSWORD.to_owned())),
        (None, _) => bail!("whose token? Give --user, or set MILLRACE_USER"),
        (Some(_), None) => bail!("a password is needed: set MILLRACE_PASSWORD, or give --password"),
    }
}

fn explain(error: SdkError<AdminInitiateAuthError>, user: &str, pool: &str) -> Error {
    match error.as_service_error() {
        Some(AdminInitiateAuthError::NotAuthorizedException(_) | AdminInitiateAuthError::UserNotFoundException(_)) => {
            anyhow!(
                "{user} is not a user of the pool {pool}, or the password is wrong; `aws cognito-idp \
                 admin-create-user` makes users"
            )
        }
        _ => Error::new(error).context("Cognito did not sign in"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_laptops_password_is_for_the_laptop() {
        let asked = |user: Option<&str>, password: Option<&str>| AskToken {
            user: user.map(str::to_owned),
            password: password.map(str::to_owned),
        };
        assert_eq!(who(asked(None, None), true).unwrap().0, "operator");
        assert_eq!(who(asked(Some("a"), Some("b")), false).unwrap(), ("a".to_owned(), "b".to_owned()));
        for (asked, is_local) in [
            (asked(None, None), false),
            (asked(Some("operator"), None), false),
            (asked(Some("ada"), None), true),
            (asked(None, Some("b")), true),
        ] {
            assert!(who(asked, is_local).is_err());
        }
    }
}
