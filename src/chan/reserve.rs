//! Permits as an operation that can wait.
//!
//! A reservation asks for its credits when it waits (W7): whoever makes room gives them to the first waiter, bit by bit
//! if need be, until it has all. So reservations of many permits neither starve behind single sends nor wait for each
//! other with a part of the room each.

use core::borrow::Borrow;
use core::marker::PhantomData;
use core::task::Poll;

use super::{Mixed, TxHandle, Types};
use crate::error::SendError;
use crate::index::NoRoom;
use crate::storage::Storage;
use crate::wait::{Attempt, Gate, Operation, Queue, Streak, WaitQueue, done};

/// Takes `n` credits. `H` is how the channel is reached.
pub(crate) struct ReserveOp<T, H, S = Mixed<T>, Q = WaitQueue> {
    handle: H,
    n: usize,
    _channel: PhantomData<Types<T, S, Q>>,
}

impl<'a, T, S: Storage<T>, Q: Queue> ReserveOp<T, &'a TxHandle<T, S, Q>, S, Q> {
    pub(crate) fn new(handle: &'a TxHandle<T, S, Q>, n: usize) -> Self {
        Self::by(handle, n)
    }
}

impl<T, S: Storage<T>, Q: Queue> ReserveOp<T, TxHandle<T, S, Q>, S, Q> {
    pub(crate) fn owning(handle: TxHandle<T, S, Q>, n: usize) -> Self {
        Self::by(handle, n)
    }
}

impl<T, H: Borrow<TxHandle<T, S, Q>>, S: Storage<T>, Q: Queue> ReserveOp<T, H, S, Q> {
    fn by(handle: H, n: usize) -> Self {
        Self {
            handle,
            n,
            _channel: PhantomData,
        }
    }

    pub(crate) fn handle(&self) -> &TxHandle<T, S, Q> {
        self.handle.borrow()
    }

    pub(crate) fn n(&self) -> usize {
        self.n
    }
}

impl<T, H: Borrow<TxHandle<T, S, Q>>, S: Storage<T>, Q: Queue> Operation for ReserveOp<T, H, S, Q> {
    type Output = Result<(), SendError<()>>;

    fn glance(&mut self, output: &mut Poll<Self::Output>) -> bool {
        let reserved = self.handle().glance_reserve(self.n);
        if reserved {
            *output = Poll::Ready(Ok(()));
        }
        reserved
    }

    fn attempt(&mut self, output: &mut Poll<Self::Output>) -> Attempt {
        if self.n > self.handle().max_reserve() {
            return done(output, Err(SendError(())));
        }
        match self.handle().try_reserve(self.n) {
            Ok(()) => done(output, Ok(())),
            Err(NoRoom::Full) => Attempt::Blocked,
            Err(NoRoom::Busy) => Attempt::Busy,
            Err(NoRoom::Closed) => done(output, Err(SendError(()))),
        }
    }

    fn gate(&self) -> impl Gate {
        self.handle().room()
    }

    fn wants(&self, _losses: u8) -> u32 {
        // No more than `max_reserve`, which is less than 2^32.
        self.n as u32
    }

    fn settle(&mut self, credits: u32) -> Self::Output {
        if credits as usize == self.n && !self.handle().is_closed() {
            return Ok(());
        }
        self.refund(credits);
        Err(SendError(()))
    }

    fn retract(&mut self, output: Self::Output) {
        if output.is_ok() {
            self.handle().unreserve(self.n);
        }
    }

    fn refund(&mut self, credits: u32) {
        self.handle().unreserve(credits as usize);
    }

    fn streak(&self) -> Option<&Streak> {
        Some(self.handle().streak())
    }
}
