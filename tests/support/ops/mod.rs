//! Operations on a channel, the sequential model that says what they must do, and the executor that compares the two.
//!
//! Used by the property tests (`tests/proptest_ops.rs`), by the fuzz targets (`fuzz/`) and by the replay of their
//! corpora (`tests/fuzz_corpus.rs`).

// Each user needs a part of it, and none of them is a library.
#![allow(dead_code, unreachable_pub)]

pub mod alarm;
pub mod cell;
pub mod fuzz_entry;
pub mod line;
pub mod message;
pub mod model;
pub mod mpsc;
pub mod program;
pub mod panics;
pub mod runner;
pub mod throttle;
pub mod waits;
pub mod watchdog;
pub mod watcher;
pub mod work;
