//! What the receivers of this face are, whatever their channel stores its messages in.

use alloc::vec::Vec;
use core::fmt;
use core::task::{Context, Poll};

use super::error::TryRecvError;
use crate::chan::{RecvManyOp, RecvOp, RxHandle, recv_run};
use crate::index::NoItem;
use crate::storage::Storage;
use crate::wait::{Attempt, Gate, LazyWaiter, Operation, Streak, Wait, done};

/// The one consumer of a channel.
pub(super) struct Rx<T, S: Storage<T>> {
    handle: RxHandle<T, S>,
    /// The place in line of the `poll_` methods.
    waiter: LazyWaiter,
}

impl<T, S: Storage<T>> Rx<T, S> {
    pub(super) fn new(handle: RxHandle<T, S>) -> Self {
        Self {
            handle,
            waiter: LazyWaiter::new(),
        }
    }

    pub(super) fn handle(&self) -> &RxHandle<T, S> {
        &self.handle
    }

    #[inline]
    pub(super) fn recv(&mut self) -> Wait<NextOp<'_, T, S>> {
        Wait::new(NextOp { rx: self })
    }

    pub(super) fn recv_many<'a>(
        &'a mut self,
        buffer: &'a mut Vec<T>,
        limit: usize,
    ) -> Wait<NextManyOp<'a, T, S>> {
        Wait::new(NextManyOp {
            rx: self,
            buffer,
            limit,
        })
    }

    #[inline]
    pub(super) fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let mut received = Err(TryRecvError::Empty);
        match self.handle.recv(|message| received = Ok(message)) {
            Ok(()) | Err(NoItem::Empty | NoItem::Busy) => received,
            Err(NoItem::Closed) => Err(TryRecvError::Disconnected),
        }
    }

    pub(super) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.waiter
            .poll(&mut RecvOp::new(&self.handle), cx)
            .map(Result::ok)
    }

    pub(super) fn poll_recv_many(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut Vec<T>,
        limit: usize,
    ) -> Poll<usize> {
        let mut op = RecvManyOp::new(&self.handle, buffer, limit);
        self.waiter.poll(&mut op, cx)
    }

    /// The consumer begins to wait elsewhere. What a `poll_` method has left in line would be told first, and may
    /// belong to a task that does not care any more.
    fn leave_line(&mut self) {
        self.waiter.cancel(&mut RecvOp::new(&self.handle));
    }
}

impl<T, S: Storage<T>> Drop for Rx<T, S> {
    fn drop(&mut self) {
        self.leave_line();
    }
}

impl<T, S: Storage<T>> fmt::Debug for Rx<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.fmt(f)
    }
}

/// Receives one message; `None` at the end.
pub(super) struct NextOp<'a, T, S: Storage<T>> {
    rx: &'a mut Rx<T, S>,
}

impl<T, S: Storage<T>> Operation for NextOp<'_, T, S> {
    type Output = Option<T>;

    #[inline(always)]
    fn attempt(&mut self, output: &mut Option<Self::Output>) -> Attempt {
        match self.rx.handle.recv(|message| *output = Some(Some(message))) {
            Ok(()) => Attempt::Done,
            Err(NoItem::Closed) => done(output, None),
            Err(NoItem::Busy) => Attempt::Busy,
            Err(NoItem::Empty) => {
                self.rx.leave_line();
                Attempt::Blocked
            }
        }
    }

    fn gate(&self) -> impl Gate {
        self.rx.handle.news()
    }

    fn streak(&self) -> Option<&Streak> {
        Some(self.rx.handle.streak())
    }
}

/// Receives a run of messages into a vector; 0 at the end.
pub(super) struct NextManyOp<'a, T, S: Storage<T>> {
    rx: &'a mut Rx<T, S>,
    buffer: &'a mut Vec<T>,
    limit: usize,
}

impl<T, S: Storage<T>> Operation for NextManyOp<'_, T, S> {
    type Output = usize;

    /// An empty channel is left to `attempt`, which tells a sender of it.
    fn glance(&mut self, output: &mut Option<usize>) -> bool {
        self.rx.handle.len() > 0 && matches!(self.attempt(output), Attempt::Done)
    }

    fn attempt(&mut self, output: &mut Option<usize>) -> Attempt {
        if self.limit == 0 {
            return done(output, 0);
        }
        match recv_run(&self.rx.handle, self.buffer, self.limit) {
            Ok(n) => done(output, n),
            Err(NoItem::Closed) => done(output, 0),
            Err(NoItem::Busy) => Attempt::Busy,
            Err(NoItem::Empty) => {
                self.rx.leave_line();
                Attempt::Blocked
            }
        }
    }

    fn gate(&self) -> impl Gate {
        self.rx.handle.news()
    }

    fn streak(&self) -> Option<&Streak> {
        Some(self.rx.handle.streak())
    }
}
