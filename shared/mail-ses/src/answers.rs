//! What an error of SES means for the mail.

use std::error::Error;

use aws_sdk_ses::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ses::operation::send_raw_email::SendRawEmailError;
use mail::Mail;
use mail::mailer::{SendMailError, Sent};

/// What an error says of the mail. What is not documented as final is unknown.
pub(crate) fn read(error: SdkError<SendRawEmailError>, mail: &Mail) -> Result<Sent, SendMailError> {
    let unknown = |reason: String| Ok(Sent::Unknown { reason });
    match &error {
        SdkError::ConstructionFailure(_) => Err(SendMailError::Unavailable(error.into())),
        SdkError::DispatchFailure(_) if never_connected(&error) => Err(SendMailError::Unavailable(error.into())),
        SdkError::DispatchFailure(_) => unknown("the connection to SES was lost".to_owned()),
        SdkError::ServiceError(_) => of_service(error, mail),
        SdkError::TimeoutError(_) => unknown("SES did not answer in time".to_owned()),
        _ => unknown("the answer of SES cannot be read".to_owned()),
    }
}

/// SES refused the mail, or failed. Codes and messages are those of the SES API reference, `SendRawEmail` and common
/// errors.
fn of_service(error: SdkError<SendRawEmailError>, mail: &Mail) -> Result<Sent, SendMailError> {
    let code = error.code().unwrap_or("nothing that can be read").to_owned();
    let message = error.message().unwrap_or_default().to_ascii_lowercase();
    let misconfigured = |error: SdkError<SendRawEmailError>, reason: &str| {
        Err(SendMailError::Misconfigured { reason: reason.to_owned(), source: error.into() })
    };
    match code.as_str() {
        "Throttling" | "ThrottlingException" | "TooManyRequestsException" if message.contains("quota") => {
            Err(SendMailError::QuotaExceeded(error.into()))
        }
        "LimitExceeded" | "LimitExceededException" => Err(SendMailError::QuotaExceeded(error.into())),
        "Throttling" | "ThrottlingException" | "TooManyRequestsException" => {
            Err(SendMailError::Throttled(error.into()))
        }
        // Refused before the mail was looked at; somebody can correct it.
        "AccessDenied"
        | "AccessDeniedException"
        | "AccountSendingPausedException"
        | "ConfigurationSetDoesNotExist"
        | "ConfigurationSetDoesNotExistException"
        | "ConfigurationSetSendingPausedException"
        | "InvalidClientTokenId"
        | "MailFromDomainNotVerifiedException"
        | "NotAuthorized"
        | "OptInRequired"
        | "SignatureDoesNotMatch" => misconfigured(error, &code),
        "MessageRejected" if message.contains("not verified") => {
            if only_the_receiver_failed(&message, mail) {
                Err(SendMailError::UnverifiedRecipient(error.into()))
            } else {
                misconfigured(error, "the sender is not verified")
            }
        }
        "MessageRejected" if message.contains("paused") || message.contains("suspended") => {
            misconfigured(error, "SES does not let this account send")
        }
        "MessageRejected" | "InvalidParameterValue" | "ValidationError" => Ok(Sent::Refused { reason: code }),
        _ => Ok(Sent::Unknown { reason: format!("SES answered {code}") }),
    }
}

/// Whether the identities that failed SES's check are the receiver alone: "Email address is not verified. The following
/// identities failed the check in region EU-WEST-1: a@example.com, b@example.com".
fn only_the_receiver_failed(message: &str, mail: &Mail) -> bool {
    let Some((_, identities)) = message.rsplit_once(": ") else { return false };
    let receiver = mail.to.normalised();
    mail.to.normalised() != mail.from.normalised()
        && identities.split(',').all(|it| it.trim().trim_end_matches('>').ends_with(&receiver))
}

/// Whether there was no connection, so that nothing was sent: no such host, refused, no handshake, or not in time.
fn never_connected(error: &(dyn Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |it| (**it).source());
    causes.any(|it| {
        it.downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect)
    })
}
