//! Receiving as operations that can wait.

use alloc::vec::Vec;
use core::borrow::Borrow;
use core::marker::PhantomData;
use core::task::Poll;

use super::{Chan, Mixed, RxHandle, Types};
use crate::error::RecvError;
use crate::index::NoItem;
use crate::storage::Storage;
use crate::wait::{Attempt, Gate, Operation, Queue, Streak, WaitQueue, done};

/// What receiving ends with: a message, or the end of the channel.
pub(crate) trait Received<T> {
    const END: Self;

    fn message(message: T) -> Self;
}

impl<T> Received<T> for Result<T, RecvError> {
    const END: Self = Err(RecvError);

    #[inline(always)]
    fn message(message: T) -> Self {
        Ok(message)
    }
}

impl<T> Received<T> for Option<T> {
    const END: Self = None;

    #[inline(always)]
    fn message(message: T) -> Self {
        Some(message)
    }
}

/// Receives one message. `H` is how the channel is reached: by a borrowed handle or by one of its own.
pub(crate) struct RecvOp<T, H, R = Result<T, RecvError>, S = Mixed<T>, Q = WaitQueue> {
    handle: H,
    _channel: PhantomData<Types<T, S, Q>>,
    _received: PhantomData<fn() -> R>,
}

impl<'a, T, R, S: Storage<T>, Q: Queue> RecvOp<T, &'a RxHandle<T, S, Q>, R, S, Q> {
    #[inline(always)]
    pub(crate) fn new(handle: &'a RxHandle<T, S, Q>) -> Self {
        Self::by(handle)
    }
}

impl<T, R, S: Storage<T>, Q: Queue> RecvOp<T, RxHandle<T, S, Q>, R, S, Q> {
    pub(crate) fn owning(handle: RxHandle<T, S, Q>) -> Self {
        Self::by(handle)
    }
}

impl<T, H, R, S, Q> RecvOp<T, H, R, S, Q>
where
    H: Borrow<RxHandle<T, S, Q>>,
    S: Storage<T>,
    Q: Queue,
{
    #[inline(always)]
    fn by(handle: H) -> Self {
        Self {
            handle,
            _channel: PhantomData,
            _received: PhantomData,
        }
    }

    #[inline(always)]
    pub(crate) fn handle(&self) -> &RxHandle<T, S, Q> {
        self.handle.borrow()
    }
}

impl<T, H, R, S, Q> Operation<Q> for RecvOp<T, H, R, S, Q>
where
    H: Borrow<RxHandle<T, S, Q>>,
    R: Received<T>,
    S: Storage<T>,
    Q: Queue,
{
    type Output = R;

    const YIELDS: bool = true;

    #[inline(always)]
    fn glance(&mut self, output: &mut Poll<R>) -> bool {
        self.handle()
            .glance_recv(|message| *output = Poll::Ready(R::message(message)))
    }

    #[cfg(feature = "std")]
    fn look(&mut self, output: &mut Poll<R>) -> bool {
        matches!(self.attempt(output), Attempt::Done)
    }

    #[inline(always)]
    fn attempt(&mut self, output: &mut Poll<R>) -> Attempt {
        let received = self
            .handle()
            .recv(|message| *output = Poll::Ready(R::message(message)));
        match received {
            Ok(()) => Attempt::Done,
            Err(NoItem::Empty) => Attempt::Blocked,
            Err(NoItem::Busy) => Attempt::Busy,
            Err(NoItem::Closed) => done(output, R::END),
        }
    }

    fn gate(&self) -> impl Gate<Q> {
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
