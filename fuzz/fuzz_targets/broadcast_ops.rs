//! Operations on a broadcast channel against a sequential model, with a check after each that everybody was told who must
//! be.
//!
//! `cargo +nightly fuzz run -O broadcast_ops -- -runs=200000`

#![no_main]

#[path = "../../tests/support/broadcast.rs"]
mod broadcast;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|program: broadcast::Program| broadcast::run(&program));
