//! The handles of unbounded channels. What they share with the bounded ones is documented there.

use alloc::vec::Vec;
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::task::{Context, Poll};

use super::Unbound;
use super::error::{SendError, TryRecvError};
use super::rx::Rx;
use super::{Chan, TxHandle};
use crate::chan::ClosedOp;
use crate::shared::{Tx, WeakHandle};
use crate::wait::Wait;

/// Sends messages into an unbounded channel.
///
/// Senders are cloned to send from several places. When the last one is dropped, the channel is closed: the receiver
/// gets what is still queued, and then the end.
///
/// Created by [`unbounded_channel`](super::unbounded_channel).
pub struct UnboundedSender<T> {
    handle: TxHandle<T, Unbound<T>>,
}

impl<T> UnboundedSender<T> {
    pub(super) fn new(handle: TxHandle<T, Unbound<T>>) -> Self {
        Self { handle }
    }

    /// Sends a message, at once.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message when the channel is closed.
    ///
    /// # Panics
    ///
    /// When 2^38 messages are queued.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = wakering::mpsc::unbounded_channel();
    /// tx.send("hello").unwrap();
    /// drop(rx);
    /// assert_eq!(tx.send("world").unwrap_err().0, "world");
    /// ```
    #[inline]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        let mut message = Some(message);
        let sent = self.handle.send(|| match message.take() {
            Some(message) => message,
            None => unreachable!("called once"),
        });
        match (sent, message) {
            (Err(_), Some(message)) => Err(SendError(message)),
            (_, None) | (Ok(()), _) => Ok(()),
        }
    }

    /// As [`Sender::closed`](super::Sender::closed).
    pub fn closed(&self) -> impl Future<Output = ()> {
        Wait::new(ClosedOp::new(&self.handle))
    }

    /// As [`Sender::is_closed`](super::Sender::is_closed).
    pub fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    /// As [`Sender::same_channel`](super::Sender::same_channel).
    pub fn same_channel(&self, other: &Self) -> bool {
        self.handle.same_channel(&other.handle)
    }

    /// As [`Sender::downgrade`](super::Sender::downgrade).
    #[must_use = "this makes a weak sender and leaves this one as it is"]
    pub fn downgrade(&self) -> WeakUnboundedSender<T> {
        WeakUnboundedSender::new(self.handle.downgrade())
    }

    /// As [`Sender::strong_count`](super::Sender::strong_count).
    pub fn strong_count(&self) -> usize {
        self.handle.sender_count()
    }

    /// As [`Sender::weak_count`](super::Sender::weak_count).
    pub fn weak_count(&self) -> usize {
        self.handle.weak_sender_count()
    }
}

/// Receives messages from an unbounded channel: as [`Receiver`](super::Receiver), with the same methods but for those
/// about capacity.
///
/// Created by [`unbounded_channel`](super::unbounded_channel).
pub struct UnboundedReceiver<T> {
    pub(super) rx: Rx<T, Unbound<T>>,
}

impl<T> UnboundedReceiver<T> {
    pub(super) fn new(rx: Rx<T, Unbound<T>>) -> Self {
        Self { rx }
    }

    /// As [`Receiver::recv`](super::Receiver::recv).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it is done loses no message.
    #[inline]
    pub fn recv(&mut self) -> impl Future<Output = Option<T>> {
        self.rx.recv()
    }

    /// As [`Receiver::recv_many`](super::Receiver::recv_many), in a few steps.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it is done loses no message, and nothing has been appended.
    pub fn recv_many<'a>(
        &'a mut self,
        buffer: &'a mut Vec<T>,
        limit: usize,
    ) -> impl Future<Output = usize> + use<'a, T> {
        self.rx.recv_many(buffer, limit)
    }

    /// As [`Receiver::try_recv`](super::Receiver::try_recv).
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] when there is no message now, [`TryRecvError::Disconnected`] when there will never be
    /// one.
    #[inline]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.rx.try_recv()
    }

    /// As [`Receiver::poll_recv`](super::Receiver::poll_recv).
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.rx.poll_recv(cx)
    }

    /// As [`Receiver::poll_recv_many`](super::Receiver::poll_recv_many).
    pub fn poll_recv_many(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut Vec<T>,
        limit: usize,
    ) -> Poll<usize> {
        self.rx.poll_recv_many(cx, buffer, limit)
    }

    /// As [`Receiver::close`](super::Receiver::close).
    pub fn close(&mut self) {
        self.rx.handle().close();
    }

    /// As [`Receiver::is_closed`](super::Receiver::is_closed).
    pub fn is_closed(&self) -> bool {
        self.rx.handle().is_closed()
    }

    /// Closed, and nothing left to receive.
    #[cfg(feature = "stream")]
    pub(crate) fn is_finished(&self) -> bool {
        self.rx.handle().is_finished()
    }

    /// Whether no message is queued.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many messages are queued.
    pub fn len(&self) -> usize {
        self.rx.handle().len()
    }

    /// How many senders there are.
    pub fn sender_strong_count(&self) -> usize {
        self.rx.handle().sender_count()
    }

    /// How many weak senders there are.
    pub fn sender_weak_count(&self) -> usize {
        self.rx.handle().weak_sender_count()
    }
}

/// An [`UnboundedSender`] that does not keep the channel open. Created by [`UnboundedSender::downgrade`].
pub struct WeakUnboundedSender<T> {
    handle: WeakHandle<Chan<T, Unbound<T>>, Tx>,
}

impl<T> WeakUnboundedSender<T> {
    fn new(handle: WeakHandle<Chan<T, Unbound<T>>, Tx>) -> Self {
        Self { handle }
    }

    /// As [`WeakSender::upgrade`](super::WeakSender::upgrade).
    pub fn upgrade(&self) -> Option<UnboundedSender<T>> {
        self.handle.upgrade().map(UnboundedSender::new)
    }

    /// How many senders there are.
    pub fn strong_count(&self) -> usize {
        self.handle.strong_count()
    }

    /// How many weak senders there are, this one among them.
    pub fn weak_count(&self) -> usize {
        self.handle.weak_count()
    }
}

impl<T> Clone for UnboundedSender<T> {
    fn clone(&self) -> Self {
        Self::new(self.handle.clone())
    }
}

impl<T> Clone for WeakUnboundedSender<T> {
    fn clone(&self) -> Self {
        Self::new(self.handle.clone())
    }
}

impl<T> fmt::Debug for UnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UnboundedSender")
            .field(&self.handle)
            .finish()
    }
}

impl<T> fmt::Debug for UnboundedReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UnboundedReceiver").field(&self.rx).finish()
    }
}

impl<T> fmt::Debug for WeakUnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WeakUnboundedSender")
            .field(self.handle.core())
            .finish()
    }
}

impl<T> UnwindSafe for UnboundedSender<T> {}
impl<T> RefUnwindSafe for UnboundedSender<T> {}
impl<T> UnwindSafe for UnboundedReceiver<T> {}
impl<T> RefUnwindSafe for UnboundedReceiver<T> {}
impl<T> UnwindSafe for WeakUnboundedSender<T> {}
impl<T> RefUnwindSafe for WeakUnboundedSender<T> {}
