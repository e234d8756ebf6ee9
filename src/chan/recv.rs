//! Receiving as operations that can wait.

use alloc::vec::Vec;
use core::borrow::Borrow;
use core::marker::PhantomData;

use super::{Chan, RxHandle};
use crate::error::RecvError;
use crate::index::NoItem;
use crate::wait::{Attempt, Gate, Operation, Streak, done};

/// Receives one message. `H` is how the channel is reached: by a borrowed handle or by one of its own.
pub(crate) struct RecvOp<T, H> {
    handle: H,
    _message: PhantomData<fn() -> T>,
}

impl<T, H: Borrow<RxHandle<T>>> RecvOp<T, H> {
    #[inline(always)]
    pub(crate) fn new(handle: H) -> Self {
        Self {
            handle,
            _message: PhantomData,
        }
    }

    pub(crate) fn handle(&self) -> &RxHandle<T> {
        self.handle.borrow()
    }
}

impl<T, H: Borrow<RxHandle<T>>> Operation for RecvOp<T, H> {
    type Output = Result<T, RecvError>;

    #[inline(always)]
    fn glance(&mut self, output: &mut Option<Self::Output>) -> bool {
        let chan: &Chan<T> = self.handle.borrow();
        chan.glance_recv(|message| *output = Some(Ok(message)))
    }

    #[inline(always)]
    fn attempt(&mut self, output: &mut Option<Self::Output>) -> Attempt {
        match self
            .handle
            .borrow()
            .recv(|message| *output = Some(Ok(message)))
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

    fn streak(&self) -> Option<&Streak> {
        Some(self.handle().streak())
    }
}

/// Receives a run of messages into a vector.
pub(crate) struct RecvManyOp<'a, T> {
    handle: &'a RxHandle<T>,
    messages: &'a mut Vec<T>,
    limit: usize,
}

impl<'a, T> RecvManyOp<'a, T> {
    pub(crate) fn new(handle: &'a RxHandle<T>, messages: &'a mut Vec<T>, limit: usize) -> Self {
        Self {
            handle,
            messages,
            limit,
        }
    }

    pub(crate) fn handle(&self) -> &RxHandle<T> {
        self.handle
    }
}

impl<T> Operation for RecvManyOp<'_, T> {
    type Output = usize;

    fn attempt(&mut self, output: &mut Option<usize>) -> Attempt {
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

    fn gate(&self) -> impl Gate {
        self.handle.news()
    }

    fn streak(&self) -> Option<&Streak> {
        Some(self.handle().streak())
    }
}

/// Appends to `messages` what is there at one time, at most `limit`. Space is made before anything is claimed.
pub(crate) fn recv_run<T>(
    chan: &Chan<T>,
    messages: &mut Vec<T>,
    limit: usize,
) -> Result<usize, NoItem> {
    let most = chan.len().min(limit);
    messages.reserve(most);
    chan.recv_run(most, |message| messages.push(message))
}
