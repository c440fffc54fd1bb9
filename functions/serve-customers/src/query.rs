mod company;

use api_kit::{Fields, FromQuery};
use calendar::{Bucket, Date};
use ledger::View;
use utoipa::IntoParams;

pub(crate) use company::{
    BalancesQuery, CompanyHistoryQuery, CounterpartiesQuery, CountriesQuery, CsvQuery, CustomersQuery, ForecastQuery,
    InterestQuery, PortfolioQuery,
};

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

impl FromQuery for BalanceQuery {
    fn read(fields: &mut Fields) -> Self {
        Self { on: fields.date("on"), view: view(fields) }
    }
}

impl FromQuery for EntriesQuery {
    fn read(fields: &mut Fields) -> Self {
        let query = Self {
            from: fields.date("from"),
            to: fields.date("to"),
            cursor: fields.text("cursor"),
            limit: fields.limit(),
            view: view(fields),
        };
        fields.in_order(query.from, query.to);
        query
    }
}

impl FromQuery for HistoryQuery {
    fn read(fields: &mut Fields) -> Self {
        let (from, to) = fields.days();
        Self { from, to, by: bucket(fields), view: view(fields) }
    }
}

/// The parameter `by`.
fn bucket(fields: &mut Fields) -> Bucket {
    let by = fields.text("by").map_or(Ok(Bucket::Month), |it| it.parse());
    by.unwrap_or_else(|_| {
        fields.refuse("by", "none of `day`, `week`, `month`, `quarter` and `year`");
        Bucket::Month
    })
}

/// The parameter `view`.
fn view(fields: &mut Fields) -> View {
    match fields.text("view").as_deref() {
        None | Some("clean") => View::Clean,
        Some("all") => View::All,
        Some(_) => {
            fields.refuse("view", "neither `clean` nor `all`");
            View::Clean
        }
    }
}
