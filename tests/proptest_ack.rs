//! Random programs for `wakering::ack` against the sequential model; see `support/ack`.
//!
//! `PROPTEST_CASES` scales the number of programs.

#![cfg(all(feature = "std", not(any(wakering_loom, wakering_shuttle))))]

#[path = "support/ack.rs"]
mod ack;
#[path = "support/random.rs"]
mod random;

use proptest::prelude::*;

use ack::Program;
use random::{config, ops};

fn program(most: usize) -> impl Strategy<Value = Program> {
    (any::<u8>(), any::<u8>(), ops::<_, 6>(most)).prop_map(|(capacity, max_attempts, ops)| {
        Program {
            capacity,
            max_attempts,
            ops,
        }
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn short_programs(program in program(16)) {
        ack::run(&program);
    }

    #[test]
    fn long_programs(program in program(200)) {
        ack::run(&program);
    }
}
