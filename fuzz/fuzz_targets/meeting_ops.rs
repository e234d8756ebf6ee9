//! Operations on channels of capacity 0 against a sequential model, with a check after each of who was told and where each
//! message is.
//!
//! `cargo +nightly fuzz run -O meeting_ops -- -runs=200000`

#![no_main]

#[path = "../../tests/support/meeting.rs"]
mod meeting;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|program: meeting::Program| meeting::run(&program));
