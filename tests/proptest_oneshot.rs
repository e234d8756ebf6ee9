//! Random programs for `wakering::oneshot` against the sequential model; see `support/oneshot`.
//!
//! `PROPTEST_CASES` scales the number of programs.

#![cfg(all(feature = "std", not(any(wakering_loom, wakering_shuttle))))]

#[path = "support/oneshot.rs"]
mod oneshot;
#[path = "support/random.rs"]
mod random;

use proptest::prelude::*;

use oneshot::Program;
use random::{config, ops};

fn program(most: usize) -> impl Strategy<Value = Program> {
    ops::<_, 6>(most).prop_map(|ops| Program { ops })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn short_programs(program in program(12)) {
        oneshot::run(&program);
    }

    #[test]
    fn long_programs(program in program(120)) {
        oneshot::run(&program);
    }
}
