//! Enqueueing, dequeueing and keeping the time as operations that can wait, and their futures.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::chan::{Chan, RxHandle, Taken, TxHandle};
use super::ledger::Refused;
use super::{Delivery, Id};
use crate::error::{RecvError, SendError};
use crate::wait::{Attempt, Gate, Operation, Streak, Wait, done, project_wait};

/// How often a waiting producer may find the room gone that it was told of, before room is set aside for it.
const LOSSES: u8 = 2;

/// Enqueues one message.
pub(super) struct EnqueueOp<'a, T> {
    handle: &'a TxHandle<T>,
    /// `None` once it is enqueued, refused or taken back.
    message: Option<T>,
}

impl<'a, T> EnqueueOp<'a, T> {
    pub(super) fn new(handle: &'a TxHandle<T>, message: T) -> Self {
        Self {
            handle,
            message: Some(message),
        }
    }

    /// The outcome as the user gets it: refused, with the message.
    #[inline]
    pub(super) fn outcome(&mut self, sent: Result<Id, SendError<()>>) -> Result<Id, SendError<T>> {
        sent.map_err(|SendError(())| SendError(self.refused()))
    }

    /// The message that was not enqueued.
    #[cold]
    pub(super) fn refused(&mut self) -> T {
        match self.message.take() {
            Some(message) => message,
            None => unreachable!("what is not enqueued has its message"),
        }
    }
}

impl<T> Operation for EnqueueOp<'_, T> {
    /// Refused, it leaves the message in the operation, to be taken back.
    type Output = Result<Id, SendError<()>>;

    #[inline]
    fn glance(&mut self, output: &mut Poll<Self::Output>) -> bool {
        self.handle.looks_open() && matches!(self.attempt(output), Attempt::Done)
    }

    #[inline]
    fn attempt(&mut self, output: &mut Poll<Self::Output>) -> Attempt {
        if self.message.is_none() {
            panic!("`enqueue` future polled after completion");
        }
        match self.handle.add(&mut self.message, || self.handle.guest()) {
            Ok(id) => done(output, Ok(id)),
            Err(Refused::Full) => Attempt::Blocked,
            Err(Refused::Closed) => done(output, Err(SendError(()))),
        }
    }

    fn gate(&self) -> impl Gate {
        self.handle.room()
    }

    const BORROWS: bool = true;

    fn wants(&self, losses: u8) -> u32 {
        u32::from(losses >= LOSSES)
    }

    fn settle(&mut self, credits: u32) -> Self::Output {
        debug_assert_eq!(credits, 1);
        self.handle
            .add_granted(&mut self.message, || self.handle.guest())
            .map_err(|_closed| SendError(()))
    }

    fn refund(&mut self, credits: u32) {
        self.handle.give_up_room(credits as usize);
    }

    fn streak(&self) -> Option<&Streak> {
        Some(self.handle.streak())
    }
}

/// What a dequeue ends with.
pub(super) enum Dequeued<T> {
    Message(Delivery<T>),
    Over,
    /// Only for those who sleep by the clock: something is due earlier than they know.
    Unsure,
}

/// Takes one message.
pub(super) struct DequeueOp<'a, T> {
    handle: &'a RxHandle<T>,
    /// The version of what the caller knows of times, if it sleeps by the clock.
    pub(super) known: Option<u64>,
}

impl<'a, T> DequeueOp<'a, T> {
    pub(super) fn new(handle: &'a RxHandle<T>) -> Self {
        Self {
            handle,
            known: None,
        }
    }
}

impl<T> Operation for DequeueOp<'_, T> {
    type Output = Dequeued<T>;

    #[inline]
    fn glance(&mut self, output: &mut Poll<Self::Output>) -> bool {
        self.handle.looks_ready() && matches!(self.attempt(output), Attempt::Done)
    }

    #[inline]
    fn attempt(&mut self, output: &mut Poll<Self::Output>) -> Attempt {
        match self.handle.take(self.known) {
            Taken::Message(node, receipt) => {
                let delivery = Delivery::new(node, receipt);
                done(output, Dequeued::Message(delivery))
            }
            Taken::Empty => Attempt::Blocked,
            Taken::Unsure => done(output, Dequeued::Unsure),
            Taken::Over => done(output, Dequeued::Over),
        }
    }

    fn gate(&self) -> impl Gate {
        self.handle.news()
    }

    fn streak(&self) -> Option<&Streak> {
        Some(self.handle.streak())
    }
}

impl<T> Dequeued<T> {
    pub(super) fn or_end(self) -> Result<Delivery<T>, RecvError> {
        match self {
            Self::Message(delivery) => Ok(delivery),
            Self::Over => Err(RecvError),
            Self::Unsure => unreachable!("it does not sleep by the clock"),
        }
    }
}

/// Waits until something is due earlier than was known, or nothing will be any more.
pub(super) struct AlarmOp<'a, T> {
    pub(super) chan: &'a Chan<T>,
    pub(super) known: u64,
}

impl<T> Operation for AlarmOp<'_, T> {
    type Output = ();

    fn attempt(&mut self, output: &mut Poll<()>) -> Attempt {
        if self.chan.version() != self.known || self.chan.is_over() {
            done(output, ())
        } else {
            Attempt::Blocked
        }
    }

    fn gate(&self) -> impl Gate {
        self.chan.alarm()
    }
}

/// The future of [`Producer::enqueue`](super::Producer::enqueue).
///
/// Dropping it before it is done means that the message is not in the queue and never will be. [`cancel`](Self::cancel)
/// does the same and gives the message back.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Enqueue<'a, T> {
    wait: Wait<EnqueueOp<'a, T>>,
}

project_wait!(Enqueue['a, T] => Wait<EnqueueOp<'a, T>>);

impl<'a, T> Enqueue<'a, T> {
    pub(super) fn new(op: EnqueueOp<'a, T>) -> Self {
        Self {
            wait: Wait::new(op),
        }
    }

    /// Stops waiting and takes the message back; `None` when it has been enqueued, or has been taken back before.
    pub fn cancel(self: Pin<&mut Self>) -> Option<T> {
        self.wait().cancel().message.take()
    }
}

impl<T> Future for Enqueue<'_, T> {
    type Output = Result<Id, SendError<T>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut wait = self.wait();
        let sent = ready!(wait.as_mut().poll(cx));
        Poll::Ready(wait.op_mut().outcome(sent))
    }
}

/// The future of [`Consumer::dequeue`](super::Consumer::dequeue).
///
/// Dropping it before it is done loses no message, and counts as no delivery.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Dequeue<'a, T> {
    wait: Wait<DequeueOp<'a, T>>,
}

project_wait!(Dequeue['a, T] => Wait<DequeueOp<'a, T>>);

impl<'a, T> Dequeue<'a, T> {
    pub(super) fn new(op: DequeueOp<'a, T>) -> Self {
        Self {
            wait: Wait::new(op),
        }
    }
}

impl<T> Future for Dequeue<'_, T> {
    type Output = Result<Delivery<T>, RecvError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.wait().poll(cx).map(Dequeued::or_end)
    }
}
