//! The message loops: what is timed, for all competitors alike.
//!
//! A run's time goes from the moment the first of its tasks (or threads) begins to the moment the
//! last one has sent its last message or seen the end of the channel. Opening the channel and
//! waking whoever waits for the run are outside; spawning whatever is spawned after the first task
//! has begun is inside.

pub mod alive;
pub mod others;
pub mod tasks;
pub mod threads;
pub mod waits;

use crate::cells::{Cell, Shape};
use crate::executors::Executors;
use futures_lite::future::Boxed;
use std::ops::Range;
use std::time::{Duration, Instant};

/// Opens the channels of a cell and makes what will send and receive the given number of messages
/// (round trips in a ping-pong), the receivers first.
pub type MakeJobs = fn(&Cell, u64) -> Jobs;

/// What is to run. All of it is boxed, for everybody alike: otherwise each of some hundred tasks
/// would compile its own copy of each executor.
pub enum Jobs {
    Tasks(Vec<Boxed<Part>>),
    Threads(Vec<Box<dyn FnOnce() -> Part + Send>>),
}

/// What one task or thread gives.
pub struct Part {
    start: Instant,
    end: Instant,
    /// The sum of the messages received, zero for those who only send.
    sum: u64,
    /// How long single messages took, in nanoseconds, where that is measured.
    pub waits: Vec<u64>,
}

/// What a run gives.
pub struct Outcome {
    pub elapsed: Duration,
    /// Whether every message arrived, unchanged.
    pub complete: bool,
}

/// The ends of the two channels of a ping-pong.
const PAIR: Shape = Shape {
    senders: 1,
    receivers: 1,
};

/// Runs a cell once.
pub fn run(executors: &Executors, cell: &Cell, make_jobs: MakeJobs, messages: u64) -> Outcome {
    let parts = executors.run(cell.executor, make_jobs(cell, messages));
    Outcome::new(&parts, messages, cell.bytes)
}

impl Part {
    /// A part that ends now.
    pub fn new(start: Instant, sum: u64) -> Self {
        Self {
            start,
            end: Instant::now(),
            sum,
            waits: Vec::new(),
        }
    }

    fn with_waits(start: Instant, waits: Vec<u64>) -> Self {
        Self {
            waits,
            ..Self::new(start, 0)
        }
    }
}

impl Outcome {
    /// What the parts of a run come to, of so many messages of so many bytes.
    ///
    /// # Panics
    ///
    /// Without parts.
    pub fn new(parts: &[Part], messages: u64, bytes: usize) -> Self {
        let start = parts.iter().map(|part| part.start).min();
        let end = parts.iter().map(|part| part.end).max();
        let received = parts
            .iter()
            .fold(0, |sum: u64, part| sum.wrapping_add(part.sum));
        // The messages are numbered from 1, and each word of a message holds its number.
        let sent = (messages * (messages + 1) / 2).wrapping_mul(bytes as u64 / 8);
        Self {
            elapsed: end.expect("a run has parts") - start.expect("a run has parts"),
            complete: received == sent,
        }
    }
}

/// Splits the messages `1..=messages` among the senders as evenly as possible.
fn shares(messages: u64, senders: usize) -> impl Iterator<Item = Range<u64>> {
    let senders = senders as u64;
    (0..senders)
        .map(move |sender| 1 + messages * sender / senders..1 + messages * (sender + 1) / senders)
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Part};
    use std::time::{Duration, Instant};

    #[test]
    fn an_outcome_spans_its_parts_and_checks_their_sum() {
        let now = Instant::now();
        let part = |start, end, sum| Part {
            start: now + Duration::from_secs(start),
            end: now + Duration::from_secs(end),
            sum,
            waits: Vec::new(),
        };
        let parts = [part(2, 7, 6 * 8), part(1, 5, 0), part(3, 4, 4 * 8)];
        let outcome = Outcome::new(&parts, 4, 64);
        assert_eq!(outcome.elapsed, Duration::from_secs(6));
        assert!(outcome.complete);
        assert!(!Outcome::new(&parts[..2], 4, 64).complete);
    }

    #[test]
    fn shares_are_even_and_cover_all() {
        let shares: Vec<_> = super::shares(98, 4).collect();
        assert!(
            shares
                .iter()
                .all(|share| [24, 25].contains(&share.clone().count()))
        );
        assert!(shares.into_iter().flatten().eq(1..99));
    }
}
