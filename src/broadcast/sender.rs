//! The sending handle.

use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::task::Poll;

use super::chan::{Chan, Refused};
use super::error::{SendError, TrySendError};
use super::lossless::{SendLossless, SendLosslessOp};
use super::reader::Reader;
use super::{Receiver, WeakSender};
use crate::shared::{self, Handle, Tx};
use crate::wait::{Attempt, Gate, Operation, Wait, done};

/// How senders reach a channel.
pub(super) type TxHandle<T> = Handle<Chan<T>, Tx>;

/// Sends messages to all receivers.
///
/// Senders are cloned to send from several places. When the last one is dropped, the channel is closed: receivers get
/// what they have not received yet, and then the end.
///
/// Created by [`channel`](super::channel) and [`Sender::new`].
pub struct Sender<T> {
    pub(super) handle: TxHandle<T>,
}

impl<T> Sender<T> {
    pub(super) fn on(handle: TxHandle<T>) -> Self {
        Self { handle }
    }

    /// Creates a channel that has no receiver yet. Nothing can be sent before [`subscribe`](Self::subscribe) is called.
    ///
    /// # Panics
    ///
    /// When `capacity` is 0, or more than memory can hold.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakering::broadcast::Sender;
    ///
    /// let tx = Sender::new(4);
    /// assert_eq!(tx.send(1).unwrap_err().0, 1);
    /// let mut rx = tx.subscribe();
    /// assert_eq!(tx.send(2).unwrap(), 1);
    /// assert_eq!(rx.try_recv(), Ok(2));
    /// ```
    #[track_caller]
    pub fn new(capacity: usize) -> Self {
        Self::on(shared::sender(Chan::new(capacity)))
    }

    /// Sends a message to all receivers there are now, and says how many that is.
    ///
    /// Never waits. When the channel has `capacity` messages, the oldest one makes room; a receiver that has not received
    /// it is told that it [lagged](super::error::RecvError::Lagged). To wait for such receivers instead, use
    /// [`send_lossless`](Self::send_lossless).
    ///
    /// That the message was sent does not mean that it will be received: receivers may go, or lag, before they get it.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message when there is no receiver. A later send may succeed, if somebody subscribes.
    ///
    /// # Panics
    ///
    /// When a waker or the `Drop` of the oldest message does. The message has been sent then, and everybody has been told.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx1) = wakering::broadcast::channel(2);
    /// let mut rx2 = tx.subscribe();
    /// assert_eq!(tx.send("to both").unwrap(), 2);
    /// assert_eq!(rx1.try_recv(), Ok("to both"));
    /// assert_eq!(rx2.try_recv(), Ok("to both"));
    /// ```
    #[inline]
    pub fn send(&self, value: T) -> Result<usize, SendError<T>> {
        self.handle
            .send(value, true)
            .map_err(|(_, value)| SendError(value))
    }

