//! Permits: room that is held for a message, across a close too.

use wakering::{RecvError, SendError, TryRecvError, TrySendError};

use crate::common::{Tracker, Waiting, now};
use crate::driver::{Driver, channel, contract};

contract! {
    any {
        an_iterator_of_permits_counts_down,
        a_permit_taken_before_close_may_still_send,
        receivers_wait_for_permits_taken_before_close,
        a_message_sent_after_the_last_receiver_is_dropped_at_once,
        permits_in_a_crowd,
    }
    a_permit_holds_room_and_sends_without_waiting,
    an_unused_permit_gives_its_room_back,
    more_permits_than_the_capacity_are_refused,
    an_owned_permit_gives_its_sender_back,
    reserve_many_waits_for_all_its_room,
}

async fn a_permit_holds_room_and_sends_without_waiting<D: Driver>(d: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    for i in 1..capacity {
        tx.try_send(i).unwrap();
    }
    let permit = now(tx.reserve()).unwrap();
    assert_eq!(tx.try_send(99), Err(TrySendError::Full(99)));
    assert_eq!(rx.len(), capacity - 1);
    permit.send(capacity);
    assert_eq!(rx.len(), capacity);
    for i in 1..=capacity {
        assert_eq!(d.recv(&rx).await, Ok(i));
    }
}

async fn an_unused_permit_gives_its_room_back<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let permits: Vec<_> = (0..capacity).map(|_| tx.try_reserve().unwrap()).collect();
    let mut send = Waiting::new(tx.send(5));
    let mut reserve = Waiting::new(tx.reserve());
    drop(permits);
    assert_eq!(send.finish(), Ok(()));
    if capacity == 1 {
        assert!(reserve.poll().is_pending());
        assert_eq!(rx.try_recv(), Ok(5));
    }
    drop(reserve.finish().unwrap());
    assert_eq!(rx.len(), usize::from(capacity > 1));
    assert!(!tx.is_full() || capacity == 1);
}

async fn an_iterator_of_permits_counts_down<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let mut permits = tx.try_reserve_many(capacity).unwrap();
    for i in 0..capacity {
        assert_eq!(permits.len(), capacity - i);
        assert_eq!(permits.size_hint(), (capacity - i, Some(capacity - i)));
        permits.next().unwrap().send(i);
    }
    assert!(permits.next().is_none() && permits.next().is_none());
    assert_eq!(permits.len(), 0);
    drop(permits);
    assert!(rx.drain().eq(0..capacity));

    // What is not taken out of the iterator is given back with it.
    let mut permits = now(tx.reserve_many(capacity)).unwrap();
    permits.next().unwrap().send(0);
    drop(permits);
    assert_eq!(tx.is_full(), capacity == 1);
    assert_eq!(tx.try_reserve_many(0).unwrap().len(), 0);
    assert_eq!(now(tx.reserve_many(0)).unwrap().len(), 0);
}

async fn more_permits_than_the_capacity_are_refused<D: Driver>(_: D, capacity: usize) {
    let (tx, _rx) = channel::<()>(capacity);
    for n in [capacity + 1, usize::MAX] {
        assert_eq!(tx.try_reserve_many(n).unwrap_err(), TrySendError::Full(()));
        assert_eq!(now(tx.reserve_many(n)).unwrap_err(), SendError(()));
    }
    assert_eq!(tx.try_reserve_many(capacity).unwrap().len(), capacity);
}

async fn an_owned_permit_gives_its_sender_back<D: Driver>(d: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let (other, _other_rx) = channel::<u32>(capacity);
    let permit = now(tx.clone().reserve_owned()).unwrap();
    assert_eq!(tx.sender_count(), 2, "it holds its sender");
    assert!(permit.same_channel_as_sender(&tx) && !permit.same_channel_as_sender(&other));
    let foreign = other.try_reserve_owned().unwrap();
    assert!(permit.same_channel(&permit) && !permit.same_channel(&foreign));
    let sender = permit.send(1);
    assert!(sender.same_channel(&tx));
    assert_eq!(d.recv(&rx).await, Ok(1));

    let sender = sender.try_reserve_owned().unwrap().release();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    let held: Vec<_> = (0..capacity).map(|_| tx.try_reserve().unwrap()).collect();
    let sender = match sender.try_reserve_owned() {
        Err(TrySendError::Full(sender)) => sender,
        other => panic!("expected Full, got {other:?}"),
    };
    drop(held);
    drop(sender.try_reserve_owned().unwrap());
    assert_eq!(tx.sender_count(), 1);
    assert_eq!(tx.try_reserve_many(capacity).unwrap().len(), capacity);
}

