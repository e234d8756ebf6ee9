//! The blocking half: the same operations, waited for by a thread.

use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};
use std::vec::Vec;

use super::error::{RecvTimeoutError, SendError, SendTimeoutError};
use super::rx::Rx;
use super::sender::in_our_words;
use super::{Receiver, Sender, UnboundedReceiver};
use crate::chan::SendOp;
use crate::storage::Storage;
use crate::wait::{Wait, park};

impl<T> Sender<T> {
    /// Sends a message, blocking the thread until there is room.
    ///
    /// A blocked thread sleeps. In an async task this blocks the executor's thread: use [`send`](Self::send) there.
    /// Nothing panics if you do not (tokio's does), but when the receiver's task needs the same thread to run, both
    /// wait for ever.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message when the channel is closed, or gets closed while this waits.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = wakering::mpsc::channel(1);
    /// std::thread::spawn(move || {
    ///     for n in 1..=3 {
    ///         tx.blocking_send(n).unwrap(); // waits while a message is queued
    ///     }
    /// });
    /// assert_eq!(std::iter::from_fn(|| rx.blocking_recv()).sum::<i32>(), 6);
    /// ```
    pub fn blocking_send(&self, value: T) -> Result<(), SendError<T>> {
        let mut wait = pin!(Wait::new(SendOp::new(&self.handle, value)));
        let sent = park::run_to_end(wait.as_mut());
        wait.op_mut().outcome(sent).map_err(in_our_words)
    }

    /// As [`blocking_send`](Self::blocking_send), for at most `timeout`; any `Duration` will do.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError::Timeout`] when there was no room in time, [`SendTimeoutError::Closed`] when the channel is
    /// closed; both with the message.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use wakering::mpsc::{self, error::SendTimeoutError};
    ///
    /// let (tx, _rx) = mpsc::channel(1);
    /// let moment = Duration::from_millis(1);
    /// assert_eq!(tx.blocking_send_timeout(1, moment), Ok(()));
    /// assert_eq!(tx.blocking_send_timeout(2, moment), Err(SendTimeoutError::Timeout(2)));
    /// ```
    pub fn blocking_send_timeout(
        &self,
        value: T,
        timeout: Duration,
    ) -> Result<(), SendTimeoutError<T>> {
        self.blocking_send_until(value, park::deadline_in(timeout))
    }

    /// As [`blocking_send`](Self::blocking_send), until `deadline`.
    ///
    /// # Errors
    ///
    /// As [`blocking_send_timeout`](Self::blocking_send_timeout).
    pub fn blocking_send_deadline(
        &self,
        value: T,
        deadline: Instant,
    ) -> Result<(), SendTimeoutError<T>> {
        self.blocking_send_until(value, Some(deadline))
    }

    fn blocking_send_until(
        &self,
        value: T,
        deadline: Option<Instant>,
    ) -> Result<(), SendTimeoutError<T>> {
        let mut wait = pin!(Wait::new(SendOp::new(&self.handle, value)));
        let sent = park::run(wait.as_mut(), deadline);
        Ok(wait.cancel().timed_outcome(sent)?)
    }
}

impl<T> Receiver<T> {
    /// As [`recv`](Self::recv), blocking the thread until there is a message or the end.
    ///
    /// A blocked thread sleeps. In an async task this blocks the executor's thread: use `recv` there. Nothing panics
    /// if you do not (tokio's does), but when a sender's task needs the same thread to run, both wait for ever.
    pub fn blocking_recv(&mut self) -> Option<T> {
        self.rx.blocking_recv()
    }

    /// As [`recv_many`](Self::recv_many), blocking the thread as [`blocking_recv`](Self::blocking_recv) does.
    pub fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        self.rx.blocking_recv_many(buffer, limit)
    }

    /// As [`blocking_recv`](Self::blocking_recv), for at most `timeout`; any `Duration` will do.
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError::Timeout`] when there was no message in time, [`RecvTimeoutError::Disconnected`] when the
    /// channel is closed and nothing is left in it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use wakering::mpsc::{self, error::RecvTimeoutError};
    ///
    /// let (tx, mut rx) = mpsc::channel(1);
    /// let moment = Duration::from_millis(1);
    /// assert_eq!(rx.blocking_recv_timeout(moment), Err(RecvTimeoutError::Timeout));
    /// tx.try_send(1).unwrap();
    /// assert_eq!(rx.blocking_recv_timeout(Duration::MAX), Ok(1));
    /// ```
    pub fn blocking_recv_timeout(&mut self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.rx.blocking_recv_timeout(timeout)
    }

    /// As [`blocking_recv`](Self::blocking_recv), until `deadline`.
    ///
    /// # Errors
    ///
    /// As [`blocking_recv_timeout`](Self::blocking_recv_timeout).
    pub fn blocking_recv_deadline(&mut self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.rx.blocking_recv_until(Some(deadline))
    }
}

impl<T> UnboundedReceiver<T> {
    /// As [`Receiver::blocking_recv`].
    pub fn blocking_recv(&mut self) -> Option<T> {
        self.rx.blocking_recv()
    }

    /// As [`Receiver::blocking_recv_many`].
    pub fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        self.rx.blocking_recv_many(buffer, limit)
    }

    /// As [`Receiver::blocking_recv_timeout`].
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError::Timeout`] when there was no message in time, [`RecvTimeoutError::Disconnected`] when there
    /// will never be one.
    pub fn blocking_recv_timeout(&mut self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.rx.blocking_recv_timeout(timeout)
    }

    /// As [`Receiver::blocking_recv_deadline`].
    ///
    /// # Errors
    ///
    /// As [`blocking_recv_timeout`](Self::blocking_recv_timeout).
    pub fn blocking_recv_deadline(&mut self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.rx.blocking_recv_until(Some(deadline))
    }
}

impl<T, S: Storage<T>> Rx<T, S> {
    fn blocking_recv(&mut self) -> Option<T> {
        park::block_on(self.recv())
    }

    fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        park::block_on(self.recv_many(buffer, limit))
    }

    fn blocking_recv_timeout(&mut self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.blocking_recv_until(park::deadline_in(timeout))
    }

    fn blocking_recv_until(&mut self, deadline: Option<Instant>) -> Result<T, RecvTimeoutError> {
        match park::run(pin!(self.recv()), deadline) {
            Poll::Ready(Some(message)) => Ok(message),
            Poll::Ready(None) => Err(RecvTimeoutError::Disconnected),
            Poll::Pending => Err(RecvTimeoutError::Timeout),
        }
    }
}
