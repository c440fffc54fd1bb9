//! Interest and forecasts, as JSON.

use banking::AccountNumber;
use calendar::Date;
use customers::CustomerId;
use ledger::View;
use serde::Serialize;
use treasury::{BalanceForecast, ForecastOutcome, Forecasts, Interest, InterestRates};
use utoipa::ToSchema;

use super::{Money, Subject, ViewName, moneys};

/// Interest on the closing balances of each account and day: balance × rate / 365, rounded once, half to even.
#[derive(Serialize, ToSchema)]
#[schema(as = Interest)]
pub struct InterestDocument {
    /// The customer or account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "uuid", required = true)]
    customer: Option<CustomerId>,
    /// The account, in the command's documents of one account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    account: Option<AccountNumber>,
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
    /// The interest on debt; zero or below.
    on_debt: Money,
    /// The interest on credit.
    on_credit: Money,
}

impl InterestDocument {
    /// The interest on the balances of `subject` from the first to the last day.
    pub fn new(
        subject: &Subject,
        (from, to): (Date, Date),
        rates: InterestRates,
        view: View,
        interest: Vec<Interest>,
    ) -> Self {
        let interest = interest.into_iter();
        Self {
            customer: subject.customer(),
            account: subject.account(),
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

/// Forecasts of balances from past net flows: the expected flow of each day ahead is the mean of its weekday over the
/// last 13 weeks.
#[derive(Serialize, ToSchema)]
#[schema(as = Forecasts)]
pub struct ForecastsDocument {
    /// The customer or account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "uuid", required = true)]
    customer: Option<CustomerId>,
    /// The account, in the command's documents of one account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    account: Option<AccountNumber>,
    /// The start of the forecast, at the end of this day; absent without entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    on: Option<Date>,
    /// The day of the forecast balance.
    #[schema(value_type = String, format = Date)]
    to: Date,
    /// Which entries count.
    view: ViewName,
    /// One for each currency, or one for all currencies converted into one.
    forecasts: Vec<BalanceForecastDocument>,
    /// The balances without a rate, if all currencies are converted into one.
    unconverted: Vec<Money>,
}

/// A forecast of one balance.
#[derive(Serialize, ToSchema)]
#[schema(as = BalanceForecast)]
struct BalanceForecastDocument {
    /// The starting balance.
    balance: Money,
    /// The forecast; absent if the history is too short.
    #[serde(skip_serializing_if = "Option::is_none")]
    forecast: Option<ForecastDocument>,
    /// The available history, if it is too short.
    #[serde(skip_serializing_if = "Option::is_none")]
    too_short: Option<TooShortDocument>,
}

/// An expected balance and, if past intervals held, an interval of 80 %.
#[derive(Serialize, ToSchema)]
#[schema(as = Forecast)]
struct ForecastDocument {
    /// The expected balance.
    expected: Money,
    /// The range of the balance in eight of ten cases. Absent if the history is too short to calibrate and evaluate an
    /// interval (`judged` is 0), or if fewer than seven of ten past intervals held.
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<IntervalDocument>,
    /// The accuracy of such forecasts in the past.
    backtest: BacktestDocument,
}

/// An interval of 80 %, symmetric around the expected balance and calibrated on the errors of a backtest.
#[derive(Serialize, ToSchema)]
#[schema(as = Interval)]
struct IntervalDocument {
    /// Its lower end.
    low: Money,
    /// Its upper end.
    high: Money,
}

/// The same forecast made on past days, compared with the actual balances.
#[derive(Serialize, ToSchema)]
#[schema(as = Backtest)]
struct BacktestDocument {
    /// The mean of the errors regardless of sign.
    mean_error: Money,
    /// The number of compared forecasts.
    compared: usize,
    /// The number of past forecasts with an interval, calibrated on the errors known on their day.
    judged: usize,
    /// The number of those with the actual balance inside the interval.
    held: usize,
}

/// The history is too short for a forecast this far ahead.
#[derive(Serialize, ToSchema)]
#[schema(as = TooShort)]
struct TooShortDocument {
    /// The number of available days.
    days: usize,
    /// The number of required days.
    needed: usize,
    /// The last possible day of a forecast; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    last_possible: Option<Date>,
}

impl ForecastsDocument {
    /// The forecasts for the end of `to`.
    pub fn new(subject: &Subject, to: Date, view: View, forecasts: Forecasts) -> Self {
        let on = forecasts.on;
        let forecast = |it: BalanceForecast| BalanceForecastDocument::new(it.balance, on, it.forecast);
        Self {
            customer: subject.customer(),
            account: subject.account(),
            on,
            to,
            view: view.into(),
            forecasts: forecasts.forecasts.into_iter().map(forecast).collect(),
            unconverted: moneys(forecasts.unconverted),
        }
    }
}

impl BalanceForecastDocument {
    /// The forecast of a balance at the end of `on`.
    fn new(balance: money::Money, on: Option<Date>, outcome: ForecastOutcome) -> Self {
        let (forecast, too_short) = match outcome {
            ForecastOutcome::TooShort { days, needed, .. } => {
                let last_possible = on.and_then(|it| outcome.last_possible(it));
                (None, Some(TooShortDocument { days, needed, last_possible }))
            }
            ForecastOutcome::Made(it) => {
                let backtest = BacktestDocument {
                    mean_error: it.mean_error.into(),
                    compared: it.compared,
                    judged: it.judged,
                    held: it.held,
                };
                let interval = it.interval.map(|it| IntervalDocument { low: it.low.into(), high: it.high.into() });
                (Some(ForecastDocument { expected: it.expected.into(), interval, backtest }), None)
            }
        };
        Self { balance: balance.into(), forecast, too_short }
    }
}
