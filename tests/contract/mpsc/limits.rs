//! Time limits, and blocking calls in and beside a runtime.

use std::future::{pending, ready};
use std::time::{Duration, Instant};

use wakering::mpsc::channel;
use wakering::mpsc::error::{RecvTimeoutError, SendTimeoutError};

use crate::common::{Waiting, now};
use crate::driver::{Driver, contract};

contract! {
    a_limit_in_the_past_tries_once,
    a_limit_is_kept,
    a_limit_beyond_all_time_waits,
    a_timer_ends_a_send,
    a_send_that_timed_out_has_left_the_line,
    blocking_calls_do_not_panic_in_a_runtime,
}

fn past() -> Instant {
    let now = Instant::now();
    now.checked_sub(Duration::from_secs(60)).unwrap_or(now)
}

async fn a_limit_in_the_past_tries_once<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    assert_eq!(
        rx.blocking_recv_deadline(past()),
        Err(RecvTimeoutError::Timeout)
    );
    assert_eq!(
        rx.blocking_recv_timeout(Duration::ZERO),
        Err(RecvTimeoutError::Timeout)
    );
    for i in 0..capacity {
        assert_eq!(tx.blocking_send_deadline(i, past()), Ok(()));
    }
    assert_eq!(
        tx.blocking_send_deadline(99, past()),
        Err(SendTimeoutError::Timeout(99))
    );
    assert_eq!(
        tx.blocking_send_timeout(98, Duration::ZERO),
        Err(SendTimeoutError::Timeout(98))
    );
    for i in 0..capacity {
        assert_eq!(rx.blocking_recv_deadline(past()), Ok(i));
    }
    rx.close();
    assert_eq!(
        tx.blocking_send_timeout(97, Duration::MAX),
        Err(SendTimeoutError::Closed(97))
    );
    assert_eq!(
        rx.blocking_recv_timeout(Duration::MAX),
        Err(RecvTimeoutError::Disconnected)
    );
}

async fn a_limit_is_kept<D: Driver>(_: D, capacity: usize) {
    let limit = Duration::from_millis(20);
    let (tx, mut rx) = channel(capacity);
    let start = Instant::now();
    assert_eq!(
        rx.blocking_recv_timeout(limit),
        Err(RecvTimeoutError::Timeout)
    );
    assert!(start.elapsed() >= limit);
    for i in 0..capacity {
        tx.try_send(i).unwrap();
    }
    let start = Instant::now();
    assert_eq!(
        tx.blocking_send_deadline(99, start + limit),
        Err(SendTimeoutError::Timeout(99))
    );
    assert!(start.elapsed() >= limit);
    assert_eq!(rx.len(), capacity);
}

async fn a_limit_beyond_all_time_waits<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    let sender = std::thread::spawn(move || {
        for i in 0..=capacity {
            tx.blocking_send_timeout(i, Duration::MAX).unwrap();
        }
    });
    for i in 0..=capacity {
        assert_eq!(rx.blocking_recv_timeout(Duration::MAX), Ok(i));
    }
    assert_eq!(
        rx.blocking_recv_timeout(Duration::MAX),
        Err(RecvTimeoutError::Disconnected)
    );
    sender.join().unwrap();
}

async fn a_timer_ends_a_send<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    for i in 0..capacity {
        // The send is tried first, however late it is.
        assert_eq!(now(tx.send_with(i, ready(()))), Ok(()));
    }
    assert_eq!(
        now(tx.send_with(99, ready(()))),
        Err(SendTimeoutError::Timeout(99))
    );
    let mut send = Waiting::new(tx.send_with(capacity, pending::<()>()));
    assert_eq!(rx.try_recv(), Ok(0));
    assert_eq!(send.finish(), Ok(()));
    let mut send = Waiting::new(tx.send_with(98, pending::<()>()));
    rx.close();
    assert_eq!(send.finish(), Err(SendTimeoutError::Closed(98)));
}

/// Room that comes up afterwards goes to who is still there.
async fn a_send_that_timed_out_has_left_the_line<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    let permits = tx.try_reserve_many(capacity).unwrap();
    let moment = Duration::from_millis(1);
    assert!(tx.blocking_send_timeout(1, moment).is_err());
    assert!(now(tx.send_with(2, ready(()))).is_err());
    let mut send = Waiting::new(tx.send(3));
    drop(permits);
    assert_eq!(send.finish(), Ok(()));
    assert_eq!(now(rx.recv()), Some(3));
    assert_eq!((tx.capacity(), rx.capacity()), (capacity, capacity));
}

/// tokio's panic here. Ours do what they are asked to, as long as nobody else needs the thread.
async fn blocking_calls_do_not_panic_in_a_runtime<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    let mut buffer = Vec::new();
    for i in 0..10 {
        tx.blocking_send(i).unwrap();
        assert_eq!(rx.blocking_recv(), Some(i));
        tx.blocking_send_timeout(i, Duration::MAX).unwrap();
        assert_eq!(rx.blocking_recv_many(&mut buffer, 8), 1);
    }
    assert!(buffer.into_iter().eq(0..10));
    let receiver = std::thread::spawn(move || rx.blocking_recv());
    tx.blocking_send(10).unwrap();
    assert_eq!(receiver.join().unwrap(), Some(10));
}

/// Not by the drivers: the one that polls by hand cannot tell a busy thread from a lost wake-up.
#[test]
fn threads_and_tasks_meet() {
    let (tx, mut rx) = channel(2);
    let (back, mut answers) = channel(2);
    let thread = std::thread::spawn(move || {
        let mut buffer = Vec::new();
        while rx.blocking_recv_many(&mut buffer, 3) > 0 {
            for message in buffer.drain(..) {
                back.blocking_send(message).unwrap();
            }
        }
    });
    let send = async move {
        for i in 0..300 {
            tx.send(i).await.unwrap();
        }
    };
    let receive = async move {
        for i in 0..300 {
            assert_eq!(answers.recv().await, Some(i));
        }
        assert_eq!(answers.recv().await, None);
    };
    futures_lite::future::block_on(futures_lite::future::zip(send, receive));
    thread.join().unwrap();
}

#[cfg(feature = "tokio-time")]
#[test]
fn tokio_keeps_the_time() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().build().unwrap().block_on(async {
        let (tx, mut rx) = channel(1);
        let (hour, moment) = (Duration::from_secs(3600), Duration::from_millis(10));
        assert_eq!(tx.send_timeout(1, hour).await, Ok(()));
        let start = tokio::time::Instant::now();
        assert_eq!(
            tx.send_timeout(2, moment).await,
            Err(SendTimeoutError::Timeout(2))
        );
        assert!(start.elapsed() >= moment);
        assert_eq!(rx.recv().await, Some(1));
        assert_eq!(tx.send_timeout(3, Duration::ZERO).await, Ok(()));
        drop(rx);
        assert_eq!(
            tx.send_timeout(4, hour).await,
            Err(SendTimeoutError::Closed(4))
        );
    });
}
