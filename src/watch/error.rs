//! The errors of this face, with the names and messages of `tokio::sync::watch::error`.

use core::fmt;

use crate::error::say;

/// There is no receiver. The value was stored nevertheless; in field `0` is the one that it has replaced.
///
/// Returned by [`Sender::send`](super::Sender::send). (In tokio it is the value itself, which is not stored.)
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendError<T>(pub T);

/// All senders are gone: the value will not change any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecvError(());

/// Why waiting for a change with a time limit has ended without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecvTimeoutError {
    /// The time was up before the value changed.
    Timeout,
    /// All senders are gone: the value will not change any more.
    Closed,
}

impl RecvError {
    pub(super) fn new() -> Self {
        Self(())
    }
}

impl From<RecvError> for RecvTimeoutError {
    fn from(_: RecvError) -> Self {
        Self::Closed
    }
}

say!(SendError:
    Self(_) => "SendError { .. }", "channel closed";
);

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("channel closed")
    }
}

impl fmt::Display for RecvTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Timeout => "timed out waiting for a change",
            Self::Closed => "channel closed",
        })
    }
}

impl core::error::Error for RecvError {}
impl core::error::Error for RecvTimeoutError {}
