//! Backpressure: sends that wait for the slowest receiver.

use std::pin::pin;

use wakering::broadcast::error::{SendError, TryRecvError, TrySendError};
use wakering::broadcast::{Sender, channel};

use crate::common::{Tracker, Waiting, ignore, now};
use crate::driver::{Driver, contract};

contract! {
    it_waits_for_the_slowest_receiver,
    waiting_senders_are_told_in_order,
    a_dropped_send_passes_its_turn_on,
    a_sender_that_is_told_and_not_polled_holds_up_nobody,
    r111_a_receiver_that_goes_makes_room,
    the_last_receiver_ends_the_wait,
    plain_sends_go_by,
}

fn full(capacity: usize) -> (Sender<usize>, wakering::broadcast::Receiver<usize>) {
    let (tx, rx) = channel(capacity);
    for n in 0..capacity {
        assert_eq!(tx.try_send_lossless(n), Ok(1));
    }
    assert_eq!(tx.try_send_lossless(9), Err(TrySendError::Full(9)));
    (tx, rx)
}

async fn it_waits_for_the_slowest_receiver<D: Driver>(_: D, capacity: usize) {
    let (tx, mut slow) = channel(capacity);
    let mut fast = tx.subscribe();
    for n in 0..capacity {
        now(tx.send_lossless(n)).unwrap();
        assert_eq!(fast.try_recv(), Ok(n));
    }
    let mut send = Waiting::new(tx.send_lossless(capacity));
    assert_eq!(fast.try_recv(), Err(TryRecvError::Empty));
    assert!(!send.is_woken());
    assert_eq!(slow.try_recv(), Ok(0));
    assert_eq!(send.finish(), Ok(2));
    assert_eq!(fast.try_recv(), Ok(capacity));
    for n in 1..=capacity {
        assert_eq!(slow.try_recv(), Ok(n));
    }
}

async fn waiting_senders_are_told_in_order<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = full(capacity);
    let mut sends: Vec<_> = (0..3)
        .map(|n| Waiting::new(tx.send_lossless(capacity + n)))
        .collect();
    for n in 0..3 {
        assert!(sends[n..].iter().all(|send| !send.is_woken()));
        assert_eq!(rx.try_recv(), Ok(n));
        assert_eq!(sends[n].wakes(), 1);
        assert_eq!(sends[n].finish(), Ok(1));
    }
}

async fn a_dropped_send_passes_its_turn_on<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = full(capacity);
    let first = Waiting::new(tx.send_lossless(100));
    let mut second = Waiting::new(tx.send_lossless(101));
    let third = Waiting::new(tx.send_lossless(102));
    drop(third);
    assert_eq!(rx.try_recv(), Ok(0));
    assert_eq!((first.wakes(), second.wakes()), (1, 0));
    drop(first);
    assert_eq!(second.finish(), Ok(1));
    for n in 1..capacity {
        assert_eq!(rx.try_recv(), Ok(n));
    }
    assert_eq!(rx.try_recv(), Ok(101));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
}

async fn a_sender_that_is_told_and_not_polled_holds_up_nobody<D: Driver>(_: D, capacity: usize) {
    if capacity == 1 {
        return; // the one slot is the one it was told of
    }
    let (tx, mut rx) = full(capacity);
    let kept = Waiting::new(tx.send_lossless(100));
    let mut second = Waiting::new(tx.send_lossless(101));
    assert_eq!(rx.try_recv(), Ok(0));
    assert_eq!(rx.try_recv(), Ok(1));
    assert!(kept.is_woken());
    assert_eq!(second.finish(), Ok(1));
    drop(kept);
}

/// embassy (r111): messages were kept for a receiver that had gone.
async fn r111_a_receiver_that_goes_makes_room<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = full(capacity);
    let mut late = tx.subscribe();
    let mut sends: Vec<_> = (0..capacity + 1)
        .map(|n| Waiting::new(tx.send_lossless(n)))
        .collect();
    drop(rx);
    for (n, send) in sends.iter_mut().enumerate() {
        if n < capacity {
            assert_eq!(send.finish(), Ok(1));
        } else {
            assert!(!send.is_woken());
            assert_eq!(late.try_recv(), Ok(0));
            assert_eq!(send.finish(), Ok(1));
        }
    }
}

async fn the_last_receiver_ends_the_wait<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = full(capacity);
    let mut sends: Vec<_> = (0..3).map(|n| Waiting::new(tx.send_lossless(n))).collect();
    let waiting = {
        let tx = tx.clone();
        driver.spawn(async move { tx.send_lossless(7).await })
    };
    driver.pause().await;
    drop(rx);
    for (n, send) in sends.iter_mut().enumerate() {
        assert_eq!(send.finish(), Err(SendError(n)));
    }
    assert_eq!(waiting.await, Err(SendError(7)));
    // One that subscribes before they look takes them in.
    let (tx, rx) = full(capacity);
    let mut send = Waiting::new(tx.send_lossless(1));
    drop(rx);
    let mut rx = tx.subscribe();
    assert_eq!(send.finish(), Ok(1));
    assert_eq!(rx.try_recv(), Ok(1));
}

/// A plain send overwrites, and the lossless ones wait for the next message.
async fn plain_sends_go_by<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = full(capacity);
    let mut send = Waiting::new(tx.send_lossless(100));
    tx.send(50).unwrap();
    tx.send(51).unwrap();
    assert!(send.poll().is_pending());
    let missed = 2;
    assert_eq!(rx.try_recv(), Err(TryRecvError::Lagged(missed)));
    assert!(
        send.poll().is_pending(),
        "the oldest that is left is still to be received"
    );
    assert!(rx.try_recv().is_ok());
    assert_eq!(send.finish(), Ok(1));
}

/// The message of a send that was given up is dropped once, or taken back.
#[test]
fn r033_a_cancelled_send_has_not_sent() {
    let tracker = Tracker::new();
    let (tx, _rx) = channel(1);
    let share = |id| std::sync::Arc::new(tracker.make(id));
    tx.send(share(0)).unwrap();
    let mut send = Box::pin(tx.send_lossless(share(1)));
    assert!(
        futures_lite::future::block_on(futures_lite::future::poll_once(send.as_mut())).is_none()
    );
    assert_eq!(send.as_mut().cancel().unwrap().id(), 1);
    assert!(send.as_mut().cancel().is_none());
    drop(send);
    assert_eq!(tracker.alive(), 1);
    drop(Waiting::new(tx.send_lossless(share(2))));
    assert_eq!(tracker.alive(), 1);
    let mut never_polled = pin!(tx.send_lossless(share(3)));
    assert_eq!(never_polled.as_mut().cancel().unwrap().id(), 3);
    assert_eq!(tracker.alive(), 1);
    assert_eq!(tx.len(), 1);
}

#[test]
#[should_panic = "polled after completion"]
fn a_send_that_is_done_is_not_polled_again() {
    let (tx, _rx) = channel(1);
    let mut send = Box::pin(tx.send_lossless(1));
    assert_eq!(now(send.as_mut()), Ok(1));
    ignore(now(send.as_mut()));
}
