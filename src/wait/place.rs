//! What the places to wait at have in common: a list for many waiters, a cell for one.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use super::eager::Eager;
#[cfg(feature = "std")]
use super::list::State;
use super::queue::{Gate, WaitQueue};
use super::waiter::{Operation, Waiter, begin_turn, end_turn};

/// Those who wait for one kind of event: any number in a [`WaitQueue`], one in a [`WaitCell`](super::WaitCell).
pub(crate) trait Queue: Sized {
    /// What a waiting future keeps.
    type Waiter: Place<Self>;

    /// Whether a lock orders registering and telling. Without, the word that has the flag must do so (W3).
    const LOCKS: bool;

    fn new() -> Self;

    fn eager(&self) -> &Eager;

    /// Nobody else waits.
    fn is_vacant(&self) -> bool;

    /// Tells the first waiters of `n` events.
    fn notify<G: Gate<Self> + ?Sized>(gate: &G, n: usize);

    /// Tells everybody who waits now.
    fn notify_all<G: Gate<Self> + ?Sized>(gate: &G);
}

/// A waiter: its place in a queue, kept by its future.
pub(crate) trait Place<Q: Queue>: fmt::Debug + Sized {
    fn new() -> Self;

    /// Tries `op`, and registers for another try where it is blocked.
    ///
    /// A waiter serves one operation at a time: it must be polled with the same gate until it is ready or cancelled.
    fn poll<O: Operation<Q>>(
        self: Pin<&mut Self>,
        op: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output>;

    /// As `poll`, but a task that has not waited for long yields first: for polls by an executor.
    #[inline(always)]
    fn poll_fairly<O: Operation<Q>>(
        self: Pin<&mut Self>,
        op: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        let fresh = !self.is_waiting();
        let turn = ready!(begin_turn(op, fresh, cx));
        let polled = self.poll(op, cx);
        end_turn(op, turn, polled.is_ready());
        polled
    }

    /// Gives up waiting.
    fn cancel<O: Operation<Q>>(self: Pin<&mut Self>, op: &mut O);

    /// Whether it has registered and not been done since.
    fn is_waiting(&self) -> bool;

    /// Whether it has put registering off by a turn.
    fn has_yielded(&self) -> bool;

    /// Says, before it waits, that it is a blocked thread that does.
    #[cfg(feature = "std")]
    fn is_thread(self: Pin<&mut Self>) {}

    /// Whether it has registered and been told since, as far as can be seen without asking the queue.
    #[cfg(feature = "std")]
    fn is_told(&self) -> bool {
        false
    }
}

impl Place<WaitQueue> for Waiter {
    #[inline(always)]
    fn new() -> Self {
        Self::new()
    }

    #[inline(always)]
    fn poll<O: Operation>(
        self: Pin<&mut Self>,
        op: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        self.poll(op, cx)
    }

    #[inline]
    fn cancel<O: Operation>(self: Pin<&mut Self>, op: &mut O) {
        self.cancel(op);
    }

    #[inline(always)]
    fn is_waiting(&self) -> bool {
        self.is_waiting()
    }

    fn has_yielded(&self) -> bool {
        self.has_yielded()
    }

    #[cfg(feature = "std")]
    fn is_thread(self: Pin<&mut Self>) {
        self.is_thread();
    }

    #[cfg(feature = "std")]
    fn is_told(&self) -> bool {
        self.is_linked() && self.node().state() != State::Waiting
    }
}
