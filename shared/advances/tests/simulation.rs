//! The suite in memory with faults, by seed.

use advances::simulation::{Scenario, simulate};

#[test]
fn seeds_find_no_violation() {
    for seed in 0..400 {
        if let Err(e) = simulate(&Scenario::of_seed(seed)) { println!("{e}"); panic!("{seed}") }
    }
}
