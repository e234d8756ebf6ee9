//! A waiter for handles that must stay `Unpin`: in a box that is made on the first wait and used again.

use alloc::boxed::Box;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use super::waiter::{Operation, Waiter, begin_turn, end_turn};

#[derive(Debug, Default)]
pub(crate) struct LazyWaiter(Option<Pin<Box<Waiter>>>);

impl LazyWaiter {
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    /// As [`Waiter::poll_fairly`].
    #[inline]
    pub(crate) fn poll<O: Operation>(
        &mut self,
        op: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        let fresh = self.0.as_ref().is_none_or(|waiter| !waiter.is_waiting());
        let turn = ready!(begin_turn(op, fresh, cx));
        // One place and one way out, as in `Waiter::poll`.
        let mut output = Poll::Pending;
        if !fresh || !op.glance(&mut output) {
            let waiter = self.0.get_or_insert_with(|| Box::pin(Waiter::new()));
            output = waiter.as_mut().poll_waiting(op, cx);
        }
        end_turn(op, turn, output.is_ready());
        output
    }

    /// As [`Waiter::cancel`]. Must be called before this is dropped.
    pub(crate) fn cancel<O: Operation>(&mut self, op: &mut O) {
        if let Some(waiter) = &mut self.0 {
            waiter.as_mut().cancel(op);
        }
    }
}
