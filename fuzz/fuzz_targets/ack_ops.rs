//! Operations on a queue with acknowledgement against a sequential model, with a mock clock.
//!
//! `cargo +nightly fuzz run -O ack_ops -- -runs=200000`

#![no_main]

#[path = "../../tests/support/ack.rs"]
mod ack;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|program: ack::Program| ack::run(&program));
