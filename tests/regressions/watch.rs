//! Channels with one value.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::Duration;

use wakering::watch;

use crate::common::{Counter, Tracker, Waiting, now, poll_once, watchdog};

// tokio#4751: a task polled with a new waker was woken by the old one.
#[test]
fn r010_the_latest_waker_is_woken() {
    let (tx, mut rx) = watch::channel(0);
    let counter = Counter::new();
    let mut changed = pin!(rx.changed());
    let pending = changed
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    assert!(pending.is_pending());
    assert!(poll_once(changed.as_mut(), &counter).is_pending());
    tx.send(1).unwrap();
    assert_eq!(counter.wakes(), 1);
}

// futures-rs#282: who began to wait after the close waited for ever.
#[test]
fn r022_waiting_after_the_end() {
    let (tx, mut rx) = watch::channel(0);
    let mut before = rx.clone();
    let mut waiting = Waiting::new(before.changed());
    drop(tx);
    assert!(waiting.finish().is_err());
    assert!(now(rx.changed()).is_err());
    let (tx, rx) = watch::channel(0);
    let mut closed = Waiting::new(tx.closed());
    drop(rx);
    closed.finish();
    now(tx.closed());
}

/// A waker that uses its channel when it is woken and when it is dropped.
struct Reenters(watch::Sender<u32>, watch::Receiver<u32>);

impl Reenters {
    fn act(&self) {
        let _ = *self.1.borrow() + *self.0.borrow();
        drop(self.0.subscribe());
        drop(self.0.clone());
        let n = *self.1.borrow();
        if n < 5 {
            self.0.send(n + 1).unwrap();
            self.0.send_modify(|n| *n += 1);
        }
    }
}

impl Wake for Reenters {
    fn wake(self: Arc<Self>) {
        self.act();
    }
}

impl Drop for Reenters {
    fn drop(&mut self) {
        self.act();
    }
}

// tokio#5578, #4129, #5471: wakers that use the channel they are called by.
#[test]
fn r043_r044_wakers_that_use_the_channel() {
    watchdog("re-entering wakers", || {
        let (tx, rx) = watch::channel(0);
        let mut receivers = [rx.clone(), rx.clone(), rx.clone()];
        let mut waits: Vec<_> = receivers
            .iter_mut()
            .map(|rx| Box::pin(rx.changed()))
            .collect();
        for wait in &mut waits {
            let waker = Waker::from(Arc::new(Reenters(tx.clone(), rx.clone())));
            assert!(
                wait.as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            );
        }
        tx.send(1).unwrap();
        drop(waits);
        assert!(*rx.borrow() >= 5);
    });
}

// tokio#2340: futures dropped while all are told.
#[test]
fn r046_futures_dropped_while_all_are_told() {
    watchdog("cancelled waits", || {
        let (tx, rx) = watch::channel(0);
        thread::scope(|scope| {
            for _ in 0..2 {
                let mut rx = rx.clone();
                scope.spawn(move || {
                    while !rx.is_closed() {
                        for _ in 0..20 {
                            let counter = Counter::new();
                            let _ = poll_once(pin!(rx.changed()), &counter);
                        }
                    }
                });
            }
            scope.spawn(move || {
                (0..20_000).for_each(|n| {
                    let _ = tx.send(n);
                })
            });
        });
        assert_eq!(*rx.borrow(), 19_999);
    });
}

// tokio#4246, zebra#3378: two borrows on one thread, and a writer in between.
#[test]
fn r049_two_borrows_and_a_writer() {
    watchdog("two borrows", || {
        let (tx, rx) = watch::channel(0);
        let first = rx.borrow();
        let (other, third) = (tx.clone(), tx.clone());
        thread::spawn(move || other.send(1).unwrap())
            .join()
            .unwrap();
        let second = rx.borrow();
        let modifier = thread::spawn(move || third.send_modify(|n| *n += 1));
        thread::sleep(Duration::from_millis(20)); // it waits by now, for `second`
        assert_eq!((*first, *second, *rx.borrow()), (0, 1, 1));
        drop((first, second));
        modifier.join().unwrap();
        assert_eq!(*rx.borrow(), 2);
    });
}

// tokio#6017: `mark_changed` when the version wraps. Versions begin just before the wrap.
#[test]
fn r096_versions_wrap() {
    let (tx, mut rx) = watch::channel(0);
    for n in 1..10 {
        rx.mark_changed();
        rx.mark_changed();
        assert!(now(rx.changed()).is_ok());
        assert_eq!(rx.has_changed(), Ok(false));
        tx.send(n).unwrap();
        assert_eq!(rx.has_changed(), Ok(true));
        assert!(now(rx.changed()).is_ok());
        assert!(Waiting::new(rx.changed()).poll().is_pending());
    }
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a waker");
    }
}

// tokio#3689: a waker that panics. The others are told, and the value is there.
#[test]
fn r100_wakers_that_panic() {
    let tracker = Tracker::new();
    let (tx, rx) = watch::channel(tracker.make(0));
    for n in 1..=3 {
        let (mut first, mut second) = (rx.clone(), rx.clone());
        first.mark_unchanged();
        second.mark_unchanged();
        let mut panics = pin!(first.changed());
        let waker = Waker::from(Arc::new(Panics));
        assert!(
            panics
                .as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        let mut other = Waiting::new(second.changed());
        let held = (n == 3).then(|| rx.borrow());
        let caught = catch_unwind(AssertUnwindSafe(|| match n {
            1 => drop(tx.send(tracker.make(n))),
            2 => drop(tx.send_replace(tracker.make(n))),
            // The one before is in use, and not wanted any more.
            _ => drop(tx.send(tracker.make(n))),
        }));
        assert!(caught.is_err());
        assert!(other.finish().is_ok());
        drop(held);
        assert_eq!((rx.borrow().id(), tracker.alive()), (n, 1));
    }
}

/// A value whose `Drop` panics once.
struct PanicsWhenDropped(Cell<bool>);

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        if self.0.take() {
            panic!("a drop");
        }
    }
}

