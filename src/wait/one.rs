//! The waiter of a cell: nothing but the knowledge that it waits.

use core::pin::Pin;
use core::task::{Context, Poll};

use super::cell::WaitCell;
use super::place::{Place, Queue};
use super::queue::Gate;
use super::streak::again;
use super::waiter::{Attempt, Operation, finished, looked_on};

/// A place in a [`WaitCell`]. It may be moved, and be dropped without harm: at worst, its task is woken once in vain.
#[derive(Debug)]
pub(crate) struct OneWaiter {
    /// Its waker has been put into the cell since it last was done. It may have been taken out to be woken.
    waits: bool,
}

impl Place<WaitCell> for OneWaiter {
    #[inline(always)]
    fn new() -> Self {
        Self { waits: false }
    }

    #[inline(always)]
    fn poll<O: Operation<WaitCell>>(
        self: Pin<&mut Self>,
        op: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        if !self.waits {
            let mut output = None;
            if op.glance(&mut output) {
                return finished(output);
            }
        }
        self.get_mut().poll_waiting(op, cx)
    }

    /// Takes the waker out: it does not keep its task alive, and is not called for nothing.
    #[inline]
    fn cancel<O: Operation<WaitCell>>(self: Pin<&mut Self>, op: &mut O) {
        if self.waits {
            self.get_mut().waits = false;
            drop(op.gate().queue().take());
        }
    }

    fn is_waiting(&self) -> bool {
        self.waits
    }
}

impl OneWaiter {
    #[inline(never)]
    fn poll_waiting<O: Operation<WaitCell>>(
        &mut self,
        op: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        let mut output = None;
        if !self.waits && looked_on(op, &mut output) {
            return finished(output);
        }
        loop {
            match op.attempt(&mut output) {
                Attempt::Done => {
                    if self.waits {
                        // Whoever made this possible has seen the flag (W3) and takes the waker out, if it has not yet.
                        self.waits = false;
                        op.gate().queue().eager().told();
                    }
                    return finished(output);
                }
                Attempt::Busy => return again(cx),
                Attempt::Blocked => {}
            }
            if !op.gate().queue().register(cx.waker()) {
                return again(cx);
            }
            let waited = core::mem::replace(&mut self.waits, true);
            if !op.gate().raise() {
                if !waited {
                    op.gate().waits();
                }
                return Poll::Pending;
            }
            // Something came before the flag was up: perhaps nobody will take the waker out. That is done before the
            // next attempt, since a waker that panics when it is dropped must find nothing received.
            self.waits = false;
            drop(op.gate().queue().take());
        }
    }
}
