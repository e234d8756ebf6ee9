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

use arbitrary::{Arbitrary, Unstructured};
use proptest::prelude::*;

use ops::program::{Op, Program};
use ops::runner;

/// Any operation. Each one is made of bytes of its own, so that shrinking can take others away.
fn op() -> impl Strategy<Value = Op> {
    any::<[u8; 14]>().prop_map(|bytes| {
        Op::arbitrary(&mut Unstructured::new(&bytes)).expect("missing bytes count as zeros")
    })
}

fn program(most: usize) -> impl Strategy<Value = Program> {
    let ops = proptest::collection::vec(op(), 0..most);
    (any::<u8>(), any::<u8>(), ops).prop_map(|(size, ending, ops)| Program { size, ending, ops })
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
    fn short_programs(program in program(24)) {
        runner::run(&program);
    }

    #[test]
    fn long_programs(program in program(240)) {
        runner::run(&program);
    }
}
