//! Random programs on a broadcast channel against the sequential model in `support/broadcast.rs`.
//!
//! `PROPTEST_CASES` scales the number of programs.

#![cfg(all(
    feature = "std",
    feature = "stream",
    not(any(wakering_loom, wakering_shuttle))
))]

#[path = "support/broadcast.rs"]
mod broadcast;

use arbitrary::{Arbitrary, Unstructured};
use proptest::prelude::*;

use broadcast::{Op, Program};

/// Any operation. Each one is made of bytes of its own, so that shrinking can take others away.
fn op() -> impl Strategy<Value = Op> {
    any::<[u8; 8]>().prop_map(|bytes| {
        Op::arbitrary(&mut Unstructured::new(&bytes)).expect("missing bytes count as zeros")
    })
}

fn program(most: usize) -> impl Strategy<Value = Program> {
    let ops = proptest::collection::vec(op(), 0..most);
    (any::<u8>(), ops).prop_map(|(size, ops)| Program { size, ops })
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
    fn short_broadcast_programs(program in program(24)) {
        broadcast::run(&program);
    }

    #[test]
    fn long_broadcast_programs(program in program(100)) {
        broadcast::run(&program);
    }
}
