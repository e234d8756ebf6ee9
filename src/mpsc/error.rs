//! The errors of this face, with the names and messages of `tokio::sync::mpsc::error`.
//!
//! An error that refuses a message gives it back, does not print it, and asks nothing of its type.

use core::fmt;

use crate::error::say;

/// The channel is closed: the message was not sent.
///
/// Returned by [`Sender::send`](super::Sender::send) and its relatives. The message is in field `0`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendError<T>(pub T);

/// Why [`Sender::try_send`](super::Sender::try_send) did not send, with the message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TrySendError<T> {
    /// No room: as many messages and permits as the channel may have.
    Full(T),
    /// The channel is closed.
    Closed(T),
}

/// Why a send with a time limit did not send, with the message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SendTimeoutError<T> {
    /// The time was up before there was room.
    Timeout(T),
    /// The channel is closed.
    Closed(T),
}

/// Why [`Receiver::try_recv`](super::Receiver::try_recv) has no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryRecvError {
    /// Nothing is queued now; something may still come.
    Empty,
    /// The channel is closed and drained: nothing will come.
    Disconnected,
}

/// Why a receive with a time limit has no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecvTimeoutError {
    /// The time was up before a message came.
    Timeout,
    /// The channel is closed and drained: nothing will come.
    Disconnected,
}

/// Not used: receiving ends with `None`. It is here because tokio has it.
#[derive(Debug, Clone)]
#[doc(hidden)]
#[deprecated(note = "nothing returns it: `recv` returns an `Option`")]
pub struct RecvError(());

/// The error of [`PollSender`](super::PollSender): it, or the channel, is closed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PollSendError<T>(pub(super) Option<T>);

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

impl<T> PollSendError<T> {
    /// Takes the message back: `Some` from [`send_item`](super::PollSender::send_item), `None` from
    /// [`poll_reserve`](super::PollSender::poll_reserve), which has none.
    pub fn into_inner(self) -> Option<T> {
        self.0
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

impl<T> From<crate::error::TrySendError<T>> for TrySendError<T> {
    #[inline]
    fn from(error: crate::error::TrySendError<T>) -> Self {
        match error {
            crate::error::TrySendError::Full(message) => Self::Full(message),
            crate::error::TrySendError::Closed(message) => Self::Closed(message),
        }
    }
}

impl<T> From<crate::error::SendTimeoutError<T>> for SendTimeoutError<T> {
    fn from(error: crate::error::SendTimeoutError<T>) -> Self {
        match error {
            crate::error::SendTimeoutError::Timeout(message) => Self::Timeout(message),
            crate::error::SendTimeoutError::Closed(message) => Self::Closed(message),
        }
    }
}

say!(SendError:
    Self(_) => "SendError { .. }", "channel closed";
);
say!(TrySendError:
    Self::Full(_) => "Full(..)", "no available capacity";
    Self::Closed(_) => "Closed(..)", "channel closed";
);
say!(SendTimeoutError:
    Self::Timeout(_) => "Timeout(..)", "timed out waiting on send operation";
    Self::Closed(_) => "Closed(..)", "channel closed";
);
say!(PollSendError:
    Self(_) => "PollSendError(..)", "channel closed";
);

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Empty => "receiving on an empty channel",
            Self::Disconnected => "receiving on a closed channel",
        })
    }
}

impl fmt::Display for RecvTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Timeout => "timed out waiting on receive operation",
            Self::Disconnected => "receiving on a closed channel",
        })
    }
}

#[allow(deprecated)]
impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("channel closed")
    }
}

impl core::error::Error for TryRecvError {}
impl core::error::Error for RecvTimeoutError {}
#[allow(deprecated)]
impl core::error::Error for RecvError {}
