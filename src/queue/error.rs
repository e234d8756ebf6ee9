//! The errors of this face, with the names and the texts of `tokio-mpmc`.

use core::fmt;

/// What the calls of a [`Queue`](super::Queue) return.
pub type QueueResult<T> = Result<T, QueueError>;

/// What the calls of a [`Sender`](super::Sender) and a [`Receiver`](super::Receiver) return.
pub type ChannelResult<T> = Result<T, ChannelError>;

/// Why a queue did not take a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueError {
    /// There is no room: only from a queue that [rejects](crate::Overflow::Reject) what it has no room for.
    QueueFull,
    /// The queue is closed.
    QueueClosed,
}

/// Why a channel did not take a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelError {
    /// There is no room. [`Sender::send`](super::Sender::send) waits instead, so it never says this.
    ChannelFull,
    /// The channel is closed.
    ChannelClosed,
}

impl fmt::Display for QueueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::QueueFull => "Queue is full",
            Self::QueueClosed => "Queue is closed",
        })
    }
}

impl fmt::Display for ChannelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ChannelFull => "Channel is full",
            Self::ChannelClosed => "Channel is closed",
        })
    }
}

impl core::error::Error for QueueError {}
impl core::error::Error for ChannelError {}
