//! Loom models of waiting alone: on a word with a count and a flag, the smallest thing that can be waited for.

use core::pin::Pin;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::task::{Context, Poll};

use alloc::boxed::Box;
use alloc::vec::Vec;

use loom::cell::UnsafeCell;
use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;

use super::{Attempt, Gate, Operation, Queue, Wait, WaitCell, WaitQueue, done};
use crate::sync::AtomicU64;

const WAITS: u64 = 1;
const CLOSED: u64 = 2;
const ONE: u64 = 4;

/// A semaphore in the image of the channel's handshake: every change of the word is a read-modify-write.
struct Semaphore {
    word: AtomicU64,
    queue: WaitQueue,
}

impl Semaphore {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            word: AtomicU64::new(0),
            queue: WaitQueue::new(),
        })
    }

    fn release(&self) {
        if self.word.fetch_add(ONE, Release) & WAITS != 0 {
            self.notify(1);
        }
    }

    fn close(&self) {
        self.word.fetch_or(CLOSED, Relaxed);
        self.notify_all();
    }
}

fn acquire(semaphore: &Arc<Semaphore>) -> Wait<Acquiring> {
    Wait::new(Acquiring(semaphore.clone()))
}

impl Gate for Semaphore {
    fn queue(&self) -> &WaitQueue {
        &self.queue
    }

    fn raise(&self) -> bool {
        if self.word.load(Relaxed) & WAITS == 0 {
            self.word.fetch_or(WAITS, Relaxed);
        }
        self.word.load(Relaxed) & !WAITS != 0
    }

    fn lower(&self) {
        self.word.fetch_and(!WAITS, Relaxed);
    }
}

struct Acquiring(Arc<Semaphore>);

/// A reference that can be handed out as a gate.
struct GateOf<'a>(&'a Semaphore);

impl Gate for GateOf<'_> {
    fn queue(&self) -> &WaitQueue {
        self.0.queue()
    }

    fn raise(&self) -> bool {
        self.0.raise()
    }

    fn lower(&self) {
        self.0.lower();
    }
}

impl Operation for Acquiring {
    /// Whether it was got before the close.
    type Output = bool;

    fn attempt(&mut self, output: &mut Poll<bool>) -> Attempt {
        let mut now = self.0.word.load(Relaxed);
        while now >= ONE {
            match self
                .0
                .word
                .compare_exchange_weak(now, now - ONE, Acquire, Relaxed)
            {
                Ok(_) => return done(output, true),
                Err(actual) => now = actual,
            }
        }
        if now & CLOSED != 0 {
            done(output, false)
        } else {
            Attempt::Blocked
        }
    }

    fn gate(&self) -> impl Gate {
        GateOf(&self.0)
    }
}

/// Polls once with the waker of nobody.
fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    let mut cx = Context::from_waker(core::task::Waker::noop());
    future.poll(&mut cx)
}

#[test]
fn wait_park_against_notify() {
    loom::model(|| {
        let semaphore = Semaphore::new();
        let other = {
            let semaphore = semaphore.clone();
            thread::spawn(move || semaphore.release())
        };
        assert!(block_on(acquire(&semaphore)));
        other.join().unwrap();
    });
}

#[test]
fn wait_two_waiters_two_notifications() {
    loom::model(|| {
        let semaphore = Semaphore::new();
        let waiters: Vec<_> = [(); 2]
            .map(|()| {
                let semaphore = semaphore.clone();
                thread::spawn(move || assert!(block_on(acquire(&semaphore))))
            })
            .into();
        semaphore.release();
        semaphore.release();
        for waiter in waiters {
            waiter.join().unwrap();
        }
    });
}

/// A waiter that gives up while it is told passes the notification on.
#[test]
fn wait_cancel_against_notify() {
    loom::model(|| {
        let semaphore = Semaphore::new();
        let mut first = Box::pin(acquire(&semaphore));
        let first_got = poll_once(first.as_mut()).is_ready();
        assert!(!first_got);
        let second = {
            let semaphore = semaphore.clone();
            thread::spawn(move || assert!(block_on(acquire(&semaphore))))
        };
        let notifier = {
            let semaphore = semaphore.clone();
            thread::spawn(move || semaphore.release())
        };
        drop(first);
        notifier.join().unwrap();
        second.join().unwrap();
    });
}

/// A waiter that is served without its notification passes it on, too.
#[test]
fn wait_served_otherwise_against_notify() {
    loom::model(|| {
        let semaphore = Semaphore::new();
        let mut first = Box::pin(acquire(&semaphore));
        assert!(poll_once(first.as_mut()).is_pending());
        let second = {
            let semaphore = semaphore.clone();
            thread::spawn(move || assert!(block_on(acquire(&semaphore))))
        };
        let notifier = {
            let semaphore = semaphore.clone();
            thread::spawn(move || {
                semaphore.release();
                semaphore.release();
            })
        };
        assert!(block_on(first));
        notifier.join().unwrap();
        second.join().unwrap();
    });
}

#[test]
fn wait_close_against_two_waiters() {
    loom::model(|| {
        let semaphore = Semaphore::new();
        let waiters: Vec<_> = [(); 2]
            .map(|()| {
                let semaphore = semaphore.clone();
                thread::spawn(move || assert!(!block_on(acquire(&semaphore))))
            })
            .into();
        semaphore.close();
        for waiter in waiters {
            waiter.join().unwrap();
        }
    });
}

