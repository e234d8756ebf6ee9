//! Random programs for channels of capacity 0 against the sequential model; see `support/meeting`.
//!
//! `PROPTEST_CASES` scales the number of programs.

#![cfg(all(feature = "std", not(any(wakering_loom, wakering_shuttle))))]

#[path = "support/meeting.rs"]
mod meeting;
#[path = "support/random.rs"]
mod random;

use proptest::prelude::*;

use meeting::Program;
use random::{config, ops};

fn program(most: usize) -> impl Strategy<Value = Program> {
    ops::<_, 6>(most).prop_map(|ops| Program { ops })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn short_programs(program in program(12)) {
        meeting::run(&program);
    }

    #[test]
    fn long_programs(program in program(150)) {
        meeting::run(&program);
    }
}
