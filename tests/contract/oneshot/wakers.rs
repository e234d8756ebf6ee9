//! Wakers: which one is told, how long it is kept, and what it may do to the channel.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use wakering::oneshot::error::TryRecvError;
use wakering::oneshot::{Receiver, Sender, channel};

use crate::common::wakers::{Hook, hooked};
use crate::common::{Counter, Tracker, Waiting, poll_once};

/// Whether `action` panics; its message goes nowhere.
fn panics<R>(action: impl FnOnce() -> R) -> bool {
    catch_unwind(AssertUnwindSafe(action)).is_err()
}

fn poll<T>(rx: &mut Receiver<T>, waker: &Waker) -> bool {
    Pin::new(rx)
        .poll(&mut Context::from_waker(waker))
        .is_ready()
}

fn poll_closed<T>(tx: &mut Sender<T>, waker: &Waker) -> bool {
    tx.poll_closed(&mut Context::from_waker(waker)).is_ready()
}

/// tokio, oneshot, event-listener (r010): the waker of the latest poll is the one that counts.
#[test]
fn r010_the_latest_waker_is_told() {
    for sends in [true, false] {
        let (first, second) = (Counter::new(), Counter::new());
        let (tx, mut rx) = channel();
        assert!(!poll(&mut rx, Waker::noop()));
        assert!(!poll(&mut rx, &first.waker()));
        assert!(!poll(&mut rx, &second.waker()));
        assert_eq!((first.wakers_alive(), second.wakers_alive()), (0, 1));
        if sends {
            tx.send(1).unwrap();
        } else {
            drop(tx);
        }
        assert_eq!((first.wakes(), second.wakes()), (0, 1));
        assert_eq!(second.wakers_alive(), 0);
    }
    let (first, second) = (Counter::new(), Counter::new());
    let (mut tx, rx) = channel::<u8>();
    assert!(!poll_closed(&mut tx, Waker::noop()));
    assert!(!poll_closed(&mut tx, &first.waker()));
    assert!(!poll_closed(&mut tx, &second.waker()));
    drop(rx);
    assert_eq!((first.wakes(), second.wakes()), (0, 1));
}

/// loole (r026): a poll out of turn stays pending, and neither clones the waker again nor wakes anybody.
#[test]
fn r026_polled_out_of_turn() {
    #[derive(Default)]
    struct Counts {
        clones: AtomicUsize,
        wakes: AtomicUsize,
    }
    impl Hook for Counts {
        fn on_clone(&self) {
            self.clones.fetch_add(1, SeqCst);
        }
        fn on_wake(&self) {
            self.wakes.fetch_add(1, SeqCst);
        }
    }
    let hook = Arc::new(Counts::default());
    let waker = hooked(hook.clone());
    let (mut tx, mut rx) = channel::<u8>();
    for _ in 0..10 {
        assert!(!poll(&mut rx, &waker));
        assert!(!poll_closed(&mut tx, &waker));
    }
    assert_eq!(hook.clones.load(SeqCst), 2, "once for each side");
    assert_eq!(hook.wakes.load(SeqCst), 0);
    drop(tx);
    assert_eq!(hook.wakes.load(SeqCst), 1, "the receiver's");
    drop((rx, waker));
    assert_eq!(Arc::strong_count(&hook), 1);
}

/// tokio, restate (r106): a side that goes, or waits no more, drops its waker, though the other one stays.
#[test]
fn r106_no_waker_outlives_its_wait() {
    let counter = Counter::new();
    // The receiver goes.
    let (tx, mut rx) = channel::<u8>();
    assert!(!poll(&mut rx, &counter.waker()));
    assert_eq!(counter.wakers_alive(), 1);
    drop(rx);
    assert_eq!(counter.wakers_alive(), 0);
    drop(tx);
    // It closes.
    let (tx, mut rx) = channel::<u8>();
    assert!(!poll(&mut rx, &counter.waker()));
    rx.close();
    assert_eq!(counter.wakers_alive(), 0);
    drop((tx, rx));
    // The sender sends, or goes.
    for sends in [true, false] {
        let (mut tx, rx) = channel();
        assert!(!poll_closed(&mut tx, &counter.waker()));
        assert_eq!(counter.wakers_alive(), 1);
        if sends {
            tx.send(1).unwrap();
        } else {
            drop(tx);
        }
        assert_eq!(counter.wakers_alive(), 0);
        drop(rx);
    }
    // A `closed()` is given up.
    let (mut tx, rx) = channel::<u8>();
    let closed = Waiting::new(tx.closed());
    assert_eq!(closed.counter.wakers_alive(), 1);
    let waker = closed.counter.clone();
    drop(closed);
    assert_eq!(waker.wakers_alive(), 0);
    // One that was told.
    let mut closed = Waiting::new(tx.closed());
    drop(rx);
    closed.finish();
    assert_eq!(closed.counter.wakers_alive(), 0);
    drop(closed);
    assert!(tx.is_closed());
    assert_eq!(counter.wakes(), 0);
}

