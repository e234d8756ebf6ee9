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

use arbitrary::{Arbitrary, Unstructured};
use proptest::prelude::*;

use watch::{Op, Program};

/// Any operation. Each one is made of bytes of its own, so that shrinking can take others away.
fn op() -> impl Strategy<Value = Op> {
    any::<[u8; 8]>().prop_map(|bytes| {
        Op::arbitrary(&mut Unstructured::new(&bytes)).expect("missing bytes count as zeros")
    })
}

fn program(most: usize) -> impl Strategy<Value = Program> {
    proptest::collection::vec(op(), 0..most).prop_map(|ops| Program { ops })
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
        watch::run(&program);
    }

    #[test]
    fn long_programs(program in program(240)) {
        watch::run(&program);
    }
}
