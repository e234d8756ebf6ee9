//! Threads.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use wakering::ack::{self, Config, RecvTimeoutError, SendTimeoutError};

use crate::common::watchdog;

/// Short, for threads that sleep through it.
const MOMENT: Duration = Duration::from_millis(2);

fn short(max_attempts: u32) -> Config {
    Config {
        visibility_timeout: MOMENT,
        max_attempts,
        capacity: 1,
        ..Config::default()
    }
}

/// A blocked thread wakes up by itself: nobody else is there.
#[test]
fn a_thread_sees_to_what_is_due() {
    watchdog("a blocked dequeue", || {
        let (tx, rx, dead) = ack::queue(short(3));
        tx.enqueue_blocking("job").unwrap();
        drop(tx);
        for attempt in 1..=3 {
            let delivery = rx.dequeue_blocking().unwrap();
            assert_eq!(delivery.attempts(), attempt);
            assert!(delivery.delivered_at().elapsed() < Duration::from_secs(60));
            std::mem::forget(delivery);
        }
        assert!(rx.dequeue_blocking().is_err(), "after the last one expired");
        assert_eq!(dead.recv_blocking().unwrap().history().len(), 3);
    });
}

/// A thread that sleeps without a time limit learns of what becomes due later.
#[test]
fn a_sleeping_thread_hears_of_the_first_deadline() {
    watchdog("a blocked dequeue", || {
        for by_delay in [false, true] {
            let (tx, rx, _dead) = ack::queue::<u32>(short(3));
            let (got, gets) = mpsc::channel();
            let sleeper = thread::spawn({
                let rx = rx.clone();
                move || {
                    let delivery = rx.dequeue_blocking().unwrap();
                    got.send(delivery.attempts()).unwrap();
                    delivery.ack().unwrap();
                }
            });
            thread::yield_now();
            // Taken before the sleeper gets it, or not: in the end it does.
            tx.enqueue_blocking(1).unwrap();
            if let Ok(delivery) = rx.try_dequeue() {
                if by_delay {
                    delivery.nack_after(MOMENT).unwrap_or_default();
                } else {
                    std::mem::forget(delivery);
                }
            }
            assert!(gets.recv().unwrap() >= 1);
            sleeper.join().unwrap();
        }
    });
}

#[test]
fn time_limits() {
    let (tx, rx, _dead) = ack::queue(Config {
        capacity: 1,
        ..Config::default()
    });
    let timeout = Err(RecvTimeoutError::Timeout);
    assert_eq!(rx.dequeue_timeout(MOMENT).map(drop), timeout);
    assert_eq!(rx.dequeue_timeout(Duration::ZERO).map(drop), timeout);
    assert_eq!(rx.dequeue_deadline(Instant::now()).map(drop), timeout);
    tx.enqueue_timeout(1, Duration::MAX).unwrap();
    assert_eq!(
        tx.enqueue_timeout(2, MOMENT),
        Err(SendTimeoutError::Timeout(2))
    );
    assert_eq!(
        tx.enqueue_deadline(2, Instant::now()),
        Err(SendTimeoutError::Timeout(2))
    );
    rx.dequeue_timeout(Duration::MAX).unwrap().ack().unwrap();
    drop(tx.clone());
    tx.close();
    assert_eq!(tx.enqueue_blocking(3).unwrap_err().into_inner(), 3);
    assert_eq!(
        rx.dequeue_timeout(Duration::MAX).map(drop),
        Err(RecvTimeoutError::Closed)
    );
}

/// The time limit of the caller comes before that of a delivery.
#[test]
fn the_earlier_of_two_deadlines() {
    let (tx, rx, _dead) = ack::queue(Config::default());
    tx.enqueue_blocking(1).unwrap();
    let _held = rx.dequeue_blocking().unwrap();
    assert_eq!(
        rx.dequeue_timeout(MOMENT).map(drop),
        Err(RecvTimeoutError::Timeout)
    );
}
