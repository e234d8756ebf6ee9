//! The receiving handle.

use alloc::vec::Vec;
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::task::{Context, Poll};
#[cfg(feature = "std")]
use std::time::{Duration, Instant};

#[cfg(feature = "std")]
use super::Iter;
use super::{Drain, Recv, RecvMany, RecvOwned, RecvWith, TryIter, WeakReceiver};
use crate::chan::{RecvManyOp, RecvOp, RxHandle, recv_run};
#[cfg(feature = "std")]
use crate::error::RecvTimeoutError;
use crate::error::{RecvError, TryRecvError};
use crate::index::NoItem;
use crate::wait::LazyWaiter;
#[cfg(feature = "std")]
use crate::wait::{Wait, park};

/// Receives messages from a channel.
///
/// Receivers are cloned to share the work: each message goes to one of them. When the last one is dropped, the channel
/// is closed and what is queued is dropped at once.
///
/// With the feature `stream` (on by default) a receiver is a `Stream` and a `FusedStream`. It is `Unpin`; the first time
/// that it has to wait as a stream, it allocates its place in the wait queue, and keeps it for later.
///
/// Created by [`bounded`](super::bounded) and [`unbounded`](super::unbounded).
pub struct Receiver<T> {
    pub(crate) handle: RxHandle<T>,
    /// The place in line of `poll_recv` and `Stream`.
    waiter: LazyWaiter,
}

impl<T> Receiver<T> {
    pub(super) fn new(handle: RxHandle<T>) -> Self {
        Self {
            handle,
            waiter: LazyWaiter::new(),
        }
    }