async fn a_permit_taken_before_close_may_still_send<D: Driver>(d: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let owned = tx.clone().try_reserve_owned().unwrap();
    let permits = (capacity > 1).then(|| tx.try_reserve_many(capacity - 1).unwrap());
    rx.close();
    assert_eq!(tx.try_send(9), Err(TrySendError::Closed(9)));
    assert_eq!(
        rx.try_recv(),
        Err(TryRecvError::Empty),
        "a message may still come"
    );
    drop(owned.send(0));
    for (i, permit) in permits.into_iter().flatten().enumerate() {
        permit.send(i + 1);
    }
    for i in 0..capacity {
        assert_eq!(d.recv(&rx).await, Ok(i));
    }
    assert_eq!(d.recv(&rx).await, Err(RecvError));
}

async fn receivers_wait_for_permits_taken_before_close<D: Driver>(driver: D, capacity: usize) {
    for way in 0..6 {
        let (tx, rx) = channel(capacity);
        let owned = (way < 3).then(|| tx.clone().try_reserve_owned().unwrap());
        let permits = (way >= 3).then(|| tx.try_reserve_many(1).unwrap());
        let receivers: Vec<_> = (0..2)
            .map(|_| {
                let (d, rx) = (driver.clone(), rx.clone());
                driver.spawn(async move { d.recv(&rx).await })
            })
            .collect();
        driver.pause().await;
        tx.close();
        driver.pause().await;
        assert!(
            receivers.iter().all(|receiver| !receiver.is_finished()),
            "way {way}"
        );
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
        match (way, owned, permits) {
            (0, Some(permit), _) => drop(permit),
            (1, Some(permit), _) => drop(permit.release()),
            (2, Some(permit), _) => drop(permit.send(1)),
            (3, _, Some(permits)) => drop(permits),
            (4, _, Some(mut permits)) => drop(permits.next()),
            (5, _, Some(mut permits)) => permits.next().unwrap().send(1),
            _ => unreachable!(),
        }
        let mut messages = 0;
        for receiver in receivers {
            messages += usize::from(receiver.await.is_ok());
        }
        assert_eq!(messages, usize::from(way == 2 || way == 5), "way {way}");
    }
}

async fn a_message_sent_after_the_last_receiver_is_dropped_at_once<D: Driver>(
    _: D,
    capacity: usize,
) {
    let tracker = Tracker::new();
    let (tx, rx) = channel(capacity);
    let owned = tx.clone().try_reserve_owned().unwrap();
    let permits = (capacity > 1).then(|| tx.try_reserve_many(capacity - 1).unwrap());
    drop(rx);
    for permit in permits.into_iter().flatten() {
        permit.send(tracker.make(0));
        assert_eq!(tracker.alive(), 0);
    }
    let sender = owned.send(tracker.make(0));
    assert_eq!(tracker.alive(), 0);
    assert_eq!((sender.len(), tracker.made()), (0, capacity));
}

async fn reserve_many_waits_for_all_its_room<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    for i in 0..capacity {
        tx.try_send(i).unwrap();
    }
    let mut all = Waiting::new(tx.reserve_many(capacity));
    for i in 0..capacity {
        assert!(all.poll().is_pending(), "{i} free of {capacity}");
        assert_eq!(rx.try_recv(), Ok(i));
    }
    let permits = all.finish().unwrap();
    assert_eq!(permits.len(), capacity);
    for (i, permit) in permits.enumerate() {
        permit.send(i);
    }
    assert!(rx.drain().eq(0..capacity));
}

/// Small and large reservations, some of them cancelled, beside plain sends: all of them end.
async fn permits_in_a_crowd<D: Driver>(driver: D, capacity: usize) {
    const EACH: usize = 300;
    let (tx, rx) = channel(capacity);
    let senders: Vec<_> = (0..4)
        .map(|sender| {
            let (d, tx) = (driver.clone(), tx.clone());
            driver.spawn(async move {
                let mut sent = 0;
                for i in 0..EACH {
                    match (i + sender) % 4 {
                        0 => d.send(&tx, 1).await.unwrap(),
                        1 => {
                            let mut permits = tx.reserve_many(capacity).await.unwrap();
                            permits.next().unwrap().send(1);
                        }
                        2 => drop(tx.clone().reserve_owned().await.unwrap().send(1)),
                        _ => {
                            let mut reserve = Box::pin(tx.reserve_many(capacity.min(2)));
                            let once = futures_lite::future::poll_once(&mut reserve).await;
                            d.pause().await;
                            match once {
                                Some(permits) => permits.unwrap().next().unwrap().send(1),
                                None => continue,
                            }
                        }
                    }
                    sent += 1;
                }
                sent
            })
        })
        .collect();
    let receivers: Vec<_> = (0..2)
        .map(|_| {
            let (d, rx) = (driver.clone(), rx.clone());
            driver.spawn(async move {
                let mut got = 0;
                while let Ok(one) = d.recv(&rx).await {
                    got += one;
                }
                got
            })
        })
        .collect();
    let (mut sent, mut got) = (0, 0);
    for sender in senders {
        sent += sender.await;
    }
    drop(tx.reserve_many(capacity).await.unwrap()); // nothing is left reserved
    drop(tx);
    for receiver in receivers {
        got += receiver.await;
    }
    assert_eq!(sent, got);
}
