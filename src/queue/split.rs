//! An end for each side.

use core::fmt;

use super::{ChannelError, ChannelResult};
use crate::chan::{RecvOp, SendOp};
use crate::error::{TryRecvError, TrySendError};
use crate::mpmc;
use crate::wait::Then;

/// Creates a channel that holds at most `capacity` messages at a time.
///
/// It is that of [`bounded`](crate::bounded), by the names of `tokio-mpmc`.
///
/// # Panics
///
/// When `capacity` is 0, or more than memory can hold.
///
/// # Examples
///
/// ```
/// # futures_lite::future::block_on(async {
/// use wakering::queue::{ChannelError, channel};
///
/// let (tx, rx) = channel(2);
/// tx.send(1).await?;
/// assert_eq!((tx.capacity(), tx.max_capacity()), (1, 2));
/// assert_eq!(rx.recv().await?, Some(1));
/// drop(rx);
/// assert_eq!(tx.send(2).await, Err(ChannelError::ChannelClosed));
/// # Ok::<(), ChannelError>(())
/// # }).unwrap();
/// ```
#[must_use]
#[track_caller]
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    assert!(capacity > 0, "capacity must be at least 1");
    let (tx, rx) = mpmc::bounded(capacity);
    (Sender { inner: tx }, Receiver { inner: rx })
}

/// Sends messages into a [`channel`].
///
/// When the last one is dropped, the channel is closed: receivers get what is still queued, and then the end.
pub struct Sender<T> {
    pub(super) inner: mpmc::Sender<T>,
}

/// Receives messages from a [`channel`]; each message goes to one receiver.
///
/// When the last one is dropped, the channel is closed and what is queued is dropped at once.
pub struct Receiver<T> {
    pub(super) inner: mpmc::Receiver<T>,
}

impl<T> Sender<T> {
    /// Sends a message, waiting for room.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped before it is done, the message has not been sent, and is dropped with it.
    ///
    /// # Errors
    ///
    /// [`ChannelError::ChannelClosed`] when the channel is closed or gets closed while this waits, be it by a call or because
    /// the last receiver goes. The message is dropped; to have it back, use [`as_mpmc`](Self::as_mpmc)`().send(..)`.
    ///
    /// # Panics
    ///
    /// The future panics when it is polled after it was done.
    #[inline]
    pub fn send(&self, value: T) -> impl Future<Output = ChannelResult<()>> {
        Then::new(SendOp::new(&self.inner.handle, value), |op, sent| {
            sent.map_err(|_| {
                drop(op.take_back());
                ChannelError::ChannelClosed
            })
        })
    }

    /// Sends a message if there is room now. [More](mpmc::Sender::try_send).
    ///
    /// # Errors
    ///
    /// [`TrySendError::Full`] when as many messages and permits are out as the capacity allows,
    /// [`TrySendError::Closed`] when the channel is closed; both with the message.
    #[inline]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.inner.try_send(value)
    }

    /// Closes the channel: no more messages can be sent, and those sent before can still be received.
    pub fn close(&self) {
        self.inner.close();
    }

    /// How many senders there are.
    pub fn sender_count(&self) -> usize {
        self.inner.sender_count()
    }

    /// The sender of [`mpmc`](crate::mpmc) that this is, with all that it can do.
    pub fn as_mpmc(&self) -> &mpmc::Sender<T> {
        &self.inner
    }
}

impl<T> Receiver<T> {
    /// Receives a message, waiting for one; `None` when the channel is closed and nothing is left in it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it is done loses no message.
    ///
    /// # Errors
    ///
    /// None: it is a `Result` since it is one in `tokio-mpmc`.
    #[inline]
    pub fn recv(&self) -> impl Future<Output = ChannelResult<Option<T>>> {
        Then::new(RecvOp::new(&self.inner.handle), |_, received| Ok(received))
    }

    /// Receives a message if there is one now. [More](mpmc::Receiver::try_recv).
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] when there is none, [`TryRecvError::Closed`] when there will never be one.
    #[inline]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.inner.try_recv()
    }

    /// How many receivers there are.
    pub fn receiver_count(&self) -> usize {
        self.inner.receiver_count()
    }

    /// The receiver of [`mpmc`](crate::mpmc) that this is, with all that it can do. A clone of it is a `Stream`.
    pub fn as_mpmc(&self) -> &mpmc::Receiver<T> {
        &self.inner
    }
}

/// What both ends are asked.
macro_rules! ask {
    ($end:ident) => {
        impl<T> $end<T> {
            /// How many messages are queued; never more than the capacity.
            pub fn len(&self) -> usize {
                self.inner.len()
            }

            /// Whether no message is queued.
            pub fn is_empty(&self) -> bool {
                self.inner.is_empty()
            }

            /// Whether there is no room: as many messages and permits as the capacity.
            pub fn is_full(&self) -> bool {
                self.inner.is_full()
            }

            /// Whether the channel is closed. Messages may still be queued.
            pub fn is_closed(&self) -> bool {
                self.inner.is_closed()
            }

            /// For how many messages there is room now: what messages and permits leave of
            /// [`max_capacity`](Self::max_capacity).
            pub fn capacity(&self) -> usize {
                known(self.inner.handle.available())
            }

            /// How many messages the channel can hold: what was given to [`channel`].
            pub fn max_capacity(&self) -> usize {
                known(self.inner.capacity())
            }
        }

        impl<T> Clone for $end<T> {
            fn clone(&self) -> Self {
                Self {
                    inner: self.inner.clone(),
                }
            }
        }

        impl<T> fmt::Debug for $end<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($end))
                    .field(&self.inner.handle)
                    .finish()
            }
        }
    };
}

ask!(Sender);
ask!(Receiver);

/// A capacity that there is.
fn known(capacity: Option<usize>) -> usize {
    match capacity {
        Some(capacity) => capacity,
        None => unreachable!("`channel` makes bounded ones only"),
    }
}
