//! Transfers. Row `n` of a feed is a function of the seed and `n` alone, so any thread can generate any part.

mod write;

use std::ops::Range;

use calendar::{Date, Moment};
use money::{Currency, Money};

use crate::answers::Sums;
use crate::lines::Lines;
use crate::noise::Noise;
use crate::{Feed, Feeds, TransferRow, iban};

/// The random streams of the feeds.
const SEPA: u64 = 2;
const SWIFT: u64 = 3;
const PARTIES: u64 = 4;
/// Outside parties of SWIFT transfers.
const OUTSIDERS: u64 = 20_000;
/// Currencies of SWIFT transfers with their decimals (ISO 4217), frequent ones more than once.
pub(crate) const CURRENCIES: [(&str, u32); 8] =
    [("EUR", 2), ("USD", 2), ("GBP", 2), ("CHF", 2), ("JPY", 0), ("SEK", 2), ("PLN", 2), ("KWD", 3)];
/// The distance of a late copy from its original. Copies and originals never coincide: originals have row numbers
/// divisible by four, immediate copies a remainder of one, and late copies of three.
const LATE: u64 = 4_003;
const ROWS_IN_GROUP: u64 = 4;
/// Added to a row's number, so that all ids have the same length.
const FIRST_NUMBER: u64 = 1_000_000_000;
const SECONDS_PER_DAY: u64 = 86_400;

/// Generates the rows of one feed.
pub(crate) struct Maker<'a> {
    feeds: &'a Feeds,
    feed: Feed,
    pub(crate) rows: u64,
    seconds: u64,
    /// Rates per million of additional rows of batch payments, of invalid IBANs and of repeated rows.
    batch_per_million: u64,
    invalid_per_million: u64,
    repeated_per_million: u64,
}

/// The format of rows, and the number of the first line.
pub(crate) struct Paper {
    pub(crate) lines: Lines,
    pub(crate) first_line: u64,
}

/// The outside parties.
pub(crate) fn outsiders(seed: u64) -> Vec<String> {
    (0..OUTSIDERS).map(|number| iban::anywhere(&mut Noise::new(seed, PARTIES, number))).collect()
}

/// A part of a feed from one thread.
pub(crate) struct Part {
    /// Lines of the file.
    pub(crate) rows: Vec<u8>,
    /// The labels of the dirty rows.
    pub(crate) labels: Vec<u8>,
    /// The sums up to and including this part.
    pub(crate) sums: Sums,
}

/// A party of a transfer: a company's account or an outside party, by index.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Party {
    Account(usize),
    Outsider(usize),
}

/// A transfer.
#[derive(Clone, Copy)]
struct Transfer {
    number: u64,
    payer: Party,
    beneficiary: Party,
    minor: u64,
    currency: usize,
    day: usize,
    second: u64,
    /// The outside party is written without a country.
    invalid: bool,
}

/// The relation of a row to another one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Copy {
    Batch,
    Repeat,
}

impl<'a> Maker<'a> {
    pub(crate) fn new(feeds: &'a Feeds, feed: Feed) -> Self {
        let plan = feeds.plan;
        let (rows, dirty) = match feed {
            Feed::Sepa => (plan.sepa_rows, 0),
            Feed::Swift => (plan.swift_rows, 1),
        };
        Self {
            feeds,
            feed,
            rows,
            seconds: plan.days * SECONDS_PER_DAY,
            batch_per_million: plan.batch_per_million * dirty,
            invalid_per_million: plan.invalid_per_million * dirty,
            repeated_per_million: plan.repeated_per_million * dirty,
        }
    }

    /// Generates rows `from..to`.
    pub(crate) fn make(&self, rows: Range<u64>, paper: &Paper, part: &mut Part) {
        part.rows.clear();
        part.labels.clear();
        for row in rows {
            if let Some((copy, original)) = self.copied(row) {
                self.make_copy(row, copy, original, paper, part);
                continue;
            }
            let transfer = self.transfer(row);
            self.write(&transfer, &paper.lines, &mut part.rows);
            self.count(&transfer, transfer.minor, !transfer.invalid, &mut part.sums);
            if transfer.invalid {
                part.label(row, "invalid-iban", row, paper);
            }
        }
    }

