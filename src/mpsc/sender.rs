//! The sending handle of a bounded channel.

use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::pin::pin;
use core::task::Poll;
#[cfg(feature = "tokio-time")]
use std::time::Duration;

use super::error::{SendError, SendTimeoutError, TrySendError};
use super::{OwnedPermit, Permit, PermitIterator, TxHandle, WeakSender, bound};
use crate::chan::{ClosedOp, ReserveOp, SendOp};
use crate::error;
use crate::index::NoRoom;
use crate::wait::{Then, Timed, Wait};

/// Sends messages into a bounded channel.
///
/// Senders are cloned to send from several places. When the last one is dropped, the channel is closed: the receiver
/// gets what is still queued, and then the end.
///
/// Created by [`channel`](super::channel).
pub struct Sender<T> {
    pub(super) handle: TxHandle<T>,
}

impl<T> Sender<T> {
    pub(super) fn new(handle: TxHandle<T>) -> Self {
        Self { handle }
    }

    /// Sends a message, waiting for room.
    ///
    /// Senders that wait are told of room in the order in which they began to wait; one that does not need to wait may
    /// be faster, but one that has been overtaken twice has room set aside for it.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped before it is done, the message has not been sent, and is dropped with it. To keep
    /// it, [`reserve`](Self::reserve) room first.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message when the channel is closed, or gets closed while this waits.
    ///
    /// # Panics
    ///
    /// The future panics when it is polled after it was done.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use wakering::mpsc;
    ///
    /// let (tx, mut rx) = mpsc::channel(1);
    /// tx.send("hello").await.unwrap();
    /// assert_eq!(rx.recv().await, Some("hello"));
    /// drop(rx);
    /// assert_eq!(tx.send("world").await.unwrap_err().0, "world");
    /// # });
    /// ```
    #[inline]
    pub fn send(&self, value: T) -> impl Future<Output = Result<(), SendError<T>>> {
        Then::new(SendOp::new(&self.handle, value), |op, sent| {
            op.outcome(sent).map_err(in_our_words)
        })
    }