/// Two waiters give up while one is told: nothing is lost, and the flag falls when somebody finds that nobody waits.
#[test]
fn wait_everybody_cancels() {
    loom::model(|| {
        let semaphore = Semaphore::new();
        let waiters: Vec<_> = [(); 2]
            .map(|()| {
                let semaphore = semaphore.clone();
                thread::spawn(move || {
                    let mut waiter = Box::pin(acquire(&semaphore));
                    matches!(poll_once(waiter.as_mut()), Poll::Ready(true))
                })
            })
            .into();
        semaphore.release();
        let got = waiters
            .into_iter()
            .map(|waiter| u64::from(waiter.join().unwrap()))
            .sum::<u64>();
        semaphore.release();
        let word = semaphore.word.load(Relaxed);
        assert_eq!(word & WAITS, 0, "nobody waits");
        assert_eq!(word / ONE + got, 2, "nothing is lost");
    });
}

/// A waiter that sees that it has been told frees its node without the lock.
#[test]
fn wait_told_waiter_goes_without_the_lock() {
    loom::model(|| {
        let semaphore = Semaphore::new();
        let mut waiter = Box::pin(acquire(&semaphore));
        assert!(poll_once(waiter.as_mut()).is_pending());
        let other = {
            let semaphore = semaphore.clone();
            thread::spawn(move || semaphore.release())
        };
        let _ = poll_once(waiter.as_mut());
        drop(waiter);
        other.join().unwrap();
    });
}

/// A polled-again waiter changes its waker while it is told.
#[test]
fn wait_new_waker_against_notify() {
    loom::model(|| {
        let semaphore = Semaphore::new();
        let mut waiter = Box::pin(acquire(&semaphore));
        assert!(poll_once(waiter.as_mut()).is_pending());
        let other = {
            let semaphore = semaphore.clone();
            thread::spawn(move || semaphore.release())
        };
        // `block_on` polls with a waker of its own.
        assert!(block_on(waiter));
        other.join().unwrap();
    });
}

/// The smallest thing that one can wait for in a cell: a flag and a bit in one word, and what it announces.
struct Event {
    word: AtomicU64,
    data: UnsafeCell<u32>,
    cell: WaitCell,
}

// SAFETY: `data` is written before the word is set and read after it has been seen set.
unsafe impl Sync for Event {}

impl Event {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            word: AtomicU64::new(0),
            data: UnsafeCell::new(0),
            cell: WaitCell::new(),
        })
    }

    fn set(&self) {
        // SAFETY: loom ends a model in which this and a look are not ordered.
        self.data.with_mut(|data| unsafe { *data = 7 });
        if self.word.fetch_add(ONE, Release) & WAITS != 0 {
            EventGate(self).notify(1);
        }
    }

    /// What a stale notification does: it comes from an event that has been had already.
    fn notify_in_vain(&self) {
        EventGate(self).notify(1);
    }
}

struct EventGate<'a>(&'a Event);

impl Gate<WaitCell> for EventGate<'_> {
    fn queue(&self) -> &WaitCell {
        &self.0.cell
    }

    fn raise(&self) -> bool {
        self.0.word.fetch_or(WAITS, Release) >= ONE
    }

    fn lower(&self) {
        self.0.word.fetch_and(!WAITS, Relaxed);
    }

    fn catches_up(&self) {
        self.0.word.load(Acquire);
    }
}

struct Awaiting(Arc<Event>);

impl Operation<WaitCell> for Awaiting {
    type Output = u32;

    fn attempt(&mut self, output: &mut Poll<u32>) -> Attempt {
        if self.0.word.load(Acquire) < ONE {
            return Attempt::Blocked;
        }
        // SAFETY: as in `set`.
        done(output, self.0.data.with(|data| unsafe { *data }))
    }

    fn gate(&self) -> impl Gate<WaitCell> {
        EventGate(&self.0)
    }
}

fn event(event: &Arc<Event>) -> Wait<Awaiting, WaitCell> {
    Wait::new(Awaiting(event.clone()))
}

#[test]
fn wait_cell_park_against_notify() {
    loom::model(|| {
        let shared = Event::new();
        let other = {
            let shared = shared.clone();
            thread::spawn(move || shared.set())
        };
        assert_eq!(block_on(event(&shared)), 7);
        other.join().unwrap();
    });
}

/// A notifier that finds nobody takes the flag down, and one that waits since does not miss that.
#[test]
fn wait_cell_park_against_two_notifiers() {
    loom::model(|| {
        let shared = Event::new();
        let others = [
            {
                let shared = shared.clone();
                thread::spawn(move || shared.set())
            },
            {
                let shared = shared.clone();
                thread::spawn(move || shared.notify_in_vain())
            },
        ];
        assert_eq!(block_on(event(&shared)), 7);
        for other in others {
            other.join().unwrap();
        }
    });
}

/// One that waits already comes back with another waker.
#[test]
fn wait_cell_another_waker_against_notify() {
    loom::model(|| {
        let shared = Event::new();
        let mut waiter = event(&shared);
        assert!(poll_once(Pin::new(&mut waiter)).is_pending());
        let other = {
            let shared = shared.clone();
            thread::spawn(move || shared.set())
        };
        // `block_on` polls with a waker of its own.
        assert_eq!(block_on(waiter), 7);
        other.join().unwrap();
    });
}

/// One gives up while it is told: the next one waits in its place.
#[test]
fn wait_cell_cancel_against_notify() {
    loom::model(|| {
        let shared = Event::new();
        let mut waiter = event(&shared);
        assert!(poll_once(Pin::new(&mut waiter)).is_pending());
        let other = {
            let shared = shared.clone();
            thread::spawn(move || shared.set())
        };
        drop(waiter);
        assert_eq!(block_on(event(&shared)), 7);
        other.join().unwrap();
    });
}
