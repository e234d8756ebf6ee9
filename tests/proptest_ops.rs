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

use std::fmt::Debug;

use arbitrary::{Arbitrary, Unstructured};
use proptest::{collection, prelude::*};

use ops::{mpsc, program, runner};

/// Any operation. Each one is made of bytes of its own, so that shrinking can take others away.
fn op<Op: for<'a> Arbitrary<'a> + Debug>() -> impl Strategy<Value = Op> {
    any::<[u8; 14]>().prop_map(|bytes| {
        Op::arbitrary(&mut Unstructured::new(&bytes)).expect("missing bytes count as zeros")
    })
}

/// Two bytes and so many operations: what any program is made of.
fn parts<Op: for<'a> Arbitrary<'a> + Debug>(
    most: usize,
) -> impl Strategy<Value = (u8, u8, Vec<Op>)> {
    (any::<u8>(), any::<u8>(), collection::vec(op(), 0..most))
}

fn mpmc(most: usize) -> impl Strategy<Value = program::Program> {
    parts(most).prop_map(|(size, ending, ops)| program::Program { size, ending, ops })
}

fn mpsc(most: usize) -> impl Strategy<Value = mpsc::Program> {
    parts(most).prop_map(|(size, ending, ops)| mpsc::Program { size, ending, ops })
}

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

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
