//! The blocking half: the same receive, waited for by a thread.

use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use super::Receiver;
use super::error::{RecvError, RecvTimeoutError, TryRecvError};
use crate::wait::park;

impl<T> Receiver<T> {
    /// Receives the message, blocking the thread until it is sent or there will be none.
    ///
    /// A blocked thread sleeps. In an async task this blocks the executor's thread: await the receiver there. Nothing
    /// panics if you do not (tokio's does), but when the sender's task needs the same thread to run, both wait for ever.
    ///
    /// # Errors
    ///
    /// [`RecvError`] when there will be no message, or it has been received already.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = wakering::oneshot::channel();
    /// std::thread::spawn(move || tx.send(1));
    /// assert_eq!(rx.blocking_recv(), Ok(1));
    /// ```
    pub fn blocking_recv(mut self) -> Result<T, RecvError> {
        match self.blocking_recv_until(None) {
            Ok(message) => Ok(message),
            Err(RecvTimeoutError::Closed) => Err(RecvError(())),
            Err(RecvTimeoutError::Timeout) => unreachable!("no deadline was set"),
        }
    }

    /// As [`blocking_recv`](Self::blocking_recv), for at most `timeout`; any `Duration` will do.
    ///
    /// When the time is up, the receiver is as it was before: it may wait again, and the message may still come.
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError::Timeout`] when there was no message in time, [`RecvTimeoutError::Closed`] when there will be
    /// none, or it has been received already.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use wakering::oneshot::{self, error::RecvTimeoutError};
    ///
    /// let (tx, mut rx) = oneshot::channel();
    /// let moment = Duration::from_millis(1);
    /// assert_eq!(rx.blocking_recv_timeout(moment), Err(RecvTimeoutError::Timeout));
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.blocking_recv_timeout(Duration::MAX), Ok(1));
    /// ```
    pub fn blocking_recv_timeout(&mut self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.blocking_recv_until(park::deadline_in(timeout))
    }

    /// As [`blocking_recv_timeout`](Self::blocking_recv_timeout), until `deadline`.
    ///
    /// # Errors
    ///
    /// As [`blocking_recv_timeout`](Self::blocking_recv_timeout).
    pub fn blocking_recv_deadline(&mut self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.blocking_recv_until(Some(deadline))
    }

    fn blocking_recv_until(&mut self, deadline: Option<Instant>) -> Result<T, RecvTimeoutError> {
        for _ in 0..park::YIELDS {
            match self.try_recv() {
                Ok(message) => return Ok(message),
                Err(TryRecvError::Closed) => return Err(RecvTimeoutError::Closed),
                Err(TryRecvError::Empty) => {}
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err(RecvTimeoutError::Timeout);
            }
            thread::yield_now();
        }
        let received = park::sleep(deadline, |cx| self.poll_here(cx));
        match received {
            Poll::Ready(received) => Ok(received?),
            Poll::Pending => {
                if let Some(hold) = &mut self.hold {
                    hold.wait_no_more();
                }
                Err(RecvTimeoutError::Timeout)
            }
        }
    }
}
