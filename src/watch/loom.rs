//! Loom models of a channel with one value: borrowing against replacing and changing in place, waiting against telling.

use core::pin::Pin;
use core::sync::atomic::Ordering::Relaxed;
use core::task::{Context, Poll, Waker};

use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::AtomicUsize;
use loom::thread;

use super::chan::Chan;
use super::turns::{HoldOp, UnusedOp};
use super::{Ref, channel};
use crate::sync::Deed;
use crate::wait::Wait;

fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    core::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// A value that counts its drops.
struct Counted(u32, Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.fetch_add(1, Relaxed);
    }
}

/// What is borrowed stays as it is, from the first look to the last.
fn look(value: &Ref<'_, u32>) -> u32 {
    let first = **value;
    thread::yield_now();
    assert_eq!(first, **value);
    first
}

/// As long as the value is at its place, nobody changes it.
#[test]
fn watch_borrow_against_send() {
    loom::model(|| {
        let (tx, rx) = channel(0);
        let sender = thread::spawn(move || {
            tx.send(1).unwrap();
            tx
        });
        assert!(look(&rx.borrow()) <= 1);
        let tx = sender.join().unwrap();
        assert_eq!(*rx.borrow(), 1);
        drop(tx);
    });
}

/// The node that the borrower comes to has been replaced, emptied and filled again.
#[test]
fn watch_borrow_against_reuse() {
    loom::model(|| {
        let (tx, rx) = channel(0);
        let sender = thread::spawn(move || {
            for n in 1..=2 {
                tx.send(n).unwrap();
            }
        });
        let first = look(&rx.borrow());
        let second = look(&rx.borrow());
        assert!(first <= second && second <= 2);
        sender.join().unwrap();
        assert_eq!(*rx.borrow(), 2);
    });
}

/// Two on one thread, with a writer between.
#[test]
fn watch_two_borrows_around_a_send() {
    loom::model(|| {
        let (tx, rx) = channel(0);
        let sender = thread::spawn(move || tx.send(1).unwrap());
        let first = rx.borrow();
        let second = rx.borrow();
        assert!(*first <= *second);
        sender.join().unwrap();
        let third = rx.borrow();
        assert_eq!(*third, 1);
        assert!(look(&first) <= look(&second));
    });
}

/// Each of the last two to leave may be the one that takes the value out; or the sender is.
#[test]
fn watch_last_to_leave_against_send() {
    loom::model(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let (tx, rx) = channel(Counted(0, drops.clone()));
        let other = rx.clone();
        let borrower = thread::spawn(move || assert!(other.borrow().0 <= 1));
        let sender = {
            let drops = drops.clone();
            thread::spawn(move || assert!(tx.send(Counted(1, drops)).is_ok()))
        };
        let value = rx.borrow();
        assert!(value.0 <= 1);
        drop(value);
        borrower.join().unwrap();
        sender.join().unwrap();
        assert_eq!(drops.load(Relaxed), 1);
        assert_eq!(rx.borrow().0, 1);
        drop(rx);
        assert_eq!(drops.load(Relaxed), 2);
    });
}

/// The node that the last one leaves is used by the next send.
#[test]
fn watch_leaving_against_reuse() {
    loom::model(|| {
        let (tx, rx) = channel(0);
        let other = rx.clone();
        let held = rx.borrow();
        tx.send(1).unwrap();
        let sender = thread::spawn(move || {
            tx.send(2).unwrap();
            assert!(look(&other.borrow()) == 2);
            tx.send(3).unwrap();
        });
        assert_eq!(look(&held), 0);
        drop(held);
        assert!(look(&rx.borrow()) >= 1);
        sender.join().unwrap();
        assert_eq!(*rx.borrow(), 3);
    });
}

#[test]
fn watch_two_senders() {
    loom::model(|| {
        let (tx, mut rx) = channel(0);
        let other = tx.clone();
        let sender = thread::spawn(move || other.send(1).unwrap());
        tx.send(2).unwrap();
        sender.join().unwrap();
        assert!(*rx.borrow_and_update() > 0);
        assert!(!rx.has_changed().unwrap());
    });
}

/// Who is told of a change finds it.
#[test]
fn watch_told_and_there() {
    loom::model(|| {
        let (tx, mut rx) = channel(0);
        let sender = thread::spawn(move || {
            tx.send(1).unwrap();
            tx
        });
        let told = poll_once(rx.changed()).is_ready();
        assert!(!told || *rx.borrow() == 1);
        drop(sender.join().unwrap());
    });
}

