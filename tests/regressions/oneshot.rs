//! What broke channels for one message, again and again, in the races of their two sides. What one thread can show is in
//! `tests/contract/oneshot`.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use futures_lite::future::block_on;
use wakering::oneshot::channel;
use wakering::oneshot::error::TryRecvError;

use crate::common::{Counter, Tracker, Waiting, poll_once, watchdog};
use crate::threads::{job, race, rounds};

/// embassy, async-oneshot: what came between the look and the registration was lost.
#[test]
fn r018_a_send_between_look_and_registration() {
    rounds("oneshot: await beside send", |round| {
        let (tx, rx) = channel();
        race(vec![
            job(move || match round % 2 {
                0 => tx.send(round).unwrap(),
                _ => drop(tx),
            }),
            job(move || assert_eq!(block_on(rx).is_ok(), round % 2 == 0)),
        ]);
        let (mut tx, mut rx) = channel::<u8>();
        race(vec![
            job(move || block_on(tx.closed())),
            job(move || {
                if round % 2 == 0 {
                    rx.close();
                }
                drop(rx);
            }),
        ]);
    });
}

/// postage: a sender that was dropped told nobody.
#[test]
fn r024_a_dropped_sender_wakes_the_receiver() {
    let (tx, rx) = channel::<u8>();
    let mut recv = Waiting::new(rx);
    drop(tx);
    assert!(recv.finish().is_err());
    watchdog("oneshot: r024, a thread", || {
        let (tx, rx) = channel::<u8>();
        let receiver = thread::spawn(move || rx.blocking_recv());
        thread::sleep(Duration::from_millis(10));
        drop(tx);
        assert!(receiver.join().unwrap().is_err());
    });
}

/// futures, tokio (permits): a message whose send succeeded stayed in the channel, though its receiver had gone.
#[test]
fn r055_what_was_sent_goes_with_the_receiver() {
    rounds("oneshot: send beside drop", |round| {
        let tracker = Tracker::new();
        let (tx, mut rx) = channel();
        let message = tracker.make(0);
        let ours = tracker.clone();
        race(vec![
            job(move || {
                // Ours again, or the receiver's to drop.
                if let Err(message) = tx.send(message) {
                    assert_eq!(ours.alive(), 1);
                    drop(message);
                }
            }),
            job(move || {
                if round % 2 == 0 {
                    rx.close();
                }
                drop(rx);
            }),
        ]);
        assert_eq!((tracker.dropped(), tracker.alive()), (1, 0));
    });
    // At once, and not when the last handle goes: the sender of one message is gone by then, so what may hold it up is
    // only a `close`.
    let tracker = Tracker::new();
    let (tx, mut rx) = channel();
    tx.send(tracker.make(0)).unwrap();
    rx.close();
    assert_eq!(tracker.alive(), 1, "it can still be received");
    drop(rx);
    assert_eq!(tracker.alive(), 0);
}

/// tokio (RUSTSEC-2021-0124): `close` and then a receive beside a send: both touched the message.
#[test]
fn r078_close_then_receive_beside_a_send() {
    rounds("oneshot: close, receive beside send", |round| {
        let tracker = Tracker::new();
        let (tx, mut rx) = channel();
        let message = tracker.make(0);
        let sent = Arc::new(AtomicBool::new(false));
        let received = Arc::new(AtomicBool::new(false));
        race(vec![
            job({
                let sent = sent.clone();
                move || sent.store(tx.send(message).is_ok(), SeqCst)
            }),
            job({
                let received = received.clone();
                move || {
                    if round % 4 > 1 {
                        let _ = Pin::new(&mut rx).poll(&mut Context::from_waker(Waker::noop()));
                        if rx.is_terminated() {
                            received.store(true, SeqCst);
                            return;
                        }
                    }
                    rx.close();
                    let got = match round % 2 {
                        0 => match rx.try_recv() {
                            Ok(_) => true,
                            Err(TryRecvError::Closed) => false,
                            Err(TryRecvError::Empty) => panic!("it is closed"),
                        },
                        _ => block_on(rx).is_ok(),
                    };
                    received.store(got, SeqCst);
                }
            }),
        ]);
        assert_eq!(sent.load(SeqCst), received.load(SeqCst));
        assert_eq!((tracker.dropped(), tracker.alive()), (1, 0));
    });
}

/// oneshot: a receiver polled once and dropped beside the send, which still read its waker.
#[test]
fn r079_poll_once_and_drop_beside_a_send() {
    rounds("oneshot: poll, drop beside send", |round| {
        let tracker = Tracker::new();
        let (receiving, sending) = (Counter::new(), Counter::new());
        let (mut tx, rx) = channel();
        let message = tracker.make(0);
        if round % 3 == 0 {
            let waker = sending.waker();
            let mut cx = Context::from_waker(&waker);
            assert!(tx.poll_closed(&mut cx).is_pending());
        }
        let waker = receiving.clone();
        race(vec![
            job(move || match round % 2 {
                0 => drop(tx.send(message)),
                _ => drop((tx, message)),
            }),
            job(move || {
                let mut rx = Box::pin(rx);
                let _ = poll_once(rx.as_mut(), &waker);
                if round % 4 > 1 {
                    thread::yield_now();
                }
                drop(rx);
            }),
        ]);
        assert_eq!(tracker.alive(), 0);
        assert_eq!((receiving.wakers_alive(), sending.wakers_alive()), (0, 0));
    });
}

/// The other side: a `closed()` polled once and given up beside the drop of the receiver.
#[test]
fn r079_closed_given_up_beside_a_drop() {
    rounds("oneshot: closed given up beside drop", |round| {
        let counter = Counter::new();
        let (mut tx, rx) = channel();
        let waker = counter.clone();
        race(vec![
            job(move || {
                let _ = poll_once(std::pin::pin!(tx.closed()), &waker);
                if round % 2 == 0 {
                    drop(tx.send(Box::new(round)));
                }
            }),
            job(move || drop(rx)),
        ]);
        assert_eq!(counter.wakers_alive(), 0);
    });
}

/// tokio, oneshot: a poll with another waker beside the send, which told the old one.
#[test]
fn r010_another_waker_beside_a_send() {
    rounds("oneshot: another waker beside send", |round| {
        let (tx, mut rx) = channel();
        let first = Counter::new();
        assert!(poll_once(Pin::new(&mut rx), &first).is_pending());
        race(vec![
            job(move || match round % 2 {
                0 => tx.send(round).unwrap(),
                _ => drop(tx),
            }),
            // It hangs if the first waker is told.
            job(move || assert_eq!(block_on(rx).is_ok(), round % 2 == 0)),
        ]);
        assert_eq!(first.wakers_alive(), 0);
    });
}

/// Both wait and both go at the same moment: one of them is told, and no waker is left.
#[test]
fn r106_both_wait_and_go() {
    rounds("oneshot: both wait and go", |_| {
        let (receiving, sending) = (Counter::new(), Counter::new());
        let (mut tx, mut rx) = channel::<u8>();
        let waker = sending.waker();
        assert!(
            tx.poll_closed(&mut Context::from_waker(&waker))
                .is_pending()
        );
        drop(waker);
        assert!(poll_once(Pin::new(&mut rx), &receiving).is_pending());
        race(vec![job(move || drop(tx)), job(move || drop(rx))]);
        assert_eq!(receiving.wakes() + sending.wakes(), 1);
        assert_eq!((receiving.wakers_alive(), sending.wakers_alive()), (0, 0));
    });
}
