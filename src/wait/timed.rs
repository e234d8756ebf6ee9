//! An operation against any timer future, whichever is done first.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::op::Wait;
use super::waiter::Operation;

/// The timer was first.
pub(crate) struct Expired;

/// An operation and the timer that ends it.
pub(crate) struct Timed<O: Operation, F> {
    wait: Wait<O>,
    timer: F,
}

impl<O: Operation, F> Timed<O, F> {
    pub(crate) fn new(op: O, timer: F) -> Self {
        Self {
            wait: Wait::new(op),
            timer,
        }
    }

    fn project(self: Pin<&mut Self>) -> (Pin<&mut Wait<O>>, Pin<&mut F>) {
        // SAFETY: both fields are pinned whenever `self` is; neither is moved, and there is no `Drop` here.
        unsafe {
            let this = self.get_unchecked_mut();
            (
                Pin::new_unchecked(&mut this.wait),
                Pin::new_unchecked(&mut this.timer),
            )
        }
    }

    /// Gives up waiting and hands out the operation for what is left in it.
    pub(crate) fn cancel(self: Pin<&mut Self>) -> &mut O {
        self.project().0.cancel()
    }
}

impl<O: Operation, F: Future> Future for Timed<O, F> {
    type Output = Result<O::Output, Expired>;

    /// The operation is tried first, whatever its turn: what can be done at once is done, however late it is.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (mut wait, timer) = self.project();
        if let Poll::Ready(output) = wait.as_mut().poll_here(cx) {
            return Poll::Ready(Ok(output));
        }
        if timer.poll(cx).is_pending() {
            return Poll::Pending;
        }
        // Who has put waiting off by a turn has none after this: it is now.
        if wait.has_yielded() {
            if let Poll::Ready(output) = wait.as_mut().poll_here(cx) {
                return Poll::Ready(Ok(output));
            }
        }
        wait.cancel();
        Poll::Ready(Err(Expired))
    }
}

impl<O: Operation, F> fmt::Debug for Timed<O, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.wait.fmt(f)
    }
}
