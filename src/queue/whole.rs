//! Both ends in one handle.

use core::fmt;

use super::{QueueError, QueueResult};
use crate::chan::{RecvOp, SendOp};
use crate::error::{TryRecvError, TrySendError};
use crate::mpmc::{self, bounded, unbounded};
use crate::wait::Then;

/// A channel as one handle that sends and receives.
///
/// Queues are cloned to use one from several places, whether or not the messages can be cloned. When the last one is
/// dropped, what is queued is dropped with it.
///
/// What has no name here is reached by [`sender`](Self::sender) and [`receiver`](Self::receiver): permits, batches, streams,
/// other time limits. Clones of those keep their side of the channel open.
pub struct Queue<T> {
    tx: mpmc::Sender<T>,
    rx: mpmc::Receiver<T>,
}

impl<T> Queue<T> {
    /// Creates a queue that holds at most `capacity` messages at a time.
    ///
    /// # Panics
    ///
    /// When `capacity` is 0, or more than memory can hold.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakering::{Queue, TrySendError};
    ///
    /// let queue = Queue::new(1);
    /// assert_eq!(queue.try_send("first"), Ok(()));
    /// assert_eq!(queue.try_send("second"), Err(TrySendError::Full("second")));
    /// assert_eq!(queue.try_receive(), Ok("first"));
    /// ```
    #[must_use]
    #[track_caller]
    pub fn new(capacity: usize) -> Self {
        assert!(capacity > 0, "capacity must be at least 1");
        Self::of(bounded(capacity))
    }

    /// Creates a queue that holds any number of messages: a send never waits.
    #[must_use]
    pub fn unbounded() -> Self {
        Self::of(unbounded())
    }

    pub(crate) fn of((tx, rx): (mpmc::Sender<T>, mpmc::Receiver<T>)) -> Self {
        Self { tx, rx }
    }

    /// Sends a message, waiting for room.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped before it is done, the message has not been sent, and is dropped with it.
    ///
    /// # Errors
    ///
    /// [`QueueError::QueueClosed`] when the queue is closed, or gets closed while this waits. The message is dropped; to
    /// have it back, use [`sender`](Self::sender)`().send(..)`, which does the same. [`QueueError::QueueFull`] when there is
    /// no room in a queue that [rejects](crate::Overflow::Reject) then.
    ///
    /// # Panics
    ///
    /// The future panics when it is polled after it was done.
    #[inline]
    pub fn send(&self, value: T) -> impl Future<Output = QueueResult<()>> {
        Then::new(SendOp::new(&self.tx.handle, value), |op, sent| {
            sent.map_err(|_| {
                drop(op.take_back());
                if op.handle().is_closed() {
                    QueueError::QueueClosed
                } else {
                    QueueError::QueueFull
                }
            })
        })
    }

    /// Sends a message if there is room now. [More](mpmc::Sender::try_send).
    ///
    /// # Errors
    ///
    /// [`TrySendError::Full`] when as many messages and permits are out as the capacity allows,
    /// [`TrySendError::Closed`] when the queue is closed; both with the message.
    #[inline]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.tx.try_send(value)
    }

    /// Receives a message, waiting for one; `None` when the queue is closed and nothing is left in it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it is done loses no message.
    ///
    /// # Errors
    ///
    /// None: it is a `Result` since it is one in `tokio-mpmc`.
    #[inline]
    pub fn receive(&self) -> impl Future<Output = QueueResult<Option<T>>> {
        Then::new(RecvOp::new(&self.rx.handle), |_, received| Ok(received))
    }

    /// Receives a message if there is one now. [More](mpmc::Receiver::try_recv).
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] when there is none, [`TryRecvError::Closed`] when there will never be one.
    #[inline]
    pub fn try_receive(&self) -> Result<T, TryRecvError> {
        self.rx.try_recv()
    }

    /// Closes the queue: no more messages can be sent, and those sent before can still be received.
    pub fn close(&self) {
        self.tx.close();
    }

    /// Whether the queue is closed. Messages may still be queued.
    pub fn is_closed(&self) -> bool {
        self.tx.is_closed()
    }

    /// How many messages are queued; never more than the capacity.
    pub fn len(&self) -> usize {
        self.tx.len()
    }

    /// Whether no message is queued.
    pub fn is_empty(&self) -> bool {
        self.tx.is_empty()
    }

    /// Whether there is no room: as many messages and permits as the capacity. Never in an unbounded queue.
    pub fn is_full(&self) -> bool {
        self.tx.is_full()
    }

    /// How many messages the queue can hold; `None` means any number.
    pub fn capacity(&self) -> Option<usize> {
        self.tx.capacity()
    }

    /// How many messages the queue has dropped because of its [`Overflow`](crate::Overflow).
    pub fn dropped(&self) -> u64 {
        self.tx.dropped()
    }

    /// How many handles can send: queues, and clones of [`sender`](Self::sender).
    pub fn sender_count(&self) -> usize {
        self.tx.sender_count()
    }

    /// How many handles can receive: queues, and clones of [`receiver`](Self::receiver).
    pub fn receiver_count(&self) -> usize {
        self.rx.receiver_count()
    }

    /// Whether two handles belong to the same queue.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.tx.same_channel(&other.tx)
    }

    /// The sending end, with all that it can do.
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = wakering::Queue::new(4);
    /// let permit = queue.sender().try_reserve().unwrap();
    /// permit.send(1);
    /// queue.sender().try_send_many(&mut [2, 3].into()).unwrap();
    /// assert_eq!(queue.receiver().drain().collect::<Vec<_>>(), [1, 2, 3]);
    /// ```
    pub fn sender(&self) -> &mpmc::Sender<T> {
        &self.tx
    }

    /// The receiving end, with all that it can do. A clone of it is a `Stream`.
    pub fn receiver(&self) -> &mpmc::Receiver<T> {
        &self.rx
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self {
            tx: self.tx.clone(),
            rx: self.rx.clone(),
        }
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Queue").field(&self.tx.handle).finish()
    }
}