/// What has been seen is not told of again, even if it was seen before the sender was done.
#[test]
fn watch_seen_is_not_told_again() {
    loom::model(|| {
        let (tx, mut rx) = channel(0);
        let sender = thread::spawn(move || {
            tx.send(1).unwrap();
            tx
        });
        let seen = *rx.borrow_and_update();
        let tx = sender.join().unwrap();
        assert_eq!(rx.has_changed().unwrap(), seen == 0);
        rx.mark_changed();
        assert!(poll_once(rx.changed()).is_ready());
        assert!(poll_once(rx.changed()).is_pending());
        drop(tx);
    });
}

#[test]
fn watch_park_against_send() {
    loom::model(|| {
        let (tx, mut rx) = channel(0);
        let sender = thread::spawn(move || {
            tx.send(1).unwrap();
            tx
        });
        block_on(rx.changed()).unwrap();
        assert_eq!(*rx.borrow(), 1);
        drop(sender.join().unwrap());
        assert!(block_on(rx.changed()).is_err());
    });
}

/// It parks again, with the flag that is left from the last time.
#[test]
fn watch_park_against_sends() {
    loom::model(|| {
        let (tx, mut rx) = channel(0);
        let sender = thread::spawn(move || {
            tx.send(1).unwrap();
            tx.send(2).unwrap();
        });
        while block_on(rx.changed()).is_ok() {}
        assert_eq!(*rx.borrow(), 2);
        sender.join().unwrap();
    });
}

#[test]
fn watch_two_park_against_send() {
    loom::model(|| {
        let (tx, mut rx) = channel(0);
        let mut other = rx.clone();
        let receiver = thread::spawn(move || block_on(other.changed()).unwrap());
        let sender = thread::spawn(move || tx.send(1).unwrap());
        block_on(rx.changed()).unwrap();
        receiver.join().unwrap();
        sender.join().unwrap();
    });
}

/// The end is seen, and with it what the sender has done before it.
#[test]
fn watch_park_against_close() {
    loom::model(|| {
        let (tx, mut rx) = channel(0);
        let trace = Arc::new(Deed::new());
        let sender = {
            let trace = trace.clone();
            thread::spawn(move || {
                trace.perform();
                drop(tx);
            })
        };
        assert!(block_on(rx.changed()).is_err());
        assert!(trace.is_done());
        sender.join().unwrap();
    });
}

/// The value that was sent last, and the end right after it.
#[test]
fn watch_wait_for_the_last_value() {
    loom::model(|| {
        let (tx, mut rx) = channel(0);
        let sender = thread::spawn(move || tx.send(1).unwrap());
        assert_eq!(*block_on(rx.wait_for(|n| *n == 1)).unwrap(), 1);
        sender.join().unwrap();
    });
}

/// A sender waits until all receivers are gone, and then sees what they have done before.
#[test]
fn watch_closed_against_the_last_receiver() {
    loom::model(|| {
        let (tx, rx) = channel(0);
        let trace = Arc::new(Deed::new());
        let receiver = {
            let trace = trace.clone();
            thread::spawn(move || {
                trace.perform();
                drop(rx);
            })
        };
        block_on(tx.closed());
        assert!(trace.is_done());
        receiver.join().unwrap();
    });
}

#[test]
fn watch_closed_against_subscribe() {
    loom::model(|| {
        let (tx, rx) = channel(0);
        let other = tx.clone();
        let waiter = thread::spawn(move || block_on(other.closed()));
        drop(rx);
        let rx = tx.subscribe();
        assert_eq!(tx.receiver_count(), 1);
        drop(rx);
        waiter.join().unwrap();
        assert!(tx.is_closed());
    });
}

/// Each closure has the value to itself.
#[test]
fn watch_two_modify() {
    loom::model(|| {
        let (tx, mut rx) = channel(0);
        let other = tx.clone();
        let add = |chan: &Chan<u32>| {
            block_on(Wait::new(HoldOp(chan))).change(|n| {
                *n += 1;
                true
            });
        };
        let sender = thread::spawn(move || add(&other.handle));
        add(&tx.handle);
        sender.join().unwrap();
        assert_eq!(*rx.borrow_and_update(), 2);
        assert!(!rx.has_changed().unwrap());
    });
}

