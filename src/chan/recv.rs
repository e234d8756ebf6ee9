//! Receiving as operations that can wait.

use alloc::vec::Vec;
use core::borrow::Borrow;
use core::marker::PhantomData;
use core::task::Poll;

use super::{Chan, Mixed, RxHandle};
use crate::error::RecvError;
use crate::index::NoItem;
use crate::storage::Storage;
use crate::wait::{Attempt, Gate, Operation, Queue, Streak, WaitQueue, done};

/// Receives one message. `H` is how the channel is reached: by a borrowed handle or by one of its own.
pub(crate) struct RecvOp<T, H, S = Mixed<T>> {
    handle: H,
    _storage: PhantomData<fn() -> (T, S)>,
}

impl<'a, T, S: Storage<T>> RecvOp<T, &'a RxHandle<T, S>, S> {
    #[inline(always)]
    pub(crate) fn new(handle: &'a RxHandle<T, S>) -> Self {
        Self::by(handle)
    }
}

impl<T, S: Storage<T>> RecvOp<T, RxHandle<T, S>, S> {
    pub(crate) fn owning(handle: RxHandle<T, S>) -> Self {
        Self::by(handle)
    }
}

impl<T, H: Borrow<RxHandle<T, S>>, S: Storage<T>> RecvOp<T, H, S> {
    #[inline(always)]
    fn by(handle: H) -> Self {
        Self {
            handle,
            _storage: PhantomData,
        }
    }

    pub(crate) fn handle(&self) -> &RxHandle<T, S> {
        self.handle.borrow()
    }
}

impl<T, H: Borrow<RxHandle<T, S>>, S: Storage<T>> Operation for RecvOp<T, H, S> {
    type Output = Result<T, RecvError>;

    const YIELDS: bool = true;

    #[inline(always)]
    fn glance(&mut self, output: &mut Poll<Self::Output>) -> bool {
        let chan: &Chan<T, S> = self.handle.borrow();
        chan.glance_recv(|message| *output = Poll::Ready(Ok(message)))
    }

    #[cfg(feature = "std")]
    fn look(&mut self, output: &mut Poll<Self::Output>) -> bool {
        matches!(self.attempt(output), Attempt::Done)
    }

    #[inline(always)]
    fn attempt(&mut self, output: &mut Poll<Self::Output>) -> Attempt {
        match self
            .handle
            .borrow()
            .recv(|message| *output = Poll::Ready(Ok(message)))
        {
            Ok(()) => Attempt::Done,
            Err(NoItem::Empty) => Attempt::Blocked,
            Err(NoItem::Busy) => Attempt::Busy,
            Err(NoItem::Closed) => done(output, Err(RecvError)),
        }
    }

    fn gate(&self) -> impl Gate {
        self.handle().news()
    }

    #[cfg(feature = "std")]
    fn is_meeting(&self) -> bool {
        self.handle().is_meeting()
    }

    fn streak(&self) -> Option<&Streak> {
        Some(self.handle().streak())
    }
}

/// Receives a run of messages into a vector.
pub(crate) struct RecvManyOp<'a, T, S: Storage<T> = Mixed<T>, Q: Queue = WaitQueue> {
    handle: &'a RxHandle<T, S, Q>,
    messages: &'a mut Vec<T>,
    limit: usize,
}

impl<'a, T, S: Storage<T>, Q: Queue> RecvManyOp<'a, T, S, Q> {
    pub(crate) fn new(
        handle: &'a RxHandle<T, S, Q>,
        messages: &'a mut Vec<T>,
        limit: usize,
    ) -> Self {
        Self {
            handle,
            messages,
            limit,
        }
    }

    pub(crate) fn handle(&self) -> &RxHandle<T, S, Q> {
        self.handle
    }
}

impl<T, S: Storage<T>, Q: Queue> Operation<Q> for RecvManyOp<'_, T, S, Q> {
    type Output = usize;

    /// An empty channel is left to `attempt`, which tells a sender of it.
    fn glance(&mut self, output: &mut Poll<usize>) -> bool {
        self.handle.at_hand() > 0 && matches!(self.attempt(output), Attempt::Done)
    }

    fn attempt(&mut self, output: &mut Poll<usize>) -> Attempt {
        if self.limit == 0 {
            return done(output, 0);
        }
        match recv_run(self.handle, self.messages, self.limit) {
            Ok(n) => done(output, n),
            Err(NoItem::Empty) => Attempt::Blocked,
            Err(NoItem::Busy) => Attempt::Busy,
            Err(NoItem::Closed) => done(output, 0),
        }
    }

    fn gate(&self) -> impl Gate<Q> {
        self.handle.news()
    }

    #[cfg(feature = "std")]
    fn is_meeting(&self) -> bool {
        self.handle.is_meeting()
    }

    fn streak(&self) -> Option<&Streak> {
        Some(self.handle().streak())
    }
}

/// Appends to `messages` what is there at one time, at most `limit`. Space is made before anything is claimed.
pub(crate) fn recv_run<T, S: Storage<T>, Q: Queue>(
    chan: &Chan<T, S, Q>,
    messages: &mut Vec<T>,
    limit: usize,
) -> Result<usize, NoItem> {
    if limit == 0 {
        return Ok(0);
    }
    let most = chan.at_hand().min(limit);
    messages.reserve(most);
    chan.recv_run(most, |message| messages.push(message))
}
