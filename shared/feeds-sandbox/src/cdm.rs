//! The same feeds in the format of the original assignment: no cursor in the request, no declared counts in the
//! response.
//!
//! | route | answers |
//! | --- | --- |
//! | `GET /ping` | `{"message":"pong"}` |
//! | `GET /company_info` | `{"company_info":"[…]"}`, all companies in each answer |
//! | `GET /exchange_rates` | `{"exchange_rates":"[…]"}`, the latest rates in each answer |
//! | `GET /sepa`, `GET /swift` | the next page, as concatenated objects `{"sepa_transactions":"[…]"}`; no response at the end |
//! | `GET /faults` | counts of requests and failures |
//!
//! The cursor of transfers is in memory. It moves with each complete response: a failed request or an earlier page does
//! not move it. At the end the server alternately stays silent and closes the connection.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use datamaker::{Company, Feed, RateRow, TransferRow};
use futures_util::stream;
use lambda_kit::{Chain, Problem};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::cursor::Table;
use crate::faults::{Fault, Request};
use crate::feed::PageError;
use crate::routes::deliver;
use crate::{SandboxFeed, Served};

/// The number of rows of an object; a page has several objects.
const OBJECT_ROWS: usize = 1_000;

struct Cdm {
    feed: SandboxFeed,
    /// The first row of the next page, of SEPA and of SWIFT.
    next: [Mutex<u64>; 2],
    /// The number of requests at the end of a feed.
    ends: AtomicU64,
}

/// The routes of a feed in the format of the original assignment. The cursors live as long as the routes.
pub fn cdm_router(feed: SandboxFeed) -> Router {
    let transfers =
        |feed: Feed| get(async move |State(cdm): State<Arc<Cdm>>| cdm.transfers(feed).await.unwrap_or_else(problem));
    let table =
        |table: Table| get(async move |State(cdm): State<Arc<Cdm>>| cdm.table(table).await.unwrap_or_else(problem));
    Router::new()
        .route("/ping", get(async || Json(serde_json::json!({ "message": "pong" }))))
        .route("/faults", get(async |State(cdm): State<Arc<Cdm>>| -> Json<Served> { Json(cdm.feed.served()) }))
        .route("/company_info", table(Table::Companies))
        .route("/exchange_rates", table(Table::Rates))
        .route("/sepa", transfers(Feed::Sepa))
        .route("/swift", transfers(Feed::Swift))
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .with_state(Arc::new(Cdm { feed, next: Default::default(), ends: AtomicU64::new(0) }))
}

#[allow(clippy::needless_pass_by_value, reason = "this function converts an error into a response")]
fn problem(error: PageError) -> Response {
    tracing::error!(error = %Chain(&error), "an answer cannot be made");
    Problem::internal().into_response()
}

impl Cdm {
    async fn table(&self, table: Table) -> Result<Response, PageError> {
        let request = self.feed.failing.next_request();
        // A table has no earlier page.
        let fault = request.fault.filter(|it| *it != Fault::RepeatPage);
        self.feed.failing.count(fault, 0);
        let body = if let Table::Companies = table {
            object("company_info", &self.feed.companies().map(CompanyDocument::new).collect::<Vec<_>>())?
        } else {
            let rates = self.feed.latest_rates().map(RateDocument::new).collect::<Result<Vec<_>, _>>()?;
            object("exchange_rates", &rates)?
        };
        Ok(deliver(&self.feed, fault, body).await)
    }

    async fn transfers(&self, feed: Feed) -> Result<Response, PageError> {
        let (table, mut request) = (Table::Transfers(feed), self.feed.failing.next_request());
        if matches!(request.fault, Some(Fault::Hang | Fault::Slow)) {
            // If the client gives up while this waits, it got no response and the cursor does not move.
            self.feed.failing.wait(request.fault).await;
        }
        let next = self.next(feed);
        let from = *next.lock().unwrap_or_else(PoisonError::into_inner);
        if request.fault == Some(Fault::RepeatPage) {
            match request.earlier_page(&self.feed.pages_before(table, from)) {
                Some(earlier) => return self.page(feed, earlier, request).map(|(body, _)| whole(body)),
                None => request.fault = None,
            }
        }
        if from >= self.feed.rows(table) && matches!(request.fault, None | Some(Fault::Hang | Fault::Slow)) {
            return Ok(self.nothing().await);
        }
        let (body, to) = self.page(feed, from, request)?;
        if matches!(request.fault, Some(Fault::Crash | Fault::Cut | Fault::Truncate)) {
            return Ok(deliver(&self.feed, request.fault, body).await);
        }
        let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
        // Two concurrent requests both get the page, and the cursor moves once.
        *next = (*next).max(to);
        Ok(whole(body))
    }

