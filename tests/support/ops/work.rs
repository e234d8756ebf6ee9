//! The real futures and permits of a run, and how they are kept.
//!
//! Most of them borrow a handle. A run keeps handles in `Rc`s and lets each borrower hold one, so that a handle goes when
//! it has been dropped *and* nothing borrows it any more.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use wakering::mpmc::{self, OwnedPermit, Permit, PermitIterator, Receiver, Sender};
use wakering::{RecvTimeoutError, SendError, SendTimeoutError};

use super::alarm::Timer;
use super::message::{Id, Message, ids};
use super::model::Outcome;
use super::waits::TaskId;
use super::watcher::Watcher;

/// A receiver, and the waiter inside it if `poll_recv` has left it waiting.
pub struct Rx {
    pub receiver: Receiver<Message>,
    pub waiting: RefCell<Option<(TaskId, Watcher)>>,
}

impl Rx {
    pub fn new(receiver: Receiver<Message>) -> Rc<Self> {
        let waiting = RefCell::default();
        Rc::new(Self { receiver, waiting })
    }
}

/// What a future or permit borrows.
#[derive(Clone)]
pub enum Lender {
    Sender(Rc<Sender<Message>>),
    Receiver(Rc<Rx>),
    /// It is an owned one.
    Nobody,
}

/// Makes a borrow of a handle outlive the compiler's sight of it.
///
/// # Safety
///
/// The borrower is dropped (or forgotten) before the last `Rc` of the handle is.
pub unsafe fn lend<H>(handle: &Rc<H>) -> &'static H {
    // SAFETY: an `Rc`'s contents stay where they are; for how long is the caller's business.
    unsafe { &*Rc::as_ptr(handle) }
}

/// A collection that is lent to a future and taken back after it.
pub struct Buffer<C>(*mut C);

impl<C> Buffer<C> {
    pub fn new(contents: C) -> Self {
        Self(Box::into_raw(Box::new(contents)))
    }

    /// # Safety
    ///
    /// At most once, and the borrower is gone before the buffer is.
    pub unsafe fn lend(&self) -> &'static mut C {
        // SAFETY: it came out of a box; nobody else looks while it is lent.
        unsafe { &mut *self.0 }
    }
}

impl<C: Default> Buffer<C> {
    pub fn take(&mut self) -> C {
        // SAFETY: the borrower is gone, by the contract of `lend`.
        std::mem::take(unsafe { &mut *self.0 })
    }
}

