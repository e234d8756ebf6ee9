//! The receiving half, which is the future of the message.

use core::fmt;
use core::future::Future;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_core::future::FusedFuture;

use super::error::{RecvError, TryRecvError};
use super::node::{Hold, Rx};
use crate::wait::Turn;

/// Receives one message from a [`Sender`](super::Sender), by being awaited.
///
/// Created by [`channel`](super::channel).
///
/// Ends with `Ok` of the message, or with [`RecvError`] when there will be none: the sender was dropped without sending,
/// or the receiver was [closed](Self::close) before it sent.
///
/// # Cancel safety
///
/// Waiting for `&mut receiver` can be given up at any time: a message that comes later, or has just come, stays until it
/// is received or the receiver is dropped. (The waker stays with it, until the next poll or the end.)
///
/// # Panics
///
/// A poll after it has ended panics, be it that a poll was ready or that [`try_recv`](Self::try_recv) said anything but
/// `Empty`; as tokio's does. [`is_terminated`](Self::is_terminated) tells.
///
/// # Examples
///
/// ```
/// # futures_lite::future::block_on(async {
/// use wakering::oneshot;
///
/// let (tx, rx) = oneshot::channel();
/// tx.send(1).unwrap();
/// assert_eq!(rx.await, Ok(1));
/// # });
/// ```
pub struct Receiver<T> {
    /// `None` when it has ended.
    pub(super) hold: Option<Hold<T, Rx>>,
}

impl<T> Receiver<T> {
    #[inline]
    pub(super) fn new(hold: Hold<T, Rx>) -> Self {
        Self { hold: Some(hold) }
    }

    /// Closes the channel: a message can no longer be sent, and one that was sent before can still be received.
    ///
    /// A message that is in the channel is kept until it is received or the receiver is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakering::oneshot::{self, error::TryRecvError};
    ///
    /// let (tx, mut rx) = oneshot::channel();
    /// rx.close();
    /// assert_eq!(tx.send(1), Err(1));
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    ///
    /// let (tx, mut rx) = oneshot::channel();
    /// tx.send(1).unwrap();
    /// rx.close();
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// ```
    pub fn close(&mut self) {
        if let Some(wakers) = self.hold.as_mut().and_then(Hold::end) {
            wakers.tell();
        }
    }

    /// Whether it has ended: the message was received, or the receiver was told that there will be none. It must not be
    /// polled again then.
    pub fn is_terminated(&self) -> bool {
        self.hold.is_none()
    }

    /// Whether there is no message to receive now.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = wakering::oneshot::channel();
    /// assert!(rx.is_empty());
    /// tx.send(1).unwrap();
    /// assert!(!rx.is_empty());
    /// rx.try_recv().unwrap();
    /// assert!(rx.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        // What is there stays until it is received here.
        self.hold
            .as_ref()
            .is_none_or(|hold| !hold.glance().has_value())
    }

    /// Whether nothing can be sent any more: the sender has sent or is gone, or [`close`](Self::close) was called. A
    /// message may be there: [`is_empty`](Self::is_empty) tells.
    ///
    /// # Examples
    ///
    /// Whether the sender was dropped without sending, asked without receiving:
    ///
    /// ```
    /// let (tx, rx) = wakering::oneshot::channel::<u32>();
    /// drop(tx);
    /// assert!(rx.is_closed() && rx.is_empty());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.hold
            .as_ref()
            .is_none_or(|hold| hold.state().is_ended())
    }

    /// Receives the message if there is one now. Never waits.
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] when nothing has been sent yet, [`TryRecvError::Closed`] when there will be no message, or
    /// it has been received already.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakering::oneshot::{self, error::TryRecvError};
    ///
    /// let (tx, mut rx) = oneshot::channel();
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    /// ```
    #[inline]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        match &self.hold {
            Some(hold) if !hold.state().is_ended() => Err(TryRecvError::Empty),
            // SAFETY: one of the sides has ended.
            _ => Ok(unsafe { self.finish() }?),
        }
    }

    /// As `Future::poll`, without yielding to other tasks that could run.
    #[inline]
    pub(super) fn poll_here(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        let Some(hold) = &mut self.hold else {
            panic!("called after complete");
        };
        let state = hold.state();
        if !state.is_ended() && hold.wait(state, cx.waker()) {
            return Poll::Pending;
        }
        // SAFETY: one of the sides has ended.
        Poll::Ready(unsafe { self.finish() })
    }

    /// Ends, with the message if there is one.
    ///
    /// # Safety
    ///
    /// One of the sides has ended, or the receiver has.
    #[inline]
    unsafe fn finish(&mut self) -> Result<T, RecvError> {
        // SAFETY: the contract is the caller's.
        let value = self.hold.take().and_then(|hold| unsafe { hold.finish() });
        value.ok_or(RecvError(()))
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, RecvError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let turn = ready!(Turn::take(cx));
        let polled = self.get_mut().poll_here(cx);
        if polled.is_ready() {
            turn.used();
        }
        polled
    }
}

impl<T> FusedFuture for Receiver<T> {
    fn is_terminated(&self) -> bool {
        self.is_terminated()
    }
}

impl<T> Drop for Receiver<T> {
    #[inline]
    fn drop(&mut self) {
        let Some(hold) = self.hold.take() else { return };
        if let Err(hold) = hold.end_and_leave(0) {
            // SAFETY: one of the sides has ended. The message is dropped here, when all else is done.
            drop(unsafe { hold.finish() });
        }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("is_terminated", &self.is_terminated())
            .field("is_empty", &self.is_empty())
            .finish()
    }
}

impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}
