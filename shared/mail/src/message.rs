//! A mail and its envelope.

use std::fmt;

use calendar::Moment;
use money::Currency;
use serde::{Deserialize, Serialize};

use crate::{EmailAddress, Reference};

pub(crate) const LOGO_CID: &str = "logo@millrace";

/// Sender, receiver, reference and date.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The sender, with the name of the product.
    pub from: EmailAddress,
    /// The account holder.
    pub to: EmailAddress,
    /// The mail's id: the same for a repeat.
    pub reference: Reference,
    /// For the `Date` header: the same for a repeat.
    pub sent_on: Moment,
    /// The address for replies, if it differs from the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<EmailAddress>,
    /// The link with which the receiver opts out of further mails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsubscribe_url: Option<String>,
}

/// A mail that is ready to send.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its reference.
    pub reference: Reference,
    /// The sender.
    pub from: EmailAddress,
    /// The receiver.
    pub to: EmailAddress,
    /// The subject.
    pub subject: String,
    /// The HTML part. Its images are `cid:` links to [`Mail::images`].
    pub html: String,
    /// The plain-text part.
    pub text: String,
    /// The logo, then one chart for each currency with transactions.
    pub images: Vec<Image>,
    /// The complete message of RFC 5322.
    pub mime: Vec<u8>,
}

/// An inline image.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// Its Content-ID, without the angle brackets.
    pub cid: String,
    /// The PNG.
    pub png: Vec<u8>,
}

/// The Content-ID of a currency's chart.
pub(crate) fn chart_cid(currency: Currency) -> String {
    format!("chart-{}@millrace", currency.code().to_ascii_lowercase())
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("reference", &self.reference)
            .field("sent_on", &self.sent_on)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Mail {
    /// Without addresses and content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("reference", &self.reference)
            .field("mime_bytes", &self.mime.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image").field("cid", &self.cid).field("png_bytes", &self.png.len()).finish()
    }
}
