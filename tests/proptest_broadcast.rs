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
#[path = "support/random.rs"]
mod random;

use proptest::prelude::*;

use broadcast::Program;
use random::{config, ops};

fn program(most: usize) -> impl Strategy<Value = Program> {
    (any::<u8>(), ops::<_, 8>(most)).prop_map(|(size, ops)| Program { size, ops })
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