// tokio#6021: closures and drops that panic.
#[test]
fn r101_closures_and_drops_that_panic() {
    let (tx, mut rx) = watch::channel(0);
    let fails = |act: &mut dyn FnMut()| assert!(catch_unwind(AssertUnwindSafe(act)).is_err());
    fails(&mut || tx.send_modify(|_| panic!()));
    fails(&mut || {
        tx.send_if_modified(|_| panic!());
    });
    assert_eq!(rx.has_changed(), Ok(false));
    fails(&mut || drop(now(rx.wait_for(|_| panic!()))));
    tx.send_modify(|n| *n += 1);
    assert_eq!(*now(rx.wait_for(|n| *n == 1)).unwrap(), 1);
    assert_eq!(tx.send_replace(2), 1);

    let (tx, rx) = watch::channel(PanicsWhenDropped(Cell::new(true)));
    fails(&mut || drop(tx.send(PanicsWhenDropped(Cell::new(true)))));
    let held = rx.borrow();
    drop(tx.send(PanicsWhenDropped(Cell::new(false))));
    let mut held = Some(held);
    fails(&mut || drop(held.take()));
    tx.send_modify(|value| value.0.set(false));
    drop(tx.send(PanicsWhenDropped(Cell::new(false))));
}

// tokio#8095, #7886: the waker of a receiver that is gone was kept.
#[test]
fn r106_wakers_go_with_who_waited() {
    let (tx, mut rx) = watch::channel(0);
    let mut other = rx.clone();
    let waker = Arc::new(Panics);
    let count = |expected| assert_eq!(Arc::strong_count(&waker), expected);
    {
        let task = Waker::from(waker.clone());
        let mut cx = Context::from_waker(&task);
        assert!(rx.poll_changed(&mut cx).is_pending());
        {
            let mut changed = pin!(other.changed());
            assert!(changed.as_mut().poll(&mut cx).is_pending());
            let mut closed = pin!(tx.closed());
            assert!(closed.as_mut().poll(&mut cx).is_pending());
            count(5);
        }
        count(3);
        drop(rx);
        count(2);
    }
    count(1);
    drop(tx);
}

// tokio#2349, #6846: a receiver that always finds a value lets others run.
#[test]
fn r121_who_never_waits_yields() {
    let (tx, mut rx) = watch::channel(0);
    let mut yields = 0;
    for n in 0..4000 {
        tx.send(n).unwrap();
        let counter = Counter::new();
        let mut wait = pin!(rx.wait_for(|_| true));
        if poll_once(wait.as_mut(), &counter).is_pending() {
            assert_eq!(counter.wakes(), 1);
            yields += 1;
        }
        assert!(n < 600 || yields > 0);
    }
    assert!(yields < 20, "{yields} of 4000");
}

// tokio#5404, #5458: who begins to wait while all are told is told by the next change, once for each.
#[test]
fn r126_told_once_for_each_change() {
    let (tx, rx) = watch::channel(0);
    let counter = Counter::new();
    let waker = counter.waker();
    let mut cx = Context::from_waker(&waker);
    let mut receivers: Vec<_> = (0..50).map(|_| rx.clone()).collect();
    for round in 1..=3 {
        for rx in &mut receivers {
            rx.mark_unchanged();
            assert!(rx.poll_changed(&mut cx).is_pending());
        }
        tx.send(round).unwrap();
        assert_eq!(counter.wakes(), 50 * round);
        for rx in &mut receivers {
            assert!(rx.poll_changed(&mut cx).is_ready());
        }
    }
}

// tokio#4165, #7228: a value sent without receivers was thrown away.
#[test]
fn r135_send_without_receivers_is_stored() {
    let (tx, rx) = watch::channel(0);
    drop(rx);
    assert!(tx.send(1).is_err());
    assert_eq!(*tx.subscribe().borrow(), 1);
}

// tokio#5606: waiting for a value that was there before missed it; and what `wait_for` gives is what it looked at.
#[test]
fn r136_wait_for_gives_what_it_saw() {
    let (tx, _rx) = watch::channel(0);
    tx.send(1).unwrap();
    let mut rx = tx.subscribe();
    let mut seen = std::ptr::null();
    let value = now(rx.wait_for(|n| {
        seen = n;
        tx.send(n + 1).unwrap();
        *n == 1
    }))
    .unwrap();
    assert!(std::ptr::eq(seen, &*value));
    assert_eq!((*value, *tx.borrow()), (1, 2));
}

// tokio#6489: `closed` and `subscribe`. It is done when it finds no receiver at the time when it is polled.
#[test]
fn r138_closed_and_subscribe() {
    let (tx, rx) = watch::channel(0);
    let mut closed = Waiting::new(tx.closed());
    drop(rx);
    assert_eq!(closed.wakes(), 1);
    let rx = tx.subscribe();
    assert!(closed.poll().is_pending(), "there is one again");
    drop(rx);
    closed.finish();
    let _rx = tx.subscribe();
    assert!(!tx.is_closed());
}

// ad4m#634: values in between are lost, the last is not.
#[test]
fn r139_the_last_value_is_seen() {
    let (tx, mut rx) = watch::channel(0);
    (1..=100).for_each(|n| tx.send(n).unwrap());
    drop(tx);
    assert!(now(rx.changed()).is_ok());
    assert_eq!(*rx.borrow_and_update(), 100);
    assert!(now(rx.changed()).is_err());
}
