//! The message of RFC 5322 around the parts.

use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address as Mailbox;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;

use crate::{Envelope, Image, Summary, words};

const SENDER_NAME: &str = "Millrace";

pub(crate) struct Parts<'a> {
    pub(crate) subject: &'a str,
    pub(crate) html: &'a str,
    pub(crate) text: &'a str,
    pub(crate) images: &'a [Image],
}

/// `multipart/alternative` of the text and `multipart/related` of the HTML with its images.
///
/// All of date, Message-ID and boundaries are set here, so that the builder does not generate them.
pub(crate) fn message(summary: &Summary, envelope: &Envelope, parts: &Parts<'_>) -> Vec<u8> {
    let reference = envelope.reference.as_str();
    let holder = summary.holder.as_deref().and_then(words::shown_name);
    let domain = envelope.from.as_str().rsplit('@').next().unwrap_or("millrace");

    let mut related = vec![MimePart::new("text/html", parts.html)];
    related.extend(parts.images.iter().map(inline));
    let body = MimePart::new(
        multipart("alternative", reference),
        vec![MimePart::new("text/plain", parts.text), MimePart::new(multipart("related", reference), related)],
    );
    let mut message = Vec::new();
    let mut builder = MessageBuilder::new();
    if let Some(contact) = &envelope.contact {
        builder = builder.reply_to(contact.as_str());
    }
    if let Some(url) = &envelope.unsubscribe_url {
        // RFC 2369 and RFC 8058: mail programs show an unsubscribe button.
        builder = builder
            .header("List-Unsubscribe", Raw::new(format!("<{url}>")))
            .header("List-Unsubscribe-Post", Raw::new("List-Unsubscribe=One-Click"));
    }
    builder
        .date(envelope.sent_on.micros().div_euclid(1_000_000))
        .message_id(format!("{reference}@{domain}"))
        .from(Mailbox::new_address(Some(SENDER_NAME), envelope.from.as_str()))
        .to(Mailbox::new_address(holder.as_deref(), envelope.to.as_str()))
        .subject(parts.subject)
        // RFC 3834: suppresses automatic replies.
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .body(body)
        .serialize(&mut message);
    message
}

fn multipart<'a>(kind: &str, reference: &str) -> ContentType<'a> {
    ContentType::new(format!("multipart/{kind}")).attribute("boundary", format!("{reference}-{kind}"))
}

/// An image that the HTML references by its Content-ID; its file name is the part before the `@`: `chart-eur.png`.
fn inline(image: &Image) -> MimePart<'_> {
    let name = format!("{}.png", image.cid.split('@').next().unwrap_or("image"));
    MimePart::new("image/png", image.png.as_slice())
        .header("Content-Disposition", ContentType::new("inline").attribute("filename", name))
        .cid(image.cid.as_str())
}
