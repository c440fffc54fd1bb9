//! The suite in memory with faults, by seed.

use advances::simulation::{Scenario, simulate};

#[test]
fn seeds_find_no_violation() {
    for seed in 0..40 {
        simulate(&Scenario::of_seed(seed)).unwrap();
    }
}
