use std::sync::Arc;

use api_documents::PortfolioDocument;
use api_kit::{Caller, Query};
use axum::Json;
use axum::extract::State;

use crate::Ports;
use crate::error::ServeError;
use crate::query::PortfolioQuery;

/// The balances of all companies
///
/// For operators. It reads the register, the totals of every account of a company, and for a day within a month that
/// month. If the register has more than 20,000 customers or accounts, or the companies more than 5,000 accounts, use the
/// command `millrace portfolio`, which has no time-out.
#[utoipa::path(get, path = "/portfolio", tag = "figures", operation_id = "getPortfolio", params(PortfolioQuery),
    responses((status = 200, description = "The portfolio", body = PortfolioDocument)))]
pub(crate) async fn show<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Query(PortfolioQuery { on, into, limit, view }): Query<PortfolioQuery>,
) -> Result<Json<PortfolioDocument>, ServeError> {
    caller.may_see_all()?;
    let portfolio = ports.queries().portfolio(ports.customers(), on, view, into, limit).await?;
    Ok(Json(PortfolioDocument::new(on, view, portfolio)))
}
