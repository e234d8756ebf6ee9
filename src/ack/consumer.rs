//! The handle that dequeues.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::task::{Context, Poll};
use std::time::Instant;

use super::chan::{RxHandle, Taken};
use super::ops::{Dequeue, DequeueOp, Dequeued};
use super::{Delivery, Id, Stats};
use crate::error::{RecvError, TryRecvError};
use crate::wait::LazyWaiter;

/// Takes messages out of a queue, each for a limited time.
///
/// Consumers can be cloned to share the work. When the last one is dropped, the queue is closed, and the messages that no
/// delivery holds become dead letters; so does what a delivery gives back later.
///
/// With the feature `stream` (on by default) a consumer is a `Stream` of deliveries. It is `Unpin`; the first time that it has
/// to wait as a stream, it allocates its place in the wait queue, and keeps it for later.
///
/// Created by [`queue`](super::queue).
pub struct Consumer<T> {
    pub(super) handle: RxHandle<T>,
    /// The place in line of `poll_dequeue` and `Stream`.
    waiter: LazyWaiter,
}

impl<T> Consumer<T> {
    pub(super) fn new(handle: RxHandle<T>) -> Self {
        Self {
            handle,
            waiter: LazyWaiter::new(),
        }
    }

    /// Takes the message that has been ready for the longest time, waiting for one.
    ///
    /// First it sees to what is due: deliveries that were not settled in time, and messages whose delay is over. While it
    /// waits it cannot do so, having no timer: it is woken when somebody else does, be it another consumer, a blocked thread,
    /// or [`run_expiry`](Self::run_expiry), which is there for that.
    ///
    /// Consumers that wait are told of messages in the order in which they began to wait; one that does not need to wait may
    /// be faster.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it is done loses no message, and is no delivery.
    ///
    /// # Errors
    ///
    /// [`RecvError`] when the queue is closed and every message is acknowledged or dead. While one is in flight or delayed,
    /// this waits: it may come back.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use wakering::ack::{self, Config};
    ///
    /// let (tx, rx, _dead) = ack::queue(Config::default());
    /// tx.enqueue(String::from("job")).await.unwrap();
    /// drop(tx);
    /// while let Ok(job) = rx.dequeue().await {
    ///     println!("{} for the {}. time", *job, job.attempts());
    ///     job.ack().unwrap();
    /// }
    /// # });
    /// ```
    pub fn dequeue(&self) -> Dequeue<'_, T> {
        Dequeue::new(DequeueOp::new(&self.handle))
    }

    /// Takes a message if one is ready now, or is as soon as what is due was seen to.
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] when none is ready, [`TryRecvError::Closed`] when none will be any more.
    pub fn try_dequeue(&self) -> Result<Delivery<T>, TryRecvError> {
        match self.handle.take(None) {
            Taken::Message(node, receipt) => Ok(Delivery::new(node, receipt)),
            Taken::Empty | Taken::Unsure => Err(TryRecvError::Empty),
            Taken::Over => Err(TryRecvError::Closed),
        }
    }

    /// Polls for a message: [`dequeue`](Self::dequeue) for hand-written futures. The consumer keeps its place in line from one
    /// call to the next.
    ///
    /// # Errors
    ///
    /// As `dequeue`.
    pub fn poll_dequeue(&mut self, cx: &mut Context<'_>) -> Poll<Result<Delivery<T>, RecvError>> {
        self.waiter
            .poll(&mut DequeueOp::new(&self.handle), cx)
            .map(Dequeued::or_end)
    }

    /// Sees to what is due: deliveries that were not settled in time fail, and messages whose delay is over become ready.
    /// Consumers that wait are told.
    ///
    /// Every dequeue does this first. Takes O(log n) for each message that was due or put off, amortised.
    pub fn expire(&self) {
        self.handle.expire();
    }

    /// When the next delivery expires or the next delay is over, unless that is settled before. `None`: nothing is due ever.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Instant> {
        self.handle.watch(true).next
    }

    /// Whether a message was acknowledged lately: is it among the last [`Config::window`](super::Config::window) ones?
    ///
    /// Helps a consumer that may have been too slow: somebody else may have done the work meanwhile. Takes O(1).
    ///
    /// # Examples
    ///
    /// ```
    /// use wakering::ack::{self, Config};
    ///
    /// let (tx, rx, _dead) = ack::queue(Config { window: 100, ..Config::default() });
    /// let id = tx.try_enqueue("job").unwrap();
    /// assert!(!rx.seen(id));
    /// rx.try_dequeue().unwrap().ack().unwrap();
    /// assert!(rx.seen(id));
    /// ```
    #[must_use]
    pub fn seen(&self, id: Id) -> bool {
        self.handle.seen(id)
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

    /// Closed, and nothing will be delivered any more.
    #[cfg(feature = "stream")]
    pub(crate) fn is_finished(&self) -> bool {
        self.handle.is_over()
    }

    /// What has happened in the queue, and what is in it.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.handle.stats()
    }
}

impl<T> Drop for Consumer<T> {
    fn drop(&mut self) {
        self.waiter.cancel(&mut DequeueOp::new(&self.handle));
    }
}

impl<T> Clone for Consumer<T> {
    /// Another consumer of the same queue. It does not stand in line, even if this one does.
    fn clone(&self) -> Self {
        Self::new(self.handle.clone())
    }
}

impl<T> fmt::Debug for Consumer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Consumer").field(&self.handle).finish()
    }
}

impl<T> UnwindSafe for Consumer<T> {}
impl<T> RefUnwindSafe for Consumer<T> {}
