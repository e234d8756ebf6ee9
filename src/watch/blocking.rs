//! The blocking half: the same operations, waited for by a thread.

use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::error::{RecvError, RecvTimeoutError};
use super::ops::ChangedOp;
use super::{Receiver, Ref};
use crate::wait::{Wait, park};

impl<T> Receiver<T> {
    /// As [`changed`](Self::changed), blocking the thread.
    ///
    /// A blocked thread sleeps. In an async task this blocks the executor's thread: use `changed` there. Nothing panics if you
    /// do not, but when a sender's task needs the same thread to run, both wait for ever.
    ///
    /// # Errors
    ///
    /// [`RecvError`] when all senders are gone and the last value has been seen.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = wakering::watch::channel(0);
    /// std::thread::spawn(move || tx.send(1));
    /// rx.blocking_changed().unwrap();
    /// assert_eq!(*rx.borrow(), 1);
    /// assert!(rx.blocking_changed().is_err());
    /// ```
    pub fn blocking_changed(&mut self) -> Result<(), RecvError> {
        park::block_on(Wait::new(ChangedOp::new(&self.handle, &mut self.seen)))
    }

    /// As [`blocking_changed`](Self::blocking_changed), for at most `timeout`; any `Duration` will do.
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError::Timeout`] when nothing changed in time, [`RecvTimeoutError::Closed`] when all senders are gone and
    /// the last value has been seen.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use wakering::watch::{self, error::RecvTimeoutError};
    ///
    /// let (tx, mut rx) = watch::channel(0);
    /// let moment = Duration::from_millis(1);
    /// assert_eq!(rx.blocking_changed_timeout(moment), Err(RecvTimeoutError::Timeout));
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.blocking_changed_timeout(Duration::MAX), Ok(()));
    /// ```
    pub fn blocking_changed_timeout(&mut self, timeout: Duration) -> Result<(), RecvTimeoutError> {
        self.blocking_changed_until(park::deadline_in(timeout))
    }

    /// As [`blocking_changed`](Self::blocking_changed), until `deadline`.
    ///
    /// # Errors
    ///
    /// As [`blocking_changed_timeout`](Self::blocking_changed_timeout).
    pub fn blocking_changed_deadline(&mut self, deadline: Instant) -> Result<(), RecvTimeoutError> {
        self.blocking_changed_until(Some(deadline))
    }

    fn blocking_changed_until(
        &mut self,
        deadline: Option<Instant>,
    ) -> Result<(), RecvTimeoutError> {
        let wait = pin!(Wait::new(ChangedOp::new(&self.handle, &mut self.seen)));
        match park::run(wait, deadline) {
            Poll::Ready(changed) => changed.map_err(Into::into),
            Poll::Pending => Err(RecvTimeoutError::Timeout),
        }
    }

    /// As [`wait_for`](Self::wait_for), blocking the thread as [`blocking_changed`](Self::blocking_changed) does.
    ///
    /// # Errors
    ///
    /// [`RecvError`] when all senders are gone and `f` is false with the last value.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = wakering::watch::channel(0);
    /// std::thread::spawn(move || (1..=9).for_each(|n| tx.send(n).unwrap()));
    /// assert_eq!(*rx.blocking_wait_for(|n| *n == 9).unwrap(), 9); // the last value is never lost
    /// ```
    #[track_caller]
    pub fn blocking_wait_for(
        &mut self,
        mut f: impl FnMut(&T) -> bool,
    ) -> Result<Ref<'_, T>, RecvError> {
        let Self { handle, seen, .. } = self;
        loop {
            // Not by polling: that would go round and round while a closure changes the value.
            let value = Ref::of(handle.borrow(), seen);
            seen.catch_up(value.version());
            if f(&value) {
                return Ok(value);
            }
            drop(value);
            park::block_on(Wait::new(ChangedOp::new(handle, seen)))?;
        }
    }
}