    fn make_copy(&self, row: u64, copy: Copy, original: u64, paper: &Paper, part: &mut Part) {
        let first = self.transfer(original);
        match copy {
            Copy::Repeat => {
                self.write(&first, &paper.lines, &mut part.rows);
                part.label(row, "repeated", original, paper);
            }
            Copy::Batch => {
                let more = first.with_other_amount(row);
                self.write(&more, &paper.lines, &mut part.rows);
                // All rows of a batch payment are dirty, the first one too, which was counted as clean.
                self.count(&more, more.minor, false, &mut part.sums);
                self.uncount_clean(&first, &mut part.sums);
                part.label(original, "batch-payment", original, paper);
                part.label(row, "batch-payment", original, paper);
            }
        }
    }

    /// A row of the feed.
    pub(crate) fn row(&self, row: u64) -> TransferRow {
        let transfer = match self.copied(row) {
            None => self.transfer(row),
            Some((Copy::Repeat, original)) => self.transfer(original),
            Some((Copy::Batch, original)) => self.transfer(original).with_other_amount(row),
        };
        let code = CURRENCIES.get(transfer.currency).map_or("", |(code, _)| *code);
        let currency = Currency::parse(code.as_bytes()).unwrap_or(Currency::EUR);
        let days = i64::from(self.feeds.plan.first_day.days()) + i64::try_from(transfer.day).unwrap_or(0);
        let seconds = days * 86_400 + i64::try_from(transfer.second).unwrap_or(0);
        TransferRow {
            id: format!("{}{}", self.feed.prefix(), FIRST_NUMBER + transfer.number),
            payer: self.party(transfer.payer, transfer.invalid),
            beneficiary: self.party(transfer.beneficiary, transfer.invalid),
            amount: Money::new(transfer.minor, currency),
            at: Moment::instant(seconds * 1_000_000).unwrap_or(Moment::day(self.feeds.plan.first_day)),
        }
    }

    /// The original of this row, if it is a copy.
    fn copied(&self, row: u64) -> Option<(Copy, u64)> {
        let behind = match row % ROWS_IN_GROUP {
            1 => 1,
            3 => LATE,
            _ => return None,
        };
        let original = row.checked_sub(behind)?;
        let mut noise = Noise::new(self.feeds.plan.seed, self.feed.stream() + 10, original);
        // Half of the rows may be copies, one in four each way, and an original has one copy at most.
        let late = noise.below(2) == 1;
        if late != (behind == LATE) {
            return None;
        }
        let share = |per_million: u64| per_million * ROWS_IN_GROUP;
        if noise.happens(share(self.batch_per_million)) {
            return Some((Copy::Batch, original));
        }
        noise.happens(share(self.repeated_per_million)).then_some((Copy::Repeat, original))
    }

    fn transfer(&self, row: u64) -> Transfer {
        let mut noise = Noise::new(self.feeds.plan.seed, self.feed.stream(), row);
        let accounts = u64::try_from(self.feeds.companies.ibans.len()).unwrap_or(1);
        let account = |noise: &mut Noise| usize::try_from(noise.below(accounts)).unwrap_or(0);
        let own = account(&mut noise);
        let outside = self.feed == Feed::Swift && noise.below(10) < 7;
        let other = if outside {
            Party::Outsider(usize::try_from(noise.below(OUTSIDERS)).unwrap_or(0))
        } else {
            let other = account(&mut noise);
            Party::Account(if other == own { (own + 1) % self.feeds.companies.ibans.len().max(1) } else { other })
        };
        let (payer, beneficiary) =
            if noise.below(2) == 0 { (Party::Account(own), other) } else { (other, Party::Account(own)) };
        let currency = match self.feed {
            Feed::Sepa => 0,
            Feed::Swift => usize::try_from(noise.below(8).min(noise.below(8))).unwrap_or(0),
        };
        let decimals = CURRENCIES.get(currency).map_or(2, |(_, decimals)| *decimals);
        let magnitude = 10_u64.pow(1 + u32::try_from(noise.below(5)).unwrap_or(0) + decimals);
        let at = self.second_of(row);
        Transfer {
            number: row,
            payer,
            beneficiary,
            minor: 1 + noise.below(magnitude),
            currency,
            day: usize::try_from(at / SECONDS_PER_DAY).unwrap_or(0),
            second: at % SECONDS_PER_DAY,
            // Neither originals nor copies.
            invalid: outside
                && row % ROWS_IN_GROUP == 2
                && noise.happens(self.invalid_per_million * ROWS_IN_GROUP * 10 / 7),
        }
    }

