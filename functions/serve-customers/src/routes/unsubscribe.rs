//! The unsubscribe link of each mail (RFC 8058): a mail program sends a POST, a person opens the page and confirms.
//! Only POST changes something, because scanners open every link.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use customers::{CustomerId, MailChoice, MailChoices};
use mail::UnsubscribeKeys;

use crate::Ports;
use crate::error::ServeError;

/// The page loads nothing, cannot be framed and sends no referrer; its form posts to its own address.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";

/// Shows the page to opt out of mails
///
/// For people who open the link in a mail. Changes nothing; the page has a button to confirm.
#[utoipa::path(get, path = "/unsubscribe", tag = "mails", operation_id = "confirmUnsubscribe", security(()),
    params(("token" = String, Query, description = "The token from the link in the mail")),
    responses((status = 200, description = "A page with a button to confirm", body = String, content_type = "text/html"),
        (status = 400, description = "A page with the message that the link is not valid", body = String, content_type = "text/html")))]
pub(crate) async fn confirm<P: Ports>(
    State(ports): State<Arc<P>>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServeError> {
    Ok(match customer(&*ports, query).await? {
        Some(_) => page(
            StatusCode::OK,
            "Do you want no more summary mails?",
            "<form method=\"post\"><button type=\"submit\">Unsubscribe</button></form>",
        ),
        None => invalid(),
    })
}

/// Opts out of mails
///
/// With one click (RFC 8058): needs no access token, because the link contains a signed token. Repeating it changes
/// nothing.
#[utoipa::path(post, path = "/unsubscribe", tag = "mails", operation_id = "unsubscribe", security(()),
    params(("token" = String, Query, description = "The token from the link in the mail")),
    responses((status = 200, description = "The customer has opted out of mails", body = String, content_type = "text/html"),
        (status = 400, description = "A page with the message that the link is not valid", body = String, content_type = "text/html")))]
pub(crate) async fn unsubscribe<P: Ports>(
    State(ports): State<Arc<P>>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServeError> {
    let Some(customer) = customer(&*ports, query).await? else { return Ok(invalid()) };
    ports.customers().choose_mails(customer, MailChoice::Unwanted, ports.now()).await?;
    tracing::info!(customer.id = %customer, "a customer has opted out of mails");
    Ok(page(StatusCode::OK, "You get no more summary mails.", ""))
}

/// The customer of the token in the query, if valid. Its characters need no encoding; other fields are ignored.
async fn customer<P: Ports>(ports: &P, query: Option<String>) -> Result<Option<CustomerId>, ServeError> {
    let query = query.unwrap_or_default();
    let Some(token) = query.split('&').find_map(|it| it.strip_prefix("token=")) else { return Ok(None) };
    Ok(ports.unsubscribe_keys().key().await?.customer(token))
}

fn invalid() -> Response {
    page(StatusCode::BAD_REQUEST, "This link is not valid.", "<p>Open it as the mail has it, or answer the mail.</p>")
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>Millrace: {title}</title><style>body{{font:18px/1.5 sans-serif;\
         max-width:30em;margin:15vh auto;padding:0 1em}}button{{font:inherit;padding:.4em 1em}}</style></head>\
         <body><h1>{title}</h1>{body}</body></html>\n"
    );
    let headers = [(header::CONTENT_SECURITY_POLICY, POLICY), (header::REFERRER_POLICY, "no-referrer")];
    (status, headers, Html(html)).into_response()
}
