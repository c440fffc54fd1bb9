use std::collections::BTreeMap;
use std::fmt::Display;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use calendar::Date;
use lambda_kit::{FieldError, Problem};
use utoipa::IntoParams;

const MAX_ITEMS: usize = 500;
const USUAL_ITEMS: usize = 100;
/// The maximum length of an unknown name in a response.
const MAX_NAME_CHARS: usize = 40;

/// The query of a request. A query with unknown, repeated or invalid parameters is refused; the problem names all of
/// them.
pub struct Query<T>(
    /// The parsed query.
    pub T,
);

/// A type that is read from a query.
pub trait FromQuery: Sized {
    /// Takes its parameters out of `fields`, which collects the errors.
    fn read(fields: &mut Fields) -> Self;
}

/// No parameters.
pub struct NoParams;

/// A page of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Part {
    /// The `next` of the previous page.
    #[param(min_length = 1)]
    pub cursor: Option<String>,
    /// The maximum number of items: 1 to 500.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 100)]
    pub limit: usize,
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

/// The parameters and their errors so far.
pub struct Fields {
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

    /// Refuses the parameter `name`.
    pub fn refuse(&mut self, name: &str, detail: &str) {
        let name: String = name.chars().take(MAX_NAME_CHARS).collect();
        self.errors.push(FieldError::new(name, detail));
    }

    /// The parameter `name`, unparsed.
    pub fn text(&mut self, name: &str) -> Option<String> {
        self.given.remove(name)
    }

    /// The date `name`.
    pub fn date(&mut self, name: &str) -> Option<Date> {
        let date = self.text(name)?.parse();
        if date.is_err() {
            self.refuse(name, "not a date between 1900-01-01 and 2199-12-31, as YYYY-MM-DD");
        }
        date.ok()
    }

    /// Parses a text with `read`; an invalid text is refused with the error.
    pub fn parsed<T, E: Display>(&mut self, name: &str, read: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        let read = read(&self.text(name)?);
        read.map_err(|error| self.refuse(name, &error.to_string())).ok()
    }

    /// The required date `name`.
    pub fn needed_date(&mut self, name: &str) -> Option<Date> {
        if !self.given.contains_key(name) {
            self.refuse(name, "not given");
        }
        self.date(name)
    }

    /// The first and the last day, `from` and `to`.
    pub fn days(&mut self) -> (Option<Date>, Option<Date>) {
        let (from, to) = (self.date("from"), self.date("to"));
        self.in_order(from, to);
        (from, to)
    }

    /// Refuses `from` after `to`.
    pub fn in_order(&mut self, from: Option<Date>, to: Option<Date>) {
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            self.refuse("from", "after `to`");
        }
    }

    /// The parameter `limit`: 1 to 500, 100 by default.
    pub fn limit(&mut self) -> usize {
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
