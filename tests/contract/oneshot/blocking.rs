//! Threads that wait.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use wakering::oneshot::channel;
use wakering::oneshot::error::RecvTimeoutError;

use crate::common::{Tracker, Waiting, watchdog};

const MOMENT: Duration = Duration::from_millis(20);

#[test]
fn a_blocked_thread_is_told() {
    watchdog("oneshot, blocking", || {
        for sends in [true, false] {
            let (tx, rx) = channel();
            let receiver = thread::spawn(move || rx.blocking_recv());
            thread::sleep(MOMENT);
            if sends {
                tx.send(5).unwrap();
                assert_eq!(receiver.join().unwrap(), Ok(5));
            } else {
                drop(tx);
                assert!(receiver.join().unwrap().is_err());
            }
        }
    });
}

/// r092: the longest time, no time, and a moment that has been.
#[test]
fn r092_any_time_will_do() {
    watchdog("oneshot, r092", || {
        let (tx, mut rx) = channel();
        let timeout = Err(RecvTimeoutError::Timeout);
        assert_eq!(rx.blocking_recv_timeout(Duration::ZERO), timeout);
        assert_eq!(rx.blocking_recv_deadline(Instant::now()), timeout);
        if let Some(past) = Instant::now().checked_sub(Duration::from_secs(1)) {
            assert_eq!(rx.blocking_recv_deadline(past), timeout);
        }
        let begin = Instant::now();
        assert_eq!(rx.blocking_recv_timeout(MOMENT), timeout);
        assert!(begin.elapsed() >= MOMENT);
        assert_eq!(rx.blocking_recv_deadline(Instant::now() + MOMENT), timeout);
        assert!(!rx.is_terminated(), "it may wait again");
        let receiver = thread::spawn(move || rx.blocking_recv_timeout(Duration::MAX));
        thread::sleep(MOMENT);
        tx.send(1).unwrap();
        assert_eq!(receiver.join().unwrap(), Ok(1));
    });
}

/// What came is received, however late it is.
#[test]
fn a_message_goes_before_the_deadline() {
    let (tx, mut rx) = channel();
    tx.send(1).unwrap();
    assert_eq!(rx.blocking_recv_timeout(Duration::ZERO), Ok(1));
    let (tx, mut rx) = channel::<u8>();
    drop(tx);
    let closed = Err(RecvTimeoutError::Closed);
    assert_eq!(rx.blocking_recv_timeout(Duration::ZERO), closed);
}

/// r030: the token of `std::thread::park` is not ours, and the other way round.
#[test]
fn r030_somebody_else_parks() {
    watchdog("oneshot, r030", || {
        let (tx, rx) = channel();
        let receiver = thread::spawn(move || {
            thread::current().unpark();
            let got = rx.blocking_recv();
            thread::park(); // the token is still there
            got
        });
        thread::sleep(MOMENT);
        for _ in 0..3 {
            receiver.thread().unpark();
        }
        thread::sleep(MOMENT);
        assert!(!receiver.is_finished());
        tx.send(1).unwrap();
        receiver.thread().unpark();
        assert_eq!(receiver.join().unwrap(), Ok(1));
    });
}

/// A thread takes over from a task, and gives the place back.
#[test]
fn a_wait_in_vain_leaves_no_waker() {
    let (tx, rx) = channel::<u8>();
    let mut waiting = Waiting::new(rx);
    let rx = &mut *waiting.future;
    let timeout = Err(RecvTimeoutError::Timeout);
    assert_eq!(rx.blocking_recv_timeout(MOMENT), timeout);
    assert_eq!(waiting.counter.wakers_alive(), 0);
    assert!(waiting.poll().is_pending());
    tx.send(1).unwrap();
    assert_eq!(waiting.finish(), Ok(1));
}

/// Blocking calls do not panic in a runtime (tokio's do).
#[test]
fn blocking_in_a_runtime() {
    watchdog("oneshot, in a runtime", || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let (tx, rx) = channel();
            thread::spawn(move || tx.send(1));
            assert_eq!(rx.blocking_recv(), Ok(1));
        });
    });
}

/// A receive with a time limit beside the send: it is received, or dropped with the receiver.
#[test]
fn a_deadline_beside_a_send() {
    watchdog("oneshot, deadline beside send", || {
        let tracker = Tracker::new();
        let mut received = 0;
        for round in 0..2_000 {
            let (tx, mut rx) = channel();
            let message = tracker.make(round);
            let start = Arc::new(std::sync::Barrier::new(2));
            let sender = thread::spawn({
                let start = start.clone();
                move || {
                    start.wait();
                    tx.send(message).is_ok()
                }
            });
            start.wait();
            let time = Duration::from_micros((round % 40) as u64);
            match rx.blocking_recv_timeout(time) {
                Ok(message) => {
                    assert_eq!(message.id(), round);
                    received += 1;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Closed) => panic!("it was sent"),
            }
            drop(rx);
            sender.join().unwrap();
            assert_eq!(tracker.alive(), 0);
        }
        assert!(received > 0);
    });
}
