//! Cooperative yielding: who never has to wait gives the executor a turn now and then.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::task::{Context, Poll};

/// Operations in a row that may complete at once. To yield wakes another worker up in some executors, which is to be paid
/// for by many operations (`docs/performance.md`).
const LIMIT: u32 = 512;

/// How many operations of a handle have completed in a row without waiting. A heuristic: races lose counts, no more.
#[derive(Debug, Default)]
pub(crate) struct Streak(AtomicU32);

impl Streak {
    /// An executor polls an operation; `fresh` when it does not wait already. Pending when others should run first:
    /// the task is polled again after them.
    #[inline(always)]
    pub(crate) fn turn(&self, fresh: bool, cx: &mut Context<'_>) -> Poll<Turn> {
        if fresh && self.is_over() && !tokio_decides() {
            return again(cx);
        }
        Turn::take(cx)
    }

    /// One more operation begins; true when it should let others run first.
    #[inline]
    fn is_over(&self) -> bool {
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

/// Leave to poll an operation. With the feature `tokio-coop` it costs a unit of the task's budget in tokio, if it is
/// `used`; without, nothing.
#[cfg(feature = "tokio-coop")]
pub(crate) struct Turn(tokio::task::coop::RestoreOnPending);
#[cfg(not(feature = "tokio-coop"))]
pub(crate) struct Turn;

#[cfg(feature = "tokio-coop")]
impl Turn {
    #[inline]
    pub(crate) fn take(cx: &mut Context<'_>) -> Poll<Self> {
        tokio::task::coop::poll_proceed(cx).map(Self)
    }

    #[inline]
    pub(crate) fn used(self) {
        self.0.made_progress();
    }
}

#[cfg(not(feature = "tokio-coop"))]
impl Turn {
    #[inline(always)]
    pub(crate) fn take(_: &mut Context<'_>) -> Poll<Self> {
        Poll::Ready(Self)
    }

    #[inline(always)]
    pub(crate) fn used(self) {}
}

/// Whether the task has a budget that counts for more than the streak.
#[cold]
fn tokio_decides() -> bool {
    #[cfg(feature = "tokio-coop")]
    return tokio::runtime::Handle::try_current().is_ok();
    #[cfg(not(feature = "tokio-coop"))]
    false
}

/// Pending, but to be polled again soon.
#[cold]
pub(super) fn again<R>(cx: &mut Context<'_>) -> Poll<R> {
    cx.waker().wake_by_ref();
    Poll::Pending
}
