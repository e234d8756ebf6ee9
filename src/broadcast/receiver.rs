//! The receiving handle.

use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::task::{Context, Poll};

use super::error::{RecvError, TryRecvError};
use super::reader::{GoneOp, Nothing, Reader, RecvOp};
use crate::wait::{LazyWaiter, Wait};

/// Receives every message that is sent while it is there.
///
/// It has a position of its own: what it does is of no consequence to other receivers, nor to senders, but to those of
/// [`send_lossless`](super::Sender::send_lossless). Dropping it lets go of the messages that it has not received.
///
/// With the feature `stream` (on by default) it is a `Stream` and a `FusedStream` of `Result<T, Lagged>`: a lag is an item
/// of its own, after which the stream goes on. It is `Unpin`; the first time that it has to wait as a stream, it
/// allocates a place in the queue, which it keeps.
///
/// Created by [`channel`](super::channel), [`Sender::subscribe`](super::Sender::subscribe) and
/// [`resubscribe`](Self::resubscribe).
pub struct Receiver<T> {
    pub(super) reader: Reader<T>,
    /// The place to wait of `poll_recv`.
    waiter: LazyWaiter,
}

impl<T> Receiver<T> {
    pub(super) fn new(reader: Reader<T>) -> Self {
        Self {
            reader,
            waiter: LazyWaiter::new(),
        }
    }

    /// How many messages there are that it has not received.
    ///
    /// Those that have been overwritten count until it has been told that it lagged, so this may be more than the
    /// capacity.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = wakering::broadcast::channel(2);
    /// for n in 1..=5 {
    ///     tx.send(n).unwrap();
    /// }
    /// assert_eq!(rx.len(), 5);
    /// assert!(rx.try_recv().is_err()); // lagged by 3
    /// assert_eq!(rx.len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        usize::try_from(self.reader.behind()).unwrap_or(usize::MAX)
    }

    /// Whether there is no message that it has not received.
    pub fn is_empty(&self) -> bool {
        self.reader.behind() == 0
    }

    /// Whether all senders are gone. Messages may still be there.
    pub fn is_closed(&self) -> bool {
        self.reader.is_closed()
    }

    /// Closed, and nothing left to receive.
    #[cfg(feature = "stream")]
    pub(crate) fn is_finished(&self) -> bool {
        self.reader.is_finished()
    }

    /// Whether two receivers belong to the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.reader.chan.same_channel(&other.reader.chan)
    }

    /// How many senders there are.
    pub fn sender_strong_count(&self) -> usize {
        self.reader.chan.sender_count()
    }

    /// How many weak senders there are.
    pub fn sender_weak_count(&self) -> usize {
        self.reader.chan.weak_sender_count()
    }
}

impl<T: Clone> Receiver<T> {
    /// A new receiver, for the messages that are sent from now on: not for those that this one has yet to receive.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx1) = wakering::broadcast::channel(2);
    /// tx.send(1).unwrap();
    /// let mut rx2 = rx1.resubscribe();
    /// tx.send(2).unwrap();
    /// assert_eq!(rx1.try_recv(), Ok(1));
    /// assert_eq!(rx2.try_recv(), Ok(2));
    /// ```
    pub fn resubscribe(&self) -> Self {
        Self::new(Reader::new(self.reader.chan.clone()))
    }

    /// Receives the next message, waiting for it.
    ///
    /// The message is cloned, unless this is the last receiver to get it. When another receiver is in the middle of
    /// cloning it, and after some dozens of looks still is, the task is woken at once and tries again.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it is done loses no message.
    ///
    /// # Errors
    ///
    /// [`RecvError::Closed`] when all senders are gone and nothing is left to receive. [`RecvError::Lagged`] when
    /// messages were overwritten before this receiver got them; the next call has the oldest that is left.
    ///
    /// # Panics
    ///
    /// When the `Clone` of the message does. It counts as received then. Likewise the `Drop` of a message that was
    /// overwritten while it was cloned.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use wakering::broadcast::{self, error::RecvError};
    ///
    /// let (tx, mut rx) = broadcast::channel(4);
    /// tx.send(10).unwrap();
    /// drop(tx);
    /// assert_eq!(rx.recv().await, Ok(10));
    /// assert_eq!(rx.recv().await, Err(RecvError::Closed));
    /// # });
    /// ```
    #[inline]
    pub fn recv(&mut self) -> impl Future<Output = Result<T, RecvError>> {
        Wait::new(RecvOp(&mut self.reader))
    }

    /// Receives the next message if it is there.
    ///
    /// Never waits. When another receiver is in the middle of cloning the message, this says `Empty` after looking some
    /// dozens of times.
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] when there is none now; otherwise as [`recv`](Self::recv).
    ///
    /// # Panics
    ///
    /// As `recv`.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakering::broadcast::{self, error::TryRecvError};
    ///
    /// let (tx, mut rx) = broadcast::channel(1);
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.send(1).unwrap();
    /// tx.send(2).unwrap();
    /// drop(tx);
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Lagged(1)));
    /// assert_eq!(rx.try_recv(), Ok(2));
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    /// ```
    #[inline]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.reader.take().map_err(|why| match why {
            Nothing::Empty | Nothing::Busy => TryRecvError::Empty,
            Nothing::Closed => TryRecvError::Closed,
            Nothing::Lagged(n) => TryRecvError::Lagged(n),
        })
    }

    /// Polls for the next message, as [`recv`](Self::recv) does: for hand-written futures.
    ///
    /// When it is pending, the waker of the latest call is called for the next message or the end. The receiver keeps its
    /// place in the queue until it is polled again or dropped.
    ///
    /// # Errors
    ///
    /// As `recv`.
    ///
    /// # Panics
    ///
    /// As `recv`.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        self.waiter.poll(&mut RecvOp(&mut self.reader), cx)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        // Senders may keep the channel for long, but nothing of the receiver's.
        self.waiter.cancel(&mut GoneOp(&self.reader));
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Receiver").field(&*self.reader.chan).finish()
    }
}

impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}
