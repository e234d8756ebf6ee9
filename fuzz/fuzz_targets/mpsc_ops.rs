//! Operations on an `mpsc` channel, bounded or not, against a sequential model.
//!
//! `cargo +nightly fuzz run -O mpsc_ops -- -runs=200000`

#![no_main]

#[path = "../../tests/support/ops/mod.rs"]
mod ops;

use libfuzzer_sys::fuzz_target;
use ops::{fuzz_entry, mpsc::Program};

fuzz_target!(|program: Program| fuzz_entry::mpsc_ops(&program));