/// postage (r024): the one who waits is told of a sender that goes.
#[test]
fn r024_a_sender_that_goes_is_seen() {
    let (tx, rx) = channel::<u8>();
    let mut recv = Waiting::new(rx);
    drop(tx);
    assert!(recv.finish().is_err());
}

/// Clone, wake and drop, each of which may panic (r100).
struct Bomb {
    clones: bool,
    wakes: bool,
    drops: bool,
    armed: AtomicUsize,
}

impl Bomb {
    fn new(clones: bool, wakes: bool, drops: bool) -> Arc<Self> {
        Arc::new(Self {
            clones,
            wakes,
            drops,
            armed: AtomicUsize::new(0),
        })
    }

    fn go(&self, on: bool) {
        // One panic each time that it is armed.
        if on && self.armed.swap(0, SeqCst) == 1 {
            panic!("a waker panics");
        }
    }
}

impl Hook for Bomb {
    fn on_clone(&self) {
        self.go(self.clones);
    }
    fn on_wake(&self) {
        self.go(self.wakes);
    }
    fn on_drop(&self) {
        self.go(self.drops);
    }
}

#[test]
fn r100_a_waker_panics_when_it_is_cloned() {
    let bomb = Bomb::new(true, false, false);
    let waker = hooked(bomb.clone());
    let tracker = Tracker::new();
    let counter = Counter::new();
    for registered in [false, true] {
        let (mut tx, mut rx) = channel();
        if registered {
            assert!(!poll(&mut rx, &counter.waker()));
            assert!(!poll_closed(&mut tx, &counter.waker()));
        }
        bomb.armed.store(1, SeqCst);
        assert!(panics(|| poll(&mut rx, &waker)));
        bomb.armed.store(1, SeqCst);
        assert!(panics(|| poll_closed(&mut tx, &waker)));
        // As it was before.
        assert_eq!(counter.wakers_alive(), 2 * usize::from(registered));
        assert!(!poll(&mut rx, &waker));
        tx.send(tracker.make(1)).unwrap();
        assert_eq!(rx.try_recv().unwrap().id(), 1);
        assert_eq!(counter.wakers_alive(), 0);
    }
    assert_eq!(tracker.alive(), 0);
    assert_eq!(Arc::strong_count(&bomb), 2);
}

#[test]
fn r100_a_waker_panics_when_it_is_woken() {
    let bomb = Bomb::new(false, true, false);
    let waker = hooked(bomb.clone());
    let tracker = Tracker::new();
    for sends in [true, false] {
        let (tx, mut rx) = channel();
        assert!(!poll(&mut rx, &waker));
        bomb.armed.store(1, SeqCst);
        let message = tracker.make(1);
        if sends {
            assert!(panics(|| drop(tx.send(message))));
            assert_eq!(rx.try_recv().unwrap().id(), 1, "it was sent");
        } else {
            assert!(panics(|| drop(tx)));
            assert!(matches!(rx.try_recv(), Err(TryRecvError::Closed)));
        }
    }
    for closes in [true, false] {
        let (mut tx, mut rx) = channel::<u8>();
        assert!(!poll_closed(&mut tx, &waker));
        bomb.armed.store(1, SeqCst);
        if closes {
            assert!(panics(|| rx.close()));
            assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
        } else {
            assert!(panics(|| drop(rx)));
        }
        assert!(tx.is_closed());
        assert_eq!(tx.send(1), Err(1));
    }
    assert_eq!(tracker.alive(), 0);
    assert_eq!(Arc::strong_count(&bomb), 2);
}

