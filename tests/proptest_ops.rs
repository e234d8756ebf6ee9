//! Random programs against the sequential model; see `support/ops`.
//!
//! `PROPTEST_CASES` scales the number of programs.

#![cfg(all(
    feature = "std",
    feature = "stream",
    not(any(wakering_loom, wakering_shuttle))
))]

#[path = "support/ops/mod.rs"]
mod ops;
#[path = "support/random.rs"]
mod random;

use std::fmt::Debug;

use arbitrary::Arbitrary;
use proptest::prelude::*;

use ops::{mpsc, program, runner};

/// Two bytes and so many operations: what any program is made of.
fn parts<Op: for<'a> Arbitrary<'a> + Debug>(
    most: usize,
) -> impl Strategy<Value = (u8, u8, Vec<Op>)> {
    (any::<u8>(), any::<u8>(), random::ops::<_, 14>(most))
}

fn mpmc(most: usize) -> impl Strategy<Value = program::Program> {
    parts(most).prop_map(|(size, ending, ops)| program::Program { size, ending, ops })
}

fn mpsc(most: usize) -> impl Strategy<Value = mpsc::Program> {
    parts(most).prop_map(|(size, ending, ops)| mpsc::Program { size, ending, ops })
}

proptest! {
    #![proptest_config(random::config())]

    /// Short programs: cheap, and easy to read when one fails.
    #[test]
    fn short_programs(program in mpmc(24)) {
        runner::run(&program);
    }

    #[test]
    fn long_programs(program in mpmc(240)) {
        runner::run(&program);
    }

    #[test]
    fn short_programs_of_mpsc(program in mpsc(24)) {
        mpsc::run(&program);
    }

    #[test]
    fn long_programs_of_mpsc(program in mpsc(240)) {
        mpsc::run(&program);
    }
}
