use std::fmt;
use std::sync::OnceLock;

use calendar::Moment;
use money::Currency;
use serde::{Deserialize, Serialize};

use crate::{Address, Reference, Summary, chart, mime, page, text, words};

pub(crate) const LOGO_CID: &str = "logo@millrace";
const LOGO_SVG: &str = include_str!("../assets/logo.svg");

/// Sender, receiver, reference and date.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The sender, with the name of the product.
    pub from: Address,
    /// The account holder.
    pub to: Address,
    /// The mail's id: the same for a repeat.
    pub reference: Reference,
    /// For the `Date` header: the same for a repeat.
    pub sent_on: Moment,
    /// The address for replies, if it differs from the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Address>,
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
    pub from: Address,
    /// The receiver.
    pub to: Address,
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

/// Why a summary cannot be rendered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderMailError {
    /// A section has amounts of more than one currency.
    #[error("a section in {0} has an amount in {1}")]
    MixedCurrencies(Currency, Currency),
    /// The HTML cannot be rendered.
    #[error("the mail's template fails")]
    Template(#[source] askama::Error),
    /// The logo or a chart cannot be drawn.
    #[error("a picture of the mail cannot be drawn")]
    Picture(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Renders the mail of a summary. The same arguments give the same bytes.
pub fn render(summary: &Summary, envelope: &Envelope) -> Result<Mail, RenderMailError> {
    one_currency_each(summary)?;
    let subject = format!(
        "Account summary, {} (account ending {})",
        words::long_date(summary.as_of),
        summary.account.masked().trim_start_matches('…'),
    );
    let mut images = vec![Image { cid: LOGO_CID.to_owned(), png: logo()? }];
    for section in &summary.currencies {
        if let Some(png) = chart::png(section).map_err(RenderMailError::Picture)? {
            images.push(Image { cid: chart_cid(section.balance.currency()), png });
        }
    }
    let html = page::html(summary, envelope, &subject, &images).map_err(RenderMailError::Template)?;
    let text = text::plain(summary, envelope);
    let mime =
        mime::message(summary, envelope, &mime::Parts { subject: &subject, html: &html, text: &text, images: &images });
    Ok(Mail {
        reference: envelope.reference.clone(),
        from: envelope.from.clone(),
        to: envelope.to.clone(),
        subject,
        html,
        text,
        images,
        mime,
    })
}

/// The logo is rendered once in each process, because this takes longer than the rest of a mail.
fn logo() -> Result<Vec<u8>, RenderMailError> {
    static LOGO: OnceLock<Vec<u8>> = OnceLock::new();
    if let Some(png) = LOGO.get() {
        return Ok(png.clone());
    }
    let png = chart::rasterise(LOGO_SVG).map_err(RenderMailError::Picture)?;
    Ok(LOGO.get_or_init(|| png).clone())
}

/// The Content-ID of a currency's chart.
pub(crate) fn chart_cid(currency: Currency) -> String {
    format!("chart-{}@millrace", currency.code().to_ascii_lowercase())
}

fn one_currency_each(summary: &Summary) -> Result<(), RenderMailError> {
    for section in &summary.currencies {
        let currency = section.balance.currency();
        if let Some(other) = section.amounts().map(money::Money::currency).find(|it| *it != currency) {
            return Err(RenderMailError::MixedCurrencies(currency, other));
        }
    }
    Ok(())
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
