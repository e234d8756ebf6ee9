//! Linearizability checking.
//!
//! Threads run small random programs against one channel and write down when each call began, when it returned and what
//! it answered ([`history`]). A search then looks for one order of all those calls that respects real time and in which
//! every answer is the one a plain queue would have given ([`check`], [`spec`]). If there is none, the channel did
//! something no sequential queue can do.
//!
//! | module | knows |
//! |---|---|
//! | [`history`] | clocks, logs, how a history is printed |
//! | [`spec`] | what a bounded FIFO queue with permits and close may answer |
//! | [`check`] | the search |
//! | [`gate`] | how a worker sleeps, and how a stalled history is noticed |
//! | [`worker`] | the calls a worker can make and how each is recorded |
//! | [`job`] | one history: its channel, its threads, its verdict |
//! | [`rng`] | a small random generator, so that a seed means the same program everywhere |

pub(crate) mod check;
#[cfg(test)]
#[rustfmt::skip] // One history a line reads better than one number a line.
mod check_tests;
pub(crate) mod gate;
pub(crate) mod history;
pub(crate) mod job;
pub(crate) mod rng;
pub(crate) mod spec;
pub(crate) mod worker;
