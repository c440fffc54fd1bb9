//! `token`: signing in to the HTTP API.

use anyhow::{Context as _, Result, bail};
use aws_config::Region;
use aws_sdk_cognitoidentityprovider::Client;
use serde_json::json;

use crate::Verdict;
use crate::arguments::{Global, TokenArgs};
use crate::endpoint::Endpoint;
use crate::output::Output;
use crate::secret;
use crate::sign_in::Pool;
use crate::stack::Stack;

/// The user that `cargo xtask up` creates on the laptop's stack only.
const LAPTOP_USER: &str = "operator";
const LAPTOP_PASSWORD: &str = "Millrace-on-the-laptop-1";

/// Prints an access token and nothing else; with `--json` also the refresh token.
pub(crate) async fn run(output: &Output, global: &Global, args: TokenArgs) -> Result<Verdict> {
    let (pool, is_local) = pool(output, global, &args).await?;
    let tokens = if args.refresh {
        pool.refresh(&secret::prompt("Refresh token")?).await?
    } else {
        let user = user(args.user, is_local)?;
        // The laptop's operator has a public password.
        let is_known = is_local && user == LAPTOP_USER;
        let password =
            if is_known { LAPTOP_PASSWORD.to_owned() } else { secret::prompt(&format!("Password of {user}"))? };
        pool.sign_in(&user, &password, |text| output.note(text)).await?
    };
    let token = tokens.access_token().context("Cognito returned no access token")?;
    let document = json!({
        "access_token": token,
        "expires_in_seconds": tokens.expires_in(),
        "refresh_token": tokens.refresh_token(),
    });
    output.answer(|| &document, || token.to_owned())?;
    Ok(Verdict::Ok)
}

/// The given pool, which needs no rights on AWS, or that of the stack.
async fn pool(output: &Output, global: &Global, args: &TokenArgs) -> Result<(Pool, bool)> {
    if let (Some(id), Some(client)) = (&args.user_pool, &args.client) {
        let endpoint = Endpoint::of(global, &std::env::current_dir().context("finding the current folder")?);
        let (region, _) =
            id.split_once('_').context("a user pool's id begins with its region, as in eu-west-1_AbCdEfGhI")?;
        let sdk = endpoint.configuration(global.aws_profile.as_deref()).await;
        let sdk = sdk.into_builder().region(Region::new(region.to_owned())).build();
        let pool = Pool { cognito: Client::new(&sdk), id: id.clone(), client: client.clone() };
        return Ok((pool, endpoint.is_local()));
    }
    let stack = Stack::open(output, global).await?;
    let output = |name| stack.output(name).map(str::to_owned);
    let cognito = Client::new(stack.sdk());
    Ok((Pool { cognito, id: output("UserPoolId")?, client: output("UserPoolClientId")? }, stack.is_local()))
}

fn user(args: Option<String>, is_local: bool) -> Result<String> {
    match args {
        Some(user) => Ok(user),
        None if is_local => Ok(LAPTOP_USER.to_owned()),
        None => bail!("the user is missing; give --user, or set MILLRACE_USER"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_laptop_has_a_user_and_aws_has_none() {
        assert_eq!(user(None, true).unwrap(), "operator");
        assert_eq!(user(Some("ada".to_owned()), false).unwrap(), "ada");
        assert!(user(None, false).is_err());
    }
}
