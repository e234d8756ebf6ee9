//! The receiving handle of a bounded channel.

use alloc::vec::Vec;
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::task::{Context, Poll};

use super::bound;
use super::error::TryRecvError;
use super::rx::Rx;
use crate::ring::Ring;

/// Receives messages from a bounded channel.
///
/// There is one receiver. When it is dropped, the channel is closed and what is queued is dropped at once.
///
/// With the feature `stream` (on by default) it is a `Stream` and a `FusedStream`. It is `Unpin`,
/// and waiting allocates nothing: the channel has a place for the waker of its one receiver.
///
/// Created by [`channel`](super::channel).
pub struct Receiver<T> {
    pub(super) rx: Rx<T, Ring<T>>,
}

impl<T> Receiver<T> {
    pub(super) fn new(rx: Rx<T, Ring<T>>) -> Self {
        Self { rx }
    }

    /// Receives a message, waiting for one. `None` when the channel is closed and nothing is left in it.
    ///
    /// After [`close`](Self::close), permits that are still out may send: this waits for them.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it is done loses no message.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = wakering::mpsc::channel(1);
    /// tx.send(7).await.unwrap();
    /// drop(tx);
    /// assert_eq!(rx.recv().await, Some(7));
    /// assert_eq!(rx.recv().await, None);
    /// # });
    /// ```
    #[inline]
    pub fn recv(&mut self) -> impl Future<Output = Option<T>> {
        self.rx.recv()
    }

    /// Waits for messages and appends those that are there, at most `limit`, to `buffer`; says how many.
    ///
    /// They are taken in one step, by one atomic read-modify-write. The answer is 0 only when the channel is closed
    /// and nothing is left in it, or when `limit` is 0. Space in `buffer` is reserved for what is there, not for
    /// `limit`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it is done loses no message, and nothing has been appended.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = wakering::mpsc::channel(8);
    /// for n in 1..=5 {
    ///     tx.send(n).await.unwrap();
    /// }
    /// let mut buffer = Vec::new();
    /// assert_eq!(rx.recv_many(&mut buffer, 3).await, 3);
    /// assert_eq!(rx.recv_many(&mut buffer, 3).await, 2);
    /// assert_eq!(buffer, [1, 2, 3, 4, 5]);
    /// # });
    /// ```
    pub fn recv_many<'a>(
        &'a mut self,
        buffer: &'a mut Vec<T>,
        limit: usize,
    ) -> impl Future<Output = usize> + use<'a, T> {
        self.rx.recv_many(buffer, limit)
    }

    /// Receives a message if there is one now.
    ///
    /// Never waits. When a sender is interrupted in the act of sending the oldest message (a handful of instructions),
    /// this says `Empty` after looking some dozens of times, even if newer messages are complete.
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] when there is none, [`TryRecvError::Disconnected`] when there will never be one.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakering::mpsc::{self, error::TryRecvError};
    ///
    /// let (tx, mut rx) = mpsc::channel(1);
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.try_send(1).unwrap();
    /// drop(tx);
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    /// ```
    #[inline]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.rx.try_recv()
    }

    /// Polls for a message, as [`recv`](Self::recv) does: for hand-written futures.
    ///
    /// When it is pending, the waker of `cx` is called for the next message or the end. Only the waker of the latest
    /// call that had to wait is, whichever method that was.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.rx.poll_recv(cx)
    }

    /// Polls for messages, as [`recv_many`](Self::recv_many) does: for hand-written futures.
    ///
    /// When it is pending, the waker of `cx` is kept as by [`poll_recv`](Self::poll_recv).
    pub fn poll_recv_many(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut Vec<T>,
        limit: usize,
    ) -> Poll<usize> {
        self.rx.poll_recv_many(cx, buffer, limit)
    }

    /// Closes the channel: no more messages can be sent, and those sent before can still be received, as can those of
    /// permits taken before.
    ///
    /// Receive until the end to have all of them; what is left is dropped with the receiver.
    pub fn close(&mut self) {
        self.rx.handle().close();
    }

    /// Whether the channel is closed: all senders are gone, or [`close`](Self::close) was called. Messages may still be
    /// queued.
    pub fn is_closed(&self) -> bool {
        self.rx.handle().is_closed()
    }

    /// Closed, and nothing left to receive now or later.
    #[cfg(feature = "stream")]
    pub(crate) fn is_finished(&self) -> bool {
        self.rx.handle().is_finished()
    }

    /// Whether no message is queued.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many messages are queued; never more than the capacity.
    pub fn len(&self) -> usize {
        self.rx.handle().len()
    }

    /// How many messages the channel has dropped because of its [`Overflow`](crate::Overflow).
    pub fn dropped(&self) -> u64 {
        self.rx.handle().dropped()
    }

    /// For how many messages there is room now: what messages and permits leave of
    /// [`max_capacity`](Self::max_capacity).
    pub fn capacity(&self) -> usize {
        bound(self.rx.handle().available())
    }

    /// How many messages the channel can hold: what was given to [`channel`](super::channel).
    pub fn max_capacity(&self) -> usize {
        bound(self.rx.handle().capacity())
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

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Receiver").field(&self.rx).finish()
    }
}

impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}
