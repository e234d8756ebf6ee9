//! A waiter for handles that must stay `Unpin`: in a box that is made on the first wait and used again.

use alloc::boxed::Box;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::streak::Streak;
use super::waiter::{Attempt, Operation, Waiter};

#[derive(Debug, Default)]
pub(crate) struct LazyWaiter(Option<Pin<Box<Waiter>>>);

impl LazyWaiter {
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    /// As [`Waiter::poll_fairly`].
    pub(crate) fn poll<O: Operation>(
        &mut self,
        op: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        if let Some(waiter) = &mut self.0 {
            return waiter.as_mut().poll_fairly(op, cx);
        }
        if op.streak().is_some_and(Streak::is_over) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut output = None;
        if let (Attempt::Done, Some(output)) = (op.attempt(&mut output), output) {
            return Poll::Ready(output);
        }
        let waiter = self.0.insert(Box::pin(Waiter::new()));
        waiter.as_mut().poll(op, cx)
    }

    /// As [`Waiter::cancel`]. Must be called before this is dropped.
    pub(crate) fn cancel<O: Operation>(&mut self, op: &mut O) {
        if let Some(waiter) = &mut self.0 {
            waiter.as_mut().cancel(op);
        }
    }
}
