//! The content of each page.

use std::ops::Range;

use datamaker::{Company, Feed, Feeds, Plan, RateRow, TransferRow};
use serde::Serialize;

use crate::cursor::{Table, cursor};
use crate::faults::{Failing, Request};
use crate::page::{Companies, CompanyDocument, Page, RateDocument, Rates, Transfers};
use crate::{Faults, Served};

const MAX_COMPANIES: u64 = 500;
const MAX_RATES: u64 = 1_000;
/// The number of rows of a feed on one page, without repeated ones.
const MAX_TRANSFERS: u64 = 20_000;
const MAX_DAYS: i32 = 5;

/// A simulated feed: its data and its failures.
pub struct SandboxFeed {
    feeds: Feeds,
    rates: Vec<RateRow>,
    pub(crate) failing: Failing,
}

/// The bytes of a page and its number of repeated rows.
pub(crate) struct Body {
    pub(crate) json: Vec<u8>,
    pub(crate) rows_repeated: u64,
}

/// A page that cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    #[error("a sum overflows")]
    Sum(#[from] money::MoneyError),
    #[error("a page cannot be rendered as JSON")]
    Json(#[from] serde_json::Error),
}

impl SandboxFeed {
    /// The feed of a plan. Creates its companies; pages are created on request.
    pub fn new(plan: Plan, faults: Faults) -> Self {
        let feeds = Feeds::new(plan);
        Self { rates: feeds.rates(), feeds, failing: Failing::new(faults) }
    }

    /// The counts of requests and failures so far.
    pub fn served(&self) -> Served {
        self.failing.served()
    }

    /// The number of rows.
    pub(crate) fn rows(&self, table: Table) -> u64 {
        match table {
            Table::Companies => count(self.feeds.companies().len()),
            Table::Rates => count(self.rates.len()),
            Table::Transfers(feed) => self.feeds.rows(feed),
        }
    }

    /// The first rows of all pages before the page that begins at `row`.
    pub(crate) fn pages_before(&self, table: Table, row: u64) -> Vec<u64> {
        let starts = std::iter::successors(Some(0), |from| Some(self.end(table, *from)));
        starts.take_while(|from| *from < row).collect()
    }

    /// The end of the page that begins at `from`.
    pub(crate) fn end(&self, table: Table, from: u64) -> u64 {
        let end = match table {
            Table::Companies => from.saturating_add(MAX_COMPANIES),
            Table::Rates => from.saturating_add(MAX_RATES),
            Table::Transfers(feed) => {
                let behind = self.feeds.day_of(feed, from).plus_days(MAX_DAYS);
                let behind = behind.map_or(u64::MAX, |day| self.feeds.first_row(feed, day));
                from.saturating_add(MAX_TRANSFERS).min(behind)
            }
        };
        end.min(self.rows(table))
    }

    /// The page that begins at row `from`.
    pub(crate) fn page(&self, table: Table, from: u64, request: Request) -> Result<Body, PageError> {
        let rows = from..self.end(table, from);
        let (skip, take) = (place(rows.start), place(rows.end.saturating_sub(rows.start)));
        match table {
            Table::Companies => {
                let companies = self.feeds.companies().skip(skip).take(take);
                let companies = companies.map(|(company, ibans)| CompanyDocument::new(company, ibans)).collect();
                self.body(table, rows, take, Companies { companies })
            }
            Table::Rates => {
                let rates = self.rates.iter().skip(skip).take(take).map(RateDocument::new).collect();
                self.body(table, rows, take, Rates { rates })
            }
            Table::Transfers(feed) => {
                let transfers = self.transfers(feed, rows.clone(), request)?;
                let rendered = transfers.rows();
                let body = self.body(table, rows, rendered, transfers)?;
                Ok(Body { rows_repeated: count(rendered.saturating_sub(take)), ..body })
            }
        }
    }

    fn transfers(&self, feed: Feed, rows: Range<u64>, request: Request) -> Result<Transfers, PageError> {
        Ok(Transfers::new(feed, self.transfer_rows(feed, rows, request))?)
    }

    /// The rows of a feed, including those that the request repeats.
    pub(crate) fn transfer_rows(&self, feed: Feed, rows: Range<u64>, request: Request) -> Vec<TransferRow> {
        let rendered = self.feeds.transfers(feed, rows.clone()).zip(rows);
        let rendered = rendered.flat_map(|(row, number)| {
            let again = request.repeats(number).then(|| row.clone());
            std::iter::once(row).chain(again)
        });
        rendered.collect()
    }

    /// The companies, with the IBANs of their accounts.
    pub(crate) fn companies(&self) -> impl Iterator<Item = (&Company, &[String])> {
        self.feeds.companies()
    }

    /// The rates of the latest day with rates.
    pub(crate) fn latest_rates(&self) -> impl Iterator<Item = &RateRow> {
        let latest = self.rates.last().map(|it| &it.date);
        self.rates.iter().filter(move |it| Some(&it.date) == latest)
    }

    fn body(
        &self,
        table: Table,
        rows: Range<u64>,
        rendered: usize,
        content: impl Serialize,
    ) -> Result<Body, PageError> {
        let page = Page {
            feed: table.name(),
            cursor: cursor(table, rows.start),
            next: cursor(table, rows.end),
            more: rows.end < self.rows(table),
            rows: rendered,
            content,
        };
        Ok(Body { json: serde_json::to_vec(&page)?, rows_repeated: 0 })
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn place(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
