//! Sending as operations that can wait.

use alloc::collections::VecDeque;
use core::borrow::Borrow;
use core::marker::PhantomData;
use core::mem::offset_of;
use core::task::Poll;

use super::{Chan, Mixed, TxHandle};
use crate::error::{SendError, SendTimeoutError};
use crate::index::NoRoom;
use crate::storage::Storage;
use crate::wait::{Attempt, Gate, Offer, Operation, Queue, Streak, WaitQueue, done};

/// How often a waiting sender may find the room gone that it was told of, before room is set aside for it.
const LOSSES: u8 = 2;

/// Sends one message. `H` is how the channel is reached: by a borrowed handle or by one of its own.
#[repr(C)]
pub(crate) struct SendOp<T, H, S = Mixed<T>, Q = WaitQueue> {
    _channel: PhantomData<fn() -> (S, Q)>,
    handle: H,
    /// Nothing once it is sent, refused or taken back. It comes last (`wait::offer`).
    message: Offer<T>,
}

impl<'a, T, S: Storage<T>, Q: Queue> SendOp<T, &'a TxHandle<T, S, Q>, S, Q> {
    #[inline(always)]
    pub(crate) fn new(handle: &'a TxHandle<T, S, Q>, message: T) -> Self {
        Self::by(handle, message)
    }
}

impl<T, S: Storage<T>, Q: Queue> SendOp<T, TxHandle<T, S, Q>, S, Q> {
    pub(crate) fn owning(handle: TxHandle<T, S, Q>, message: T) -> Self {
        Self::by(handle, message)
    }
}

impl<T, H: Borrow<TxHandle<T, S, Q>>, S: Storage<T>, Q: Queue> SendOp<T, H, S, Q> {
    #[inline(always)]
    pub(crate) fn by(handle: H, message: T) -> Self {
        Self {
            message: Offer::new(message),
            handle,
            _channel: PhantomData,
        }
    }

    pub(crate) fn handle(&self) -> &TxHandle<T, S, Q> {
        self.handle.borrow()
    }

    /// The message that has not been sent.
    pub(crate) fn take_back(&mut self) -> Option<T> {
        self.message.take()
    }

    /// The outcome as the user gets it: refused, with the message.
    #[inline(always)]
    pub(crate) fn outcome(&mut self, sent: Result<(), SendError<()>>) -> Result<(), SendError<T>> {
        match sent {
            Ok(()) => Ok(()),
            Err(SendError(())) => Err(SendError(self.refused())),
        }
    }

    /// A send that does not wait any longer: its message, unless a receiver has taken it meanwhile.
    fn given_up(&mut self) -> Result<(), T> {
        self.take_back().map_or(Ok(()), Err)
    }

    /// As `outcome`, of a send with a time limit; `Pending`: the time was up. A send that is rejected by an open channel has
    /// no time at all.
    pub(crate) fn timed_outcome(
        &mut self,
        sent: Poll<Result<(), SendError<()>>>,
    ) -> Result<(), SendTimeoutError<T>> {
        match sent {
            Poll::Ready(Ok(())) => Ok(()),
            Poll::Ready(Err(_)) if self.handle().is_closed() => {
                Err(SendTimeoutError::Closed(self.refused()))
            }
            Poll::Ready(Err(_)) => Err(SendTimeoutError::Timeout(self.refused())),
            Poll::Pending => self.given_up().map_err(SendTimeoutError::Timeout),
        }
    }

    /// There is no room, and it does not wait.
    #[cold]
    fn overflow(&mut self, output: &mut Poll<Result<(), SendError<()>>>) -> Attempt {
        let message = self.refused();
        match self.handle().overflow(NoRoom::Full, message) {
            Ok(()) => done(output, Ok(())),
            Err((why, message)) => {
                self.message.put(Some(message));
                match why {
                    NoRoom::Busy => Attempt::Busy,
                    NoRoom::Full | NoRoom::Closed => done(output, Err(SendError(()))),
                }
            }
        }
    }

