//! Operations on a watch channel against a sequential model, with a check after each of what lives and who was told.
//!
//! `cargo +nightly fuzz run -O watch_ops -- -runs=200000`

#![no_main]

#[path = "../../tests/support/watch.rs"]
mod watch;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|program: watch::Program| watch::run(&program));
