use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use customers::{CustomerId, Customers};
use lambda_kit::Problem;

use crate::caller::Caller;
use crate::documents::{CustomerDocument, CustomerWithAccounts, Part};
use crate::error::{ServeError, bad_cursor};
use crate::path::Id;
use crate::query::{self, Asked, Nothing};
use crate::{Ports, cursor};

const LIST: &str = "customers";

/// The customers
///
/// In no particular order; a customer finds themselves alone.
#[utoipa::path(get, path = "/customers", tag = "customers", operation_id = "listCustomers", params(query::Part),
    responses((status = 200, description = "A part of the list", body = Part<CustomerDocument>)))]
pub(crate) async fn list<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Asked(part): Asked<query::Part>,
) -> Result<Json<Part<CustomerDocument>>, ServeError> {
    let after: Option<String> = cursor::read(LIST, part.cursor.as_deref())?;
    let (found, next) = match caller {
        Caller::Operator => {
            let page = ports.customers().customers(after.as_deref(), part.limit).await?;
            (page.items, page.next)
        }
        // A list of one has no second part.
        Caller::Customer(_) if after.is_some() => return Err(bad_cursor().into()),
        Caller::Customer(id) => {
            let found = ports.customers().customer(id).await?;
            (found.into_iter().map(|(customer, _)| customer).collect(), None)
        }
    };
    Ok(Json(Part {
        items: found.into_iter().map(CustomerDocument::from).collect(),
        next: next.map(|next| cursor::write(LIST, &next)),
    }))
}

/// A customer with their accounts
#[utoipa::path(get, path = "/customers/{customer}", tag = "customers", operation_id = "getCustomer",
    params(("customer" = String, Path, description = "The customer's id", format = "uuid")),
    responses((status = 200, description = "The customer", body = CustomerWithAccounts)))]
pub(crate) async fn one<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Id(id): Id<CustomerId>,
    Asked(Nothing): Asked<Nothing>,
) -> Result<Json<CustomerWithAccounts>, ServeError> {
    caller.may_see(id)?;
    let found = ports.customers().customer(id).await?;
    let (customer, accounts) = found.ok_or_else(Problem::not_found)?;
    Ok(Json(CustomerWithAccounts::new(customer, accounts)))
}