    /// The message of a send that was not done.
    #[cold]
    pub(crate) fn refused(&mut self) -> T {
        match self.take_back() {
            Some(message) => message,
            None => unreachable!("a send that is not done has its message"),
        }
    }
}

impl<T, H: Borrow<TxHandle<T, S, Q>>, S: Storage<T>, Q: Queue> Operation for SendOp<T, H, S, Q> {
    /// Refused, it leaves the message in the operation, to be taken back.
    type Output = Result<(), SendError<()>>;

    const YIELDS: bool = true;

    #[inline(always)]
    fn glance(&mut self, output: &mut Poll<Self::Output>) -> bool {
        let chan: &Chan<T, S, Q> = self.handle.borrow();
        if self.message.is_none() {
            spent("send");
        }
        let message = &mut self.message;
        let sent = chan.glance_send(|| message.take().unwrap_or_else(|| spent("send")));
        if sent {
            *output = Poll::Ready(Ok(()));
        }
        sent
    }

    #[inline(always)]
    fn attempt(&mut self, output: &mut Poll<Self::Output>) -> Attempt {
        let chan: &Chan<T, S, Q> = self.handle.borrow();
        if self.message.is_none() {
            // A receiver has taken it. (A spent one has failed at its glance.)
            return done(output, Ok(()));
        }
        let message = &mut self.message;
        match chan.send(|| message.take().unwrap_or_else(|| spent("send"))) {
            Ok(()) => done(output, Ok(())),
            Err(NoRoom::Full) if chan.waits_for_room() => Attempt::Blocked,
            Err(NoRoom::Full) => self.overflow(output),
            Err(NoRoom::Busy) => Attempt::Busy,
            Err(NoRoom::Closed) => done(output, Err(SendError(()))),
        }
    }

    fn gate(&self) -> impl Gate {
        self.handle().room()
    }

    const BORROWS: bool = true;

    /// Who has been overtaken twice is lent its room (W7, W8).
    fn wants(&self, losses: u8) -> u32 {
        u32::from(losses >= LOSSES)
    }

    fn settle(&mut self, credits: u32) -> Self::Output {
        debug_assert_eq!(credits, 1);
        let Some(message) = self.message.take() else {
            spent("send");
        };
        self.handle().send_granted(message).map_err(|message| {
            self.message.put(Some(message));
            SendError(())
        })
    }

    fn refund(&mut self, credits: u32) {
        self.handle().unreserve(credits as usize);
    }

    fn is_offer(&self) -> bool {
        const { Offer::<T>::stands_in::<Self>(offset_of!(Self, message)) };
        self.handle().is_meeting()
    }

    fn offered(&self) {
        self.handle().offered();
    }

    fn streak(&self) -> Option<&Streak> {
        Some(self.handle().streak())
    }
}

/// Sends all messages of a deque, in runs; or offers them one after another.
#[repr(C)]
pub(crate) struct SendManyOp<'a, T, S: Storage<T> = Mixed<T>> {
    handle: &'a TxHandle<T, S>,
    messages: &'a mut VecDeque<T>,
    /// The first message while it is offered. It comes last (`wait::offer`).
    offer: Offer<T>,
}

impl<'a, T, S: Storage<T>> SendManyOp<'a, T, S> {
    pub(crate) fn new(handle: &'a TxHandle<T, S>, messages: &'a mut VecDeque<T>) -> Self {
        Self {
            offer: Offer::none(),
            handle,
            messages,
        }
    }

    pub(crate) fn handle(&self) -> &TxHandle<T, S> {
        self.handle
    }

    /// The next message is in the offer, if one is left.
    fn advance(&mut self) {
        if self.handle.is_meeting() && self.offer.is_none() {
            let next = self.messages.pop_front();
            self.offer.put(next);
        }
    }

