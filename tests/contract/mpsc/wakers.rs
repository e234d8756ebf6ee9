//! The waker of the one consumer: how long it is kept, and what it may do to the channel.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Waker};

use wakering::mpsc::{Sender, channel, unbounded_channel};

use crate::common::wakers::{Hook, PanicsAt, hooked};
use crate::common::{Counter, Waiting, ignore, now, poll_once};

/// tokio, restate (r106): a finished or dropped wait kept its waker, and with it a whole task.
#[test]
fn r106_no_waker_outlives_its_wait() {
    let (tx, mut rx) = channel(1);
    let mut buffer = Vec::new();
    for n in 0..3 {
        // Dropped.
        let recv = Waiting::new(rx.recv());
        let counter = recv.counter.clone();
        assert!(counter.wakers_alive() > 0, "it waits");
        drop(recv);
        assert_eq!(counter.wakers_alive(), 0);
        // Done.
        let mut recv = Waiting::new(rx.recv());
        tx.try_send(n).unwrap();
        assert_eq!(
            recv.counter.wakers_alive(),
            0,
            "woken: it is the task's again"
        );
        assert_eq!(recv.finish(), Some(n));
        drop(recv);
        // The same of a batch.
        let many = Waiting::new(rx.recv_many(&mut buffer, 3));
        let counter = many.counter.clone();
        drop(many);
        assert_eq!(counter.wakers_alive(), 0);
    }
    // A poll that waits is given up by the future that waits after it, and that one by its drop.
    let counter = Counter::new();
    let waker = counter.waker();
    let mut cx = Context::from_waker(&waker);
    assert!(rx.poll_recv(&mut cx).is_pending());
    drop(Waiting::new(rx.recv()));
    assert_eq!(counter.wakers_alive(), 1, "our own");
    // The receiver goes, and the sender stays.
    assert!(rx.poll_recv(&mut cx).is_pending());
    assert_eq!(counter.wakers_alive(), 2);
    drop(rx);
    assert_eq!(counter.wakers_alive(), 1);
    assert_eq!(counter.wakes(), 0);
    assert!(tx.is_closed());
}

/// The end takes the waker out as well.
#[test]
fn the_end_wakes_and_lets_go() {
    let (tx, mut rx) = unbounded_channel::<u8>();
    let mut recv = Waiting::new(rx.recv());
    drop(tx);
    assert_eq!((recv.wakes(), recv.counter.wakers_alive()), (1, 0));
    assert_eq!(recv.finish(), None);

    let (tx, mut rx) = channel::<u8>(1);
    let permit = tx.clone().try_reserve_owned().unwrap();
    rx.close();
    let mut recv = Waiting::new(rx.recv());
    assert_eq!(recv.wakes(), 0);
    drop(permit);
    assert_eq!(recv.wakes(), 1);
    assert_eq!(recv.finish(), None);
}

/// To poll again by the same task takes no clone.
#[test]
fn the_same_task_is_not_cloned_again() {
    #[derive(Default)]
    struct Clones(AtomicUsize);
    impl Hook for Clones {
        fn on_clone(&self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let (_tx, mut rx) = channel::<u8>(1);
    let clones = Arc::new(Clones::default());
    let waker = hooked(clones.clone());
    let mut cx = Context::from_waker(&waker);
    for _ in 0..10 {
        assert!(rx.poll_recv(&mut cx).is_pending());
    }
    assert_eq!(clones.0.load(SeqCst), 1);
}

/// Wherever a waker panics, no message is lost, and the next waits are as ever.
#[test]
fn wakers_may_panic() {
    for n in 1..12 {
        for replaced in [false, true] {
            let (tx, mut rx) = channel(4);
            let bad = Arc::new(PanicsAt::call(n));
            let waker = AssertUnwindSafe(hooked(bad.clone()));
            let other = AssertUnwindSafe(hooked(bad));
            let mut sent = 0;
            for _ in 0..2 {
                ignore(catch_unwind(AssertUnwindSafe(|| {
                    let mut recv = Box::pin(rx.recv());
                    let polled = recv.as_mut().poll(&mut Context::from_waker(&waker));
                    if polled.is_pending() && replaced {
                        ignore(recv.as_mut().poll(&mut Context::from_waker(&other)));
                    }
                })));
                ignore(catch_unwind(AssertUnwindSafe(|| {
                    let mut cx = Context::from_waker(&waker);
                    assert!(rx.poll_recv(&mut cx).is_pending());
                })));
                sent += 1;
                ignore(catch_unwind(AssertUnwindSafe(|| {
                    tx.try_send(sent).unwrap()
                })));
                assert_eq!(rx.try_recv(), Ok(sent), "panic {n}");
            }
            let mut recv = Waiting::new(rx.recv());
            tx.try_send(9).unwrap();
            assert!(recv.is_woken(), "panic {n}");
            assert_eq!(recv.finish(), Some(9));
            drop(recv);
            ignore(catch_unwind(AssertUnwindSafe(move || drop((waker, other)))));
        }
    }
}

/// Sends when it is woken, cloned or dropped.
struct Sends(Sender<u8>);

impl Hook for Sends {
    fn on_wake(&self) {
        ignore(self.0.try_send(1));
    }
    fn on_clone(&self) {
        ignore(self.0.try_send(2));
    }
    fn on_drop(&self) {
        ignore(self.0.try_send(3));
    }
}

/// Wakers that use the channel, in whatever place they are called.
#[test]
fn wakers_may_use_the_channel() {
    let (tx, mut rx) = channel(64);
    let waker = hooked(Arc::new(Sends(tx.clone())));
    for _ in 0..3 {
        // It is cloned: that sends a message.
        while rx.poll_recv(&mut Context::from_waker(&waker)).is_ready() {}
        let mut recv = Box::pin(rx.recv());
        ignore(recv.as_mut().poll(&mut Context::from_waker(Waker::noop())));
        ignore(recv.as_mut().poll(&mut Context::from_waker(&waker)));
        drop(recv);
        tx.try_send(4).unwrap();
        while rx.try_recv().is_ok() {}
        if now(async { poll_once(Box::pin(rx.recv()).as_mut(), &Counter::new()) }).is_ready() {
            panic!("it has been drained");
        }
    }
}
