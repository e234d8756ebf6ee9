//! Rendezvous: sends that were done too early, and messages between two futures that were dropped.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use futures_lite::future::{block_on, yield_now};
use wakering::{SendTimeoutError, TryRecvError, TrySendError, bounded};

use crate::common::{Counter, Tracker, Waiting, now, poll_once, watchdog};

/// lilos: a handoff without storage cannot give the message back once it is in the act. Here it is with the sender until
/// a receiver takes it in its own poll: whichever future is dropped at whatever stage, the message is with one of them.
#[test]
fn r038_a_handoff_without_storage_is_cancel_safe() {
    // What each side does after the other: 0 nothing, 1 dropped, 2 polled, 3 polled twice.
    for sender_first in [false, true] {
        for (sender, receiver) in (0..16).map(|acts| (acts % 4, acts / 4)) {
            let tracker = Tracker::new();
            let (tx, rx) = bounded(0);
            let mut send = Box::pin(tx.send(tracker.make(1)));
            let mut recv = Box::pin(rx.recv());
            let counter = Counter::new();
            if sender_first {
                assert!(poll_once(send.as_mut(), &counter).is_pending());
            } else {
                assert!(poll_once(recv.as_mut(), &counter).is_pending());
                assert!(poll_once(send.as_mut(), &counter).is_pending());
            }
            let mut received = false;
            let mut sent = false;
            if receiver >= 2 {
                let got = poll_once(recv.as_mut(), &counter);
                received = matches!(got, Poll::Ready(Ok(_)));
                assert!(received, "there was an offer");
            } else if receiver == 1 {
                drop(recv);
            }
            if sender >= 2 {
                sent = poll_once(send.as_mut(), &counter).is_ready();
                assert_eq!(sent, received, "done exactly when it was received");
            }
            let back = if sender == 1 {
                None
            } else {
                send.as_mut().cancel()
            };
            drop(send);
            match (received, sender) {
                (true, _) => assert!(back.is_none()),
                (false, 1) => {}
                (false, _) => assert_eq!(back.unwrap().id(), 1),
            }
            assert!(!sent || received);
            assert_eq!(rx.try_recv().unwrap_err(), TryRecvError::Empty);
            assert_eq!(tracker.alive(), 0);
        }
    }
}

/// flume: an async send on a rendezvous channel was done when a receiver waited, before that one had taken the message.
#[test]
fn r039_a_send_is_not_done_because_somebody_waits() {
    let (tx, rx) = bounded(0);
    let mut recv = Waiting::new(rx.recv());
    let mut send = Waiting::new(tx.send(1));
    for _ in 0..3 {
        assert!(send.poll().is_pending());
    }
    assert_eq!(recv.finish(), Ok(1));
    assert_eq!(send.finish(), Ok(()));
}

/// flume: a receiver that was dropped between kept the message; the sender believed that it was received.
#[test]
fn r039_a_message_is_not_stuck_with_a_receiver_that_is_dropped() {
    let (tx, rx) = bounded(0);
    let first = Waiting::new(rx.recv());
    let mut send = Waiting::new(tx.send(1));
    assert!(first.is_woken());
    drop(first);
    assert!(send.poll().is_pending() && !send.is_woken());
    assert_eq!(now(rx.recv()), Ok(1));
    assert_eq!(send.finish(), Ok(()));
    // With the last one of them, the message comes back.
    let last = rx.clone();
    drop(rx);
    let waiting = Waiting::new(last.recv());
    let mut send = Waiting::new(tx.send(2));
    drop(waiting);
    drop(last);
    assert_eq!(send.finish().unwrap_err().into_inner(), 2);
}

/// flume#145: what a sender did after its send came before what the receiver did before its receive.
#[test]
fn r039_the_receiver_is_there_when_a_send_is_done() {
    watchdog("r039", || {
        for _ in 0..200 {
            let (tx, rx) = bounded(0);
            let begun = Arc::new(AtomicBool::new(false));
            let receiver = thread::spawn({
                let begun = begun.clone();
                move || {
                    begun.store(true, SeqCst);
                    block_on(rx.recv())
                }
            });
            block_on(async {
                yield_now().await;
                tx.send(1).await.unwrap();
            });
            assert!(begun.load(SeqCst), "nobody had asked for it");
            assert_eq!(receiver.join().unwrap(), Ok(1));
        }
    });
}

/// kanal: a send that timed out while a receiver took its message reported the timeout, and the message was received too.
#[test]
fn r039_a_timeout_at_the_moment_of_the_handover() {
    watchdog("r039 timeout", || {
        let (tx, rx) = bounded(0);
        let receiver = thread::spawn(move || {
            let mut received = Vec::new();
            while let Ok(message) = rx.recv_blocking() {
                received.push(message);
            }
            received
        });
        let mut sent = Vec::new();
        for i in 0..2_000 {
            match tx.send_timeout(i, Duration::from_micros(i % 20)) {
                Ok(()) => sent.push(i),
                Err(SendTimeoutError::Timeout(back)) => assert_eq!(back, i),
                Err(SendTimeoutError::Closed(_)) => panic!("it is open"),
            }
        }
        drop(tx);
        assert_eq!(receiver.join().unwrap(), sent);
    });
}

/// kanal: a try that found a waiting receiver succeeded, and that receiver's future was dropped with the message.
#[test]
fn r031_a_try_does_not_rely_on_a_future() {
    let (tx, rx) = bounded(0);
    let recv = Waiting::new(rx.recv());
    assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)));
    drop(recv);
    let mut send = pin!(tx.send(2));
    assert!(poll_once(send.as_mut(), &Counter::new()).is_pending());
    assert_eq!(rx.try_recv(), Ok(2));
}
