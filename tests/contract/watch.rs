//! `wakering::watch`: what it has beyond `tokio::sync::watch`, and what is easily got wrong. The rest is tested by tokio's
//! own suite (`.ci/published-suites`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FusedStream;
use wakering::watch::error::{RecvTimeoutError, SendError};
use wakering::watch::{self, WatchStream};

use crate::common::{Counter, Tracker, Waiting, now, settle, watchdog};

#[test]
fn send_without_receivers_stores_and_says_so() {
    let tx = watch::Sender::new(1);
    assert_eq!(tx.send(2), Err(SendError(1)));
    assert_eq!(*tx.borrow(), 2);
    // The one before cannot be handed out.
    let held = tx.borrow();
    assert_eq!(tx.send(3), Ok(()));
    assert_eq!((*held, *tx.borrow()), (2, 3));
    let rx = tx.subscribe();
    assert_eq!(rx.has_changed(), Ok(false));
    assert_eq!(tx.send(4), Ok(()));
    assert_eq!(rx.get(), 4);
    assert_eq!(
        format!("{} {:?}", SendError(1), SendError(1)),
        "channel closed SendError { .. }"
    );
}

/// A value lives as long as a `Ref` to it, and no longer.
#[test]
fn replaced_values_are_dropped_by_the_last_ref() {
    let tracker = Tracker::new();
    let (tx, rx) = watch::channel(tracker.make(0));
    let (one, two) = (rx.borrow(), rx.borrow());
    tx.send(tracker.make(1)).unwrap();
    let three = rx.borrow();
    for n in 2..10 {
        tx.send(tracker.make(n)).unwrap();
    }
    assert_eq!(tracker.alive(), 3);
    drop(one);
    assert_eq!((tracker.alive(), two.id(), three.id()), (3, 0, 1));
    drop(two);
    assert_eq!(tracker.alive(), 2);
    drop(three);
    assert_eq!(tracker.alive(), 1);
    assert_eq!(rx.borrow().id(), 9);
    drop((tx, rx));
    assert_eq!(tracker.alive(), 0);
}

#[test]
fn forgotten_refs_cost_memory_and_nothing_else() {
    let tracker = Tracker::new();
    let (tx, rx) = watch::channel(tracker.make(0));
    for n in 1..5 {
        std::mem::forget(rx.borrow());
        tx.send(tracker.make(n)).unwrap();
    }
    assert_eq!(tracker.alive(), 5);
    drop((tx, rx));
    assert_eq!(tracker.alive(), 0);
}

#[test]
fn receivers_and_clones_have_seen_what_they_have_seen() {
    let (tx, mut rx) = watch::channel(0);
    tx.send(1).unwrap();
    let mut clone = rx.clone();
    assert!(rx.borrow().has_changed());
    assert!(rx.borrow_and_update().has_changed());
    assert!(!rx.borrow().has_changed());
    now(clone.changed()).unwrap();
    assert_eq!(clone.has_changed(), Ok(false));
    rx.mark_changed();
    assert!(rx.clone().borrow().has_changed());
    rx.mark_unchanged();
    assert!(Waiting::new(rx.changed()).poll().is_pending());
    assert!(!tx.subscribe().borrow().has_changed());
    assert!(!tx.borrow().has_changed());
    assert_eq!((tx.receiver_count(), tx.sender_count()), (2, 1));
    assert!(rx.same_channel(&clone) && tx.same_channel(&tx.clone()));
    assert!(!rx.same_channel(&watch::channel(0).1));
    assert!(watch::Sender::<u8>::default().is_closed());
}

/// All who wait are told of each change, and those whom it does not suit wait on.
#[test]
fn waiting_for_a_value() {
    let (tx, mut rx) = watch::channel(0);
    let (mut other, mut third) = (rx.clone(), rx.clone());
    let mut even = Waiting::new(rx.wait_for(|n| *n > 0 && n % 2 == 0));
    let mut three = Waiting::new(other.wait_for(|n| *n == 3));
    tx.send(1).unwrap();
    assert!(even.is_woken() && even.poll().is_pending());
    tx.send(2).unwrap();
    {
        let value = even.finish().unwrap();
        assert!(value.has_changed());
        tx.send(3).unwrap();
        assert_eq!((*value, *three.finish().unwrap()), (2, 3), "the very value");
    }
    drop((even, three));
    assert_eq!(other.has_changed(), Ok(false));
    let mut four = Waiting::new(third.wait_for(|n| *n == 4));
    drop(tx);
    assert!(four.finish().is_err());
    assert_eq!(*now(rx.wait_for(|n| *n == 3)).unwrap(), 3);
}

