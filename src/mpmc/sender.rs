//! The sending handle.

use alloc::collections::VecDeque;
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
#[cfg(feature = "std")]
use std::time::{Duration, Instant};

use super::{
    Closed, OwnedPermit, Permit, PermitIterator, Reserve, ReserveMany, ReserveOwned, Send,
    SendMany, SendOwned, SendWith, WeakSender,
};
#[cfg(feature = "std")]
use crate::chan::SendOp;
use crate::chan::{SendManyOp, TxHandle, send_now};
#[cfg(feature = "std")]
use crate::error::SendTimeoutError;
use crate::error::{SendError, TrySendError};
use crate::index::NoRoom;
#[cfg(feature = "std")]
use crate::wait::{Wait, park};

/// Sends messages into a channel.
///
/// Senders are cloned to send from several places. When the last one is dropped, the channel is closed: receivers get
/// what is still queued, and then the end.
///
/// Created by [`bounded`](super::bounded) and [`unbounded`](super::unbounded).
pub struct Sender<T> {
    pub(crate) handle: TxHandle<T>,
}

impl<T> Sender<T> {
    pub(super) fn new(handle: TxHandle<T>) -> Self {
        Self { handle }
    }

    /// Sends a message, waiting for room; on a channel of capacity 0, for a receiver that takes it.
    ///
    /// Senders that wait are told of room in the order in which they began to wait; one that does not need to wait may
    /// be faster, but one that has been overtaken twice has room set aside for it.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped before it is done, the message has not been sent, and is dropped with it;
    /// [`Send::cancel`] gives it back instead. (At capacity 0, a receiver may have taken the message since the last poll.
    /// Then it has been sent, and `cancel` gives back nothing.)
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message when the channel is closed, or gets closed while this waits.
    ///
    /// # Panics
    ///
    /// The future panics when it is polled after it was done or cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = wakering::bounded(1);
    /// tx.send("hello").await?;
    /// drop(rx);
    /// assert_eq!(tx.send("world").await.unwrap_err().into_inner(), "world");
    /// # Ok::<(), wakering::SendError<&str>>(())
    /// # }).unwrap();
    /// ```
    #[inline]
    pub fn send(&self, message: T) -> Send<'_, T> {
        Send::new(&self.handle, message)
    }

    /// As [`send`](Self::send), by a future that owns a handle and so may be stored or spawned.
    ///
    /// # Errors
    ///
    /// As `send`.
    pub fn send_owned(&self, message: T) -> SendOwned<T> {
        SendOwned::new(self.handle.clone(), message)
    }

    /// Sends a message if there is room now.
    ///
    /// Never waits. When a receiver has taken a message and is interrupted before it lets go of the slot (a handful of
    /// instructions), this says `Full` after looking some dozens of times.
    ///
    /// # Errors
    ///
    /// [`TrySendError::Full`] when as many messages and permits are out as the capacity allows (at capacity 0, always),
    /// [`TrySendError::Closed`] when the channel is closed; both with the message.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakering::TrySendError;
    ///
    /// let (tx, rx) = wakering::bounded(1);
    /// assert_eq!(tx.try_send(1), Ok(()));
    /// assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
    /// drop(rx);
    /// assert_eq!(tx.try_send(3), Err(TrySendError::Closed(3)));
    /// ```
    #[inline(always)]
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        self.handle.try_send(message)
    }

    /// Sends a message at once, even when the channel is full: then the oldest message makes room and is returned. (An
    /// unbounded channel never is.)
    ///
    /// Where nothing can be evicted (the capacity is 0, permits hold all of it, or the oldest message is in the very act
    /// of being sent or received), it is `message` itself that comes back.
    ///
    /// Eviction and sending are two steps, not one: a message sent through a permit may come between them, and if the
    /// channel is closed between them, the evicted message is dropped and the new one comes back as an error.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message when the channel is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = wakering::bounded(2);
    /// assert_eq!(tx.force_send(1), Ok(None));
    /// assert_eq!(tx.force_send(2), Ok(None));
    /// assert_eq!(tx.force_send(3), Ok(Some(1)));
    /// assert_eq!(rx.try_iter().collect::<Vec<_>>(), [2, 3]);
    /// ```
    pub fn force_send(&self, message: T) -> Result<Option<T>, SendError<T>> {
        self.handle.force_send(message).map_err(SendError)
    }

    /// Sends a message, blocking the thread until there is room.
    ///
    /// A blocked thread sleeps. In an async task this blocks the executor's thread: use [`send`](Self::send) there.
    /// Nothing panics if you do not, but when the receiver's task needs the same thread to run, both wait for ever.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message when the channel is closed, or gets closed while this waits.
    #[cfg(feature = "std")]
    pub fn send_blocking(&self, message: T) -> Result<(), SendError<T>> {
        let mut wait = core::pin::pin!(Wait::new(SendOp::new(&self.handle, message)));
        let sent = park::run_to_end(wait.as_mut());
        wait.op_mut().outcome(sent)
    }

    /// As [`send_blocking`](Self::send_blocking), for at most `timeout`; any `Duration` will do.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError::Timeout`] when there was no room in time, [`SendTimeoutError::Closed`] when the channel is
    /// closed; both with the message.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use wakering::SendTimeoutError;
    ///
    /// let (tx, _rx) = wakering::bounded(1);
    /// assert_eq!(tx.send_timeout(1, Duration::from_millis(1)), Ok(()));
    /// assert_eq!(tx.send_timeout(2, Duration::from_millis(1)), Err(SendTimeoutError::Timeout(2)));
    /// ```
    #[cfg(feature = "std")]
    pub fn send_timeout(&self, message: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        self.send_until(message, park::deadline_in(timeout))
    }

    /// As [`send_blocking`](Self::send_blocking), until `deadline`.
    ///
    /// # Errors
    ///
    /// As [`send_timeout`](Self::send_timeout).
    #[cfg(feature = "std")]
    pub fn send_deadline(&self, message: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        self.send_until(message, Some(deadline))
    }

    #[cfg(feature = "std")]
    fn send_until(&self, message: T, deadline: Option<Instant>) -> Result<(), SendTimeoutError<T>> {
        let mut wait = core::pin::pin!(Wait::new(SendOp::new(&self.handle, message)));
        let sent = park::run(wait.as_mut(), deadline);
        wait.cancel().timed_outcome(sent)
    }

    /// As [`send`](Self::send), until `timer` is done: any future of any runtime.
    ///
    /// # Cancel safety
    ///
    /// As `send`.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError::Timeout`](crate::SendTimeoutError::Timeout) when the timer was first,
    /// [`SendTimeoutError::Closed`](crate::SendTimeoutError::Closed) when the channel is closed; both with the message.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use std::time::Duration;
    /// use wakering::SendTimeoutError;
    ///
    /// let (tx, _rx) = wakering::bounded(1);
    /// tx.send(1).await.unwrap();
    /// let timer = async_io::Timer::after(Duration::from_millis(1)); // or `tokio::time::sleep(..)`
    /// assert_eq!(tx.send_with(2, timer).await, Err(SendTimeoutError::Timeout(2)));
    /// # });
    /// ```
    pub fn send_with<F: Future>(&self, message: T, timer: F) -> SendWith<'_, T, F> {
        SendWith::new(&self.handle, message, timer)
    }

    /// Sends all messages of a deque in order, in as few steps as there is room for.
    ///
    /// Messages that go in one step share one atomic read-modify-write, and stand in a row. On a channel of capacity 0,
    /// they are offered one after another, and others' offers may come in between.
    ///
    /// # Cancel safety
    ///
    /// What has been sent is gone from the deque; the rest is still in it, in order, when the future is dropped.
    ///
    /// # Errors
    ///
    /// [`SendError`] when the channel is closed before all are sent; the rest stays in the deque.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = wakering::bounded(8);
    /// let mut messages = (1..=3).collect();
    /// tx.send_many(&mut messages).await.unwrap();
    /// assert!(messages.is_empty());
    /// assert_eq!(rx.drain().collect::<Vec<_>>(), [1, 2, 3]);
    /// # });
    /// ```
    pub fn send_many<'a>(&'a self, messages: &'a mut VecDeque<T>) -> SendMany<'a, T> {
        SendMany::new(SendManyOp::new(&self.handle, messages))
    }

    /// As [`send_many`](Self::send_many), blocking the thread as [`send_blocking`](Self::send_blocking) does.
    ///
    /// # Errors
    ///
    /// As `send_many`.
    #[cfg(feature = "std")]
    pub fn send_many_blocking(&self, messages: &mut VecDeque<T>) -> Result<(), SendError<()>> {
        park::block_on(Wait::new(SendManyOp::new(&self.handle, messages)))
    }

    /// Sends as many messages from the front of a deque as there is room for now, and says how many.
    ///
    /// An unbounded channel takes all of them, unless it is closed in between.
    ///
    /// # Errors
    ///
    /// [`SendError`] when the channel is closed and the deque is not empty; the messages stay in the deque.
    pub fn try_send_many(&self, messages: &mut VecDeque<T>) -> Result<usize, SendError<()>> {
        match send_now(&self.handle, messages) {
            Ok(sent) => Ok(sent),
            Err(NoRoom::Closed) => Err(SendError(())),
            Err(NoRoom::Full | NoRoom::Busy) => Ok(0),
        }
    }

    /// Waits for room and keeps it for a message to be sent later. A channel of capacity 0 has none.
    ///
    /// The permit takes one message's share of the capacity until it is used or dropped.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future reserves nothing.
    ///
    /// # Errors
    ///
    /// [`SendError`] when the channel is closed, or of capacity 0.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = wakering::bounded(1);
    /// let permit = tx.reserve().await.unwrap();
    /// assert!(tx.try_send("no room").is_err());
    /// permit.send("expensive");
    /// assert_eq!(rx.recv().await, Ok("expensive"));
    /// # });
    /// ```
    pub fn reserve(&self) -> Reserve<'_, T> {
        Reserve::new(&self.handle)
    }

    /// Reserves room if there is some now.
    ///
    /// # Errors
    ///
    /// As [`try_send`](Self::try_send), without a message. At capacity 0 it is `Full`, closed or not.
    pub fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        self.try_reserve_n(1)?;
        Ok(Permit::new(&self.handle))
    }

    /// Waits for room for `n` messages and keeps it.
    ///
    /// Room is gathered as it comes up, by one such call at a time, so `n` permits are got however many senders take
    /// one at a time.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives back what it has gathered, and its turn.
    ///
    /// # Errors
    ///
    /// [`SendError`] when the channel is closed, or when `n` is more than the capacity (or 2,097,151, the most permits
    /// that a channel can have out).
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = wakering::bounded(4);
    /// for (permit, word) in tx.reserve_many(2).await.unwrap().zip(["a", "b"]) {
    ///     permit.send(word);
    /// }
    /// assert_eq!(rx.len(), 2);
    /// # });
    /// ```
    pub fn reserve_many(&self, n: usize) -> ReserveMany<'_, T> {
        ReserveMany::new(&self.handle, n)
    }

    /// Reserves room for `n` messages if there is as much now.
    ///
    /// # Errors
    ///
    /// As [`try_send`](Self::try_send), without a message; `Full` also, closed or not, when `n` is more than can ever be
    /// reserved.
    pub fn try_reserve_many(&self, n: usize) -> Result<PermitIterator<'_, T>, TrySendError<()>> {
        self.try_reserve_n(n)?;
        Ok(PermitIterator::new(&self.handle, n))
    }

    /// As [`reserve`](Self::reserve), by a future and a permit that own the sender.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future reserves nothing, and drops the sender.
    ///
    /// # Errors
    ///
    /// As `reserve`; the sender is dropped.
    pub fn reserve_owned(self) -> ReserveOwned<T> {
        ReserveOwned::new(self.handle)
    }

    /// As [`try_reserve`](Self::try_reserve), for a permit that owns the sender.
    ///
    /// # Errors
    ///
    /// As `try_reserve`, with the sender.
    pub fn try_reserve_owned(self) -> Result<OwnedPermit<T>, TrySendError<Self>> {
        match self.try_reserve_n(1) {
            Ok(()) => Ok(OwnedPermit::new(self)),
            Err(TrySendError::Full(())) => Err(TrySendError::Full(self)),
            Err(TrySendError::Closed(())) => Err(TrySendError::Closed(self)),
        }
    }

    fn try_reserve_n(&self, n: usize) -> Result<(), TrySendError<()>> {
        match self.handle.try_reserve(n) {
            Ok(()) => Ok(()),
            Err(NoRoom::Closed) => Err(TrySendError::Closed(())),
            Err(NoRoom::Full | NoRoom::Busy) => Err(TrySendError::Full(())),
        }
    }

    /// Waits until the channel is closed, be it by a call or because the last receiver went.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future has no effect.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = wakering::bounded::<()>(1);
    /// drop(rx);
    /// tx.closed().await;
    /// # });
    /// ```
    pub fn closed(&self) -> Closed<'_, T> {
        Closed::new(&self.handle)
    }

    /// Closes the channel: no more messages can be sent, and those sent before can still be received, as can those of
    /// permits taken before. True if this call closed it.
    pub fn close(&self) -> bool {
        self.handle.close()
    }

    /// Whether the channel is closed.
    pub fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    /// Whether no receiver is left.
    pub fn is_disconnected(&self) -> bool {
        self.receiver_count() == 0
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
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender::new(self.handle.downgrade())
    }

    /// Whether two senders belong to the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.handle.same_channel(&other.handle)
    }
}

#[cfg(feature = "sink")]
impl<T> Sender<T> {
    /// A [`Sink`](futures_sink::Sink) that sends by this sender.
    pub fn sink(&self) -> crate::sink::SendSink<'_, T> {
        crate::sink::SendSink::new(&self.handle)
    }

    /// A [`Sink`](futures_sink::Sink) that owns this sender.
    pub fn into_sink(self) -> crate::sink::OwnedSendSink<T> {
        crate::sink::OwnedSendSink::new(self.handle)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self::new(self.handle.clone())
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sender").field(&self.handle).finish()
    }
}

impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}
