//! Plays seeds until one finds a law that does not hold: `seeds <count> [<first seed>]`.

#![allow(clippy::print_stdout, reason = "it is a command")]

use advances::simulation::{Scenario, simulate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let count: u64 = arguments.next().ok_or("how many seeds?")?.parse()?;
    let first: u64 = arguments.next().map_or(Ok(0), |it| it.parse())?;
    let mut facts = 0_usize;
    for seed in first..first.saturating_add(count) {
        let book = simulate(&Scenario::of_seed(seed))?;
        facts = book.facts.values().map(Vec::len).fold(facts, usize::saturating_add);
    }
    println!("{count} seeds, {facts} facts: every law holds");
    Ok(())
}