#[test]
fn polling() {
    let (tx, mut rx) = watch::channel(0);
    let (first, second) = (Counter::new(), Counter::new());
    for counter in [&first, &second] {
        let waker = counter.waker();
        let mut cx = std::task::Context::from_waker(&waker);
        assert!(rx.poll_changed(&mut cx).is_pending());
    }
    tx.send(1).unwrap();
    assert_eq!((first.wakes(), second.wakes()), (0, 1));
    let waker = first.waker();
    let mut cx = std::task::Context::from_waker(&waker);
    assert!(matches!(rx.poll_changed(&mut cx), Poll::Ready(Ok(()))));
    assert!(rx.poll_changed(&mut cx).is_pending());
    drop(tx);
    assert_eq!(first.wakes(), 1);
    assert!(matches!(rx.poll_changed(&mut cx), Poll::Ready(Err(_))));
}

#[test]
fn streams() {
    let (tx, mut rx) = watch::channel(0);
    let mut changes = WatchStream::from_changes(rx.clone());
    let mut values = WatchStream::new(rx.clone());
    assert_eq!(now(values.next()), Some(0));
    assert!(Waiting::new(changes.next()).poll().is_pending());
    let mut next = Waiting::new(values.next());
    tx.send(1).unwrap();
    tx.send(2).unwrap();
    assert_eq!(next.finish(), Some(2));
    assert_eq!(now(changes.next()), Some(2));
    drop(next);
    drop(tx);
    assert!(!values.is_terminated());
    assert_eq!(now(values.next()), None);
    assert!(values.is_terminated());
    assert!(values.into_inner().same_channel(&rx));
    rx.mark_unchanged();
    assert_eq!(
        now(WatchStream::from(rx).next()),
        Some(2),
        "also after the end"
    );
}

#[test]
fn blocking() {
    watchdog("blocking receivers", || {
        let (tx, mut rx) = watch::channel(0);
        let long = Duration::from_secs(600);
        assert_eq!(
            rx.blocking_changed_timeout(Duration::from_millis(2)),
            Err(RecvTimeoutError::Timeout)
        );
        assert_eq!(
            rx.blocking_changed_deadline(Instant::now()),
            Err(RecvTimeoutError::Timeout)
        );
        let mut other = rx.clone();
        let sender = thread::spawn(move || {
            for n in 1..=100 {
                tx.send(n).unwrap();
            }
            thread::sleep(Duration::from_millis(20));
        });
        rx.blocking_changed_timeout(Duration::MAX).unwrap();
        rx.blocking_changed_deadline(Instant::now() + long).ok();
        assert_eq!(*other.blocking_wait_for(|n| *n == 100).unwrap(), 100);
        while rx.blocking_changed().is_ok() {}
        assert_eq!(rx.get_and_update(), 100);
        assert_eq!(
            rx.blocking_changed_timeout(long),
            Err(RecvTimeoutError::Closed)
        );
        assert!(rx.blocking_wait_for(|n| *n == 7).is_err());
        sender.join().unwrap();
    });
}

/// It waits for a `Ref` of another thread; a `send` comes in between, and a borrower is preferred.
#[test]
fn modify_waits_for_refs_of_others() {
    watchdog("send_modify", || {
        let (tx, rx) = watch::channel(1);
        let held = rx.borrow();
        let other = tx.clone();
        let modifier = thread::spawn(move || other.send_modify(|n| *n *= 10));
        thread::sleep(Duration::from_millis(20));
        assert!(!modifier.is_finished());
        assert_eq!(*rx.borrow(), 1, "a second borrow does not wait");
        tx.send(2).unwrap();
        modifier.join().unwrap(); // it found the new value
        assert_eq!((*held, *rx.borrow()), (1, 20));
    });
}

