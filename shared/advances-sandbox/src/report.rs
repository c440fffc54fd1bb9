use calendar::{Date, Moment};
use datamaker::{Noise, PerMille};

use crate::dice::{Stream, dice};
use crate::{Chances, Direction, Faults, Order, Outcome, Report, ReportLine, Transaction};

/// A report is at most this number of days late.
const LATE_DAYS: u64 = 9;
/// A report is incomplete for at most this number of days.
const PARTIAL_DAYS: u64 = 3;

/// The report of `day` as it is at `now`; `None` if it is not available yet. `ledger` is everything that was accepted,
/// in any order.
pub fn report(faults: &Faults, chances: &Chances, ledger: &[Transaction], day: Date, now: Moment) -> Option<Report> {
    let today = now.date();
    let drawn = Drawn::new(faults, chances, day);
    if today < drawn.available_from {
        return None;
    }
    let complete = today >= drawn.complete_from;
    let of = |wanted: Date| {
        let known = ledger.iter().filter(move |it| it.reported_on == wanted && it.accepted_at <= now);
        known.map(line)
    };
    let mut lines: Vec<ReportLine> = of(day).collect();
    lines.sort_by(|a, b| a.transaction.cmp(&b.transaction));
    if !complete {
        lines.retain(|it| dice(faults.seed, Stream::Line, &it.transaction, 0).below(2) == 0);
    }
    if drawn.repeats {
        lines.extend_from_within(..);
        lines.extend(day.plus_days(-1).into_iter().flat_map(of));
    }
    if drawn.has_unknown_line {
        lines.extend(unknown_line(faults, ledger, day));
    }
    let pending = ledger.iter().filter(|it| it.reported_on > day).map(|it| it.accepted_at.date()).min();
    let before = pending.and_then(|it| it.plus_days(-1).ok());
    Some(Report { day, complete, final_as_of: before.map_or(day, |it| it.min(day)), lines })
}

fn line(transaction: &Transaction) -> ReportLine {
    let Transaction { transaction, order, accepted_at, reported_on: _, outcome } = transaction.clone();
    ReportLine { transaction, order, accepted_on: accepted_at.date(), outcome }
}

/// What is drawn for the report of a day.
struct Drawn {
    available_from: Date,
    complete_from: Date,
    repeats: bool,
    has_unknown_line: bool,
}

impl Drawn {
    fn new(faults: &Faults, chances: &Chances, day: Date) -> Self {
        let mut noise = dice(faults.seed, Stream::Report, &day.to_string(), 0);
        let late = days(&mut noise, chances.late_report, LATE_DAYS);
        let partial = days(&mut noise, chances.partial_report, PARTIAL_DAYS);
        let repeats = happens(&mut noise, chances.repeated_lines);
        let has_unknown_line = happens(&mut noise, chances.unknown_lines);
        let after = |days: i32| day.plus_days(days.saturating_add(1)).unwrap_or(Date::MAX);
        let complete_from = after(late.saturating_add(partial));
        Self { available_from: after(late), complete_from, repeats, has_unknown_line }
    }
}

fn happens(noise: &mut Noise, rate: PerMille) -> bool {
    noise.below(PerMille::ALWAYS.value()) < rate.value()
}

/// 0, or with this rate 1 to `max`.
fn days(noise: &mut Noise, rate: PerMille, max: u64) -> i32 {
    let (happens, days) = (happens(noise, rate), noise.below(max).saturating_add(1));
    if happens { i32::try_from(days).unwrap_or(0) } else { 0 }
}

/// A movement on the client's account that no order has caused. Nothing is known of it but this line.
fn unknown_line(faults: &Faults, ledger: &[Transaction], day: Date) -> Option<ReportLine> {
    let first = ledger.iter().min_by(|a, b| a.transaction.cmp(&b.transaction))?;
    let mut noise = dice(faults.seed, Stream::Line, &day.to_string(), 1);
    let cents = noise.below(9_999).saturating_add(1);
    let amount = money::Money::new(i128::from(cents), money::Currency::EUR);
    let (client, other) = (first.order.client().clone(), "4711".parse().ok()?);
    let (direction, source, destination) = match noise.below(2) {
        0 => (Direction::Credit, client, other),
        _ => (Direction::Debit, other, client),
    };
    let reference = first.order.reference.as_ref().map(|_| "somebody-else".to_owned());
    let order =
        Order { reference, source, destination, amount: amount.amount(), currency: amount.currency(), direction };
    Some(ReportLine { transaction: format!("tx-unknown-{day}"), order, accepted_on: day, outcome: Outcome::Success })
}
