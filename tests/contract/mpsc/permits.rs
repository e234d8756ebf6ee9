//! Permits whose receiver has closed or gone.

use wakering::mpsc::channel;

use crate::common::{Tracker, Waiting, now};
use crate::driver::{Driver, contract};

contract! {
    a_message_sent_after_the_receiver_is_gone_is_dropped_at_once,
    a_permit_outlives_the_close,
    a_sender_that_waits_gets_what_a_permit_gives_back,
    weak_senders_are_counted,
}

/// tokio keeps it until the channel is freed.
async fn a_message_sent_after_the_receiver_is_gone_is_dropped_at_once<D: Driver>(
    _: D,
    capacity: usize,
) {
    let tracker = Tracker::new();
    let (tx, rx) = channel(capacity);
    let permits = tx.try_reserve_many(capacity).unwrap();
    drop(rx);
    for (i, permit) in permits.enumerate() {
        permit.send(tracker.make(i));
        assert_eq!(tracker.alive(), 0);
    }

    let (tx, rx) = channel(capacity);
    let permit = tx.clone().try_reserve_owned().unwrap();
    tx.try_reserve_many(capacity - 1)
        .unwrap()
        .for_each(|permit| permit.send(tracker.make(1)));
    drop(rx);
    assert_eq!(tracker.alive(), 0, "queued messages go with the receiver");
    let same = permit.send(tracker.make(2));
    assert!(same.same_channel(&tx) && same.is_closed());
    assert_eq!(tracker.alive(), 0);
    assert_eq!(tracker.made(), tracker.dropped());
}

async fn a_permit_outlives_the_close<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    let permit = now(tx.clone().reserve_owned()).unwrap();
    rx.close();
    assert!(now(tx.send(1)).is_err());
    assert!(now(tx.reserve()).is_err());
    let mut recv = Waiting::new(rx.recv());
    drop(permit.send(2));
    assert_eq!(recv.finish(), Some(2));
    drop(recv);
    assert_eq!(now(rx.recv()), None);
}

async fn a_sender_that_waits_gets_what_a_permit_gives_back<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    let permits: Vec<_> = (0..capacity)
        .map(|_| tx.clone().try_reserve_owned().unwrap())
        .collect();
    assert_eq!(tx.capacity(), 0);
    let mut many = Waiting::new(tx.reserve_many(capacity));
    let mut one = Waiting::new(tx.send(1));
    for permit in permits {
        assert!(permit.same_channel_as_sender(&tx));
        drop(permit.release());
    }
    let got = many.finish().unwrap();
    assert_eq!(got.len(), capacity);
    assert!(one.poll().is_pending());
    drop(got);
    assert_eq!(one.finish(), Ok(()));
    assert_eq!(now(rx.recv()), Some(1));
}

async fn weak_senders_are_counted<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel::<u8>(capacity);
    let weak = tx.downgrade();
    let second = weak.clone();
    assert_eq!((tx.strong_count(), tx.weak_count()), (1, 2));
    let upgraded = weak.upgrade().unwrap();
    drop(second);
    assert_eq!((weak.strong_count(), weak.weak_count()), (2, 1));
    rx.close();
    // Not closed by the count: there are senders to be had, which send nothing.
    assert!(weak.upgrade().unwrap().is_closed());
    drop((tx, upgraded));
    assert_eq!((rx.sender_strong_count(), rx.sender_weak_count()), (0, 1));
    assert!(weak.upgrade().is_none());
    drop(weak);
    assert_eq!(rx.sender_weak_count(), 0);
    assert_eq!(now(rx.recv()), None);
}
