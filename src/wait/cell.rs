//! A wait queue for one waiter: no list, no lock, and registering the same task again costs no clone.
//!
//! Built on the `atomic-waker` crate's cell, whose protocol is that of the tokio project's `AtomicWaker`.

use core::task::Waker;

use crate::sync::AtomicWaker;

/// Holds the waker of the one task that may wait.
pub(crate) struct WaitCell(AtomicWaker);

impl WaitCell {
    pub(crate) fn new() -> Self {
        Self(AtomicWaker::new())
    }

    /// `waker` is called by the next [`wake`](Self::wake). The caller looks at the state once more afterwards (W3).
    pub(crate) fn register(&self, waker: &Waker) {
        self.0.register(waker);
    }

    pub(crate) fn wake(&self) {
        self.0.wake();
    }
}
