use advances::{BreakKind, Status};
use api_kit::{Fields, FromQuery};
use calendar::Date;
use customers::CustomerId;
use utoipa::IntoParams;

/// A list of advances.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AdvancesQuery {
    /// Only those of this customer. A customer sees only their own.
    #[param(value_type = Option<String>, format = "uuid")]
    pub(crate) customer: Option<CustomerId>,
    /// Only those in this state.
    #[param(value_type = Option<crate::documents::AdvanceState>)]
    pub(crate) state: Option<Status>,
    /// The `next` of the previous page.
    #[param(min_length = 1)]
    pub(crate) cursor: Option<String>,
    /// The maximum number of items: 1 to 500.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 100)]
    pub(crate) limit: usize,
}

/// A list of breaks.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct BreaksQuery {
    /// Only those of this kind.
    #[param(value_type = Option<crate::documents::BreakKindName>)]
    pub(crate) kind: Option<BreakKind>,
    /// Only open or only closed ones.
    #[param(value_type = Option<crate::documents::BreakState>)]
    pub(crate) state: Option<bool>,
    /// The `next` of the previous page.
    #[param(min_length = 1)]
    pub(crate) cursor: Option<String>,
    /// The maximum number of items: 1 to 500.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 100)]
    pub(crate) limit: usize,
}

/// Days of the journal.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct JournalQuery {
    /// The first day; by default the day of the first entry.
    #[param(value_type = Option<String>, format = Date)]
    pub(crate) from: Option<Date>,
    /// The last day; by default the day of the last entry.
    #[param(value_type = Option<String>, format = Date)]
    pub(crate) to: Option<Date>,
}

impl FromQuery for AdvancesQuery {
    fn read(fields: &mut Fields) -> Self {
        Self {
            customer: fields.parsed("customer", str::parse),
            state: fields.parsed("state", status),
            cursor: fields.text("cursor"),
            limit: fields.limit(),
        }
    }
}

impl FromQuery for BreaksQuery {
    fn read(fields: &mut Fields) -> Self {
        Self {
            kind: fields.parsed("kind", kind),
            state: fields.parsed("state", is_closed),
            cursor: fields.text("cursor"),
            limit: fields.limit(),
        }
    }
}

impl FromQuery for JournalQuery {
    fn read(fields: &mut Fields) -> Self {
        let (from, to) = fields.days();
        Self { from, to }
    }
}

fn status(text: &str) -> Result<Status, String> {
    let names = Status::ALL.map(Status::name);
    Status::ALL.into_iter().find(|it| it.name() == text).ok_or_else(|| format!("not one of {}", names.join(", ")))
}

fn kind(text: &str) -> Result<BreakKind, String> {
    let names = BreakKind::ALL.map(BreakKind::name);
    BreakKind::ALL.into_iter().find(|it| it.name() == text).ok_or_else(|| format!("not one of {}", names.join(", ")))
}

fn is_closed(text: &str) -> Result<bool, &'static str> {
    match text {
        "open" => Ok(false),
        "closed" => Ok(true),
        _ => Err("not open or closed"),
    }
}
