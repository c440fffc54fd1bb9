use std::sync::Arc;

use api_documents::{CustomerDocument, CustomerWithAccounts, Part};
use api_kit::{Caller, Id, NoParams, Query, cursor};
use axum::Json;
use axum::extract::State;
use customers::{Customer, CustomerId, CustomerKind, Customers, MailChoices};
use lambda_kit::Problem;

use crate::Ports;
use crate::error::ServeError;
use crate::query::CustomersQuery;

/// The maximum number of customers that one page examines: there is no index by name.
const MAX_LOOKED_AT: usize = 2_500;
/// The number of customers in one read of the register.
const READ_AT_ONCE: usize = 500;

/// The customers
///
/// Unordered; a customer gets only themselves. A search examines up to 2,500 customers for each page, so a page may
/// have few or no items but still a `next`.
#[utoipa::path(get, path = "/customers", tag = "customers", operation_id = "listCustomers", params(CustomersQuery),
    responses((status = 200, description = "A part of the list", body = Part<CustomerDocument>)))]
pub(crate) async fn list<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Query(query): Query<CustomersQuery>,
) -> Result<Json<Part<CustomerDocument>>, ServeError> {
    let list = list_name(&query);
    let after: Option<String> = cursor::read(&list, query.cursor.as_deref())?;
    let (found, next) = match caller {
        Caller::Operator | Caller::Reader => find(&*ports, &query, after).await?,
        // A list of one item has no second page.
        Caller::Customer(_) if after.is_some() => return Err(cursor::invalid().into()),
        Caller::Customer(id) => {
            let found = ports.customers().customer(id).await?;
            let found = found.into_iter().map(|(customer, _)| customer).filter(|it| matches(&query, it));
            (found.collect(), None)
        }
    };
    Ok(Json(Part {
        items: found.into_iter().map(CustomerDocument::from).collect(),
        next: next.map(|next| cursor::write(&list, &next)),
    }))
}

/// The list that a cursor is bound to.
fn list_name(query: &CustomersQuery) -> String {
    let kind = match query.kind {
        None => "customers",
        Some(CustomerKind::Person) => "persons",
        Some(CustomerKind::Company) => "companies",
    };
    query.search.as_ref().map_or_else(|| kind.to_owned(), |search| format!("{kind} named {search}"))
}

fn matches(query: &CustomersQuery, customer: &Customer) -> bool {
    let named = |search: &String| customer.name.as_ref().is_some_and(|it| it.to_lowercase().contains(search));
    query.kind.is_none_or(|it| it == customer.kind) && query.search.as_ref().is_none_or(named)
}

/// The first matching customers after `after`, and the position of the next page.
async fn find<P: Ports>(
    ports: &P,
    query: &CustomersQuery,
    mut after: Option<String>,
) -> Result<(Vec<Customer>, Option<String>), ServeError> {
    // Without a filter, all customers match.
    let all = query.search.is_none() && query.kind.is_none();
    let at_once = if all { query.limit } else { READ_AT_ONCE };
    let mut found = Vec::new();
    for _ in 0..MAX_LOOKED_AT.div_euclid(READ_AT_ONCE) {
        let page = ports.customers().customers(after.as_deref(), at_once).await?;
        let (more, left) = (page.next.is_some(), query.limit.saturating_sub(found.len()));
        let mut matching = page.items.into_iter().filter(|it| matches(query, it));
        found.extend(matching.by_ref().take(left));
        if found.len() == query.limit {
            let next = found.last().filter(|_| more || matching.next().is_some());
            let next = next.map(|it| it.id.to_string());
            return Ok((found, next));
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok((found, after))
}

/// A customer with their accounts
#[utoipa::path(get, path = "/customers/{customer}", tag = "customers", operation_id = "getCustomer",
    params(("customer" = String, Path, description = "The customer's id", format = "uuid")),
    responses((status = 200, description = "The customer", body = CustomerWithAccounts)))]
pub(crate) async fn one<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Id(id): Id<CustomerId>,
    Query(NoParams): Query<NoParams>,
) -> Result<Json<CustomerWithAccounts>, ServeError> {
    caller.may_see(id)?;
    let found = ports.customers().customer(id).await?;
    let (customer, accounts) = found.ok_or_else(Problem::not_found)?;
    let mails = ports.customers().mail_choice(customer.mail_choice_id()).await?;
    Ok(Json(CustomerWithAccounts::new(customer, accounts, mails)))
}
