//! An operation whose outcome is put into the words of a face.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use super::op::Wait;
use super::waiter::Operation;

/// A wait, and what to make of its output and of what is left in the operation.
pub(crate) struct Then<O: Operation, F> {
    wait: Wait<O>,
    then: F,
}

impl<O: Operation, F> Then<O, F> {
    #[inline]
    pub(crate) fn new<R>(op: O, then: F) -> Self
    where
        F: FnMut(&mut O, O::Output) -> R,
    {
        Self {
            wait: Wait::new(op),
            then,
        }
    }
}

impl<O: Operation, F, R> Future for Then<O, F>
where
    F: FnMut(&mut O, O::Output) -> R,
{
    type Output = R;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        // SAFETY: `wait` is pinned whenever `self` is, `then` never is; neither is moved, and there is no `Drop` here.
        let (mut wait, then) = unsafe {
            let this = self.get_unchecked_mut();
            (Pin::new_unchecked(&mut this.wait), &mut this.then)
        };
        let output = ready!(wait.as_mut().poll(cx));
        Poll::Ready(then(wait.op_mut(), output))
    }
}
