//! Handles: counts, weak ones, who closes and who reopens; capacities; errors.

use std::time::{Duration, Instant};

use wakering::broadcast::error::*;
use wakering::broadcast::{Sender, channel};

use crate::common::{Waiting, now};

#[test]
fn capacities_are_exact() {
    for capacity in [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 100] {
        let (tx, mut rx) = channel(capacity);
        assert_eq!(tx.capacity(), capacity);
        for n in 0..capacity {
            tx.send(n).unwrap();
        }
        assert_eq!(tx.len(), capacity);
        tx.send(capacity).unwrap();
        assert_eq!((tx.len(), rx.len()), (capacity, capacity + 1));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Lagged(1)));
        for n in 1..=capacity {
            assert_eq!(rx.try_recv(), Ok(n));
        }
        assert!(rx.is_empty() && tx.is_empty());
    }
}

#[test]
#[should_panic = "broadcast channel capacity cannot be zero"]
fn r094_capacity_0() {
    drop(channel::<u8>(0));
}

#[test]
#[should_panic = "broadcast channel capacity cannot be zero"]
fn r094_capacity_0_of_a_sender() {
    drop(Sender::<u8>::new(0));
}

#[test]
#[should_panic = "more than memory can hold"]
fn r094_capacity_without_end() {
    drop(channel::<u8>(usize::MAX));
}

#[test]
#[should_panic = "more than memory can hold"]
fn r094_half_the_capacity_without_end() {
    drop(channel::<()>(usize::MAX / 2 + 1));
}

/// tokio (r064): a sender without receivers sent into nothing.
#[test]
fn r064_a_new_sender_has_no_receivers() {
    let tx = Sender::new(1);
    assert_eq!(tx.receiver_count(), 0);
    assert_eq!(tx.send(1), Err(SendError(1)));
    assert_eq!(tx.try_send_lossless(1), Err(TrySendError::Closed(1)));
    assert_eq!(now(tx.send_lossless(1)), Err(SendError(1)));
    assert_eq!(tx.blocking_send_lossless(1), Err(SendError(1)));
    now(tx.closed());
    let mut rx = tx.subscribe();
    assert_eq!(tx.receiver_count(), 1);
    assert!(!rx.is_closed());
    let closed = Waiting::new(tx.closed());
    assert_eq!(tx.send(2), Ok(1));
    assert_eq!(rx.try_recv(), Ok(2));
    drop(rx);
    assert!(closed.is_woken());
    assert_eq!(tx.send(3), Err(SendError(3)));
}

/// tokio (r063): a receiver made from one of a closed channel waited for ever.
#[test]
fn r063_resubscribed_to_a_closed_channel() {
    for left in 0..3 {
        let (tx, mut rx) = channel(2);
        for n in 0..left {
            tx.send(n).unwrap();
        }
        drop(tx);
        let mut late = rx.resubscribe();
        assert!(late.is_closed());
        assert_eq!(late.try_recv(), Err(TryRecvError::Closed));
        assert_eq!(now(late.recv()), Err(RecvError::Closed));
        assert_eq!(late.blocking_recv(), Err(RecvError::Closed));
        for n in 0..left {
            assert_eq!(now(rx.recv()), Ok(n));
        }
        assert_eq!(now(rx.recv()), Err(RecvError::Closed));
        assert_eq!(now(rx.recv()), Err(RecvError::Closed), "and again");
    }
}

/// async-broadcast (r062): it is receivers that receive that count, whatever other handles there are.
#[test]
fn r062_weak_senders_keep_nothing_open() {
    let (tx, mut rx) = channel::<u8>(1);
    let weak = tx.downgrade();
    let other = weak.clone();
    assert_eq!((weak.strong_count(), weak.weak_count()), (1, 2));
    assert_eq!((rx.sender_strong_count(), rx.sender_weak_count()), (1, 2));
    let second = weak.upgrade().unwrap();
    assert!(second.same_channel(&tx));
    assert_eq!((tx.strong_count(), tx.weak_count()), (2, 2));
    drop((tx, other));
    assert!(!rx.is_closed());
    drop(second);
    assert!(rx.is_closed());
    assert!(weak.upgrade().is_none());
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    assert_eq!((weak.strong_count(), weak.weak_count()), (0, 1));

    let (tx, rx) = channel::<u8>(1);
    let weak = tx.downgrade();
    drop(rx);
    assert!(weak.upgrade().unwrap().send(1).is_err());
}

#[test]
fn same_channel() {
    let (tx, rx) = channel::<u8>(1);
    let (other_tx, other_rx) = channel::<u8>(1);
    assert!(tx.same_channel(&tx.clone()) && !tx.same_channel(&other_tx));
    assert!(rx.same_channel(&rx.resubscribe()) && !rx.same_channel(&other_rx));
}

