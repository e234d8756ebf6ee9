//! Operations on a channel against a sequential model, with a check after each that everybody was told who must be.
//!
//! `cargo +nightly fuzz run -O mpmc_ops -- -runs=200000`

#![no_main]

#[path = "../../tests/support/ops/mod.rs"]
mod ops;

use libfuzzer_sys::fuzz_target;
use ops::{fuzz_entry, program::Program};

fuzz_target!(|program: Program| fuzz_entry::mpmc_ops(&program));