#[test]
fn replace_waits_for_refs_of_others() {
    watchdog("send_replace", || {
        let tracker = Tracker::new();
        let (tx, mut rx) = watch::channel(tracker.make(1));
        let held = rx.clone();
        let held = held.borrow();
        let two = tracker.make(2);
        let replacer = thread::spawn(move || tx.send_replace(two).id());
        rx.blocking_changed().unwrap();
        assert_eq!(rx.borrow().id(), 2, "the new value is there at once");
        assert!(!replacer.is_finished());
        drop(held);
        assert_eq!(replacer.join().unwrap(), 1);
        assert_eq!(tracker.alive(), 1);
    });
}

/// While a closure runs, who sends does not wait; who borrows does; who polls goes on later.
#[test]
fn what_others_do_while_a_closure_runs() {
    watchdog("a closure", || {
        let (tx, rx) = watch::channel(0);
        let (running, go_on) = (AtomicBool::new(false), AtomicBool::new(false));
        let seen = AtomicUsize::new(usize::MAX);
        thread::scope(|scope| {
            scope.spawn(|| {
                tx.send_modify(|n| {
                    running.store(true, SeqCst);
                    while !go_on.load(SeqCst) {
                        thread::yield_now();
                    }
                    *n = 7;
                });
            });
            while !running.load(SeqCst) {
                thread::yield_now();
            }
            let borrower = scope.spawn(|| seen.store(*rx.borrow(), SeqCst));
            thread::sleep(Duration::from_millis(20));
            assert!(!borrower.is_finished());
            let mut waiter = rx.clone();
            let counter = Counter::new();
            let mut wait = pin!(waiter.wait_for(|_| true));
            assert!(crate::common::poll_once(wait.as_mut(), &counter).is_pending());
            assert_eq!(counter.wakes(), 1, "to be polled again");
            tx.send(3).unwrap();
            borrower.join().unwrap();
            assert_eq!(seen.load(SeqCst), 3);
            assert!(settle(wait.as_mut(), &counter).is_ready());
            go_on.store(true, SeqCst);
        });
        assert_eq!(*rx.borrow(), 3, "the closure came before the send");
    });
}

#[test]
fn a_closure_that_uses_its_own_channel() {
    let (tx, rx) = watch::channel(0);
    for method in ["borrow", "get", "send_modify", "send_replace"] {
        let caught = catch_unwind(AssertUnwindSafe(|| {
            tx.send_modify(|n| {
                *n += 1;
                match method {
                    "borrow" => drop(rx.borrow()),
                    "get" => drop(tx.get()),
                    "send_modify" => tx.send_modify(|n| *n += 1),
                    _ => drop(tx.send_replace(9)),
                }
            });
        }));
        let panic = *caught.unwrap_err().downcast::<String>().unwrap();
        assert!(panic.contains("would wait for ever"), "{panic}");
    }
    assert_eq!((*rx.borrow(), rx.has_changed()), (4, Ok(false)));
    // To send does not wait.
    tx.send_modify(|n| {
        *n = 100;
        tx.send(5).unwrap();
        assert_eq!(*rx.borrow(), 5);
    });
    assert_eq!(*rx.borrow(), 5);
    tx.send_modify(|n| *n += 1);
    assert_eq!(*rx.borrow(), 6);
}

/// Many threads at once: what is borrowed is whole, what is counted is exact, and nobody sees time go back.
#[test]
fn all_at_once() {
    watchdog("everything at once", || {
        const ROUNDS: u64 = 3000;
        let tracker = Tracker::new();
        let value = |n: u64| (n, vec![n; 3], tracker.make(0));
        let (tx, rx) = watch::channel(value(0));
        thread::scope(|scope| {
            for _ in 0..2 {
                let (mut rx, other) = (rx.clone(), rx.clone());
                scope.spawn(move || {
                    let mut last = 0;
                    while rx.blocking_changed().is_ok() {
                        let value = rx.borrow_and_update();
                        assert!(value.1.iter().all(|n| *n == value.0));
                        assert!(value.0 >= last);
                        last = value.0;
                        let again = other.borrow();
                        assert!(again.0 >= value.0);
                    }
                    assert_eq!(rx.borrow().0, ROUNDS);
                });
            }
            let value = &value;
            scope.spawn(move || {
                for n in 1..=ROUNDS {
                    match n % 3 {
                        0 => drop(tx.send_replace(value(n))),
                        1 => tx.send_modify(|value| {
                            value.0 = n;
                            value.1.fill(n);
                        }),
                        _ => drop(tx.send(value(n))),
                    }
                }
            });
        });
        assert_eq!(tracker.alive(), 1);
    });
}