    /// The time at which a row appears, in seconds from the start. A late copy has an earlier timestamp.
    fn second_of(&self, row: u64) -> u64 {
        u64::try_from(u128::from(row) * u128::from(self.seconds) / u128::from(self.rows.max(1))).unwrap_or(0)
    }

    /// The zero-based day on which a row appears.
    pub(crate) fn day_of(&self, row: u64) -> u64 {
        self.second_of(row) / SECONDS_PER_DAY
    }

    /// The first row that appears on a zero-based day or later.
    pub(crate) fn first_row(&self, day: u64) -> u64 {
        let rows = u128::from(day) * u128::from(SECONDS_PER_DAY) * u128::from(self.rows);
        let row = rows.div_ceil(u128::from(self.seconds.max(1)));
        u64::try_from(row).unwrap_or(u64::MAX).min(self.rows)
    }

    fn count(&self, transfer: &Transfer, minor: u64, clean: bool, sums: &mut Sums) {
        let quarter = self.feeds.calendar.get(transfer.day).map_or(0, |(_, quarter)| *quarter);
        let minor = i128::from(minor);
        for (party, signed) in [(transfer.payer, -minor), (transfer.beneficiary, minor)] {
            if let Party::Account(account) = party {
                sums.add(account, quarter, transfer.currency, if clean { signed } else { 0 }, signed);
            }
        }
    }

    fn uncount_clean(&self, transfer: &Transfer, sums: &mut Sums) {
        let quarter = self.feeds.calendar.get(transfer.day).map_or(0, |(_, quarter)| *quarter);
        let minor = i128::from(transfer.minor);
        for (party, signed) in [(transfer.payer, minor), (transfer.beneficiary, -minor)] {
            if let Party::Account(account) = party {
                sums.add(account, quarter, transfer.currency, signed, 0);
            }
        }
    }
}

/// Each day from the first one, as text, and the quarter it is in, from 0.
pub(crate) fn calendar(first_day: Date, days: u64) -> Vec<(String, usize)> {
    let quarter = |date: Date| {
        let (year, month, _) = date.civil();
        i64::from(year) * 4 + i64::from((month - 1) / 3)
    };
    let day = |number: u64| {
        let date = i32::try_from(number).ok().and_then(|number| first_day.plus_days(number).ok()).unwrap_or(first_day);
        (date.to_string(), usize::try_from(quarter(date) - quarter(first_day)).unwrap_or(0))
    };
    (0..days).map(day).collect()
}

impl Transfer {
    /// An additional transfer of a batch payment.
    fn with_other_amount(self, row: u64) -> Self {
        Self { minor: self.minor + 1 + row % 900, ..self }
    }
}

impl Part {
    fn label(&mut self, row: u64, what: &str, original: u64, paper: &Paper) {
        let (line, of_line) = (row + paper.first_line, original + paper.first_line);
        self.labels.extend_from_slice(format!("{line},{what},{of_line}\n").as_bytes());
    }
}

impl Feed {
    fn stream(self) -> u64 {
        match self {
            Self::Sepa => SEPA,
            Self::Swift => SWIFT,
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Sepa => "SEPA",
            Self::Swift => "SWIFT",
        }
    }
}
