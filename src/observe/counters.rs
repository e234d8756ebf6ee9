//! An observer that counts.

use core::fmt;
use core::sync::atomic::Ordering::Relaxed;

use crossbeam_utils::CachePadded;

use super::Observer;
use crate::sync::AtomicU64;

/// Counts what happens in a channel, or in several together.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use wakering::{Builder, Counters, Overflow};
///
/// let counters = Arc::new(Counters::new());
/// let (tx, rx) = Builder::new(2)
///     .overflow(Overflow::DropOldest)
///     .observer(counters.clone())
///     .build();
/// for n in 0..5 {
///     tx.try_send(n).unwrap();
/// }
/// assert_eq!(rx.drain().collect::<Vec<_>>(), [3, 4]);
/// let counted = counters.snapshot();
/// assert_eq!((counted.sent, counted.received, counted.dropped), (5, 2, 3));
/// assert_eq!(counted.highest_depth, 2);
/// ```
pub struct Counters {
    senders: CachePadded<Senders>,
    receivers: CachePadded<Receivers>,
}

/// What senders write.
struct Senders {
    sent: AtomicU64,
    dropped: AtomicU64,
    highest_depth: AtomicU64,
    waits: AtomicU64,
}

/// What receivers write.
struct Receivers {
    received: AtomicU64,
    waits: AtomicU64,
}

/// What [`Counters`] have counted, at about one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Snapshot {
    /// Messages that went in.
    pub sent: u64,
    /// Messages that were received, or handed back by `force_send`.
    pub received: u64,
    /// Messages that were dropped because of the channel's [`Overflow`](crate::Overflow).
    pub dropped: u64,
    /// The most messages that were seen queued, just after one was sent.
    pub highest_depth: u64,
    /// How often a sender, or whoever reserves, began to wait for room.
    pub sender_waits: u64,
    /// How often a receiver began to wait for a message.
    pub receiver_waits: u64,
}

impl Counters {
    /// All at 0.
    #[must_use]
    pub fn new() -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            senders: CachePadded::new(Senders {
                sent: zero(),
                dropped: zero(),
                highest_depth: zero(),
                waits: zero(),
            }),
            receivers: CachePadded::new(Receivers {
                received: zero(),
                waits: zero(),
            }),
        }
    }

    /// What has been counted. The numbers are read one after the other while others may count on; what was received by
    /// the time of the call had been counted as sent by then, so `sent` is never behind for long.
    pub fn snapshot(&self) -> Snapshot {
        // ORDERING: Relaxed, all: numbers, from which nothing else is concluded.
        Snapshot {
            received: self.receivers.received.load(Relaxed),
            receiver_waits: self.receivers.waits.load(Relaxed),
            dropped: self.senders.dropped.load(Relaxed),
            sent: self.senders.sent.load(Relaxed),
            highest_depth: self.senders.highest_depth.load(Relaxed),
            sender_waits: self.senders.waits.load(Relaxed),
        }
    }
}

impl Observer for Counters {
    // ORDERING: Relaxed, all, as in `snapshot`.

    fn sent(&self, n: usize, depth: usize) {
        self.senders.sent.fetch_add(n as u64, Relaxed);
        // Seldom higher than before: a look is cheaper.
        if self.senders.highest_depth.load(Relaxed) < depth as u64 {
            self.senders.highest_depth.fetch_max(depth as u64, Relaxed);
        }
    }

    fn received(&self, n: usize) {
        self.receivers.received.fetch_add(n as u64, Relaxed);
    }

    fn dropped(&self, n: usize) {
        self.senders.dropped.fetch_add(n as u64, Relaxed);
    }

    fn sender_waits(&self) {
        self.senders.waits.fetch_add(1, Relaxed);
    }

    fn receiver_waits(&self) {
        self.receivers.waits.fetch_add(1, Relaxed);
    }
}

impl Default for Counters {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Counters").field(&self.snapshot()).finish()
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "sent {}, received {}, dropped {}, at most {} queued, senders waited {} times, receivers {}",
            self.sent,
            self.received,
            self.dropped,
            self.highest_depth,
            self.sender_waits,
            self.receiver_waits
        )
    }
}
