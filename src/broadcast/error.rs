//! The errors of this face, with the names and messages of `tokio::sync::broadcast::error`.
//!
//! An error that refuses a message gives it back, does not print it, and asks nothing of its type.

use core::fmt;

use crate::error::say;

/// There is no receiver: the message was not sent.
///
/// Returned by [`Sender::send`](super::Sender::send). The message is in field `0`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendError<T>(pub T);

/// Why [`Sender::try_send_lossless`](super::Sender::try_send_lossless) did not send, with the message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TrySendError<T> {
    /// No room: some receiver has not received the oldest message.
    Full(T),
    /// There is no receiver.
    Closed(T),
}

/// Why a send with a time limit did not send, with the message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SendTimeoutError<T> {
    /// The time was up before there was room.
    Timeout(T),
    /// There is no receiver.
    Closed(T),
}

/// Why [`Receiver::recv`](super::Receiver::recv) has no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecvError {
    /// All senders are gone, and everything has been received: nothing will come.
    Closed,
    /// The receiver was too slow: so many messages were overwritten. The next receive has the oldest that is left.
    Lagged(u64),
}

/// Why [`Receiver::try_recv`](super::Receiver::try_recv) has no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryRecvError {
    /// Nothing to receive now; something may still come.
    Empty,
    /// All senders are gone, and everything has been received: nothing will come.
    Closed,
    /// The receiver was too slow: so many messages were overwritten. The next receive has the oldest that is left.
    Lagged(u64),
}

/// Why a receive with a time limit has no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecvTimeoutError {
    /// The time was up before a message came.
    Timeout,
    /// All senders are gone, and everything has been received: nothing will come.
    Closed,
    /// The receiver was too slow: so many messages were overwritten. The next receive has the oldest that is left.
    Lagged(u64),
}

/// A receiver that is used as a stream was too slow: so many messages were overwritten. The stream goes on with the
/// oldest that is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lagged(pub u64);

impl<T> TrySendError<T> {
    /// Takes the message back.
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(message) | Self::Closed(message) => message,
        }
    }
}

impl<T> SendTimeoutError<T> {
    /// Takes the message back.
    pub fn into_inner(self) -> T {
        match self {
            Self::Timeout(message) | Self::Closed(message) => message,
        }
    }
}

impl<T> From<SendError<T>> for TrySendError<T> {
    fn from(SendError(message): SendError<T>) -> Self {
        Self::Closed(message)
    }
}

impl<T> From<SendError<T>> for SendTimeoutError<T> {
    fn from(SendError(message): SendError<T>) -> Self {
        Self::Closed(message)
    }
}

impl From<RecvError> for TryRecvError {
    fn from(error: RecvError) -> Self {
        match error {
            RecvError::Closed => Self::Closed,
            RecvError::Lagged(n) => Self::Lagged(n),
        }
    }
}

impl From<RecvError> for RecvTimeoutError {
    fn from(error: RecvError) -> Self {
        match error {
            RecvError::Closed => Self::Closed,
            RecvError::Lagged(n) => Self::Lagged(n),
        }
    }
}

impl From<Lagged> for RecvError {
    fn from(Lagged(n): Lagged) -> Self {
        Self::Lagged(n)
    }
}

say!(SendError:
    Self(_) => "SendError(..)", "channel closed";
);
say!(TrySendError:
    Self::Full(_) => "Full(..)", "no available capacity";
    Self::Closed(_) => "Closed(..)", "channel closed";
);
say!(SendTimeoutError:
    Self::Timeout(_) => "Timeout(..)", "timed out waiting on send operation";
    Self::Closed(_) => "Closed(..)", "channel closed";
);

impl fmt::Display for Lagged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "channel lagged by {}", self.0)
    }
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.pad("channel closed"),
            Self::Lagged(n) => Lagged(*n).fmt(f),
        }
    }
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.pad("channel empty"),
            Self::Closed => f.pad("channel closed"),
            Self::Lagged(n) => Lagged(*n).fmt(f),
        }
    }
}

impl fmt::Display for RecvTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.pad("timed out waiting on receive operation"),
            Self::Closed => f.pad("channel closed"),
            Self::Lagged(n) => Lagged(*n).fmt(f),
        }
    }
}

impl core::error::Error for Lagged {}
impl core::error::Error for RecvError {}
impl core::error::Error for TryRecvError {}
impl core::error::Error for RecvTimeoutError {}
