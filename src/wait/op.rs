//! The one future: an operation and its waiter. Async, blocking and deadline forms are this future, polled differently.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::place::{Place, Queue};
use super::queue::WaitQueue;
use super::waiter::Operation;

/// An operation in progress, which waits in a `Q`.
///
/// The operation stands in front of the waiter, where those who come for its offer look (W10).
#[repr(C)]
pub(crate) struct Wait<O: Operation<Q>, Q: Queue = WaitQueue> {
    op: O,
    waiter: Q::Waiter,
}

impl<O: Operation<Q>, Q: Queue> Wait<O, Q> {
    #[inline(always)]
    pub(crate) fn new(op: O) -> Self {
        Self {
            op,
            waiter: Q::Waiter::new(),
        }
    }

    /// From the operation to the waiter, in bytes.
    pub(super) const TO_WAITER: usize = core::mem::offset_of!(Self, waiter);

    /// Whether it waits no longer, and only has to be polled.
    #[cfg(feature = "std")]
    pub(super) fn is_told(&self) -> bool {
        self.waiter.is_told()
    }

    pub(crate) fn op(&self) -> &O {
        &self.op
    }

    /// Whether it has put waiting off by a turn.
    pub(super) fn has_yielded(&self) -> bool {
        self.waiter.has_yielded()
    }

    pub(crate) fn op_mut(self: Pin<&mut Self>) -> &mut O {
        self.project().0
    }

    /// The operation, to be tried without registering by a thread, which will block if that is in vain.
    #[cfg(feature = "std")]
    pub(super) fn before_blocking(self: Pin<&mut Self>) -> &mut O {
        let (op, waiter) = self.project();
        waiter.is_thread();
        op
    }

    /// As `Future::poll`, without yielding to other tasks when it has not waited for long.
    pub(crate) fn poll_here(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<O::Output> {
        let (op, waiter) = self.project();
        waiter.poll(op, cx)
    }

    /// Gives up waiting and hands out the operation for what is left in it. It may be polled again afterwards.
    pub(crate) fn cancel(self: Pin<&mut Self>) -> &mut O {
        let (op, waiter) = self.project();
        waiter.cancel(op);
        op
    }

    #[inline(always)]
    fn project(self: Pin<&mut Self>) -> (&mut O, Pin<&mut Q::Waiter>) {
        // SAFETY: `op` is never pinned; `waiter` is, and neither is moved.
        unsafe {
            let this = self.get_unchecked_mut();
            (&mut this.op, Pin::new_unchecked(&mut this.waiter))
        }
    }
}

impl<O: Operation<Q>, Q: Queue> Future for Wait<O, Q> {
    type Output = O::Output;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<O::Output> {
        let (op, waiter) = self.project();
        waiter.poll_fairly(op, cx)
    }
}

impl<O: Operation<Q>, Q: Queue> Drop for Wait<O, Q> {
    #[inline]
    fn drop(&mut self) {
        if self.waiter.is_waiting() {
            // SAFETY: it was pinned when it began to wait, and it is not moved any more.
            unsafe { Pin::new_unchecked(self) }.cancel();
        }
    }
}

impl<O: Operation<Q>, Q: Queue> fmt::Debug for Wait<O, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.waiter.fmt(f)
    }
}

/// Gives a future with one pinned field `wait` the projection to that field, and `Debug`.
///
/// A macro, since each public future is a type of its own and projections cannot be inherited.
macro_rules! project_wait {
    ($future:ident[$($generics:tt)*] => $wait:ty) => {
        impl<$($generics)*> core::fmt::Debug for $future<$($generics)*> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_struct(stringify!($future)).field("wait", &self.wait).finish()
            }
        }

        impl<$($generics)*> $future<$($generics)*> {
            #[inline(always)]
            fn wait(self: core::pin::Pin<&mut Self>) -> core::pin::Pin<&mut $wait> {
                // SAFETY: `wait` is pinned whenever the future is: it is never moved out of, and the future has no
                // `Drop` of its own.
                unsafe { self.map_unchecked_mut(|future| &mut future.wait) }
            }
        }
    };
}

pub(crate) use project_wait;
