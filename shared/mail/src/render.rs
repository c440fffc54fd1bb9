use std::sync::OnceLock;

use money::Currency;

use crate::message::{Envelope, Image, LOGO_CID, Mail, chart_cid};
use crate::{Summary, chart, mime, page, text, words};

const LOGO_SVG: &str = include_str!("../assets/logo.svg");

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

fn one_currency_each(summary: &Summary) -> Result<(), RenderMailError> {
    for section in &summary.currencies {
        let currency = section.balance.currency();
        if let Some(other) = section.amounts().map(money::Money::currency).find(|it| *it != currency) {
            return Err(RenderMailError::MixedCurrencies(currency, other));
        }
    }
    Ok(())
}
