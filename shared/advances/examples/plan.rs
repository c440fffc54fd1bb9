//! Measures the planning of one day's run for open advances: `plan <advances>`.

#![allow(clippy::print_stdout, reason = "it is a command")]
#![allow(clippy::disallowed_methods, reason = "it measures")]

use std::time::Duration;

use advances::{Advance, AdvanceId, Event, Fact, ProcessorRules, ReferenceKind, SeenReports, Terms, TransactionId};
use calendar::{Date, Moment};
use money::{Currency, Money};

/// An advance in its sixth week, with five instalments collected.
fn facts(index: u32, start: Date, rules: &ProcessorRules) -> Result<Vec<Fact>, Box<dyn std::error::Error>> {
    let id = AdvanceId::of_request("plan", &index.to_string());
    let amount = Money::new(10_000, Currency::EUR);
    let terms = Terms::weekly(Currency::EUR);
    let mut all = Advance::request(id, "customer", "2378".parse()?, amount, terms, Moment::day(start))?;
    let mut advance = Advance::fold(&all)?;
    for week in 0..6_u32 {
        let on = start.plus_days(week.saturating_mul(7).cast_signed())?;
        let seen = SeenReports::since(on);
        let mut facts = advance.run(on, &seen, rules)?;
        for fact in &facts {
            advance.apply(fact)?;
        }
        for payment in advance.calls() {
            let order = advance.order(payment).ok_or("no order")?;
            let transaction: TransactionId = format!("T{index}-{payment}").parse()?;
            let events = [
                Event::Calling { payment, call: 1, order },
                Event::Taken { payment, transaction: transaction.clone() },
                Event::Succeeded { payment, transaction },
            ];
            for event in events {
                let fact = Fact::on(on, event);
                advance.apply(&fact)?;
                facts.push(fact);
            }
        }
        if matches!(advance.credits().first(), Some(it) if it.is_success()) && advance.instalments().is_empty() {
            let planned = advance.run(on, &seen, rules)?;
            for fact in &planned {
                advance.apply(fact)?;
            }
            facts.extend(planned);
        }
        all.extend(facts);
    }
    Ok(all)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: u32 = std::env::args().nth(1).ok_or("how many advances?")?.parse()?;
    let start = Date::try_new(2026, 1, 5)?;
    let rules = ProcessorRules {
        references: ReferenceKind::Recognised { dedupe: Duration::from_hours(3 * 24) },
        landing: Duration::from_hours(24),
        lease: Duration::from_mins(15),
    };
    let today = start.plus_days(42)?;
    let seen = SeenReports::since(today.plus_days(-1)?);
    let (mut due, mut folding, mut planning) = (0_usize, Duration::ZERO, Duration::ZERO);
    for index in 0..count {
        let facts = facts(index, start, &rules)?;
        let began = std::time::Instant::now();
        let advance = Advance::fold(&facts)?;
        folding = folding.saturating_add(began.elapsed());
        let began = std::time::Instant::now();
        due = due.saturating_add(advance.run(today, &seen, &rules)?.len());
        planning = planning.saturating_add(began.elapsed());
    }
    println!("{count} advances, {due} new facts: fold {folding:?}, plan {planning:?}");
    Ok(())
}
