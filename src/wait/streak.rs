//! Cooperative yielding: who never has to wait gives the executor a turn now and then.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Operations in a row that may complete at once.
const LIMIT: u32 = 128;

/// How many operations of a handle have completed in a row without waiting. A heuristic: races lose counts, no more.
#[derive(Debug, Default)]
pub(crate) struct Streak(AtomicU32);

impl Streak {
    /// One more operation begins; true when it should let others run first.
    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        // ORDERING: Relaxed: nothing hangs on it but how soon a task yields.
        let count = self.0.load(Relaxed);
        self.0.store(count + 1, Relaxed);
        if count < LIMIT {
            return false;
        }
        self.break_off();
        true
    }

    /// The handle waits, or has just yielded.
    #[inline]
    pub(crate) fn break_off(&self) {
        // ORDERING: Relaxed, as above.
        self.0.store(0, Relaxed);
    }
}
