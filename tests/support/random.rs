//! How random programs are made, for all property tests.

use std::fmt::Debug;

use arbitrary::{Arbitrary, Unstructured};
use proptest::prelude::*;

/// Any operation. Each one is made of `BYTES` bytes of its own, so that shrinking can take others away.
pub(crate) fn op<Op: for<'a> Arbitrary<'a> + Debug, const BYTES: usize>()
-> impl Strategy<Value = Op> {
    any::<[u8; BYTES]>().prop_map(|bytes| {
        Op::arbitrary(&mut Unstructured::new(&bytes)).expect("missing bytes count as zeros")
    })
}

/// Less than so many operations.
pub(crate) fn ops<Op: for<'a> Arbitrary<'a> + Debug, const BYTES: usize>(
    most: usize,
) -> impl Strategy<Value = Vec<Op>> {
    proptest::collection::vec(op::<Op, BYTES>(), 0..most)
}

pub(crate) fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
