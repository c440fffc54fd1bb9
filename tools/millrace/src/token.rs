//! `token`: signing in to the HTTP API.

use anyhow::{Context as _, Result, bail};
use aws_config::Region;
use aws_sdk_cognitoidentityprovider::Client;
use serde_json::json;

use crate::Verdict;
use crate::arguments::{AskToken, Global};
use crate::place::Place;
use crate::screen::Screen;
use crate::secret;
use crate::sign_in::Pool;
use crate::stack::Stack;

/// Who `cargo xtask up` makes on the laptop's stack, and nowhere else.
const LAPTOP_USER: &str = "operator";
const LAPTOP_PASSWORD: &str = "Millrace-on-the-laptop-1";

/// Prints an access token and nothing else; with `--json` also the refresh token.
pub(crate) async fn run(screen: &Screen, global: &Global, asked: AskToken) -> Result<Verdict> {
    let (pool, is_local) = pool(screen, global, &asked).await?;
    let tokens = if asked.refresh {
        pool.refresh(&secret::ask("Refresh token")?).await?
    } else {
        let user = user(asked.user, is_local)?;
        // The laptop's operator has a password that everybody knows.
        let is_known = is_local && user == LAPTOP_USER;
        let password = if is_known { LAPTOP_PASSWORD.to_owned() } else { secret::ask(&format!("Password of {user}"))? };
        pool.sign_in(&user, &password, |text| screen.note(text)).await?
    };
    let token = tokens.access_token().context("Cognito answered without an access token")?;
    let document = json!({
        "access_token": token,
        "expires_in_seconds": tokens.expires_in(),
        "refresh_token": tokens.refresh_token(),
    });
    screen.answer(&document, || token.to_owned())?;
    Ok(Verdict::Well)
}

/// The pool that was named, which takes no rights on AWS to find, or that of the stack.
async fn pool(screen: &Screen, global: &Global, asked: &AskToken) -> Result<(Pool, bool)> {
    if let (Some(id), Some(client)) = (&asked.user_pool, &asked.client) {
        let place = Place::of(global, &std::env::current_dir().context("finding the current folder")?);
        let (region, _) =
            id.split_once('_').context("a user pool's id begins with its region, as in eu-west-1_AbCdEfGhI")?;
        let sdk = place.configuration(global.aws_profile.as_deref()).await;
        let sdk = sdk.into_builder().region(Region::new(region.to_owned())).build();
        let pool = Pool { cognito: Client::new(&sdk), id: id.clone(), client: client.clone() };
        return Ok((pool, place.is_local()));
    }
    let stack = Stack::open(screen, global).await?;
    let output = |name| stack.output(name).map(str::to_owned);
    let cognito = Client::new(stack.sdk());
    Ok((Pool { cognito, id: output("UserPoolId")?, client: output("UserPoolClientId")? }, stack.is_local()))
}

fn user(asked: Option<String>, is_local: bool) -> Result<String> {
    match asked {
        Some(user) => Ok(user),
        None if is_local => Ok(LAPTOP_USER.to_owned()),
        None => bail!("whose token? Give --user, or set MILLRACE_USER"),
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
