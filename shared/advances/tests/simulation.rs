//! The suite in memory with faults, by seed.

use advances::simulation::{Rule, Scenario, simulate};

#[test]
fn find() {
    for rule in Rule::ALL {
        let mut found = None;
        for seed in 0..150 {
            if let Err(e) = simulate(&Scenario { removed: Some(rule), ..Scenario::of_seed(seed) }) { found = Some(e.to_string()); break }
        }
        println!("RULE {rule:?}: {:.150}", found.unwrap_or("none".into()));
    }
}
