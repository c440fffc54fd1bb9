//! What the books have room for: an account's totals hold the figures of each month and currency in one item.

use std::collections::{HashMap, HashSet};

use calendar::{Date, Moment, Month};
use ledger::MOST_MONTHS_AND_CURRENCIES;

use crate::Warning;
use crate::rows::TakenRow;

/// No entry is older.
const FIRST_DAY: &str = "1970-01-01";
/// How many days after its upload a row of a file may be, for dates of the future: ten years.
const MOST_DAYS_AHEAD: i32 = 3_653;

/// Which rows may go to the books. Counts nothing until the file as a whole could bring an account too many months.
pub(crate) struct Bounds {
    last_day: Date,
    uploaded_on: Date,
    /// How many of the rows taken are dated after the upload.
    ahead: u64,
    /// The first and last day of the rows, and how many currencies they have.
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
        let last_day = uploaded_on.plus_days(MOST_DAYS_AHEAD).unwrap_or(Date::MAX);
        Self { last_day, uploaded_on, ahead: 0, days: None, currencies: 0, seen: None }
    }

    /// What is wrong with the date of a row, if anything is.
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

    /// Takes a row that is about to follow `rows`, or says what is wrong with it. `currencies` is how many the file has so
    /// far, and `accounts` are those that the row brings an entry to.
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
            let most = MOST_MONTHS_AND_CURRENCIES;
            return Err(format!("the account has more than {most} months and currencies; are the dates right?"));
        }
        accounts(row).for_each(|account| seen.add(account, row));
        Ok(())
    }

    /// Notes the date of a row that was taken.
    pub(crate) fn note_date(&mut self, at: Moment) {
        self.ahead = self.ahead.saturating_add(u64::from(at.date() > self.uploaded_on));
    }

    /// A warning if rows are dated after the upload.
    pub(crate) fn warning(&self) -> Option<Warning> {
        let what = "the entry is dated after the upload".to_owned();
        (self.ahead > 0).then_some(Warning { what, rows: self.ahead })
    }

    /// Whether one account may have rows in too many months, as far as the file's first and last day tell.
    fn may_be_too_many(&mut self, date: Date, currencies: usize) -> bool {
        let (first, last) = self.days.map_or((date, date), |(first, last)| (first.min(date), last.max(date)));
        if self.days == Some((first, last)) && self.currencies == currencies {
            return false;
        }
        self.days = Some((first, last));
        self.currencies = currencies;
        let months = last.month().ordinal().saturating_sub(first.month().ordinal()).saturating_add(1);
        usize::try_from(months).unwrap_or(usize::MAX).saturating_mul(currencies) > MOST_MONTHS_AND_CURRENCIES
    }
}

impl Seen {
    fn has_room(&self, account: u32, row: &TakenRow) -> bool {
        let count = self.counts.get(&account).copied().unwrap_or(0);
        count < MOST_MONTHS_AND_CURRENCIES || self.periods.contains(&(account, row.at.date().month(), row.currency))
    }

    fn add(&mut self, account: u32, row: &TakenRow) {
        if self.periods.insert((account, row.at.date().month(), row.currency)) {
            let count = self.counts.entry(account).or_default();
            *count = count.saturating_add(1);
        }
    }
}