    /// Receives a message, waiting for one.
    ///
    /// Receivers that wait are told of messages in the order in which they began to wait; one that does not need to
    /// wait may be faster.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it is done loses no message.
    ///
    /// # Errors
    ///
    /// [`RecvError`] when the channel is closed and nothing is left in it.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = wakering::bounded(1);
    /// tx.send(7).await.unwrap();
    /// drop(tx);
    /// assert_eq!(rx.recv().await, Ok(7));
    /// assert_eq!(rx.recv().await, Err(wakering::RecvError));
    /// # });
    /// ```
    #[inline]
    pub fn recv(&self) -> Recv<'_, T> {
        Recv::new(&self.handle)
    }

    /// As [`recv`](Self::recv), by a future that owns a handle and so may be stored or spawned.
    ///
    /// # Errors
    ///
    /// As `recv`.
    pub fn recv_owned(&self) -> RecvOwned<T> {
        RecvOwned::new(self.handle.clone())
    }

    /// Receives a message if there is one now.
    ///
    /// Never waits. When a sender is interrupted in the act of sending the oldest message (a handful of instructions),
    /// this says `Empty` after looking some dozens of times, even if newer messages are complete.
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] when there is none, [`TryRecvError::Closed`] when there will never be one.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakering::TryRecvError;
    ///
    /// let (tx, rx) = wakering::bounded(1);
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.try_send(1).unwrap();
    /// drop(tx);
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    /// ```
    #[inline(always)]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        let mut received = Err(TryRecvError::Empty);
        match self.handle.recv(|message| received = Ok(message)) {
            Ok(()) | Err(NoItem::Empty | NoItem::Busy) => received,
            Err(NoItem::Closed) => Err(TryRecvError::Closed),
        }
    }

    /// Receives a message, blocking the thread until there is one.
    ///
    /// A blocked thread sleeps. In an async task this blocks the executor's thread: use [`recv`](Self::recv) there.
    /// Nothing panics if you do not, but when the sender's task needs the same thread to run, both wait for ever.
    ///
    /// # Errors
    ///
    /// As `recv`.
    #[cfg(feature = "std")]
    pub fn recv_blocking(&self) -> Result<T, RecvError> {
        park::block_on(Wait::new(RecvOp::new(&self.handle)))
    }

    /// As `recv_blocking`; `None` at the end.
    #[cfg(feature = "std")]
    pub(super) fn next_blocking(&self) -> Option<T> {
        park::block_on(Wait::new(RecvOp::new(&self.handle)))
    }

    /// As [`recv_blocking`](Self::recv_blocking), for at most `timeout`; any `Duration` will do.
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError::Timeout`] when there was no message in time, [`RecvTimeoutError::Closed`] when the channel
    /// is closed and nothing is left in it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use wakering::RecvTimeoutError;
    ///
    /// let (tx, rx) = wakering::bounded(1);
    /// assert_eq!(rx.recv_timeout(Duration::from_millis(1)), Err(RecvTimeoutError::Timeout));
    /// tx.try_send(1).unwrap();
    /// assert_eq!(rx.recv_timeout(Duration::MAX), Ok(1));
    /// ```
    #[cfg(feature = "std")]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.recv_until(park::deadline_in(timeout))
    }

    /// As [`recv_blocking`](Self::recv_blocking), until `deadline`.
    ///
    /// # Errors
    ///
    /// As [`recv_timeout`](Self::recv_timeout).
    #[cfg(feature = "std")]
    pub fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.recv_until(Some(deadline))
    }

    #[cfg(feature = "std")]
    fn recv_until(&self, deadline: Option<Instant>) -> Result<T, RecvTimeoutError> {
        let op: RecvOp<_, _> = RecvOp::new(&self.handle);
        let mut wait = core::pin::pin!(Wait::new(op));
        match park::run(wait.as_mut(), deadline) {
            Poll::Ready(received) => received.map_err(RecvTimeoutError::from),
            Poll::Pending => Err(RecvTimeoutError::Timeout),
        }
    }

    /// As [`recv`](Self::recv), until `timer` is done: any future of any runtime.
    ///
    /// # Cancel safety
    ///
    /// As `recv`.
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError::Timeout`](crate::RecvTimeoutError::Timeout) when the timer was first,
    /// [`RecvTimeoutError::Closed`](crate::RecvTimeoutError::Closed) when the channel is closed and nothing is left.
    pub fn recv_with<F: Future>(&self, timer: F) -> RecvWith<'_, T, F> {
        RecvWith::new(&self.handle, timer)
    }

    /// Waits for messages and appends those that are there, at most `limit`, to `messages`; says how many.
    ///
    /// They are taken in one step, by one atomic read-modify-write; from an unbounded channel, in one step
    /// for each few dozen; at capacity 0, one by one. The answer is 0 only when the channel is closed and nothing is left in it, or when `limit` is
    /// 0. Space in `messages` is reserved for what is there, not for `limit`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it is done loses no message.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = wakering::bounded(8);
    /// tx.send_many(&mut (1..=5).collect()).await.unwrap();
    /// let mut messages = Vec::new();
    /// assert_eq!(rx.recv_many(&mut messages, 3).await, 3);
    /// assert_eq!(rx.recv_many(&mut messages, 3).await, 2);
    /// assert_eq!(messages, [1, 2, 3, 4, 5]);
    /// # });
    /// ```
    pub fn recv_many<'a>(&'a self, messages: &'a mut Vec<T>, limit: usize) -> RecvMany<'a, T> {
        RecvMany::new(RecvManyOp::new(&self.handle, messages, limit))
    }

    /// As [`recv_many`](Self::recv_many), blocking the thread as [`recv_blocking`](Self::recv_blocking) does.
    #[cfg(feature = "std")]
    pub fn recv_many_blocking(&self, messages: &mut Vec<T>, limit: usize) -> usize {
        park::block_on(Wait::new(RecvManyOp::new(&self.handle, messages, limit)))
    }

    /// Appends the messages that are there now, at most `limit`, to `messages`; says how many, 0 when there is none.
    pub fn try_recv_many(&self, messages: &mut Vec<T>, limit: usize) -> usize {
        recv_run(&self.handle, messages, limit).unwrap_or(0)
    }

    /// Iterates over messages, blocking for each as [`recv_blocking`](Self::recv_blocking) does, to the end of the
    /// channel.
    #[cfg(feature = "std")]
    pub fn iter(&self) -> Iter<'_, T> {
        Iter::new(self)
    }

    /// Iterates over messages as long as [`try_recv`](Self::try_recv) has one.
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter::new(self)
    }

    /// Takes messages one by one, as many as are there now at most.
    ///
    /// What has not been taken from the iterator when it is dropped stays in the channel.
    pub fn drain(&self) -> Drain<'_, T> {
        Drain::new(self)
    }

    /// Polls for a message: for manual `Future` and `Stream` implementations.
    ///
    /// When it is pending, the receiver stands in line with the waker of `cx` until it is polled again to its end or
    /// dropped, and gets its share of notifications; so who has polled once should go on polling this receiver.
    ///
    /// # Errors
    ///
    /// [`RecvError`] when the channel is closed and nothing is left in it.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        self.waiter.poll(&mut RecvOp::new(&self.handle), cx)
    }

    /// As `poll_recv`; `None` at the end.
    #[cfg(feature = "stream")]
    #[inline]
    pub(crate) fn poll_next_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.waiter.poll(&mut RecvOp::new(&self.handle), cx)
    }

    /// Closes the channel: no more messages can be sent, and those sent before can still be received, as can those of
    /// permits taken before. True if this call closed it.
    pub fn close(&self) -> bool {
        self.handle.close()
    }

    /// Whether the channel is closed. Messages may still be queued.
    pub fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    /// Whether no sender is left. Messages may still be queued.
    pub fn is_disconnected(&self) -> bool {
        self.sender_count() == 0
    }

    /// Whether no message is queued.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is no room: as many messages and permits as the capacity. Never in an unbounded channel.
    pub fn is_full(&self) -> bool {
        self.handle.is_full()
    }

    /// How many messages are queued; never more than the capacity.
    pub fn len(&self) -> usize {
        self.handle.len()
    }

    /// How many messages the channel can hold; `None` means any number.
    pub fn capacity(&self) -> Option<usize> {
        self.handle.capacity()
    }

    /// How many messages the channel has dropped because of its [`Overflow`](crate::Overflow).
    pub fn dropped(&self) -> u64 {
        self.handle.dropped()
    }

    /// How many senders there are.
    pub fn sender_count(&self) -> usize {
        self.handle.sender_count()
    }

    /// How many receivers there are.
    pub fn receiver_count(&self) -> usize {
        self.handle.receiver_count()
    }

    /// A handle that does not keep the channel open.
    #[must_use]
    pub fn downgrade(&self) -> WeakReceiver<T> {
        WeakReceiver::new(self.handle.downgrade())
    }

    /// Whether two receivers belong to the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.handle.same_channel(&other.handle)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut op: RecvOp<_, _> = RecvOp::new(&self.handle);
        self.waiter.cancel(&mut op);
    }
}

impl<T> Clone for Receiver<T> {
    /// Another receiver of the same channel. It does not stand in line, even if this one does.
    fn clone(&self) -> Self {
        Self::new(self.handle.clone())
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Receiver").field(&self.handle).finish()
    }
}

impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}