    fn next(&self, feed: Feed) -> &Mutex<u64> {
        let [sepa, swift] = &self.next;
        match feed {
            Feed::Sepa => sepa,
            Feed::Swift => swift,
        }
    }

    /// The page that begins at row `from`, and the first row of the next page.
    fn page(&self, feed: Feed, from: u64, request: Request) -> Result<(Vec<u8>, u64), PageError> {
        let name = match feed {
            Feed::Sepa => "sepa_transactions",
            Feed::Swift => "swift_transactions",
        };
        let to = self.feed.end(Table::Transfers(feed), from);
        let rows = self.feed.transfer_rows(feed, from..to, request);
        let repeated = u64::try_from(rows.len()).unwrap_or(u64::MAX).saturating_sub(to.saturating_sub(from));
        let is_whole = matches!(request.fault, None | Some(Fault::RepeatPage | Fault::Hang | Fault::Slow));
        self.feed.failing.count(request.fault, if is_whole { repeated } else { 0 });
        let rows = rows.into_iter().map(TransferDocument::new).collect::<Result<Vec<_>, _>>()?;
        let mut body = Vec::new();
        for rows in rows.chunks(OBJECT_ROWS) {
            body.extend(object(name, rows)?);
        }
        Ok((body, to))
    }

    /// No response: alternately, the connection stays silent as long as the client waits, or is closed.
    async fn nothing(&self) -> Response {
        if self.ends.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
            std::future::pending::<()>().await;
        }
        // The connection ends before the first byte of the response.
        let end = stream::once(async { Err::<Vec<u8>, _>(io::Error::other("no answer")) });
        Body::from_stream(end).into_response()
    }
}

fn whole(body: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

/// A list inside a string inside an object.
fn object<T: Serialize>(name: &'static str, rows: &[T]) -> Result<Vec<u8>, PageError> {
    let list = serde_json::to_string(rows)?;
    Ok(serde_json::to_vec(&BTreeMap::from([(name, list)]))?)
}

/// A number with exactly the digits of `text`, without a float.
fn number(text: String) -> Result<Box<RawValue>, PageError> {
    Ok(RawValue::from_string(text)?)
}

#[derive(Serialize)]
struct TransferDocument {
    id: String,
    sender: String,
    beneficiary: String,
    amount: Box<RawValue>,
    currency: &'static str,
    time: String,
}

impl TransferDocument {
    fn new(row: TransferRow) -> Result<Self, PageError> {
        let TransferRow { id, payer: sender, beneficiary, amount, at } = row;
        let (currency, time) = (amount.currency().code(), at.to_string());
        Ok(Self { id, sender, beneficiary, amount: number(amount.amount())?, currency, time })
    }
}

#[derive(Serialize)]
struct CompanyDocument<'a> {
    #[serde(rename = "companyID")]
    id: &'a str,
    ibans: String,
    name: &'a str,
    address: &'a str,
    /// Before the first transfer.
    balance: u32,
}

impl<'a> CompanyDocument<'a> {
    fn new((company, ibans): (&'a Company, &[String])) -> Self {
        let Company { id, name, address, .. } = company;
        Self { id, ibans: format!("{{{}}}", ibans.join(",")), name, address, balance: 0 }
    }
}

#[derive(Serialize)]
struct RateDocument {
    currency: &'static str,
    usd_rate: Box<RawValue>,
    eur_rate: Box<RawValue>,
}

impl RateDocument {
    fn new(rate: &RateRow) -> Result<Self, PageError> {
        let RateRow { currency, usd, eur, .. } = rate;
        Ok(Self { currency, usd_rate: number(usd.clone())?, eur_rate: number(eur.clone())? })
    }
}
