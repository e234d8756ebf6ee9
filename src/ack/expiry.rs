//! Those who keep the time: blocked threads, and a task with the executor's sleep.

use std::future::{self, Future};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::chan::{Chan, RxHandle};
use super::ops::{AlarmOp, DequeueOp, Dequeued};
use super::{Consumer, Delivery};
use crate::error::{RecvError, RecvTimeoutError, TryRecvError};
use crate::wait::{Timed, Wait, park};

impl<T> Consumer<T> {
    /// As [`dequeue`](Self::dequeue), blocking the thread.
    ///
    /// The thread sleeps, and wakes up by itself when a delivery expires or a delay is over. It sleeps by the time of the
    /// system, whatever the queue's clock. In an async task this blocks the executor's thread: use `dequeue` there. Nothing
    /// panics if you do not, but when a producer's task needs the same thread to run, both wait for ever.
    ///
    /// # Errors
    ///
    /// As `dequeue`.
    pub fn dequeue_blocking(&self) -> Result<Delivery<T>, RecvError> {
        self.dequeue_until(None).map_err(|why| match why {
            RecvTimeoutError::Closed => RecvError,
            RecvTimeoutError::Timeout => unreachable!("no deadline was set"),
        })
    }

    /// As [`dequeue_blocking`](Self::dequeue_blocking), for at most `timeout`; any `Duration` will do.
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError::Timeout`] when no message was ready in time, [`RecvTimeoutError::Closed`] when none will be any more.
    pub fn dequeue_timeout(&self, timeout: Duration) -> Result<Delivery<T>, RecvTimeoutError> {
        self.dequeue_until(park::deadline_in(timeout))
    }

    /// As [`dequeue_timeout`](Self::dequeue_timeout), until `deadline`.
    ///
    /// # Errors
    ///
    /// As `dequeue_timeout`.
    pub fn dequeue_deadline(&self, deadline: Instant) -> Result<Delivery<T>, RecvTimeoutError> {
        self.dequeue_until(Some(deadline))
    }

    fn dequeue_until(&self, deadline: Option<Instant>) -> Result<Delivery<T>, RecvTimeoutError> {
        // It may be that there is nothing to wait for.
        match self.try_dequeue() {
            Ok(delivery) => return Ok(delivery),
            Err(TryRecvError::Closed) => return Err(RecvTimeoutError::Closed),
            Err(TryRecvError::Empty) => {}
        }
        let _sleeper = Sleeper::new(&self.handle);
        let mut has_slept = false;
        loop {
            let watch = self.handle.watch(has_slept);
            let mut wait = pin!(Wait::new(DequeueOp::new(&self.handle)));
            wait.as_mut().op_mut().known = Some(watch.version);
            let next = watch.next.map(|next| self.handle.real(next));
            match park::run(wait, next.into_iter().chain(deadline).min()) {
                Poll::Ready(Dequeued::Message(delivery)) => return Ok(delivery),
                Poll::Ready(Dequeued::Over) => return Err(RecvTimeoutError::Closed),
                Poll::Ready(Dequeued::Unsure) => {}
                Poll::Pending if deadline.is_some_and(|deadline| deadline <= Instant::now()) => {
                    return Err(RecvTimeoutError::Timeout);
                }
                Poll::Pending => has_slept = true,
            }
        }
    }

    /// Sees to what is due, when it is due, for as long as there is anything to come: a task for those whose consumers are
    /// tasks and may all be waiting. `sleep` is that of the executor, such as `tokio::time::sleep`.
    ///
    /// It ends when the queue is closed and every message is acknowledged or dead. It does not keep the queue open: it is no
    /// consumer. One is enough for a queue; more do no harm.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time, and begun again.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wakering::ack::{self, Config};
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let (tx, rx, _dead) = ack::queue(Config {
    ///     visibility_timeout: Duration::from_millis(10),
    ///     ..Config::default()
    /// });
    /// tokio::spawn(rx.run_expiry(tokio::time::sleep));
    /// tx.enqueue("job").await.unwrap();
    /// let hangs = rx.dequeue().await.unwrap();
    /// let again = rx.dequeue().await.unwrap(); // after 10 ms
    /// assert_eq!((again.attempts(), hangs.ack().is_err()), (2, true));
    /// # again.ack().unwrap();
    /// # });
    /// ```
    pub fn run_expiry<S, F>(&self, mut sleep: S) -> impl Future<Output = ()> + use<T, S, F>
    where
        S: FnMut(Duration) -> F,
        F: Future,
    {
        let chan = self.handle.guest();
        async move {
            loop {
                chan.expire();
                let watch = chan.watch(true);
                if watch.over {
                    return;
                }
                let alarm = AlarmOp {
                    chan: &chan,
                    known: watch.version,
                };
                let timer = watch
                    .next
                    .map(|next| sleep(next.saturating_duration_since(chan.now())));
                let timer = async {
                    match timer {
                        Some(timer) => drop(timer.await),
                        None => future::pending().await,
                    }
                };
                // Whichever is first, there is something to look at.
                let _ = Timed::new(alarm, timer).await;
            }
        }
    }
}

impl<T> Chan<T> {
    /// The moment at which the queue's clock will show `time`, if it goes as the system's does.
    fn real(&self, time: Instant) -> Instant {
        let left = time.saturating_duration_since(self.now());
        // What a clock can show is some time before the end of all times.
        Instant::now().checked_add(left).unwrap_or(time)
    }
}

/// A thread that sleeps by the clock, and is told when that changes.
struct Sleeper<'a, T>(&'a RxHandle<T>);

impl<'a, T> Sleeper<'a, T> {
    fn new(handle: &'a RxHandle<T>) -> Self {
        handle.sleeper_comes();
        Self(handle)
    }
}

impl<T> Drop for Sleeper<'_, T> {
    fn drop(&mut self) {
        self.0.sleeper_goes();
    }
}