    /// Sends a message if there is room now.
    ///
    /// Never waits. When the receiver has taken a message and is interrupted before it lets go of the slot (a handful
    /// of instructions), this says `Full` after looking some dozens of times.
    ///
    /// # Errors
    ///
    /// [`TrySendError::Full`] when as many messages and permits are out as the capacity allows,
    /// [`TrySendError::Closed`] when the channel is closed; both with the message.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakering::mpsc::{self, error::TrySendError};
    ///
    /// let (tx, rx) = mpsc::channel(1);
    /// assert_eq!(tx.try_send(1), Ok(()));
    /// assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
    /// drop(rx);
    /// assert_eq!(tx.try_send(3), Err(TrySendError::Closed(3)));
    /// ```
    #[inline]
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        Ok(self.handle.try_send(message)?)
    }

    /// As [`send`](Self::send), until `timer` is done: any future of any runtime.
    ///
    /// In each poll, sending is tried before the timer is looked at.
    ///
    /// # Cancel safety
    ///
    /// As `send`.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError::Timeout`] when the timer was first, [`SendTimeoutError::Closed`] when the channel is closed;
    /// both with the message.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use std::time::Duration;
    /// use wakering::mpsc::{self, error::SendTimeoutError};
    ///
    /// let (tx, _rx) = mpsc::channel(1);
    /// tx.send(1).await.unwrap();
    /// let timer = async_io::Timer::after(Duration::from_millis(1)); // or `tokio::time::sleep(..)`
    /// assert_eq!(tx.send_with(2, timer).await, Err(SendTimeoutError::Timeout(2)));
    /// # });
    /// ```
    pub async fn send_with<F: Future>(
        &self,
        value: T,
        timer: F,
    ) -> Result<(), SendTimeoutError<T>> {
        let mut wait = pin!(Timed::new(SendOp::new(&self.handle, value), timer));
        let sent = wait.as_mut().await;
        Ok(wait
            .cancel()
            .timed_outcome(sent.map_or(Poll::Pending, Poll::Ready))?)
    }

    /// As [`send`](Self::send), for at most `timeout`, by tokio's timer.
    ///
    /// # Cancel safety
    ///
    /// As `send`.
    ///
    /// # Errors
    ///
    /// As [`send_with`](Self::send_with).
    ///
    /// # Panics
    ///
    /// The future panics when it is polled outside a tokio runtime with time enabled, even if it need not wait.
    #[cfg(feature = "tokio-time")]
    pub async fn send_timeout(
        &self,
        value: T,
        timeout: Duration,
    ) -> Result<(), SendTimeoutError<T>> {
        self.send_with(value, tokio::time::sleep(timeout)).await
    }

    /// Waits for room and keeps it for a message to be sent later.
    ///
    /// The permit takes one message's share of the capacity until it is used or dropped.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future reserves nothing, and gives up the place in line.
    ///
    /// # Errors
    ///
    /// [`SendError`] when the channel is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = wakering::mpsc::channel(1);
    /// let permit = tx.reserve().await.unwrap();
    /// assert!(tx.try_send("no room").is_err());
    /// permit.send("expensive");
    /// assert_eq!(rx.recv().await, Some("expensive"));
    /// # });
    /// ```
    pub fn reserve(&self) -> impl Future<Output = Result<Permit<'_, T>, SendError<()>>> {
        let handle = &self.handle;
        Then::new(ReserveOp::new(handle, 1), |_, reserved| {
            reserved.map(|()| Permit::new(handle)).map_err(in_our_words)
        })
    }

    /// Waits for room for `n` messages and keeps it.
    ///
    /// Room is gathered as it comes up, by one such call at a time, so `n` permits are got however many senders take
    /// one at a time.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives back what it has gathered, and gives up the place in line.
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
    /// let (tx, rx) = wakering::mpsc::channel(4);
    /// for (permit, word) in tx.reserve_many(2).await.unwrap().zip(["a", "b"]) {
    ///     permit.send(word);
    /// }
    /// assert_eq!(rx.len(), 2);
    /// assert!(tx.reserve_many(5).await.is_err());
    /// # });
    /// ```
    pub fn reserve_many(
        &self,
        n: usize,
    ) -> impl Future<Output = Result<PermitIterator<'_, T>, SendError<()>>> {
        let handle = &self.handle;
        Then::new(ReserveOp::new(handle, n), move |_, reserved| {
            reserved
                .map(|()| PermitIterator::new(handle, n))
                .map_err(in_our_words)
        })
    }

    /// As [`reserve`](Self::reserve), by a future and a permit that own the sender.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future reserves nothing, and drops the sender: clone it first if you need it.
    ///
    /// # Errors
    ///
    /// As `reserve`; the sender is dropped.
    pub fn reserve_owned(self) -> impl Future<Output = Result<OwnedPermit<T>, SendError<()>>> {
        Then::new(
            ReserveOp::owning(self.handle, 1),
            |op: &mut ReserveOp<_, _, _, _>, reserved| match reserved {
                Ok(()) => Ok(OwnedPermit::new(Self::new(op.handle().clone()))),
                Err(closed) => Err(in_our_words(closed)),
            },
        )
    }

    /// Reserves room if there is some now.
    ///
    /// # Errors
    ///
    /// As [`try_send`](Self::try_send), without a message.
    pub fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        self.try_reserve_n(1)?;
        Ok(Permit::new(&self.handle))
    }

    /// Reserves room for `n` messages if there is as much now.
    ///
    /// # Errors
    ///
    /// As [`try_send`](Self::try_send), without a message; `Full` also when `n` is more than can ever be reserved, even
    /// from a closed channel.
    pub fn try_reserve_many(&self, n: usize) -> Result<PermitIterator<'_, T>, TrySendError<()>> {
        self.try_reserve_n(n)?;
        Ok(PermitIterator::new(&self.handle, n))
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

    /// Waits until the receiver is gone or has closed the channel.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future has no effect.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = wakering::mpsc::channel::<()>(1);
    /// drop(rx);
    /// tx.closed().await;
    /// # });
    /// ```
    pub fn closed(&self) -> impl Future<Output = ()> {
        Wait::new(ClosedOp::new(&self.handle))
    }

    /// Whether the receiver is gone or has closed the channel.
    pub fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    /// Whether two senders belong to the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.handle.same_channel(&other.handle)
    }

    /// How many messages the channel has dropped because of its [`Overflow`](crate::Overflow).
    pub fn dropped(&self) -> u64 {
        self.handle.dropped()
    }

    /// For how many messages there is room now: what messages and permits leave of
    /// [`max_capacity`](Self::max_capacity).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = wakering::mpsc::channel(3);
    /// let _permit = tx.try_reserve().unwrap();
    /// tx.try_send("message").unwrap();
    /// assert_eq!((tx.capacity(), tx.max_capacity()), (1, 3));
    /// ```
    pub fn capacity(&self) -> usize {
        bound(self.handle.available())
    }

    /// How many messages the channel can hold: what was given to [`channel`](super::channel).
    pub fn max_capacity(&self) -> usize {
        bound(self.handle.capacity())
    }

    /// A handle that does not keep the channel open.
    #[must_use = "this makes a weak sender and leaves this one as it is"]
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender::new(self.handle.downgrade())
    }

    /// How many senders there are.
    pub fn strong_count(&self) -> usize {
        self.handle.sender_count()
    }

    /// How many weak senders there are.
    pub fn weak_count(&self) -> usize {
        self.handle.weak_sender_count()
    }
}

pub(super) fn in_our_words<T>(error::SendError(message): error::SendError<T>) -> SendError<T> {
    SendError(message)
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
