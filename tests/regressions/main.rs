//! Bugs that broke other channels, one test each, named after its number in the project's list of
//! regressions. The line above a test says what broke, and where.
//!
//! Not here, and why:
//!
//! | numbers | reason |
//! |---|---|
//! | 67, 68, 69, 77, 118 | need a sender stalled between claim and publish: unit tests inside the crate |
//! | 95, 129, 130 | need positions near the wrap, or a send that is half done: unit tests inside the crate |
//! | 12, 150, 151, 152, 153 | portability and builds: checked by building, not by running |
//! | 84, 88 in part | aliasing and weak memory: model checkers and sanitizers |
//! | 155, 86 | auto traits: `tests/auto_traits.rs` |
//! | 17, 91 in part | `Signal::reset`: no such operation here |
//! | 51, 52 | documentation; that blocking calls do not panic in a runtime is in `tests/contract` |
//! | 62, 63, 64, 85, 111, 123, 126, 132 for broadcast | `tests/contract/broadcast` |
//! | 74 | no foreign code runs in a turn of a broadcast channel; what does after it may panic: `r099`, `r100` in `broadcast.rs` |
//! | 90 | a run of races: `tests/contract/broadcast/flow.rs`, and the models of `src/broadcast/loom.rs` |
//! | 141 | a oneshot that is used again: no such operation here. (142, and what `oneshot` has in common with other channels: `tests/contract/oneshot`) |
//! | 115, 116, 127 | speed, preempted lock holders, cache lines: benchmarks |
//! | 107, 108, 109 | memory of waiters and after bursts: `tests/allocations.rs`, which counts allocations |
#![cfg(all(
    feature = "std",
    feature = "stream",
    not(any(wakering_loom, wakering_shuttle))
))]

#[path = "../common/mod.rs"]
mod common;

mod ack;
mod broadcast;
mod cancel;
mod close;
mod fairness;
mod leaks;
mod linearizability;
mod meeting;
mod memory;
mod mpsc;
mod oneshot;
mod panics;
mod queue;
mod reentrancy;
mod spinning;
mod threads;
mod wakeups;
mod watch;
