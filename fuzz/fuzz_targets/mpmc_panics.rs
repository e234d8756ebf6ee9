//! Messages and wakers that panic: the channel stays usable, the others are told, nothing leaks.
//!
//! `cargo +nightly fuzz run -O mpmc_panics -- -runs=200000`
//!
//! The fuzzer's panic hook, which aborts, stays in place: planned panics do not call it (see `tests/support/ops/panics.rs`), so what
//! reaches it is a finding.

#![no_main]

#[path = "../../tests/support/ops/mod.rs"]
mod ops;

use libfuzzer_sys::fuzz_target;
use ops::{fuzz_entry, panics::Program};

fuzz_target!(|program: Program| fuzz_entry::mpmc_panics(&program));
