//! Operations on channels for one message against a sequential model, with a check after each of who was told and what is
//! kept.
//!
//! `cargo +nightly fuzz run -O oneshot_ops -- -runs=200000`

#![no_main]

#[path = "../../tests/support/oneshot.rs"]
mod oneshot;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|program: oneshot::Program| oneshot::run(&program));
