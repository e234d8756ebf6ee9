//! Random programs for `wakering::oneshot` against the sequential model; see `support/oneshot`.
//!
//! `PROPTEST_CASES` scales the number of programs.

#![cfg(all(feature = "std", not(any(wakering_loom, wakering_shuttle))))]

#[path = "support/oneshot.rs"]
mod oneshot;

use arbitrary::{Arbitrary, Unstructured};
use proptest::prelude::*;

use oneshot::{Op, Program};

/// Any operation, made of bytes of its own, so that shrinking can take others away.
fn op() -> impl Strategy<Value = Op> {
    any::<[u8; 6]>().prop_map(|bytes| {
        Op::arbitrary(&mut Unstructured::new(&bytes)).expect("missing bytes count as zeros")
    })
}

fn program(most: usize) -> impl Strategy<Value = Program> {
    proptest::collection::vec(op(), 0..most).prop_map(|ops| Program { ops })
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn short_programs(program in program(12)) {
        oneshot::run(&program);
    }

    #[test]
    fn long_programs(program in program(120)) {
        oneshot::run(&program);
    }
}
