//! The questions of a treasurer, answered from the books, the exchange rates and the register.

use std::collections::{BTreeMap, BTreeSet};

use banking::AccountNumber;
use calendar::{Bucket, Date};
use customers::{Account, Customer, CustomerId, CustomerKind, Customers, Page, RegisterError};
use futures_util::TryStreamExt as _;
use imports::{PortError, Rates};
use ledger::{Books, BooksError, Entry, EntryBudget, History, HistoryRequest, Period, View};
use money::{Currency, Money, MoneyError, Reference, Worth};

use crate::accounts::{
    days_for_forecast, days_of_accounts, days_with_entries, figures_of_companies, figures_on, history,
};
use crate::{
    Balances, ConvertedBalance, ConvertedHistory, Counterparties, Countries, CurrencyBalance, DailyFlows, Debt,
    ExchangeRates, ForecastOutcome, Interest, InterestBase, InterestRates, NotADay, Portfolio, TopCounterparties,
    Turnover, TurnoverByCountry, Valuation, converted_history, up_to_last_entry,
};

/// The number of customers or accounts in one read of the register.
const READ_AT_ONCE: usize = 500;

/// The ports and the limits of the queries of one request.
#[derive(Debug)]
pub struct Queries<'a, B, R> {
    /// The books.
    pub books: &'a B,
    /// The exchange rates.
    pub rates: &'a R,
    /// The entries that the request may still decode.
    pub budget: EntryBudget,
    /// The other limits.
    pub limits: Limits,
}

