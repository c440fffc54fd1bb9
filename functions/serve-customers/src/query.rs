mod company;

use std::collections::BTreeMap;
use std::fmt::Display;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use calendar::{Bucket, Date};
use lambda_kit::{FieldError, Problem};
use ledger::View;
use utoipa::IntoParams;

pub(crate) use company::{
    BalancesQuery, CompanyHistoryQuery, CounterpartiesQuery, CsvQuery, CustomersQuery, DaysQuery, ForecastQuery,
    InterestQuery, PortfolioQuery,
};

const MAX_ITEMS: usize = 500;
const USUAL_ITEMS: usize = 100;
/// The maximum length of an unknown name in a response.
const MAX_NAME_CHARS: usize = 40;

/// The query of a request. A query with unknown, repeated or invalid parameters is refused; the problem names all of
/// them.
pub(crate) struct Query<T>(pub(crate) T);

/// A type that is read from a query.
pub(crate) trait FromQuery: Sized {
    fn read(fields: &mut Fields) -> Self;
}

/// No parameters.
pub(crate) struct NoParams;

/// A page of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Part {
    /// The `next` of the previous page.
    #[param(min_length = 1)]
    pub(crate) cursor: Option<String>,
    /// The maximum number of items: 1 to 500.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 100)]
    pub(crate) limit: usize,
}

/// A balance.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct BalanceQuery {
    /// The balance at the end of this day; without it, after all entries.
    #[param(value_type = Option<String>, format = Date)]
    pub(crate) on: Option<Date>,
    /// `all` counts batch payments and invalid IBANs too.
    #[param(value_type = Option<api_documents::ViewName>, default = "clean")]
    pub(crate) view: View,
}

/// A history.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// The first day; by default that of the first month with entries.
    #[param(value_type = Option<String>, format = Date)]
    pub(crate) from: Option<Date>,
    /// The last day; by default that of the last month with entries.
    #[param(value_type = Option<String>, format = Date)]
    pub(crate) to: Option<Date>,
    /// The bucket size; `week` is the week of ISO 8601.
    #[param(value_type = Option<api_documents::BucketName>, default = "month")]
    pub(crate) by: Bucket,
    /// `all` counts batch payments and invalid IBANs too.
    #[param(value_type = Option<api_documents::ViewName>, default = "clean")]
    pub(crate) view: View,
}

/// Entries.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EntriesQuery {
    /// The first day.
    #[param(value_type = Option<String>, format = Date)]
    pub(crate) from: Option<Date>,
    /// The last day.
    #[param(value_type = Option<String>, format = Date)]
    pub(crate) to: Option<Date>,
    /// The `next` of the previous page, which must have the same days and view.
    #[param(min_length = 1)]
    pub(crate) cursor: Option<String>,
    /// The maximum number of items: 1 to 500.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 100)]
    pub(crate) limit: usize,
    /// `all` shows batch payments and invalid IBANs too.
    #[param(value_type = Option<api_documents::ViewName>, default = "clean")]
    pub(crate) view: View,
}

impl FromQuery for NoParams {
    fn read(_: &mut Fields) -> Self {
        Self
    }
}

impl FromQuery for Part {
    fn read(fields: &mut Fields) -> Self {
        Self { cursor: fields.text("cursor"), limit: fields.limit() }
    }
}

impl FromQuery for BalanceQuery {
    fn read(fields: &mut Fields) -> Self {
        Self { on: fields.date("on"), view: fields.view() }
    }
}

impl FromQuery for EntriesQuery {
    fn read(fields: &mut Fields) -> Self {
        let query = Self {
            from: fields.date("from"),
            to: fields.date("to"),
            cursor: fields.text("cursor"),
            limit: fields.limit(),
            view: fields.view(),
        };
        fields.in_order(query.from, query.to);
        query
    }
}

impl FromQuery for HistoryQuery {
    fn read(fields: &mut Fields) -> Self {
        let (from, to) = (fields.date("from"), fields.date("to"));
        fields.in_order(from, to);
        Self { from, to, by: fields.bucket(), view: fields.view() }
    }
}

/// The parameters and their errors so far.
pub(crate) struct Fields {
    given: BTreeMap<String, String>,
    errors: Vec<FieldError>,
}

impl Fields {
    fn of(pairs: Vec<(String, String)>) -> Self {
        let mut fields = Self { given: BTreeMap::new(), errors: Vec::new() };
        for (name, value) in pairs {
            if fields.given.contains_key(&name) {
                fields.refuse(&name, "given more than once");
            }
            fields.given.insert(name, value);
        }
        fields
    }

    fn refuse(&mut self, name: &str, detail: &str) {
        let name: String = name.chars().take(MAX_NAME_CHARS).collect();
        self.errors.push(FieldError::new(name, detail));
    }

    fn text(&mut self, name: &str) -> Option<String> {
        self.given.remove(name)
    }

    fn date(&mut self, name: &str) -> Option<Date> {
        let date = self.text(name)?.parse();
        if date.is_err() {
            self.refuse(name, "not a date between 1900-01-01 and 2199-12-31, as YYYY-MM-DD");
        }
        date.ok()
    }

    /// Parses a text with `read`; an invalid text is refused with the error.
    fn parsed<T, E: Display>(&mut self, name: &str, read: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        let read = read(&self.text(name)?);
        read.map_err(|error| self.refuse(name, &error.to_string())).ok()
    }

    /// A required date.
    fn needed_date(&mut self, name: &str) -> Option<Date> {
        if !self.given.contains_key(name) {
            self.refuse(name, "not given");
        }
        self.date(name)
    }

    fn in_order(&mut self, from: Option<Date>, to: Option<Date>) {
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            self.refuse("from", "after `to`");
        }
    }

    fn bucket(&mut self) -> Bucket {
        let by = self.text("by").map_or(Ok(Bucket::Month), |it| it.parse());
        by.unwrap_or_else(|_| {
            self.refuse("by", "none of `day`, `week`, `month`, `quarter` and `year`");
            Bucket::Month
        })
    }

    fn limit(&mut self) -> usize {
        let Some(text) = self.text("limit") else {
            return USUAL_ITEMS;
        };
        let digits = text.bytes().all(|it| it.is_ascii_digit());
        let limit = text.parse().ok().filter(|it| digits && (1..=MAX_ITEMS).contains(it));
        if limit.is_none() {
            self.refuse("limit", "not a number from 1 to 500");
        }
        limit.unwrap_or(USUAL_ITEMS)
    }

    fn view(&mut self) -> View {
        match self.text("view").as_deref() {
            None | Some("clean") => View::Clean,
            Some("all") => View::All,
            Some(_) => {
                self.refuse("view", "neither `clean` nor `all`");
                View::Clean
            }
        }
    }

    fn finish(mut self) -> Result<(), Problem> {
        for name in std::mem::take(&mut self.given).into_keys() {
            self.refuse(&name, "no such parameter here");
        }
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::invalid(self.errors)) }
    }
}

impl<S: Send + Sync, T: FromQuery> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let pairs = axum::extract::Query::try_from_uri(&parts.uri);
        let axum::extract::Query(pairs) = pairs.map_err(|_| Problem::bad_request("the query cannot be read"))?;
        let mut fields = Fields::of(pairs);
        let query = T::read(&mut fields);
        fields.finish()?;
        Ok(Self(query))
    }
}
