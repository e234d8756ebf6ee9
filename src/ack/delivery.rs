//! A message in the hands of a consumer.

use std::fmt;
use std::ops::Deref;
use std::thread;
use std::time::{Duration, Instant};

use super::history::Outcome;
use super::ledger::Receipt;
use super::node::{Node, Share};
use super::{Expired, Id};

/// A message that was delivered, to be settled within the visibility timeout: by [`ack`](Self::ack), [`nack`](Self::nack),
/// [`nack_after`](Self::nack_after) or [`reject`](Self::reject).
///
/// Dropped without any of these, be it by a panic, it puts the message back. When it is forgotten, or its consumer hangs, the
/// message comes back when the time is up. It may outlive its consumer, all consumers, and the queue.
///
/// The message can be read for as long as the delivery is held, even after it has expired and the message was given to
/// somebody else. That is why the message is borrowed only, and must be `Sync` for a delivery to go to another thread:
/// two consumers may have it before them at a time.
#[must_use = "a delivery that is dropped puts its message back"]
pub struct Delivery<T> {
    /// `None` once it is settled.
    node: Option<Share<T>>,
    receipt: Receipt,
}

impl<T> Delivery<T> {
    #[inline]
    pub(super) fn new(node: Share<T>, receipt: Receipt) -> Self {
        Self {
            node: Some(node),
            receipt,
        }
    }

    fn node(&self) -> &Node<T> {
        match &self.node {
            Some(node) => node,
            None => unreachable!("a delivery that is settled is gone"),
        }
    }

    /// The name of the message, the same in each delivery.
    #[must_use]
    pub fn id(&self) -> Id {
        self.node().content().id
    }

    /// How often the message has been delivered: 1 the first time.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.receipt.attempts
    }

    /// When the message was enqueued.
    #[must_use]
    pub fn enqueued_at(&self) -> Instant {
        self.node().content().enqueued_at
    }

    /// When this delivery was made.
    #[must_use]
    pub fn delivered_at(&self) -> Instant {
        self.receipt.delivered_at
    }

    /// When this delivery expires; `None`: never.
    ///
    /// # Errors
    ///
    /// [`Expired`] when that has been seen to already.
    pub fn expires_at(&self) -> Result<Option<Instant>, Expired> {
        self.node().chan.due(&self.receipt)
    }

    /// The work is done: the message leaves the queue, and is dropped.
    ///
    /// # Errors
    ///
    /// [`Expired`] when it is too late: the time was up, and somebody has seen to that. Nothing is done then.
    pub fn ack(mut self) -> Result<(), Expired> {
        let Some(own) = self.node.take() else {
            unreachable!("a delivery that is settled is gone");
        };
        own.chan.ack(&self.receipt, &own)
    }

    /// Gives the message back at once, to the end of the line. It has been an attempt: after the last one it is a dead letter.
    ///
    /// # Errors
    ///
    /// As [`ack`](Self::ack).
    pub fn nack(self) -> Result<(), Expired> {
        self.give_back(Outcome::Nacked, None)
    }

    /// Gives the message back, to be ready again after `delay`; any `Duration` will do. It has been an attempt: after the last
    /// one it is a dead letter.
    ///
    /// With `Duration::MAX` it stays away until the last consumer is gone, and holds its place in the capacity.
    ///
    /// # Errors
    ///
    /// As [`ack`](Self::ack).
    pub fn nack_after(self, delay: Duration) -> Result<(), Expired> {
        self.give_back(Outcome::Nacked, Some(delay))
    }

    /// Refuses the message for good: the work failed and would fail again. It becomes a dead letter, whatever attempts are
    /// left.
    ///
    /// # Errors
    ///
    /// As [`ack`](Self::ack).
    pub fn reject(self) -> Result<(), Expired> {
        self.give_back(Outcome::Rejected, None)
    }

    /// Takes more time: the delivery expires `time` from now, unless it would have expired later anyhow. Any `Duration` will
    /// do.
    ///
    /// # Errors
    ///
    /// As [`ack`](Self::ack).
    pub fn extend(&self, time: Duration) -> Result<(), Expired> {
        self.node().chan.extend(&self.receipt, time)
    }

    fn give_back(mut self, outcome: Outcome, delay: Option<Duration>) -> Result<(), Expired> {
        self.return_message(outcome, delay)
    }

    fn return_message(&mut self, outcome: Outcome, delay: Option<Duration>) -> Result<(), Expired> {
        let chan = self.node().chan.clone();
        // First: who gets the message next may want it to himself. It is not the last share, unless it is too late (A5).
        drop(self.node.take());
        chan.give_back(&self.receipt, outcome, delay)
    }
}

impl<T> Deref for Delivery<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.node().content().message
    }
}

impl<T> Drop for Delivery<T> {
    fn drop(&mut self) {
        if self.node.is_some() {
            let outcome = if thread::panicking() {
                Outcome::Panicked
            } else {
                Outcome::Dropped
            };
            // Too late: then there is nothing to put back.
            let _ = self.return_message(outcome, None);
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Delivery<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("id", &self.id())
            .field("attempts", &self.attempts())
            .field("message", &**self)
            .finish_non_exhaustive()
    }
}
