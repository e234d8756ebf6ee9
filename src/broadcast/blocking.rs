//! The blocking half: the same operations, waited for by a thread.

use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::error::{RecvError, RecvTimeoutError, SendError, SendTimeoutError};
use super::lossless::SendLosslessOp;
use super::reader::RecvOp;
use super::{Receiver, Sender};
use crate::wait::{Wait, park};

impl<T> Sender<T> {
    /// As [`send_lossless`](Self::send_lossless), blocking the thread until there is room.
    ///
    /// A blocked thread sleeps. In an async task this blocks the executor's thread: use `send_lossless` there. Nothing
    /// panics if you do not, but when a receiver's task needs the same thread to run, both wait for ever.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message when there is no receiver, or the last one goes while this waits.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = wakering::broadcast::channel(1);
    /// let producer = std::thread::spawn(move || {
    ///     for n in 1..=3 {
    ///         tx.blocking_send_lossless(n).unwrap(); // waits until `rx` has the one before
    ///     }
    /// });
    /// for n in 1..=3 {
    ///     assert_eq!(rx.blocking_recv(), Ok(n));
    /// }
    /// producer.join().unwrap();
    /// ```
    pub fn blocking_send_lossless(&self, value: T) -> Result<usize, SendError<T>> {
        match self.send_lossless_until(value, None) {
            Ok(receivers) => Ok(receivers),
            Err(SendTimeoutError::Closed(value)) => Err(SendError(value)),
            Err(SendTimeoutError::Timeout(_)) => unreachable!("no deadline was set"),
        }
    }

    /// As [`blocking_send_lossless`](Self::blocking_send_lossless), for at most `timeout`; any `Duration` will do.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError::Timeout`] when there was no room in time, [`SendTimeoutError::Closed`] when there is no
    /// receiver; both with the message.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use wakering::broadcast::{self, error::SendTimeoutError};
    ///
    /// let (tx, _rx) = broadcast::channel(1);
    /// tx.send(1).unwrap();
    /// let sent = tx.blocking_send_lossless_timeout(2, Duration::from_millis(1));
    /// assert_eq!(sent, Err(SendTimeoutError::Timeout(2)));
    /// ```
    pub fn blocking_send_lossless_timeout(
        &self,
        value: T,
        timeout: Duration,
    ) -> Result<usize, SendTimeoutError<T>> {
        self.send_lossless_until(value, park::deadline_in(timeout))
    }

    /// As [`blocking_send_lossless`](Self::blocking_send_lossless), until `deadline`.
    ///
    /// # Errors
    ///
    /// As [`blocking_send_lossless_timeout`](Self::blocking_send_lossless_timeout).
    pub fn blocking_send_lossless_deadline(
        &self,
        value: T,
        deadline: Instant,
    ) -> Result<usize, SendTimeoutError<T>> {
        self.send_lossless_until(value, Some(deadline))
    }

    fn send_lossless_until(
        &self,
        value: T,
        deadline: Option<Instant>,
    ) -> Result<usize, SendTimeoutError<T>> {
        let mut wait = pin!(Wait::new(SendLosslessOp::new(&self.handle, value)));
        let sent = park::run(wait.as_mut(), deadline);
        let op = wait.cancel();
        match sent {
            Poll::Ready(sent) => op.outcome(sent).map_err(Into::into),
            Poll::Pending => Err(SendTimeoutError::Timeout(op.refused())),
        }
    }
}

impl<T: Clone> Receiver<T> {
    /// As [`recv`](Self::recv), blocking the thread until there is a message.
    ///
    /// A blocked thread sleeps. In an async task this blocks the executor's thread: use `recv` there. Nothing panics if
    /// you do not (tokio's does), but when a sender's task needs the same thread to run, both wait for ever.
    ///
    /// # Errors
    ///
    /// As `recv`.
    ///
    /// # Panics
    ///
    /// As `recv`.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = wakering::broadcast::channel(16);
    /// let consumer = std::thread::spawn(move || rx.blocking_recv());
    /// tx.send(10).unwrap();
    /// assert_eq!(consumer.join().unwrap(), Ok(10));
    /// ```
    pub fn blocking_recv(&mut self) -> Result<T, RecvError> {
        park::block_on(Wait::new(RecvOp(&mut self.reader)))
    }

    /// As [`blocking_recv`](Self::blocking_recv), for at most `timeout`; any `Duration` will do.
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError::Timeout`] when there was no message in time; otherwise as [`recv`](Self::recv).
    ///
    /// # Panics
    ///
    /// As `recv`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use wakering::broadcast::{self, error::RecvTimeoutError};
    ///
    /// let (tx, mut rx) = broadcast::channel(1);
    /// let moment = Duration::from_millis(1);
    /// assert_eq!(rx.blocking_recv_timeout(moment), Err(RecvTimeoutError::Timeout));
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.blocking_recv_timeout(Duration::MAX), Ok(1));
    /// ```
    pub fn blocking_recv_timeout(&mut self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.blocking_recv_until(park::deadline_in(timeout))
    }

    /// As [`blocking_recv`](Self::blocking_recv), until `deadline`.
    ///
    /// # Errors
    ///
    /// As [`blocking_recv_timeout`](Self::blocking_recv_timeout).
    ///
    /// # Panics
    ///
    /// As `recv`.
    pub fn blocking_recv_deadline(&mut self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.blocking_recv_until(Some(deadline))
    }

    fn blocking_recv_until(&mut self, deadline: Option<Instant>) -> Result<T, RecvTimeoutError> {
        match park::run(pin!(Wait::new(RecvOp(&mut self.reader))), deadline) {
            Poll::Ready(received) => received.map_err(Into::into),
            Poll::Pending => Err(RecvTimeoutError::Timeout),
        }
    }
}
