//! What the receivers of this face are, whatever their channel stores its messages in.

use alloc::vec::Vec;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::error::TryRecvError;
use crate::chan::{self, RecvManyOp, RecvOp};
use crate::index::NoItem;
use crate::storage::Storage;
use crate::wait::{OneWaiter, Place, Wait, WaitCell};

/// How the consumer reaches the channel.
type RxHandle<T, S> = chan::RxHandle<T, S, WaitCell>;

/// The one consumer of a channel.
pub(super) struct Rx<T, S: Storage<T>> {
    handle: RxHandle<T, S>,
    /// The place to wait of the `poll_` methods. The latest that waits, there or in a future, is the one that is told.
    waiter: OneWaiter,
}

impl<T, S: Storage<T>> Rx<T, S> {
    pub(super) fn new(handle: RxHandle<T, S>) -> Self {
        Self {
            handle,
            waiter: OneWaiter::new(),
        }
    }

    pub(super) fn handle(&self) -> &RxHandle<T, S> {
        &self.handle
    }

    #[inline]
    pub(super) fn recv(&mut self) -> Wait<NextOp<'_, T, S>, WaitCell> {
        Wait::new(NextOp::new(&self.handle))
    }

    pub(super) fn recv_many<'a>(
        &'a mut self,
        buffer: &'a mut Vec<T>,
        limit: usize,
    ) -> Wait<RecvManyOp<'a, T, S, WaitCell>, WaitCell> {
        Wait::new(RecvManyOp::new(&self.handle, buffer, limit))
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
        let mut op = NextOp::new(&self.handle);
        Pin::new(&mut self.waiter).poll_fairly(&mut op, cx)
    }

    pub(super) fn poll_recv_many(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut Vec<T>,
        limit: usize,
    ) -> Poll<usize> {
        if limit == 0 {
            // Nothing has come, and nobody takes out the waker of the poll before.
            return Poll::Ready(0);
        }
        let mut op = RecvManyOp::new(&self.handle, buffer, limit);
        Pin::new(&mut self.waiter).poll_fairly(&mut op, cx)
    }
}

impl<T, S: Storage<T>> Drop for Rx<T, S> {
    fn drop(&mut self) {
        // Senders may keep the channel for long, but nothing of the consumer's.
        Pin::new(&mut self.waiter).cancel(&mut NextOp::new(&self.handle));
    }
}

impl<T, S: Storage<T>> fmt::Debug for Rx<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.fmt(f)
    }
}

/// Receives one message; `None` at the end.
type NextOp<'a, T, S> = RecvOp<T, &'a RxHandle<T, S>, Option<T>, S, WaitCell>;