/// The limits of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The maximum number of buckets of a history.
    pub buckets: usize,
    /// The maximum number of days ahead of a forecast.
    pub days_ahead: i32,
    /// The maximum number of customers, and of accounts, of a register with a portfolio.
    pub registered: usize,
    /// The maximum number of accounts of all companies of a portfolio.
    pub company_accounts: usize,
}

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The books cannot be read, or the request needs more than its budget.
    #[error("cannot read the books")]
    Books(#[from] BooksError),
    /// The exchange rates cannot be read.
    #[error("cannot read the exchange rates")]
    Rates(#[from] PortError),
    /// The register cannot be read.
    #[error("cannot read the register")]
    Register(#[from] RegisterError),
    /// A converted sum overflows.
    #[error("cannot convert the amounts")]
    Amounts(#[from] MoneyError),
    /// A period of interest is longer than a day.
    #[error("cannot count interest")]
    Interest(#[from] NotADay),
    /// The history has more buckets than [`Limits::buckets`].
    #[error("the history has too many buckets; request fewer days or larger buckets")]
    TooManyBuckets,
    /// The day of a forecast is not within [`Limits::days_ahead`].
    #[error("the day of the forecast is not from {first} to {last}")]
    NotAhead {
        /// The first possible day.
        first: Date,
        /// The last possible day.
        last: Date,
    },
    /// The register has more customers or accounts than [`Limits`] allow.
    #[error("there are more than {most} {what}")]
    TooManyCustomers {
        /// The limit.
        most: usize,
        /// What is limited.
        what: &'static str,
    },
}

/// The forecasts of a company's balances.
#[derive(Clone, PartialEq, Debug)]
pub struct Forecasts {
    /// The start, at the end of this day; `None` without entries.
    pub on: Option<Date>,
    /// One for each currency, or one for all currencies converted into one.
    pub forecasts: Vec<BalanceForecast>,
    /// The balances without a rate, if all currencies are converted into one.
    pub unconverted: Vec<Money>,
}

/// A balance and its forecast.
#[derive(Clone, PartialEq, Debug)]
pub struct BalanceForecast {
    /// The balance at the start.
    pub balance: Money,
    /// The forecast.
    pub forecast: ForecastOutcome,
}

/// The balances of all companies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PortfolioBalances {
    /// The number of companies.
    pub companies: u64,
    /// Each currency over all companies.
    pub currencies: Vec<CurrencyBalance>,
    /// All companies together.
    pub converted: ConvertedBalance,
    /// The dirty entries of all companies, one line for each currency with any.
    pub dirty: Vec<Turnover>,
    /// The largest debts, largest first; companies with only unconverted debts come last.
    pub largest_debts: Vec<Debt<Company>>,
}

/// A company of the register.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Company {
    /// Its id.
    pub customer: CustomerId,
    /// Its name.
    pub name: Option<String>,
}

impl<B: Books + Sync, R: Rates + Sync> Queries<'_, B, R> {
    /// The balances of the accounts at the end of a day, or after all entries; converted at the rates of that day, or
    /// at the latest ones.
    pub async fn balances(
        &self,
        accounts: &[AccountNumber],
        on: Option<Date>,
        view: View,
        into: Option<Reference>,
    ) -> Result<Balances, QueryError> {
        let figures = figures_on(self.books, accounts, on, &self.budget).await?;
        let Some(into) = into else { return Ok(Balances::of(figures, view, None)?) };
        let on = on.unwrap_or(Date::MAX);
        let rates = &self.rates(figures.iter().flat_map(|(_, it)| it.keys().copied()), (on, on)).await?;
        Ok(Balances::of(figures, view, Some(&Valuation { rates, on, into }))?)
    }

    /// The history of the accounts together, from the first to the last month with entries unless days are given, and
    /// its conversion.
    pub async fn history(
        &self,
        accounts: &[AccountNumber],
        (from, to): (Option<Date>, Option<Date>),
        by: Bucket,
        view: View,
        into: Option<Reference>,
    ) -> Result<(History, Option<ConvertedHistory>), QueryError> {
        let days = match (from, to) {
            (Some(from), Some(to)) => Some((from, to)),
            (from, to) => {
                let all = days_with_entries(self.books, accounts).await?;
                all.map(|(first, last)| (from.unwrap_or(first), to.unwrap_or(last)))
            }
        };
        let Some((from, to)) = days else { return Ok(<_>::default()) };
        if by.cut(from, to).nth(self.limits.buckets).is_some() {
            return Err(QueryError::TooManyBuckets);
        }
        let request = HistoryRequest { from, to, by, view, converted_into: into.map(Reference::currency) };
        let history = history(self.books, accounts, request, &self.budget).await?;
        let Some(into) = into else { return Ok((history, None)) };
        let rates = self.rates(currencies_of(&history.periods), (from, to)).await?;
        let converted = converted_history(&history, &rates, into)?;
        Ok((history, Some(converted)))
    }

    /// The countries of the counterparties, and their conversion.
    pub async fn countries(
        &self,
        accounts: &[AccountNumber],
        days: (Date, Date),
        view: View,
        into: Option<Reference>,
    ) -> Result<TurnoverByCountry, QueryError> {
        let mut countries = Countries::new(into);
        self.each_entry(accounts, days, view, into, |it, rates| countries.take(it, rates)).await?;
        Ok(countries.finish()?)
    }

    /// The top counterparties: by number of entries, or by converted turnover.
    pub async fn counterparties(
        &self,
        accounts: &[AccountNumber],
        days: (Date, Date),
        view: View,
        into: Option<Reference>,
        limit: usize,
    ) -> Result<TopCounterparties, QueryError> {
        let mut counterparties = Counterparties::new(into);
        self.each_entry(accounts, days, view, into, |it, rates| counterparties.take(it, rates)).await?;
        Ok(counterparties.top(limit)?)
    }

    /// The interest on the closing balances of each account and day.
    pub async fn interest(
        &self,
        accounts: &[AccountNumber],
        days: (Date, Date),
        view: View,
        rates: InterestRates,
    ) -> Result<Vec<Interest>, QueryError> {
        let mut base = InterestBase::default();
        for days in days_of_accounts(self.books, accounts, days, view, &self.budget).await? {
            days.iter().try_for_each(|day| base.take(day))?;
        }
        Ok(base.at(rates)?)
    }

    /// The forecasts of the balances on the day `to`, from the end of `on` or of the last day with entries.
    pub async fn forecast(
        &self,
        accounts: &[AccountNumber],
        on: Option<Date>,
        to: Date,
        view: View,
        into: Option<Reference>,
    ) -> Result<Forecasts, QueryError> {
        let mut days = days_for_forecast(self.books, accounts, on, to, view, &self.budget).await?;
        if on.is_none() {
            days = up_to_last_entry(days);
        }
        let Some(on) = days.last().map(|it| it.to) else {
            return Ok(Forecasts { on: None, forecasts: Vec::new(), unconverted: Vec::new() });
        };
        let ahead = self.days_ahead(on, to)?;
        let (mut flows, mut unconverted) = (DailyFlows::by_currency(&days), Vec::new());
        if let Some(into) = into {
            let rates = &self.rates(currencies_of(&days), (on, on)).await?;
            let (all, without) = DailyFlows::converted(&days, &Valuation { rates, on, into })?;
            (flows, unconverted) = (vec![all], without);
        }
        let forecast = |it: &DailyFlows| BalanceForecast { balance: it.balance, forecast: crate::forecast(it, ahead) };
        Ok(Forecasts { on: Some(on), forecasts: flows.iter().map(forecast).collect(), unconverted })
    }

    fn days_ahead(&self, on: Date, to: Date) -> Result<usize, QueryError> {
        let ahead = to.days().saturating_sub(on.days());
        let fits = Some(ahead).filter(|it| (1..=self.limits.days_ahead).contains(it));
        let day = |ahead| on.plus_days(ahead).unwrap_or(Date::MAX);
        let refused = QueryError::NotAhead { first: day(1), last: day(self.limits.days_ahead) };
        fits.and_then(|it| usize::try_from(it).ok()).ok_or(refused)
    }

    /// The balances of all companies of the register, converted at the rates of the day or at the latest ones, with at
    /// most `limit` debts.
    pub async fn portfolio<C: Customers + Sync>(
        &self,
        register: &C,
        on: Option<Date>,
        view: View,
        into: Reference,
        limit: usize,
    ) -> Result<PortfolioBalances, QueryError> {
        let (companies, accounts): (Vec<_>, Vec<_>) = self.companies(register).await?.into_values().unzip();
        let figures = figures_of_companies(self.books, &accounts, on, &self.budget).await?;
        let on = on.unwrap_or(Date::MAX);
        let currencies = figures.iter().flatten().flat_map(|(_, it)| it.keys().copied());
        let rates = &self.rates(currencies, (on, on)).await?;
        let mut portfolio = Portfolio::new(Valuation { rates, on, into }, limit);
        for (company, figures) in companies.into_iter().zip(figures) {
            portfolio.take(company, &Balances::of(figures, view, None)?)?;
        }
        Ok(PortfolioBalances {
            companies: portfolio.companies(),
            currencies: portfolio.currencies()?,
            converted: portfolio.converted()?,
            dirty: portfolio.dirty(),
            largest_debts: portfolio.largest_debts()?,
        })
    }

    /// All companies and their accounts.
    async fn companies<C: Customers + Sync>(
        &self,
        register: &C,
    ) -> Result<BTreeMap<CustomerId, (Company, Vec<AccountNumber>)>, QueryError> {
        let Limits { registered, company_accounts, .. } = self.limits;
        let too_many = |most, what| Err(QueryError::TooManyCustomers { most, what });
        let (mut companies, mut after, mut read) = (BTreeMap::new(), None, 0_usize);
        loop {
            let page: Page<Customer> = register.customers(after.as_deref(), READ_AT_ONCE).await?;
            read = read.saturating_add(page.items.len());
            if read > registered {
                return too_many(registered, "customers");
            }
            let found = page.items.into_iter().filter(|it| it.kind == CustomerKind::Company);
            let company = |it: Customer| (it.id, (Company { customer: it.id, name: it.name }, Vec::new()));
            companies.extend(found.map(company));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let (mut read, mut of_companies) = (0_usize, 0_usize);
        loop {
            let page: Page<Account> = register.accounts(after.as_deref(), READ_AT_ONCE).await?;
            read = read.saturating_add(page.items.len());
            for account in page.items {
                if let Some((_, numbers)) = companies.get_mut(&account.customer) {
                    numbers.push(account.number);
                    of_companies = of_companies.saturating_add(1);
                }
            }
            if read > registered {
                return too_many(registered, "accounts");
            }
            if of_companies > company_accounts {
                return too_many(company_accounts, "accounts of companies");
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(companies)
    }

    /// Passes every entry of the accounts to `look` once, in any order; with the rates of its currency for all days if
    /// the entries are converted.
    async fn each_entry(
        &self,
        accounts: &[AccountNumber],
        days: (Date, Date),
        view: View,
        into: Option<Reference>,
        mut look: impl FnMut(&Entry, &ExchangeRates) -> Result<(), MoneyError> + Send,
    ) -> Result<(), QueryError> {
        let mut groups = std::pin::pin!(ledger::entries(self.books, accounts, days, view, &self.budget).await?);
        let (mut rates, mut loaded) = (ExchangeRates::default(), BTreeSet::new());
        while let Some(entries) = groups.try_next().await? {
            if into.is_some() {
                let mut new: BTreeSet<Currency> = entries.iter().map(|it| it.currency).collect();
                new.retain(|it| loaded.insert(*it));
                if !new.is_empty() {
                    rates.add(self.rates(new, days).await?);
                }
            }
            entries.iter().try_for_each(|it| look(it, &rates))?;
        }
        Ok(())
    }

    /// The rates of `currencies` for the days and the day before.
    async fn rates(
        &self,
        currencies: impl IntoIterator<Item = Currency>,
        (from, to): (Date, Date),
    ) -> Result<ExchangeRates, QueryError> {
        let currencies: BTreeSet<Currency> = currencies.into_iter().collect();
        let currencies: Vec<Currency> = currencies.into_iter().collect();
        let before = from.plus_days(-1).unwrap_or(Date::MIN);
        let table = self.rates.table(&currencies, before, to).await?;
        Ok(table.into_iter().map(|it| (it.currency, it.date, Worth { usd: it.usd, eur: it.eur })).collect())
    }
}

fn currencies_of(periods: &[Period]) -> impl Iterator<Item = Currency> {
    periods.last().into_iter().flat_map(|it| it.currencies.keys().copied())
}