#[test]
fn r100_a_waker_panics_when_it_is_dropped() {
    let bomb = Bomb::new(false, false, true);
    let waker = hooked(bomb.clone());
    let counter = Counter::new();
    let tracker = Tracker::new();
    // In its own side's end: the other one is told all the same.
    for sends in [true, false] {
        let (mut tx, mut rx) = channel();
        assert!(!poll_closed(&mut tx, &waker));
        assert!(!poll(&mut rx, &counter.waker()));
        let wakes = counter.wakes();
        let message = tracker.make(1);
        bomb.armed.store(1, SeqCst);
        if sends {
            assert!(panics(|| drop(tx.send(message))));
        } else {
            assert!(panics(|| drop(tx)));
        }
        assert_eq!(counter.wakes(), wakes + 1);
        assert_eq!(rx.try_recv().is_ok(), sends);
    }
    // When another one takes its place: that one is told.
    let (tx, mut rx) = channel();
    assert!(!poll(&mut rx, &waker));
    bomb.armed.store(1, SeqCst);
    assert!(panics(|| poll(&mut rx, &counter.waker())));
    let wakes = counter.wakes();
    tx.send(tracker.make(2)).unwrap();
    assert_eq!(counter.wakes(), wakes + 1);
    assert_eq!(rx.try_recv().unwrap().id(), 2);
    assert_eq!(tracker.alive(), 0);
    assert_eq!(counter.wakers_alive(), 0);
    assert_eq!(Arc::strong_count(&bomb), 2);
}

/// Panics when it is dropped (r099).
struct Explosive(#[allow(dead_code)] crate::common::Tracked);

impl Drop for Explosive {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("a message panics");
        }
    }
}

#[test]
fn r099_a_message_panics_when_it_is_dropped() {
    let tracker = Tracker::new();
    for closes in [false, true] {
        let (tx, mut rx) = channel();
        tx.send(Explosive(tracker.make(1))).map_err(|_| ()).unwrap();
        if closes {
            rx.close();
        }
        assert!(panics(|| drop(rx)));
        assert_eq!(tracker.alive(), 0);
    }
}

/// What is woken, or dropped, uses the same channel.
#[test]
fn foreign_code_comes_back() {
    struct Sends(Mutex<Option<Sender<u8>>>);
    impl Hook for Sends {
        fn on_drop(&self) {
            // The channel is in order when a waker is dropped for another one.
            if let Some(tx) = self.0.lock().unwrap().take() {
                assert!(!tx.is_closed());
                tx.send(3).unwrap();
            }
        }
    }
    let (tx, mut rx) = channel();
    let hook = Arc::new(Sends(Mutex::new(None)));
    let counter = Counter::new();
    {
        let waker = hooked(hook.clone());
        assert!(!poll(&mut rx, &waker));
    }
    *hook.0.lock().unwrap() = Some(tx);
    assert!(!poll(&mut rx, &counter.waker()), "not yet, when it looked");
    assert_eq!(counter.wakes(), 1, "but it is told");
    assert_eq!(rx.try_recv(), Ok(3));

    struct Receives(Mutex<Option<Receiver<u8>>>);
    impl Hook for Receives {
        fn on_wake(&self) {
            let mut rx = self.0.lock().unwrap().take().unwrap();
            assert_eq!(rx.try_recv(), Ok(4));
        }
    }
    let (tx, mut rx) = channel();
    let hook = Arc::new(Receives(Mutex::new(None)));
    assert!(!poll(&mut rx, &hooked(hook.clone())));
    *hook.0.lock().unwrap() = Some(rx);
    tx.send(4).unwrap();
    assert!(hook.0.lock().unwrap().is_none(), "received in the wake");

    /// Drops the other handle, of a channel whose wake this is.
    struct Drops(Mutex<Option<Sender<u8>>>);
    impl Hook for Drops {
        fn on_wake(&self) {
            let tx = self.0.lock().unwrap().take().unwrap();
            assert!(tx.is_closed());
            assert_eq!(tx.send(5), Err(5));
        }
    }
    for closes in [true, false] {
        let (mut tx, mut rx) = channel();
        let hook = Arc::new(Drops(Mutex::new(None)));
        assert!(!poll_closed(&mut tx, &hooked(hook.clone())));
        *hook.0.lock().unwrap() = Some(tx);
        if closes {
            rx.close();
            assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
        }
        drop(rx);
        assert!(hook.0.lock().unwrap().is_none());
    }
}

/// A future that is given up and begun again: nothing is lost by it.
#[test]
fn giving_up_loses_nothing() {
    let counter = Counter::new();
    let (mut tx, mut rx) = channel();
    for _ in 0..1000 {
        assert!(poll_once(pin!(&mut rx), &counter).is_pending());
        assert!(poll_once(pin!(tx.closed()), &counter).is_pending());
    }
    assert_eq!(counter.wakers_alive(), 1, "the receiver's");
    tx.send(1).unwrap();
    assert_eq!(poll_once(pin!(&mut rx), &counter), Poll::Ready(Ok(1)));
}
