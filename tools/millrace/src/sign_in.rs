//! Signs in to the user pool: answers Cognito's challenges until it returns tokens. Needs no rights on AWS.

use std::collections::HashMap;

use anyhow::{Context as _, Error, Result, anyhow, bail};
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_cognitoidentityprovider::types::{AuthFlowType, AuthenticationResultType, ChallengeNameType};
use jiff::Timestamp;

use crate::secret;
use crate::srp::{Exchange, Question};

/// The maximum number of challenges of a sign-in: the password, a new one, the setup of a second factor, its code.
const MAX_QUESTIONS: usize = 6;

/// A user pool and its client for people.
pub(crate) struct Pool {
    pub(crate) cognito: Client,
    pub(crate) id: String,
    pub(crate) client: String,
}

/// Cognito's response: tokens or the next challenge.
struct Step {
    tokens: Option<AuthenticationResultType>,
    question: Option<ChallengeNameType>,
    parameters: HashMap<String, String>,
    session: Option<String>,
}

/// A response of either of the two calls.
macro_rules! step {
    ($answer:expr) => {{
        let answer = $answer;
        Step {
            tokens: answer.authentication_result,
            question: answer.challenge_name,
            parameters: answer.challenge_parameters.unwrap_or_default(),
            session: answer.session,
        }
    }};
}

impl Pool {
    /// Signs `user` in and prompts for the answers to Cognito's further challenges.
    pub(crate) async fn sign_in(
        &self,
        user: &str,
        password: &str,
        note: impl Fn(&str),
    ) -> Result<AuthenticationResultType> {
        let mut random = [0; 128];
        getrandom::fill(&mut random).map_err(|error| anyhow!("no random numbers are available: {error}"))?;
        let exchange = Exchange::begin(&random)?;
        let args = self.cognito.initiate_auth().client_id(&self.client).auth_flow(AuthFlowType::UserSrpAuth);
        let args = args.auth_parameters("USERNAME", user).auth_parameters("SRP_A", exchange.public());
        let mut step = step!(args.send().await.map_err(|error| explain(&error, user))?);
        for _ in 0..MAX_QUESTIONS {
            if let Some(tokens) = step.tokens {
                return Ok(tokens);
            }
            let question = step.question.clone().context("Cognito returned neither tokens nor a challenge")?;
            let answers = self.answers(&question, &mut step, (&exchange, user, password), &note).await?;
            let args = self.cognito.respond_to_auth_challenge().client_id(&self.client).challenge_name(question);
            let args = args.set_session(step.session).set_challenge_responses(Some(answers));
            step = step!(args.send().await.map_err(|error| explain(&error, user))?);
        }
        bail!("Cognito sent too many challenges")
    }

    /// New tokens for a refresh token.
    pub(crate) async fn refresh(&self, token: &str) -> Result<AuthenticationResultType> {
        let args = self.cognito.initiate_auth().client_id(&self.client).auth_flow(AuthFlowType::RefreshTokenAuth);
        let args = args.auth_parameters("REFRESH_TOKEN", token).send().await;
        let answer = args.map_err(|error| explain(&error, "the owner of the refresh token"))?;
        answer.authentication_result.context("Cognito returned no tokens")
    }

    async fn answers(
        &self,
        question: &ChallengeNameType,
        step: &mut Step,
        (exchange, user, password): (&Exchange, &str, &str),
        note: &impl Fn(&str),
    ) -> Result<HashMap<String, String>> {
        let given = |name: &str| {
            step.parameters.get(name).map(String::as_str).with_context(|| format!("Cognito's challenge lacks {name}"))
        };
        let name = step.parameters.get("USER_ID_FOR_SRP").cloned().unwrap_or_else(|| user.to_owned());
        let mut answers = HashMap::from([("USERNAME".to_owned(), name.clone())]);
        let mut say = |name: &str, value: String| drop(answers.insert(name.to_owned(), value));
        match question {
            ChallengeNameType::PasswordVerifier => {
                let question = Question {
                    pool: &self.id,
                    user: &name,
                    salt: given("SALT")?,
                    public: given("SRP_B")?,
                    secret_block: given("SECRET_BLOCK")?,
                };
                let timestamp = timestamp()?;
                say("PASSWORD_CLAIM_SIGNATURE", exchange.prove(&question, password, &timestamp)?);
                say("PASSWORD_CLAIM_SECRET_BLOCK", question.secret_block.to_owned());
                say("TIMESTAMP", timestamp);
            }
            ChallengeNameType::NewPasswordRequired => {
                note("this password was temporary; choose another one");
                say("NEW_PASSWORD", secret::prompt_new("New password")?);
            }
            ChallengeNameType::SoftwareTokenMfa => {
                say("SOFTWARE_TOKEN_MFA_CODE", secret::prompt("One-time password")?);
            }
            ChallengeNameType::MfaSetup => step.session = Some(self.set_up(user, step.session.take(), note).await?),
            other => bail!("Cognito sent {user} the unknown challenge {}", other.as_str()),
        }
        Ok(answers)
    }

    /// Sets up the second factor and returns the session to continue with.
    async fn set_up(&self, user: &str, session: Option<String>, note: &impl Fn(&str)) -> Result<String> {
        let made = self.cognito.associate_software_token().set_session(session).send().await;
        let made = made.map_err(|error| explain(&error, user))?;
        let secret = made.secret_code().context("Cognito returned no secret for one-time passwords")?;
        note(&format!(
            "a second factor is required; give your authenticator this key:\n  {secret}\n  \
             otpauth://totp/Millrace:{user}?secret={secret}&issuer=Millrace"
        ));
        let code = secret::prompt("One-time password")?;
        let args = self.cognito.verify_software_token().set_session(made.session).user_code(code).send().await;
        let verified = args.map_err(|error| explain(&error, user))?;
        verified.session.context("Cognito did not continue after the second factor was set up")
    }
}

/// The time in the format that Cognito requires in the signature: `Sat Nov 21 10:00:05 UTC 2026`.
fn timestamp() -> Result<String> {
    use calendar::Clock as _;
    let now = Timestamp::from_microsecond(lambda_kit::SystemClock.now().micros())?;
    Ok(now.strftime("%a %b %-d %H:%M:%S UTC %Y").to_string())
}

/// Cognito's error, without the sent data.
pub(crate) fn explain<E, R>(error: &SdkError<E, R>, user: &str) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default();
    let message = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or_default();
    match code {
        "NotAuthorizedException" | "UserNotFoundException" => {
            anyhow!("{user} is not a user, is disabled, or the password is wrong ({message})")
        }
        "InvalidPasswordException" | "CodeMismatchException" | "EnableSoftwareTokenMFAException" => {
            anyhow!("{message}")
        }
        "" => anyhow!("Cognito cannot be reached: {}", DisplayErrorContext(error)),
        _ => anyhow!("Cognito refused: {code}: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_has_the_form_that_is_signed() {
        let text = timestamp().unwrap();
        let parts: Vec<&str> = text.split(' ').collect();
        assert_eq!((parts.len(), parts[4], parts[0].len(), parts[1].len()), (6, "UTC", 3, 3), "{text}");
        assert!(!parts[2].starts_with('0'), "{text}");
    }
}
