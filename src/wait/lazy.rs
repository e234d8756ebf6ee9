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
    pub(crate) fn poll<O: Operation>(
        &mut self,
        op: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        let fresh = self.0.as_ref().is_none_or(|waiter| !waiter.is_waiting());
        let turn = ready!(begin_turn(op, fresh, cx));
        let polled = self.poll_now(op, cx);
        end_turn(op, turn, polled.is_ready());
        polled
    }

    fn poll_now<O: Operation>(&mut self, op: &mut O, cx: &mut Context<'_>) -> Poll<O::Output> {
        let waiter = match &mut self.0 {
            Some(waiter) => waiter,
            None => {
                let mut output = Poll::Pending;
                if op.glance(&mut output) {
                    return output;
                }
                self.0.insert(Box::pin(Waiter::new()))
            }
        };
        waiter.as_mut().poll(op, cx)
    }

    /// As [`Waiter::cancel`]. Must be called before this is dropped.
    pub(crate) fn cancel<O: Operation>(&mut self, op: &mut O) {
        if let Some(waiter) = &mut self.0 {
            waiter.as_mut().cancel(op);
        }
    }
}