impl<C> Drop for Buffer<C> {
    fn drop(&mut self) {
        // SAFETY: it came out of a box, and the borrower is gone.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// A future of the channel. The borrower stands before its buffer, so that it goes first.
pub enum Work {
    Send(Pin<Box<mpmc::Send<'static, Message>>>),
    SendOwned(Pin<Box<mpmc::SendOwned<Message>>>),
    SendMany(
        Pin<Box<mpmc::SendMany<'static, Message>>>,
        Buffer<VecDeque<Message>>,
    ),
    SendWith(Pin<Box<mpmc::SendWith<'static, Message, Timer>>>),
    Reserve(Pin<Box<mpmc::Reserve<'static, Message>>>),
    ReserveMany(Pin<Box<mpmc::ReserveMany<'static, Message>>>),
    ReserveOwned(Pin<Box<mpmc::ReserveOwned<Message>>>),
    Closed(Pin<Box<mpmc::Closed<'static, Message>>>),
    Recv(Pin<Box<mpmc::Recv<'static, Message>>>),
    RecvOwned(Pin<Box<mpmc::RecvOwned<Message>>>),
    RecvMany(
        Pin<Box<mpmc::RecvMany<'static, Message>>>,
        Buffer<Vec<Message>>,
    ),
    RecvWith(Pin<Box<mpmc::RecvWith<'static, Message, Timer>>>),
}

/// Permits.
pub enum Grant {
    One(Permit<'static, Message>),
    Many(PermitIterator<'static, Message>),
    Owned(OwnedPermit<Message>),
}

impl Work {
    /// Polls. When it is ready with permits, these are in `grant`.
    ///
    /// Messages that a batch did not send, or has received, are in the buffer: see [`end`](Self::end).
    pub fn poll(&mut self, cx: &mut Context<'_>, grant: &mut Option<Grant>) -> Poll<Outcome> {
        let mut granted = |one: Result<Grant, SendError<()>>, n| match one {
            Ok(permit) => {
                *grant = Some(permit);
                Outcome::Permits(n)
            }
            Err(SendError(())) => Outcome::Closed(vec![]),
        };
        match self {
            Self::Send(future) => future.as_mut().poll(cx).map(sent),
            Self::SendOwned(future) => future.as_mut().poll(cx).map(sent),
            Self::SendMany(future, _) => future.as_mut().poll(cx).map(|done| match done {
                Ok(()) => Outcome::Done,
                Err(SendError(())) => Outcome::Closed(vec![]),
            }),
            Self::SendWith(future) => future.as_mut().poll(cx).map(sent_in_time),
            Self::Reserve(future) => {
                let done = future.as_mut().poll(cx);
                done.map(|permit| granted(permit.map(Grant::One), 1))
            }
            Self::ReserveMany(future) => future.as_mut().poll(cx).map(|permits| {
                let n = permits.as_ref().map_or(0, ExactSizeIterator::len);
                granted(permits.map(Grant::Many), n)
            }),
            Self::ReserveOwned(future) => {
                let done = future.as_mut().poll(cx);
                done.map(|permit| granted(permit.map(Grant::Owned), 1))
            }
            Self::Closed(future) => future.as_mut().poll(cx).map(|()| Outcome::Done),
            Self::Recv(future) => future.as_mut().poll(cx).map(received),
            Self::RecvOwned(future) => future.as_mut().poll(cx).map(received),
            Self::RecvMany(future, _) => {
                let done = future.as_mut().poll(cx);
                // How many: compared with what is in the buffer by `end`.
                done.map(Outcome::Sent)
            }
            Self::RecvWith(future) => future.as_mut().poll(cx).map(|done| match done {
                Ok(message) => Outcome::Received(ids([message])),
                Err(RecvTimeoutError::Timeout) => Outcome::TimedOut(vec![]),
                Err(RecvTimeoutError::Closed) => Outcome::End,
            }),
        }
    }

    /// Takes the message back, where that is possible, without dropping the future.
    pub fn take_back(&mut self) -> Option<Vec<Id>> {
        match self {
            Self::Send(future) => Some(ids(future.as_mut().cancel())),
            Self::SendOwned(future) => Some(ids(future.as_mut().cancel())),
            _ => None,
        }
    }

    /// Drops the future; returns what is left in its buffer.
    pub fn end(self) -> Vec<Id> {
        match self {
            Self::SendMany(future, mut unsent) => {
                drop(future);
                ids(unsent.take())
            }
            Self::RecvMany(future, mut received) => {
                drop(future);
                ids(received.take())
            }
            _ => vec![],
        }
    }
}

/// The outcome of a send.
pub fn sent(result: Result<(), SendError<Message>>) -> Outcome {
    match result {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Closed(ids([error.into_inner()])),
    }
}

/// The outcome of a send with a time limit.
pub fn sent_in_time(result: Result<(), SendTimeoutError<Message>>) -> Outcome {
    match result {
        Ok(()) => Outcome::Done,
        Err(SendTimeoutError::Timeout(message)) => Outcome::TimedOut(ids([message])),
        Err(SendTimeoutError::Closed(message)) => Outcome::Closed(ids([message])),
    }
}

/// The outcome of a receive.
pub fn received(result: Result<Message, wakering::RecvError>) -> Outcome {
    match result {
        Ok(message) => Outcome::Received(ids([message])),
        Err(wakering::RecvError) => Outcome::End,
    }
}
