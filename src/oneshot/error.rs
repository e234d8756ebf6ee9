//! The errors of this face, with the names and messages of `tokio::sync::oneshot::error`.

use core::fmt;

/// There will be no message: the sender was dropped without sending, or the receiver was closed before.
///
/// Returned by the [`Receiver`](super::Receiver) as a future, and by its blocking form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecvError(pub(super) ());

/// Why [`Receiver::try_recv`](super::Receiver::try_recv) has no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryRecvError {
    /// Nothing has been sent yet; something may still be.
    Empty,
    /// There will be no message, or it has been received already.
    Closed,
}

/// Why a receive with a time limit has no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecvTimeoutError {
    /// The time was up before a message came.
    Timeout,
    /// There will be no message, or it has been received already.
    Closed,
}

impl From<RecvError> for TryRecvError {
    fn from(RecvError(()): RecvError) -> Self {
        Self::Closed
    }
}

impl From<RecvError> for RecvTimeoutError {
    fn from(RecvError(()): RecvError) -> Self {
        Self::Closed
    }
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("channel closed")
    }
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Empty => "channel empty",
            Self::Closed => "channel closed",
        })
    }
}

impl fmt::Display for RecvTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Timeout => "timed out waiting on receive operation",
            Self::Closed => "channel closed",
        })
    }
}

impl core::error::Error for RecvError {}
impl core::error::Error for TryRecvError {}
impl core::error::Error for RecvTimeoutError {}
