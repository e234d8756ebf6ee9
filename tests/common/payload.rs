//! Messages that can be counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// Counts the messages that it made: how many live, how many were dropped.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tracker {
    counts: Arc<(AtomicUsize, AtomicUsize)>,
}

/// A message that reports its drop. The box makes a second drop, or a read of freed memory, visible to
/// a memory checker.
#[derive(Debug)]
pub(crate) struct Tracked {
    id: Box<usize>,
    tracker: Tracker,
}

impl Tracker {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A new message.
    pub(crate) fn make(&self, id: usize) -> Tracked {
        self.counts.0.fetch_add(1, SeqCst);
        Tracked {
            id: Box::new(id),
            tracker: self.clone(),
        }
    }

    /// Messages made so far.
    pub(crate) fn made(&self) -> usize {
        self.counts.0.load(SeqCst)
    }

    /// Messages dropped so far.
    pub(crate) fn dropped(&self) -> usize {
        self.counts.1.load(SeqCst)
    }

    /// Messages alive: a double drop makes this number wrong (and huge).
    pub(crate) fn alive(&self) -> usize {
        self.made().wrapping_sub(self.dropped())
    }
}

impl Tracked {
    pub(crate) fn id(&self) -> usize {
        *self.id
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.tracker.counts.1.fetch_add(1, SeqCst);
    }
}
