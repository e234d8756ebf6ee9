//! The calls that block a thread.

use std::time::{Duration, Instant};

use super::{ChannelResult, Queue, QueueResult, Receiver, Sender};
use crate::error::{RecvTimeoutError, SendError, SendTimeoutError};

impl<T> Queue<T> {
    /// As [`send`](Self::send), blocking the thread; the message comes back. [More](crate::Sender::send_blocking).
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message when the queue is closed, or gets closed while this waits.
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = wakering::Queue::new(2);
    /// std::thread::spawn({
    ///     let queue = queue.clone();
    ///     move || {
    ///         for n in 1..=3 {
    ///             queue.send_blocking(n).unwrap(); // waits while two messages are queued
    ///         }
    ///         queue.close();
    ///     }
    /// });
    /// let mut sum = 0;
    /// while let Ok(Some(n)) = queue.receive_blocking() {
    ///     sum += n;
    /// }
    /// assert_eq!(sum, 6);
    /// ```
    pub fn send_blocking(&self, value: T) -> Result<(), SendError<T>> {
        self.sender().send_blocking(value)
    }

    /// As [`send_blocking`](Self::send_blocking), for at most `timeout`; any `Duration` will do.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError::Timeout`] when there was no room in time, [`SendTimeoutError::Closed`] when the queue is
    /// closed; both with the message.
    pub fn send_timeout(&self, value: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        self.sender().send_timeout(value, timeout)
    }

    /// As [`send_blocking`](Self::send_blocking), until `deadline`.
    ///
    /// # Errors
    ///
    /// As [`send_timeout`](Self::send_timeout).
    pub fn send_deadline(&self, value: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        self.sender().send_deadline(value, deadline)
    }

    /// As [`receive`](Self::receive), blocking the thread. [More](crate::Receiver::recv_blocking).
    ///
    /// # Errors
    ///
    /// None, as with `receive`.
    pub fn receive_blocking(&self) -> QueueResult<Option<T>> {
        Ok(self.receiver().recv_blocking().ok())
    }

    /// As [`receive_blocking`](Self::receive_blocking), for at most `timeout`; any `Duration` will do.
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError::Timeout`] when there was no message in time, [`RecvTimeoutError::Closed`] when the queue is
    /// closed and nothing is left in it.
    pub fn receive_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.receiver().recv_timeout(timeout)
    }

    /// As [`receive_blocking`](Self::receive_blocking), until `deadline`.
    ///
    /// # Errors
    ///
    /// As [`receive_timeout`](Self::receive_timeout).
    pub fn receive_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.receiver().recv_deadline(deadline)
    }
}

impl<T> Sender<T> {
    /// As [`send`](Self::send), blocking the thread; the message comes back. [More](crate::Sender::send_blocking).
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message when the channel is closed, or gets closed while this waits.
    pub fn send_blocking(&self, value: T) -> Result<(), SendError<T>> {
        self.as_mpmc().send_blocking(value)
    }

    /// As [`send_blocking`](Self::send_blocking), for at most `timeout`; any `Duration` will do.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError::Timeout`] when there was no room in time, [`SendTimeoutError::Closed`] when the channel is
    /// closed; both with the message.
    pub fn send_timeout(&self, value: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        self.as_mpmc().send_timeout(value, timeout)
    }
}

impl<T> Receiver<T> {
    /// As [`recv`](Self::recv), blocking the thread. [More](crate::Receiver::recv_blocking).
    ///
    /// # Errors
    ///
    /// None, as with `recv`.
    pub fn recv_blocking(&self) -> ChannelResult<Option<T>> {
        Ok(self.as_mpmc().recv_blocking().ok())
    }

    /// As [`recv_blocking`](Self::recv_blocking), for at most `timeout`; any `Duration` will do.
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError::Timeout`] when there was no message in time, [`RecvTimeoutError::Closed`] when the channel is
    /// closed and nothing is left in it.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.as_mpmc().recv_timeout(timeout)
    }
}
