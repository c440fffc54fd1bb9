//! Interest and forecasts, as JSON.

use calendar::Date;
use customers::CustomerId;
use ledger::View;
use serde::Serialize;
use treasury::{Forecast, Interest, InterestRates};
use utoipa::ToSchema;

use super::{Money, ViewName};

/// Interest on the closing balances of each account and day: balance × rate / 365, rounded once, half to even.
#[derive(Serialize, ToSchema)]
#[schema(as = Interest)]
pub(crate) struct InterestDocument {
    /// Whose.
    #[schema(value_type = String, format = "uuid")]
    customer: CustomerId,
    /// The first day.
    #[schema(value_type = String, format = Date)]
    from: Date,
    /// The last day.
    #[schema(value_type = String, format = Date)]
    to: Date,
    /// The yearly rate on negative balances: 0.03 is 3 %.
    debt_rate: String,
    /// The yearly rate on positive balances.
    credit_rate: String,
    /// Which entries count.
    view: ViewName,
    /// One for each currency.
    interest: Vec<CurrencyInterestDocument>,
}

/// The interest in one currency.
#[derive(Serialize, ToSchema)]
#[schema(as = CurrencyInterest)]
struct CurrencyInterestDocument {
    /// What is to pay on debt; zero or below.
    on_debt: Money,
    /// What is earned on credit.
    on_credit: Money,
}

impl InterestDocument {
    pub(crate) fn new(
        customer: CustomerId,
        (from, to): (Date, Date),
        rates: InterestRates,
        view: View,
        interest: Vec<Interest>,
    ) -> Self {
        let interest = interest.into_iter();
        Self {
            customer,
            from,
            to,
            debt_rate: rates.debt.to_string(),
            credit_rate: rates.credit.to_string(),
            view: view.into(),
            interest: interest
                .map(|it| CurrencyInterestDocument { on_debt: it.on_debt.into(), on_credit: it.on_credit.into() })
                .collect(),
        }
    }
}

/// Forecasts of balances, from the net flows of the past days: each day ahead is expected to bring the mean of its
/// weekday over the last 13 weeks.
#[derive(Serialize, ToSchema)]
#[schema(as = Forecasts)]
pub(crate) struct ForecastsDocument {
    /// Whose.
    #[schema(value_type = String, format = "uuid")]
    pub(crate) customer: CustomerId,
    /// From the end of which day; none where there are no entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub(crate) on: Option<Date>,
    /// For the end of which day.
    #[schema(value_type = String, format = Date)]
    pub(crate) to: Date,
    /// Which entries count.
    pub(crate) view: ViewName,
    /// One for each currency, or one of all told together.
    pub(crate) forecasts: Vec<ForecastDocument>,
    /// The balances without a rate, where all is told together.
    pub(crate) unconverted: Vec<Money>,
}

/// A forecast of one balance.
#[derive(Serialize, ToSchema)]
#[schema(as = Forecast)]
pub(crate) struct ForecastDocument {
    /// The balance it is made from.
    balance: Money,
    /// The forecast; none where the past is too short for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    outlook: Option<OutlookDocument>,
    /// How much past there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    too_short: Option<TooShortDocument>,
}

/// A balance expected and, where past ones kept their promise, an interval of 80 %.
#[derive(Serialize, ToSchema)]
#[schema(as = Outlook)]
struct OutlookDocument {
    /// The balance expected.
    expected: Money,
    /// Where the balance will be in eight of ten cases. None if the past is too short to calibrate and judge one (`judged`
    /// is 0), or if fewer than seven of ten past ones held.
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<IntervalDocument>,
    /// How such forecasts did on past days.
    backtest: BacktestDocument,
}

/// An interval of 80 %, as far below the balance expected as above it: calibrated on the errors of a backtest.
#[derive(Serialize, ToSchema)]
#[schema(as = Interval)]
struct IntervalDocument {
    /// Its lower end.
    low: Money,
    /// Its upper end.
    high: Money,
}

/// The same forecast made on past days, compared with what the balance became.
#[derive(Serialize, ToSchema)]
#[schema(as = Backtest)]
struct BacktestDocument {
    /// The mean of the errors regardless of sign.
    mean_error: Money,
    /// How many forecasts were compared.
    compared: usize,
    /// How many of them were judged by an interval calibrated on the errors known on their day.
    judged: usize,
    /// In how many of those the balance fell into the interval.
    held: usize,
}

/// A past too short for a forecast this far ahead.
#[derive(Serialize, ToSchema)]
#[schema(as = TooShort)]
struct TooShortDocument {
    /// The days there are.
    days: usize,
    /// The days it takes.
    needed: usize,
    /// The last day for which there is a past long enough; none if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    last_possible: Option<Date>,
}

impl ForecastDocument {
    /// The forecast of a balance at the end of `on`.
    pub(crate) fn new(balance: money::Money, on: Option<Date>, forecast: Forecast) -> Self {
        let (outlook, too_short) = match forecast {
            Forecast::TooShort { days, needed, .. } => {
                let last_possible = on.and_then(|it| forecast.last_possible(it));
                (None, Some(TooShortDocument { days, needed, last_possible }))
            }
            Forecast::Made(it) => {
                let backtest = BacktestDocument {
                    mean_error: it.mean_error.into(),
                    compared: it.compared,
                    judged: it.judged,
                    held: it.held,
                };
                let interval = it.interval.map(|it| IntervalDocument { low: it.low.into(), high: it.high.into() });
                (Some(OutlookDocument { expected: it.expected.into(), interval, backtest }), None)
            }
        };
        Self { balance: balance.into(), outlook, too_short }
    }
}
