//! Random programs for a watch channel against the sequential model; see `support/watch.rs`.
//!
//! `PROPTEST_CASES` scales the number of programs.

#![cfg(all(
    feature = "std",
    feature = "stream",
    not(any(wakering_loom, wakering_shuttle))
))]

#[path = "support/watch.rs"]
mod watch;
#[path = "support/random.rs"]
mod random;

use proptest::prelude::*;

use random::{config, ops};
use watch::Program;

fn program(most: usize) -> impl Strategy<Value = Program> {
    ops::<_, 8>(most).prop_map(|ops| Program { ops })
}

proptest! {
    #![proptest_config(config())]

    /// Short programs: cheap, and easy to read when one fails.
    #[test]
    fn short_programs(program in program(24)) {
        watch::run(&program);
    }

    #[test]
    fn long_programs(program in program(240)) {
        watch::run(&program);
    }
}
