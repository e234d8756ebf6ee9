//! Blocking calls with a time limit take any limit; and no blocking call panics inside a runtime.

use std::time::{Duration, Instant};

use wakering::{RecvTimeoutError, SendTimeoutError, bounded};

use crate::driver::{Driver, contract};

contract! {
    a_limit_in_the_past_tries_once,
    a_limit_beyond_all_time_waits,
    a_limit_is_kept,
    a_limit_is_no_delay,
    nothing_is_lost_when_the_time_is_up,
}

fn past() -> Instant {
    let now = Instant::now();
    now.checked_sub(Duration::from_secs(60)).unwrap_or(now)
}

async fn a_limit_in_the_past_tries_once<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    assert_eq!(rx.recv_deadline(past()), Err(RecvTimeoutError::Timeout));
    assert_eq!(
        rx.recv_timeout(Duration::ZERO),
        Err(RecvTimeoutError::Timeout)
    );
    assert_eq!(tx.send_deadline(0, past()), Ok(()));
    for i in 1..capacity {
        assert_eq!(tx.send_timeout(i, Duration::ZERO), Ok(()));
    }
    assert_eq!(
        tx.send_deadline(9, past()),
        Err(SendTimeoutError::Timeout(9))
    );
    assert_eq!(
        tx.send_timeout(8, Duration::ZERO),
        Err(SendTimeoutError::Timeout(8))
    );
    assert_eq!(rx.recv_deadline(past()), Ok(0));
    assert_eq!(tx.send_deadline(7, past()), Ok(()));
    for i in (1..capacity).chain([7]) {
        assert_eq!(rx.recv_timeout(Duration::ZERO), Ok(i));
    }
    tx.close();
    assert_eq!(
        tx.send_deadline(6, past()),
        Err(SendTimeoutError::Closed(6))
    );
    assert_eq!(rx.recv_deadline(past()), Err(RecvTimeoutError::Closed));
}

/// The longest duration there is does not overflow into a panic or into the past.
async fn a_limit_beyond_all_time_waits<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    // The other side acts from threads: a blocking call blocks its driver's thread.
    let sender = std::thread::spawn({
        let tx = tx.clone();
        move || {
            for i in 0..=capacity {
                tx.send_timeout(i, Duration::MAX).unwrap();
            }
        }
    });
    for i in 0..=capacity {
        assert_eq!(rx.recv_timeout(Duration::MAX), Ok(i));
    }
    sender.join().unwrap();
    let receiver = std::thread::spawn(move || rx.recv_timeout(Duration::MAX));
    drop(tx);
    assert_eq!(receiver.join().unwrap(), Err(RecvTimeoutError::Closed));
}

async fn a_limit_is_kept<D: Driver>(_: D, capacity: usize) {
    let limit = Duration::from_millis(20);
    let (tx, rx) = bounded(capacity);
    let start = Instant::now();
    assert_eq!(rx.recv_timeout(limit), Err(RecvTimeoutError::Timeout));
    assert!(start.elapsed() >= limit);
    for i in 0..capacity {
        tx.try_send(i).unwrap();
    }
    let start = Instant::now();
    assert_eq!(
        tx.send_timeout(99, limit),
        Err(SendTimeoutError::Timeout(99))
    );
    assert!(start.elapsed() >= limit);
    let deadline = Instant::now() + limit;
    assert_eq!(
        tx.send_deadline(98, deadline),
        Err(SendTimeoutError::Timeout(98))
    );
    assert!(Instant::now() >= deadline);
    assert_eq!(rx.len(), capacity);
}

/// What is ready is given at once, whatever the limit.
async fn a_limit_is_no_delay<D: Driver>(_: D, capacity: usize) {
    let hour = Duration::from_secs(3600); // far beyond the watchdog
    let (tx, rx) = bounded(capacity);
    for i in 0..100 {
        assert_eq!(tx.send_timeout(i, hour), Ok(()));
        assert_eq!(rx.recv_deadline(Instant::now() + hour), Ok(i));
        assert_eq!(tx.send_blocking(i), Ok(()));
        assert_eq!(rx.recv_blocking(), Ok(i));
    }
}

/// Time limits that run out while the other side works: each message arrives once or comes back.
async fn nothing_is_lost_when_the_time_is_up<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    let sender = std::thread::spawn(move || {
        let mut sent = Vec::new();
        for i in 0..2_000_usize {
            match tx.send_timeout(i, Duration::from_micros(i as u64 % 50)) {
                Ok(()) => sent.push(i),
                Err(SendTimeoutError::Timeout(back)) => assert_eq!(back, i),
                Err(SendTimeoutError::Closed(_)) => panic!("closed"),
            }
        }
        sent
    });
    let mut got = Vec::new();
    loop {
        match rx.recv_timeout(Duration::from_micros(got.len() as u64 % 70)) {
            Ok(message) => got.push(message),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Closed) => break,
        }
    }
    assert_eq!(sender.join().unwrap(), got);
}
