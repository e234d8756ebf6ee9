//! What became of the deliveries of a message.

use std::time::Instant;

/// So many deliveries of a message are remembered, the latest.
const KEPT: usize = 16;

/// A delivery that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// When the message was delivered.
    pub delivered_at: Instant,
    /// When the delivery ended.
    pub ended_at: Instant,
    /// How.
    pub outcome: Outcome,
}

/// How a delivery failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The consumer gave the message back: [`Delivery::nack`](super::Delivery::nack),
    /// [`nack_after`](super::Delivery::nack_after).
    Nacked,
    /// The consumer refused the message for good: [`Delivery::reject`](super::Delivery::reject).
    Rejected,
    /// The delivery was not settled within its time.
    Expired,
    /// The delivery was dropped.
    Dropped,
    /// The delivery was dropped by a panic.
    Panicked,
}

/// The latest failed deliveries of a message. Made before the queue is locked, and of one size.
pub(super) struct History {
    latest: [Option<Attempt>; KEPT],
    count: usize,
}

impl History {
    pub(super) fn new() -> Self {
        Self {
            latest: [None; KEPT],
            count: 0,
        }
    }

    pub(super) fn add(&mut self, attempt: Attempt) {
        self.latest[self.count % KEPT] = Some(attempt);
        self.count += 1;
    }

    /// In order.
    pub(super) fn attempts(&self) -> Vec<Attempt> {
        let oldest = self.count % KEPT;
        let (late, early) = self.latest.split_at(oldest);
        early.iter().chain(late).copied().flatten().collect()
    }
}

#[cfg(all(test, not(any(wakering_loom, wakering_shuttle))))]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_latest_are_kept_in_order() {
        let start = Instant::now();
        for n in [0, 1, KEPT - 1, KEPT, KEPT + 1, 5 * KEPT + 3] {
            let mut history = History::new();
            let attempt = |i: usize| Attempt {
                delivered_at: start + Duration::from_secs(i as u64),
                ended_at: start,
                outcome: Outcome::Nacked,
            };
            (0..n).for_each(|i| history.add(attempt(i)));
            let expected: Vec<_> = (n.saturating_sub(KEPT)..n).map(attempt).collect();
            assert_eq!(history.attempts(), expected, "{n}");
        }
    }
}
