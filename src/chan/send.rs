//! Sending as operations that can wait.

use alloc::collections::VecDeque;
use core::borrow::Borrow;

use super::{Chan, TxHandle};
use crate::error::SendError;
use crate::ring::NoRoom;
use crate::wait::{Attempt, Gate, Operation, Streak};

/// How often a waiting sender may find the room gone that it was told of, before room is set aside for it.
const PATIENCE: u8 = 2;

/// Sends one message. `H` is how the channel is reached: by a borrowed handle or by one of its own.
pub(crate) struct SendOp<T, H> {
    handle: H,
    /// `None` once it is sent, refused or taken back.
    message: Option<T>,
}

impl<T, H: Borrow<TxHandle<T>>> SendOp<T, H> {
    #[inline(always)]
    pub(crate) fn new(handle: H, message: T) -> Self {
        Self {
            handle,
            message: Some(message),
        }
    }

    pub(crate) fn handle(&self) -> &TxHandle<T> {
        self.handle.borrow()
    }

    /// The message that has not been sent.
    pub(crate) fn take_back(&mut self) -> Option<T> {
        self.message.take()
    }
}

impl<T, H: Borrow<TxHandle<T>>> Operation for SendOp<T, H> {
    type Output = Result<(), SendError<T>>;

    #[inline(always)]
    fn attempt(&mut self) -> Attempt<Self::Output> {
        let chan: &Chan<T> = self.handle.borrow();
        if self.message.is_none() {
            spent("send");
        }
        let message = &mut self.message;
        match chan.send(|| message.take().unwrap_or_else(|| spent("send"))) {
            Ok(()) => Attempt::Done(Ok(())),
            Err(NoRoom::Full) => Attempt::Blocked,
            Err(NoRoom::Busy) => Attempt::Busy,
            Err(NoRoom::Closed) => match self.message.take() {
                Some(message) => Attempt::Done(Err(SendError(message))),
                None => spent("send"),
            },
        }
    }

    fn gate(&self) -> impl Gate {
        self.handle().room()
    }

    /// Who has been overtaken twice is given its room (W7).
    fn wants(&self, losses: u8) -> u32 {
        u32::from(losses >= PATIENCE)
    }

    fn settle(&mut self, credits: u32) -> Self::Output {
        debug_assert_eq!(credits, 1);
        match self.message.take() {
            Some(message) => self.handle().send_granted(message).map_err(SendError),
            None => spent("send"),
        }
    }

    fn refund(&mut self, credits: u32) {
        self.handle().unreserve(credits as usize);
    }

    fn streak(&self) -> Option<&Streak> {
        Some(self.handle().streak())
    }
}

/// Sends all messages of a deque, in runs.
pub(crate) struct SendManyOp<'a, T> {
    handle: &'a TxHandle<T>,
    messages: &'a mut VecDeque<T>,
}

impl<'a, T> SendManyOp<'a, T> {
    pub(crate) fn new(handle: &'a TxHandle<T>, messages: &'a mut VecDeque<T>) -> Self {
        Self { handle, messages }
    }

    pub(crate) fn handle(&self) -> &TxHandle<T> {
        self.handle
    }
}

impl<T> Operation for SendManyOp<'_, T> {
    type Output = Result<(), SendError<()>>;

    fn attempt(&mut self) -> Attempt<Self::Output> {
        while !self.messages.is_empty() {
            match send_run(self.handle, self.messages) {
                Ok(_) => {}
                Err(NoRoom::Full) => return Attempt::Blocked,
                Err(NoRoom::Busy) => return Attempt::Busy,
                Err(NoRoom::Closed) => return Attempt::Done(Err(SendError(()))),
            }
        }
        Attempt::Done(Ok(()))
    }

    fn gate(&self) -> impl Gate {
        self.handle.room()
    }

    fn streak(&self) -> Option<&Streak> {
        Some(self.handle().streak())
    }
}

/// Sends as many of `messages` (at least one) as there is room for at one time.
pub(crate) fn send_run<T>(chan: &Chan<T>, messages: &mut VecDeque<T>) -> Result<usize, NoRoom> {
    chan.send_run(messages.len(), || match messages.pop_front() {
        Some(message) => message,
        None => unreachable!("a run is no longer than the deque"),
    })
}

/// Waits for the close.
pub(crate) struct ClosedOp<'a, T>(&'a Chan<T>);

impl<'a, T> ClosedOp<'a, T> {
    pub(crate) fn new(chan: &'a Chan<T>) -> Self {
        Self(chan)
    }
}

impl<T> Operation for ClosedOp<'_, T> {
    type Output = ();

    fn attempt(&mut self) -> Attempt<()> {
        if self.0.is_closed() {
            Attempt::Done(())
        } else {
            Attempt::Blocked
        }
    }

    fn gate(&self) -> impl Gate {
        self.0.closed_gate()
    }
}

/// A future was polled after it was done.
#[cold]
#[track_caller]
pub(super) fn spent(what: &str) -> ! {
    panic!("`{what}` future polled after completion")
}
