//! The capacity of the books: one item holds the figures of each month and currency of an account.

use std::collections::{HashMap, HashSet};

use calendar::{Date, Moment, Month};
use ledger::MAX_MONTHS_AND_CURRENCIES;

use crate::Warning;
use crate::rows::TakenRow;

/// The earliest date of an entry.
const FIRST_DAY: &str = "1970-01-01";
/// The maximum number of days between the upload and a future date of a row: ten years.
const MAX_DAYS_AHEAD: i32 = 3_653;

/// Decides which rows fit into the books. It counts only if the whole file could add too many months to an account.
pub(crate) struct Bounds {
    last_day: Date,
    uploaded_on: Date,
    /// The number of accepted rows with a date after the upload.
    ahead: u64,
    /// The first and last day of the rows, and their number of currencies.
    days: Option<(Date, Date)>,
    currencies: usize,
    seen: Option<Seen>,
}

/// The months and currencies of each account.
#[derive(Default)]
struct Seen {
    periods: HashSet<(u32, Month, u8)>,
    counts: HashMap<u32, usize>,
}

impl Bounds {
    pub(crate) fn new(uploaded_on: Date) -> Self {
        let last_day = uploaded_on.plus_days(MAX_DAYS_AHEAD).unwrap_or(Date::MAX);
        Self { last_day, uploaded_on, ahead: 0, days: None, currencies: 0, seen: None }
    }

    /// The problem with the date of a row, if any.
    pub(crate) fn check_date(&self, at: Moment) -> Result<(), String> {
        let date = at.date();
        if date.days() < 0 {
            return Err(format!("before {FIRST_DAY}"));
        }
        if date > self.last_day {
            return Err(format!("after {}, ten years after the upload", self.last_day));
        }
        Ok(())
    }

    /// Accepts a row that follows `rows`, or returns its problem. `currencies` is the number of currencies so far, and
    /// `accounts` are the accounts that get an entry.
    pub(crate) fn take<I: Iterator<Item = u32>>(
        &mut self,
        rows: &[TakenRow],
        row: &TakenRow,
        currencies: usize,
        accounts: impl Fn(&TakenRow) -> I,
    ) -> Result<(), String> {
        if self.seen.is_none() && !self.may_be_too_many(row.at.date(), currencies) {
            return Ok(());
        }
        let seen = self.seen.get_or_insert_with(|| {
            let mut seen = Seen::default();
            rows.iter().for_each(|row| accounts(row).for_each(|account| seen.add(account, row)));
            seen
        });
        if accounts(row).any(|account| !seen.has_room(account, row)) {
            let most = MAX_MONTHS_AND_CURRENCIES;
            return Err(format!("the account has more than {most} months and currencies; are the dates right?"));
        }
        accounts(row).for_each(|account| seen.add(account, row));
        Ok(())
    }

    /// Records the date of an accepted row.
    pub(crate) fn note_date(&mut self, at: Moment) {
        self.ahead = self.ahead.saturating_add(u64::from(at.date() > self.uploaded_on));
    }

    /// A warning if rows are dated after the upload.
    pub(crate) fn warning(&self) -> Option<Warning> {
        let what = "the entry is dated after the upload".to_owned();
        (self.ahead > 0).then_some(Warning { what, rows: self.ahead })
    }

    /// Whether one account could have rows in too many months, judging by the file's first and last day.
    fn may_be_too_many(&mut self, date: Date, currencies: usize) -> bool {
        let (first, last) = self.days.map_or((date, date), |(first, last)| (first.min(date), last.max(date)));
        if self.days == Some((first, last)) && self.currencies == currencies {
            return false;
        }
        self.days = Some((first, last));
        self.currencies = currencies;
        let months = last.month().ordinal().saturating_sub(first.month().ordinal()).saturating_add(1);
        usize::try_from(months).unwrap_or(usize::MAX).saturating_mul(currencies) > MAX_MONTHS_AND_CURRENCIES
    }
}

impl Seen {
    fn has_room(&self, account: u32, row: &TakenRow) -> bool {
        let count = self.counts.get(&account).copied().unwrap_or(0);
        count < MAX_MONTHS_AND_CURRENCIES || self.periods.contains(&(account, row.at.date().month(), row.currency))
    }

    fn add(&mut self, account: u32, row: &TakenRow) {
        if self.periods.insert((account, row.at.date().month(), row.currency)) {
            let count = self.counts.entry(account).or_default();
            *count = count.saturating_add(1);
        }
    }
}
