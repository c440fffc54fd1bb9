//! The events that SES publishes about mails, with raw SNS delivery.
//!
//! <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>

use std::collections::BTreeMap;

use banking::AccountNumber;
use calendar::Moment;
use mail::events::{Feedback, MailEvent};
use mail::{EmailAddress, SummaryKey};
use serde::Deserialize;

/// The tag with the import of a summary.
pub(crate) const IMPORT: &str = "import";
/// The tag with the account of a summary.
pub(crate) const ACCOUNT: &str = "account";

/// An unreadable event. The message does not quote the event, because it contains addresses.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadEventError {
    /// It is not an event of SES.
    #[error("not an event of SES (line {line}, column {column})")]
    Malformed {
        /// In which line.
        line: usize,
        /// At which column of it.
        column: usize,
    },
    /// It has an invalid account or time.
    #[error("an event of SES with an invalid {0}")]
    Value(&'static str),
}

/// What SES publishes when the topic of its events is set or changed.
const TOPIC_VALIDATED: &str = "Successfully validated SNS topic for Amazon SES event publishing.";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(rename = "eventType")]
    kind: String,
    mail: Sent,
    #[serde(default)]
    bounce: Option<Bounce>,
    #[serde(default)]
    complaint: Option<Complaint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    timestamp: String,
    message_id: String,
    #[serde(default)]
    tags: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    #[serde(default)]
    bounced_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    #[serde(default)]
    complained_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    email_address: String,
}

/// Reads an event; `None` if its type is irrelevant or the mail has no tags of ours.
pub fn read_event(json: &str) -> Result<Option<MailEvent>, ReadEventError> {
    if json.trim() == TOPIC_VALIDATED {
        return Ok(None);
    }
    let event: Event = serde_json::from_str(json)
        .map_err(|error| ReadEventError::Malformed { line: error.line(), column: error.column() })?;
    let Some((feedback, recipients)) = feedback(&event) else { return Ok(None) };
    let tag = |name: &str| event.mail.tags.get(name).and_then(|values| values.first());
    let (Some(import), Some(account)) = (tag(IMPORT), tag(ACCOUNT)) else { return Ok(None) };
    let account = account_of(account).ok_or(ReadEventError::Value("account"))?;
    Ok(Some(MailEvent {
        key: SummaryKey { account, import: import.clone() },
        provider_id: event.mail.message_id,
        sent_at: event.mail.timestamp.parse::<Moment>().map_err(|_| ReadEventError::Value("time"))?,
        feedback,
        recipients,
    }))
}

fn feedback(event: &Event) -> Option<(Feedback, Vec<EmailAddress>)> {
    match (event.kind.as_str(), &event.bounce, &event.complaint) {
        ("Bounce", Some(bounce), _) if bounce.bounce_type == "Permanent" => {
            Some((Feedback::HardBounce, addresses(&bounce.bounced_recipients)))
        }
        ("Bounce", Some(bounce), _) => Some((Feedback::SoftBounce, addresses(&bounce.bounced_recipients))),
        ("Complaint", _, Some(it)) => Some((Feedback::Complaint, addresses(&it.complained_recipients))),
        ("Reject", _, _) => Some((Feedback::Rejected, Vec::new())),
        _ => None,
    }
}

/// The addresses, without a name and brackets. Unrelated addresses from a mail server are omitted.
fn addresses(recipients: &[Recipient]) -> Vec<EmailAddress> {
    let bare = |text: &str| text.rsplit_once('<').map_or(text, |(_, it)| it.trim_end_matches('>')).to_owned();
    recipients.iter().filter_map(|it| EmailAddress::parse(&bare(&it.email_address)).ok()).collect()
}

/// An account number as the value of a tag: SES takes letters, digits, `_` and `-`. A number has only upper-case
/// letters, so a lower-case `p` represents the point.
pub(crate) fn account_tag(account: &AccountNumber) -> String {
    account.as_str().replace('.', "p")
}

fn account_of(tag: &str) -> Option<AccountNumber> {
    tag.replace('p', ".").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_account_number_comes_back_from_its_tag() {
        for number in ["DE89370400440532013000", "12.34-5_6", "P.P", "0"] {
            let account: AccountNumber = number.parse().unwrap();
            let tag = account_tag(&account);
            assert!(tag.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it)), "{tag}");
            assert_eq!(account_of(&tag), Some(account));
        }
    }
}