    /// What was not taken is in the deque.
    fn withdraw(&mut self) {
        if let Some(message) = self.offer.take() {
            self.messages.push_front(message);
        }
    }
}

impl<T, S: Storage<T>> Drop for SendManyOp<'_, T, S> {
    fn drop(&mut self) {
        self.withdraw();
    }
}

impl<T, S: Storage<T>> Operation for SendManyOp<'_, T, S> {
    type Output = Result<(), SendError<()>>;

    /// It is left to `attempt`: a part of a batch is no less work than all of it.
    fn glance(&mut self, _output: &mut Poll<Self::Output>) -> bool {
        false
    }

    fn attempt(&mut self, output: &mut Poll<Self::Output>) -> Attempt {
        self.withdraw();
        while !self.messages.is_empty() {
            match send_run(self.handle, self.messages) {
                Ok(_) => {}
                Err(NoRoom::Full) if self.handle.waits_for_room() => {
                    self.advance();
                    return Attempt::Blocked;
                }
                Err(NoRoom::Busy) => return Attempt::Busy,
                Err(NoRoom::Full | NoRoom::Closed) => return done(output, Err(SendError(()))),
            }
        }
        done(output, Ok(()))
    }

    fn gate(&self) -> impl Gate {
        self.handle.room()
    }

    fn is_offer(&self) -> bool {
        const { Offer::<T>::stands_in::<Self>(offset_of!(Self, offer)) };
        self.handle.is_meeting()
    }

    fn offered(&self) {
        self.handle.offered();
    }

    fn streak(&self) -> Option<&Streak> {
        Some(self.handle().streak())
    }
}

/// Sends as many of `messages` (at least one) as the storage takes at one time.
fn send_run<T, S: Storage<T>>(
    chan: &Chan<T, S>,
    messages: &mut VecDeque<T>,
) -> Result<usize, NoRoom> {
    let sent = chan.send_run(messages.len(), || match messages.pop_front() {
        Some(message) => message,
        None => unreachable!("a run is no longer than the deque"),
    });
    match sent {
        Err(NoRoom::Full) if !chan.waits_for_room() => overflow_first(chan, messages),
        sent => sent,
    }
}

/// There is no room, and sends do not wait: the policy has the first message.
#[cold]
fn overflow_first<T, S: Storage<T>>(
    chan: &Chan<T, S>,
    messages: &mut VecDeque<T>,
) -> Result<usize, NoRoom> {
    let Some(message) = messages.pop_front() else {
        return Ok(0);
    };
    match chan.overflow(NoRoom::Full, message) {
        Ok(()) => Ok(1),
        Err((why, message)) => {
            messages.push_front(message);
            Err(why)
        }
    }
}

/// Sends as many of `messages` as there is room for now; says how many.
pub(crate) fn send_now<T, S: Storage<T>>(
    chan: &Chan<T, S>,
    messages: &mut VecDeque<T>,
) -> Result<usize, NoRoom> {
    let mut sent = 0;
    while !messages.is_empty() {
        match send_run(chan, messages) {
            Ok(n) => sent += n,
            Err(why) if sent == 0 => return Err(why),
            Err(_) => break,
        }
        if chan.capacity().is_some() && chan.waits_for_room() {
            break;
        }
    }
    Ok(sent)
}

/// Waits for the close.
pub(crate) struct ClosedOp<'a, T, S = Mixed<T>, Q = WaitQueue>(&'a Chan<T, S, Q>);

impl<'a, T, S: Storage<T>, Q: Queue> ClosedOp<'a, T, S, Q> {
    pub(crate) fn new(chan: &'a Chan<T, S, Q>) -> Self {
        Self(chan)
    }
}

impl<T, S: Storage<T>, Q: Queue> Operation for ClosedOp<'_, T, S, Q> {
    type Output = ();

    fn attempt(&mut self, output: &mut Poll<()>) -> Attempt {
        if self.0.is_closed() {
            done(output, ())
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
