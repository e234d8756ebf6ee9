//! Random programs for channels with a policy against the sequential model; see `support/overflow.rs`.
//!
//! `PROPTEST_CASES` scales the number of programs.

#![cfg(all(
    feature = "std",
    feature = "stream",
    not(any(wakering_loom, wakering_shuttle))
))]

#[path = "support/overflow.rs"]
mod overflow;
#[path = "support/random.rs"]
mod random;

use proptest::prelude::*;

use overflow::{Policy, Program};
use random::{config, ops};

fn program(most: usize) -> impl Strategy<Value = Program> {
    let policy = prop_oneof![
        Just(Policy::Wait),
        Just(Policy::Reject),
        Just(Policy::DropNewest),
        Just(Policy::DropOldest),
    ];
    (any::<u8>(), policy, ops::<_, 8>(most)).prop_map(|(capacity, overflow, ops)| Program {
        capacity,
        overflow,
        ops,
    })
}

proptest! {
    #![proptest_config(config())]

    /// Short programs: cheap, and easy to read when one fails.
    #[test]
    fn short_programs(program in program(24)) {
        overflow::run(&program);
    }

    #[test]
    fn long_programs(program in program(240)) {
        overflow::run(&program);
    }
}