    /// Sends a message to all receivers, waiting for the slowest of them where the channel is full: backpressure.
    ///
    /// No receiver misses a message by such a send. (By a [`send`](Self::send) of another sender it may; if all senders
    /// use this one, none ever lags.) Waiting ends when every receiver has received the oldest message or is gone.
    /// Senders that wait are told of room in the order in which they began to; one that does not need to wait may be
    /// faster, and one that was overtaken keeps its place.
    ///
    /// A receiver that is kept and not used holds up such sends for ever.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped before it is done, the message has not been sent, and is dropped with it.
    /// [`SendLossless::cancel`] takes it back.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message when there is no receiver, or the last one goes while this waits.
    ///
    /// # Panics
    ///
    /// The future panics when it is polled after it was done.
    ///
    /// # Examples
    ///
    /// ```
    /// # use futures_lite::future;
    /// # future::block_on(async {
    /// let (tx, mut rx) = wakering::broadcast::channel(2);
    /// let produce = async move {
    ///     for n in 1..=100 {
    ///         tx.send_lossless(n).await.unwrap(); // waits while `rx` is two messages behind
    ///     }
    /// };
    /// let consume = async move {
    ///     let mut sum = 0;
    ///     while let Ok(n) = rx.recv().await {
    ///         sum += n;
    ///     }
    ///     sum
    /// };
    /// assert_eq!(future::zip(produce, consume).await.1, 5050);
    /// # });
    /// ```
    pub fn send_lossless(&self, value: T) -> SendLossless<'_, T> {
        SendLossless::new(SendLosslessOp::new(&self.handle, value))
    }

    /// Sends a message if no receiver misses one by it.
    ///
    /// Never waits.
    ///
    /// # Errors
    ///
    /// [`TrySendError::Full`] when some receiver has not received the oldest message, [`TrySendError::Closed`] when
    /// there is no receiver; both with the message.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakering::broadcast::{self, error::TrySendError};
    ///
    /// let (tx, mut rx) = broadcast::channel(1);
    /// assert_eq!(tx.try_send_lossless(1), Ok(1));
    /// assert_eq!(tx.try_send_lossless(2), Err(TrySendError::Full(2)));
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// assert_eq!(tx.try_send_lossless(2), Ok(1));
    /// ```
    pub fn try_send_lossless(&self, value: T) -> Result<usize, TrySendError<T>> {
        self.handle
            .send(value, false)
            .map_err(|(why, value)| match why {
                Refused::Full => TrySendError::Full(value),
                Refused::NoReceivers => TrySendError::Closed(value),
            })
    }

    /// A new receiver, for the messages that are sent from now on.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = wakering::broadcast::channel(4);
    /// tx.send("early").unwrap();
    /// let mut rx = tx.subscribe();
    /// tx.send("late").unwrap();
    /// assert_eq!(rx.try_recv(), Ok("late"));
    /// ```
    pub fn subscribe(&self) -> Receiver<T> {
        Receiver::new(Reader::new(self.handle.guest()))
    }

    /// Waits until there is no receiver.
    ///
    /// That need not last: somebody may subscribe, even before the task that waits here runs again. Then it goes on
    /// waiting. So when this is done, there was no receiver at that moment.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future has no effect.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = wakering::broadcast::channel::<()>(1);
    /// drop(rx);
    /// tx.closed().await;
    /// # });
    /// ```
    pub fn closed(&self) -> impl Future<Output = ()> {
        Wait::new(NoReceiversOp(&self.handle))
    }

    /// How many messages have not been received by all receivers; never more than the capacity.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx1) = wakering::broadcast::channel(4);
    /// let rx2 = tx.subscribe();
    /// tx.send(1).unwrap();
    /// tx.send(2).unwrap();
    /// rx1.try_recv().unwrap();
    /// assert_eq!(tx.len(), 2);
    /// drop(rx2);
    /// assert_eq!(tx.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.handle.len()
    }

    /// Whether every message has been received by all receivers.
    pub fn is_empty(&self) -> bool {
        self.handle.is_empty()
    }

    /// How many messages the channel keeps: what was given to [`channel`](super::channel).
    pub fn capacity(&self) -> usize {
        self.handle.capacity()
    }

    /// How many receivers there are.
    pub fn receiver_count(&self) -> usize {
        self.handle.subscribers()
    }

    /// Whether two senders belong to the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.handle.same_channel(&other.handle)
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

/// Waits until there is no receiver.
struct NoReceiversOp<'a, T>(&'a Chan<T>);

impl<T> Operation for NoReceiversOp<'_, T> {
    type Output = ();

    fn attempt(&mut self, output: &mut Poll<()>) -> Attempt {
        if self.0.subscribers() == 0 {
            done(output, ())
        } else {
            Attempt::Blocked
        }
    }

    fn gate(&self) -> impl Gate {
        self.0.no_receivers()
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self::on(self.handle.clone())
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sender").field(&self.handle).finish()
    }
}

impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}
