//! The waiter of a cell: nothing but the knowledge that it waits.

use core::pin::Pin;
use core::task::{Context, Poll};

use super::before::{Before, before_waiting, ends_yield};
use super::cell::WaitCell;
use super::place::{Place, Queue};
use super::queue::Gate;
use super::streak::again;
use super::waiter::{Attempt, Operation};

/// A place in a [`WaitCell`]. It may be moved, and be dropped without harm: at worst, its task is woken once in vain.
#[derive(Debug)]
pub(crate) struct OneWaiter {
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Idle,
    /// A task that has yielded and would have had to wait.
    Yielded,
    /// Its waker has been put into the cell since it last was done. It may have been taken out to be woken.
    Waits,
}

impl Place<WaitCell> for OneWaiter {
    #[inline(always)]
    fn new() -> Self {
        Self { stage: Stage::Idle }
    }

    #[inline(always)]
    fn poll<O: Operation<WaitCell>>(
        self: Pin<&mut Self>,
        op: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        // One place and one way out: so the output is not moved from one to the other.
        let mut output = Poll::Pending;
        if self.is_waiting() || !op.glance(&mut output) {
            output = self.get_mut().poll_waiting(op, cx);
        }
        output
    }

    /// Takes the waker out: it does not keep its task alive, and is not called for nothing.
    #[inline]
    fn cancel<O: Operation<WaitCell>>(self: Pin<&mut Self>, op: &mut O) {
        let this = self.get_mut();
        match core::mem::replace(&mut this.stage, Stage::Idle) {
            Stage::Idle => {}
            Stage::Yielded => op.gate().queue().eager().ends_yield(false),
            Stage::Waits => drop(op.gate().queue().take()),
        }
    }

    #[inline(always)]
    fn is_waiting(&self) -> bool {
        matches!(self.stage, Stage::Waits | Stage::Yielded)
    }

    fn has_yielded(&self) -> bool {
        self.stage == Stage::Yielded
    }
}

impl OneWaiter {
    #[inline(never)]
    fn poll_waiting<O: Operation<WaitCell>>(
        &mut self,
        op: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        let mut output = Poll::Pending;
        match self.stage {
            Stage::Idle => match before_waiting(op, &mut output) {
                Before::Done => return output,
                Before::Yields => {
                    self.stage = Stage::Yielded;
                    return again(cx);
                }
                Before::Waits => {}
            },
            Stage::Yielded => {
                self.stage = Stage::Idle;
                ends_yield(op);
            }
            Stage::Waits => {}
        }
        loop {
            match op.attempt(&mut output) {
                Attempt::Done => {
                    if self.stage == Stage::Waits {
                        // Whoever made this possible has seen the flag (W3) and takes the waker out, if it has not yet.
                        self.stage = Stage::Idle;
                        op.gate().queue().eager().told();
                    }
                    return output;
                }
                Attempt::Busy => return again(cx),
                Attempt::Blocked => {}
            }
            if !op.gate().queue().register(cx.waker()) {
                return again(cx);
            }
            let before = core::mem::replace(&mut self.stage, Stage::Waits);
            if !op.gate().raise() {
                if before != Stage::Waits {
                    op.gate().waits();
                }
                return Poll::Pending;
            }
            // Something came before the flag was up: perhaps nobody will take the waker out. That is done before the
            // next attempt, since a waker that panics when it is dropped must find nothing received.
            self.stage = Stage::Idle;
            drop(op.gate().queue().take());
        }
    }
}
