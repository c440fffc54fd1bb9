//! Prints the book of a portfolio with debits that fail at a rate: `simulate <seed> <thousandths> <advances>`.

#![allow(clippy::print_stdout, reason = "it is a command")]

use advances::simulation::{Faults, Scenario, simulate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).map(|it| it.parse::<u32>());
    let mut next = |usual: u32| arguments.next().unwrap_or(Ok(usual));
    let (seed, failure, advances) = (next(7)?, next(200)?, next(20)?);
    let faults = Faults::failures_only(failure);
    let book = simulate(&Scenario { advances, faults, ..Scenario::of_seed(u64::from(seed)) })?;
    println!("{book}");
    Ok(())
}
