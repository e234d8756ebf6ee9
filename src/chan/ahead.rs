//! Room that is got by polling, before there is a message: what sinks are made of.

use core::task::{Context, Poll, ready};

use super::{ReserveOp, TxHandle};
use crate::error::SendError;
use crate::storage::Storage;
use crate::wait::{LazyWaiter, Queue};

/// A place in line for one credit, and then the credit. Whoever has one must `release` it before dropping it.
#[derive(Debug, Default)]
pub(crate) struct RoomAhead {
    waiter: LazyWaiter,
    stage: Stage,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Stage {
    #[default]
    Idle,
    /// Polled, and not done.
    Asked,
    /// A credit is held.
    Ready,
}

impl RoomAhead {
    pub(crate) const fn new() -> Self {
        Self {
            waiter: LazyWaiter::new(),
            stage: Stage::Idle,
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.stage == Stage::Ready
    }

    /// Takes a credit, unless there is one.
    pub(crate) fn poll<T, S: Storage<T>, Q: Queue>(
        &mut self,
        handle: &TxHandle<T, S, Q>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendError<()>>> {
        if !self.is_ready() {
            self.stage = Stage::Asked;
            let reserved = ready!(self.waiter.poll(&mut ReserveOp::new(handle, 1), cx));
            self.stage = match reserved {
                Ok(()) => Stage::Ready,
                Err(_) => Stage::Idle,
            };
            return Poll::Ready(reserved);
        }
        Poll::Ready(Ok(()))
    }

    /// Sends by the credit. Without one, it gives the message back.
    pub(crate) fn send<T, S: Storage<T>, Q: Queue>(
        &mut self,
        handle: &TxHandle<T, S, Q>,
        message: T,
    ) -> Result<(), T> {
        if !self.is_ready() {
            return Err(message);
        }
        self.stage = Stage::Idle;
        handle.send_reserved(message);
        Ok(())
    }

    /// Leaves the line, or gives the credit back; false when there was nothing to undo.
    pub(crate) fn release<T, S: Storage<T>, Q: Queue>(
        &mut self,
        handle: &TxHandle<T, S, Q>,
    ) -> bool {
        match core::mem::take(&mut self.stage) {
            Stage::Idle => return false,
            Stage::Asked => self.waiter.cancel(&mut ReserveOp::new(handle, 1)),
            Stage::Ready => handle.unreserve(1),
        }
        true
    }
}