/// What receivers have not seen, from either side.
#[test]
fn lengths() {
    let (tx, mut rx1) = channel(3);
    let rx2 = tx.subscribe();
    assert_eq!((tx.len(), rx1.len(), rx2.len()), (0, 0, 0));
    for n in 1..=5 {
        tx.send(n).unwrap();
        assert_eq!((tx.len(), rx1.len()), (n.min(3), n));
    }
    let rx3 = tx.subscribe();
    assert!(rx3.is_empty());
    assert_eq!(rx1.try_recv(), Err(TryRecvError::Lagged(2)));
    assert_eq!(rx1.len(), 3);
    for left in [2, 1, 0] {
        rx1.try_recv().unwrap();
        assert_eq!((rx1.len(), tx.len()), (left, 3));
    }
    drop(rx2);
    assert!(tx.is_empty());
}

/// Any duration, and any moment.
#[test]
fn r092_limits_of_every_size() {
    let (tx, mut rx) = channel(1);
    let past = Instant::now();
    for limit in [
        Duration::ZERO,
        Duration::from_nanos(1),
        Duration::from_millis(2),
    ] {
        assert_eq!(
            rx.blocking_recv_timeout(limit),
            Err(RecvTimeoutError::Timeout)
        );
    }
    assert_eq!(
        rx.blocking_recv_deadline(past),
        Err(RecvTimeoutError::Timeout)
    );
    tx.send(1).unwrap();
    for limit in [Duration::ZERO, Duration::from_millis(2)] {
        let sent = tx.blocking_send_lossless_timeout(2, limit);
        assert_eq!(sent, Err(SendTimeoutError::Timeout(2)));
    }
    let sent = tx.blocking_send_lossless_deadline(2, past);
    assert_eq!(sent, Err(SendTimeoutError::Timeout(2)));
    assert_eq!(rx.blocking_recv_timeout(Duration::MAX), Ok(1));
    assert_eq!(tx.blocking_send_lossless_timeout(2, Duration::MAX), Ok(1));
    assert_eq!(
        rx.blocking_recv_deadline(past),
        Ok(2),
        "what is there is had, however late"
    );
    assert_eq!(tx.blocking_send_lossless_deadline(3, past), Ok(1));
    tx.send(4).unwrap();
    drop(tx);
    assert_eq!(
        rx.blocking_recv_timeout(Duration::ZERO),
        Err(RecvTimeoutError::Lagged(1))
    );
    assert_eq!(rx.blocking_recv(), Ok(4));
    assert_eq!(
        rx.blocking_recv_timeout(Duration::MAX),
        Err(RecvTimeoutError::Closed)
    );
}

#[test]
fn errors() {
    fn is_error<T: std::error::Error + Send + Sync + 'static>(error: &T) -> (String, String) {
        (error.to_string(), format!("{error:?}"))
    }
    fn said<T: std::error::Error + Send + Sync + 'static>(error: T, display: &str, debug: &str) {
        assert_eq!(is_error(&error), (display.into(), debug.into()));
    }
    said(SendError(1), "channel closed", "SendError(..)");
    said(TrySendError::Full(1), "no available capacity", "Full(..)");
    said(TrySendError::Closed(1), "channel closed", "Closed(..)");
    said(
        SendTimeoutError::Timeout(1),
        "timed out waiting on send operation",
        "Timeout(..)",
    );
    said(RecvError::Closed, "channel closed", "Closed");
    said(RecvError::Lagged(3), "channel lagged by 3", "Lagged(3)");
    said(TryRecvError::Empty, "channel empty", "Empty");
    said(TryRecvError::Closed, "channel closed", "Closed");
    said(TryRecvError::Lagged(3), "channel lagged by 3", "Lagged(3)");
    said(
        RecvTimeoutError::Timeout,
        "timed out waiting on receive operation",
        "Timeout",
    );
    said(Lagged(7), "channel lagged by 7", "Lagged(7)");
    assert_eq!(TrySendError::Full(1).into_inner(), 1);
    assert_eq!(SendTimeoutError::from(SendError(2)).into_inner(), 2);
    assert_eq!(TrySendError::from(SendError(2)), TrySendError::Closed(2));
    assert_eq!(
        TryRecvError::from(RecvError::Lagged(1)),
        TryRecvError::Lagged(1)
    );
    assert_eq!(
        RecvTimeoutError::from(RecvError::Closed),
        RecvTimeoutError::Closed
    );
    assert_eq!(RecvError::from(Lagged(1)), RecvError::Lagged(1));
}
