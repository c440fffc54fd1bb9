//! Interprets errors of SES.

use std::error::Error;

use aws_sdk_ses::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ses::operation::send_raw_email::SendRawEmailError;
use mail::Mail;
use mail::mailer::{SendMailError, Sent};

/// Maps an error of `SendRawEmail` to the result of the mail: `Unknown`, unless SES documents what the error means.
pub(crate) fn read(error: SdkError<SendRawEmailError>, mail: &Mail) -> Result<Sent, SendMailError> {
    let unknown = |reason: String| Ok(Sent::Unknown { reason });
    match &error {
        SdkError::ConstructionFailure(_) => Err(SendMailError::Unavailable(error.into())),
        SdkError::DispatchFailure(_) if never_connected(&error) => Err(SendMailError::Unavailable(error.into())),
        SdkError::DispatchFailure(_) => unknown("the connection to SES was lost".to_owned()),
        SdkError::ServiceError(_) => of_service(error, mail),
        SdkError::TimeoutError(_) => unknown("SES did not respond in time".to_owned()),
        _ => unknown("the response of SES cannot be read".to_owned()),
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
        // Refused because of the configuration, which an operator can correct.
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
            misconfigured(error, "SES does not allow this account to send")
        }
        "MessageRejected" | "InvalidParameterValue" | "ValidationError" => Ok(Sent::Refused { reason: code }),
        _ => Ok(Sent::Unknown { reason: format!("SES answered {code}") }),
    }
}

/// Whether only the receiver failed SES's identity check: "Email address is not verified. The following
/// identities failed the check in region EU-WEST-1: a@example.com, b@example.com".
fn only_the_receiver_failed(message: &str, mail: &Mail) -> bool {
    let Some((_, identities)) = message.rsplit_once(": ") else { return false };
    let receiver = mail.to.normalised();
    mail.to.normalised() != mail.from.normalised()
        && identities.split(',').all(|it| it.trim().trim_end_matches('>').ends_with(&receiver))
}

/// Whether no connection was made, so that nothing was sent: unknown host, refused, failed handshake or time-out.
fn never_connected(error: &(dyn Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |it| (**it).source());
    causes.any(|it| {
        it.downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect)
    })
}
