//! The handle that enqueues.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::chan::TxHandle;
use super::ledger::Refused;
use super::ops::{Enqueue, EnqueueOp};
use super::{Id, Stats};
use crate::error::{SendError, SendTimeoutError, TrySendError};
use crate::wait::{Wait, park};

/// Puts messages into a queue.
///
/// Producers can be cloned. When the last one is dropped, the queue is closed: consumers get what is there, and what comes
/// back, and then the end.
///
/// Created by [`queue`](super::queue).
pub struct Producer<T> {
    handle: TxHandle<T>,
}

impl<T> Producer<T> {
    pub(super) fn new(handle: TxHandle<T>) -> Self {
        Self { handle }
    }

    /// Enqueues a message, waiting for room: until one of those in the queue is acknowledged or dies, if it is full.
    ///
    /// Producers that wait are told of room in the order in which they began to wait; one that does not need to wait may be
    /// faster, but one that has been overtaken twice has room set aside for it.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped before it is done, the message has not been enqueued, and is dropped with it;
    /// [`Enqueue::cancel`] gives it back instead.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message when the queue is closed, or gets closed while this waits.
    ///
    /// # Panics
    ///
    /// The future panics when it is polled after it was done or cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use wakering::ack::{self, Config};
    ///
    /// let (tx, rx, _dead) = ack::queue(Config::default());
    /// let id = tx.enqueue("job").await.unwrap();
    /// assert_eq!(rx.dequeue().await.unwrap().id(), id);
    /// # });
    /// ```
    pub fn enqueue(&self, message: T) -> Enqueue<'_, T> {
        Enqueue::new(EnqueueOp::new(&self.handle, message))
    }

    /// Enqueues a message if there is room now.
    ///
    /// # Errors
    ///
    /// [`TrySendError::Full`] when as many messages are in the queue as its capacity allows, [`TrySendError::Closed`] when it is
    /// closed; both with the message.
    pub fn try_enqueue(&self, message: T) -> Result<Id, TrySendError<T>> {
        let mut message = Some(message);
        let added = self.handle.add(&mut message, || self.handle.guest());
        match (added, message) {
            (Ok(id), _) => Ok(id),
            (Err(Refused::Full), Some(message)) => Err(TrySendError::Full(message)),
            (Err(Refused::Closed), Some(message)) => Err(TrySendError::Closed(message)),
            (Err(_), None) => unreachable!("a message that is refused stays"),
        }
    }

    /// As [`enqueue`](Self::enqueue), blocking the thread.
    ///
    /// A blocked thread sleeps. In an async task this blocks the executor's thread: use `enqueue` there. Nothing panics if
    /// you do not, but when a consumer's task needs the same thread to run, both wait for ever.
    ///
    /// # Errors
    ///
    /// As `enqueue`.
    pub fn enqueue_blocking(&self, message: T) -> Result<Id, SendError<T>> {
        self.enqueue_until(message, None)
            .map_err(|refused| match refused {
                SendTimeoutError::Closed(message) => SendError(message),
                SendTimeoutError::Timeout(_) => unreachable!("no deadline was set"),
            })
    }

    /// As [`enqueue_blocking`](Self::enqueue_blocking), for at most `timeout`; any `Duration` will do.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError::Timeout`] when there was no room in time, [`SendTimeoutError::Closed`] when the queue is closed; both
    /// with the message.
    pub fn enqueue_timeout(
        &self,
        message: T,
        timeout: Duration,
    ) -> Result<Id, SendTimeoutError<T>> {
        self.enqueue_until(message, park::deadline_in(timeout))
    }

    /// As [`enqueue_timeout`](Self::enqueue_timeout), until `deadline`.
    ///
    /// # Errors
    ///
    /// As `enqueue_timeout`.
    pub fn enqueue_deadline(
        &self,
        message: T,
        deadline: Instant,
    ) -> Result<Id, SendTimeoutError<T>> {
        self.enqueue_until(message, Some(deadline))
    }

    fn enqueue_until(
        &self,
        message: T,
        deadline: Option<Instant>,
    ) -> Result<Id, SendTimeoutError<T>> {
        let mut wait = pin!(Wait::new(EnqueueOp::new(&self.handle, message)));
        match park::run(wait.as_mut(), deadline) {
            Poll::Ready(sent) => wait.op_mut().outcome(sent).map_err(SendTimeoutError::from),
            Poll::Pending => Err(SendTimeoutError::Timeout(wait.cancel().refused())),
        }
    }

    /// Closes the queue: no more messages can be enqueued. Those that are there are delivered, and delivered again, until the
    /// last one is acknowledged or dead. True if this call closed it.
    pub fn close(&self) -> bool {
        self.handle.close()
    }

    /// Whether the queue is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    /// What has happened in the queue, and what is in it.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.handle.stats()
    }
}

impl<T> Clone for Producer<T> {
    fn clone(&self) -> Self {
        Self::new(self.handle.clone())
    }
}

impl<T> fmt::Debug for Producer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Producer").field(&self.handle).finish()
    }
}

impl<T> UnwindSafe for Producer<T> {}
impl<T> RefUnwindSafe for Producer<T> {}
