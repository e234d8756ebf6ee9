//! A sender that is polled for room.

use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
#[cfg(feature = "sink")]
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use super::Sender;
use super::error::PollSendError;
use crate::chan::RoomAhead;

/// A [`Sender`] for hand-written futures, and a `Sink` with the feature `sink`.
///
/// The names are those of `tokio_util::sync::PollSender`. Waiting allocates once for each `PollSender`, when it first
/// has to wait; no send allocates.
///
/// # Examples
///
/// ```
/// use std::future::poll_fn;
/// use wakering::mpsc::{self, PollSender};
///
/// # futures_lite::future::block_on(async {
/// let (tx, mut rx) = mpsc::channel(1);
/// let mut tx = PollSender::new(tx);
/// poll_fn(|cx| tx.poll_reserve(cx)).await.unwrap();
/// tx.send_item("hello").unwrap();
/// assert_eq!(rx.recv().await, Some("hello"));
/// # });
/// ```
pub struct PollSender<T> {
    /// `None` once it is closed and nothing is reserved.
    sender: Option<Sender<T>>,
    room: RoomAhead,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    /// The channel was found closed.
    ChannelClosed,
    /// `close` was called; what was reserved before can be used.
    Closed,
}

impl<T> PollSender<T> {
    /// A sender to poll.
    pub fn new(sender: Sender<T>) -> Self {
        Self::with(Some(sender))
    }

    fn with(sender: Option<Sender<T>>) -> Self {
        Self {
            stage: match sender {
                Some(_) => Stage::Open,
                None => Stage::Closed,
            },
            sender,
            room: RoomAhead::new(),
        }
    }

    /// Waits for room for one message and keeps it, until [`send_item`](Self::send_item) or
    /// [`abort_send`](Self::abort_send). Once it has been ready it is ready until then.
    ///
    /// # Errors
    ///
    /// [`PollSendError`] when the channel or this sender is closed. That is for ever.
    pub fn poll_reserve(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), PollSendError<T>>> {
        let closed = Poll::Ready(Err(PollSendError(None)));
        if self.room.is_ready() {
            return Poll::Ready(Ok(()));
        }
        let (Some(sender), Stage::Open) = (&self.sender, self.stage) else {
            return closed;
        };
        match ready!(self.room.poll(&sender.handle, cx)) {
            Ok(()) => Poll::Ready(Ok(())),
            Err(_) => {
                self.stage = Stage::ChannelClosed;
                closed
            }
        }
    }

    /// Sends a message into the room that [`poll_reserve`](Self::poll_reserve) has kept.
    ///
    /// When there is no receiver any more, the message is dropped, as with [`Permit::send`](super::Permit::send).
    ///
    /// # Errors
    ///
    /// [`PollSendError`] with the message when the channel or this sender was closed before `poll_reserve` was ready.
    ///
    /// # Panics
    ///
    /// When neither is closed and `poll_reserve` was not ready before.
    #[track_caller]
    pub fn send_item(&mut self, value: T) -> Result<(), PollSendError<T>> {
        let refused = match &self.sender {
            Some(sender) => self.room.send(&sender.handle, value),
            None => Err(value),
        };
        let result = match refused {
            Ok(()) => Ok(()),
            Err(_) if self.stage == Stage::Open => {
                panic!("`send_item` called without first calling `poll_reserve`")
            }
            Err(value) => Err(PollSendError(Some(value))),
        };
        self.let_go();
        result
    }

    /// Whether no more can be sent: [`close`](Self::close) was called, or the channel was found closed.
    pub fn is_closed(&self) -> bool {
        self.stage != Stage::Open
    }

    /// The sender; `None` after [`close`](Self::close).
    pub fn get_ref(&self) -> Option<&Sender<T>> {
        match self.stage {
            Stage::Open | Stage::ChannelClosed => self.sender.as_ref(),
            Stage::Closed => None,
        }
    }

    /// Closes this sender, not the channel: that is closed when the last sender is gone.
    ///
    /// Room that is kept can still be used by one [`send_item`](Self::send_item), or given back by
    /// [`abort_send`](Self::abort_send).
    pub fn close(&mut self) {
        self.stage = Stage::Closed;
        if !self.room.is_ready() {
            self.abort_send();
        }
    }

    /// Stops waiting for room, or gives back what is kept. True when there was anything to undo.
    pub fn abort_send(&mut self) -> bool {
        let aborted = match &self.sender {
            Some(sender) => self.room.release(&sender.handle),
            None => false,
        };
        self.let_go();
        aborted
    }

    /// Lets the sender go when it is needed no more.
    fn let_go(&mut self) {
        if self.stage == Stage::Closed {
            self.sender = None;
        }
    }
}

impl<T> Drop for PollSender<T> {
    fn drop(&mut self) {
        self.abort_send();
    }
}

impl<T> Clone for PollSender<T> {
    /// As [`new`](Self::new) with a clone of the sender: without what is reserved. A closed one makes a closed one.
    fn clone(&self) -> Self {
        Self::with(self.get_ref().cloned())
    }
}

impl<T> fmt::Debug for PollSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollSender")
            .field("sender", &self.sender)
            .field("stage", &self.stage)
            .field("room", &self.room)
            .finish()
    }
}

impl<T> UnwindSafe for PollSender<T> {}
impl<T> RefUnwindSafe for PollSender<T> {}

#[cfg(feature = "sink")]
impl<T> futures_sink::Sink<T> for PollSender<T> {
    type Error = PollSendError<T>;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.get_mut().poll_reserve(cx)
    }

    fn start_send(self: Pin<&mut Self>, value: T) -> Result<(), Self::Error> {
        self.get_mut().send_item(value)
    }

    /// A message is in the channel when `start_send` returns.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    /// As [`close`](PollSender::close).
    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.get_mut().close();
        Poll::Ready(Ok(()))
    }
}