#[test]
fn watch_borrow_against_modify() {
    loom::model(|| {
        let (tx, rx) = channel(0);
        let sender = thread::spawn(move || tx.send_modify(|n| *n += 1));
        let value = block_on(Wait::new(super::turns::BorrowOp(&rx.handle)));
        let first = *value.value();
        assert!(first <= 1);
        assert_eq!(first, *value.value());
        drop(value);
        sender.join().unwrap();
        assert_eq!(*rx.borrow(), 1);
    });
}

/// The closure has to wait until nobody borrows.
#[test]
fn watch_modify_waits_for_a_ref() {
    loom::model(|| {
        let (tx, rx) = channel(0);
        let held = rx.borrow();
        let sender = thread::spawn(move || {
            block_on(Wait::new(HoldOp(&tx.handle))).change(|n| {
                *n += 1;
                true
            });
        });
        assert_eq!(look(&held), 0);
        drop(held);
        sender.join().unwrap();
        assert_eq!(*rx.borrow(), 1);
    });
}

/// What it waits for is replaced, and held by somebody for good.
#[test]
fn watch_modify_goes_on_to_the_next_value() {
    loom::model(|| {
        let (tx, rx) = channel(0);
        let held = rx.borrow();
        let other = tx.clone();
        let sender = thread::spawn(move || {
            block_on(Wait::new(HoldOp(&other.handle))).change(|n| {
                *n += 1;
                true
            });
        });
        tx.send(5).unwrap();
        sender.join().unwrap();
        assert_eq!((look(&held), *rx.borrow()), (0, 6));
    });
}

/// A send does not wait for a closure, which then has come before it.
#[test]
fn watch_modify_against_send() {
    loom::model(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let (tx, mut rx) = channel(Counted(0, drops.clone()));
        let other = tx.clone();
        let sender = {
            let drops = drops.clone();
            thread::spawn(move || assert!(other.send(Counted(5, drops)).is_ok()))
        };
        block_on(Wait::new(HoldOp(&tx.handle))).change(|value| {
            value.0 += 1;
            true
        });
        let now = rx.borrow().0;
        assert!(now == 1 || now >= 5, "{now}");
        sender.join().unwrap();
        assert!(rx.borrow_and_update().0 >= 5);
        assert!(!rx.has_changed().unwrap());
        assert_eq!(drops.load(Relaxed), 1);
        drop((tx, rx));
        assert_eq!(drops.load(Relaxed), 2);
    });
}

/// The value before is handed out when nobody borrows it any more.
#[test]
fn watch_replace_waits_for_a_ref() {
    loom::model(|| {
        let (tx, rx) = channel(0);
        let held = rx.borrow();
        let sender = thread::spawn(move || {
            let chan = &tx.handle;
            let old = match chan.replace_later(1) {
                Ok(kept) => {
                    let node = kept.node;
                    block_on(Wait::new(UnusedOp { chan, node }));
                    kept.take_out()
                }
                Err(old) => old,
            };
            assert_eq!(old, Some(0));
        });
        assert_eq!(look(&held), 0);
        drop(held);
        assert!(*rx.borrow() <= 1);
        sender.join().unwrap();
        assert_eq!(*rx.borrow(), 1);
    });
}

/// What is replaced is just being changed.
#[test]
fn watch_replace_against_modify() {
    loom::model(|| {
        let (tx, rx) = channel(0);
        let other = tx.clone();
        let sender = thread::spawn(move || other.send_modify(|n| *n += 1));
        let old = tx.send_replace(5);
        sender.join().unwrap();
        let now = *rx.borrow();
        assert!((old, now) == (1, 5) || (old, now) == (0, 6));
    });
}

/// A place in the queue that is given up while everybody is told.
#[test]
fn watch_cancel_against_send() {
    loom::model(|| {
        let (tx, mut rx) = channel(0);
        let mut other = rx.clone();
        let sender = thread::spawn(move || tx.send(1).unwrap());
        {
            let mut changed = core::pin::pin!(other.changed());
            let _ = Pin::as_mut(&mut changed).poll(&mut Context::from_waker(Waker::noop()));
        }
        block_on(rx.changed()).unwrap();
        sender.join().unwrap();
    });
}
