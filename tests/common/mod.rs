//! What the test binaries share: counting wakers, polling by hand, tracked payloads, a watchdog.
#![allow(dead_code, unused_imports)] // each binary uses its own part

pub(crate) mod payload;
pub(crate) mod wakers;

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::mpsc;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

pub(crate) use payload::{Tracked, Tracker};
pub(crate) use wakers::Counter;

/// Long enough for a loaded machine, short enough to name the test that hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Runs `body` on a thread of its own and fails, naming `what`, if it does not end in time.
pub(crate) fn watchdog(what: &str, body: impl FnOnce() + Send + 'static) {
    let (done, ended) = mpsc::channel::<()>();
    let thread = thread::spawn(move || {
        let _done = done; // dropped at the end, even by a panic
        body();
    });
    if let Err(mpsc::RecvTimeoutError::Timeout) = ended.recv_timeout(PATIENCE) {
        panic!("{what} hangs: not finished after {PATIENCE:?}");
    }
    if let Err(panic) = thread.join() {
        eprintln!("in {what}:");
        std::panic::resume_unwind(panic);
    }
}

/// Polls until the future is ready or asleep. A poll that wakes its own waker asks to be polled again
/// (a cooperative yield, or a slot that is claimed and not yet published): that is not sleeping.
pub(crate) fn settle<F: Future + ?Sized>(
    mut future: Pin<&mut F>,
    counter: &Counter,
) -> Poll<F::Output> {
    let waker = counter.waker();
    for _ in 0..1_000_000 {
        let before = counter.wakes();
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Pending if counter.wakes() != before => thread::yield_now(),
            result => return result,
        }
    }
    panic!("the future wakes itself for ever and makes no progress");
}

/// Polls once, with a waker that counts.
pub(crate) fn poll_once<F: Future + ?Sized>(
    future: Pin<&mut F>,
    counter: &Counter,
) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(&counter.waker()))
}

/// The result of a future that needs nothing but polling; fails if it sleeps.
#[track_caller]
pub(crate) fn now<F: Future>(future: F) -> F::Output {
    match settle(pin!(future), &Counter::new()) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("expected to be ready at once, but it sleeps"),
    }
}

/// A pinned, boxed future and the waker it is polled with.
pub(crate) struct Waiting<F: Future> {
    pub(crate) future: Pin<Box<F>>,
    pub(crate) counter: Counter,
}

impl<F: Future> Waiting<F> {
    /// Polls `future` to sleep; fails if it is ready.
    #[track_caller]
    pub(crate) fn new(future: F) -> Self {
        let mut waiting = Self {
            future: Box::pin(future),
            counter: Counter::new(),
        };
        assert!(
            waiting.poll().is_pending(),
            "expected to sleep, but it was ready"
        );
        waiting
    }

    /// Polls until ready or asleep.
    pub(crate) fn poll(&mut self) -> Poll<F::Output> {
        settle(self.future.as_mut(), &self.counter)
    }

    /// How often it was woken.
    pub(crate) fn wakes(&self) -> usize {
        self.counter.wakes()
    }

    pub(crate) fn is_woken(&self) -> bool {
        self.wakes() > 0
    }

    /// Takes the result of a future that must have been woken.
    #[track_caller]
    pub(crate) fn finish(&mut self) -> F::Output {
        assert!(self.is_woken(), "nobody woke this future");
        match self.poll() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("woken, but still asleep"),
        }
    }
}

/// Says that a result does not matter here.
pub(crate) fn ignore<T>(_: T) {}

/// A small generator of numbers that look random (xorshift), so that a failure can be repeated.
#[derive(Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }
}
