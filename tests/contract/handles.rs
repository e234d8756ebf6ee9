//! Handles: counts, weak handles, identity, and what `Debug` asks for.

use std::cell::Cell;
use std::rc::Rc;

use wakering::{Receiver, Sender, TryRecvError};

use crate::common::Waiting;
use crate::driver::{Driver, channel, contract};

contract! {
    any {
        handles_are_counted,
        handles_are_counted_in_a_crowd,
        weak_handles_keep_nothing_open,
        weak_handles_of_a_closed_channel_are_dead,
        a_weak_handle_races_with_the_last_drop,
        a_channel_knows_its_own_handles,
        debug_asks_nothing_of_the_message,
        a_message_need_not_be_send,
        owned_futures_hold_a_handle,
    }
}

async fn handles_are_counted<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel::<()>(capacity);
    let counts = |tx: &Sender<()>, rx: &Receiver<()>| {
        assert_eq!(tx.sender_count(), rx.sender_count());
        assert_eq!(tx.receiver_count(), rx.receiver_count());
        (tx.sender_count(), rx.receiver_count())
    };
    assert_eq!(counts(&tx, &rx), (1, 1));
    let (tx2, rx2, rx3) = (tx.clone(), rx.clone(), rx.clone());
    assert_eq!(counts(&tx, &rx), (2, 3));
    let (weak_tx, weak_rx) = (tx.downgrade(), rx.downgrade());
    drop((weak_tx.clone(), weak_rx.clone()));
    assert_eq!(counts(&tx, &rx), (2, 3), "weak handles do not count");
    let (tx3, rx4) = (weak_tx.upgrade().unwrap(), weak_rx.upgrade().unwrap());
    assert_eq!(counts(&tx, &rx), (3, 4));
    drop((tx2, rx2, rx3));
    assert_eq!(counts(&tx, &rx), (2, 2));
    drop((tx3, rx4));
    assert_eq!(counts(&tx, &rx), (1, 1));
    assert!(!tx.is_closed() && !tx.is_disconnected() && !rx.is_disconnected());
    drop(rx);
    assert_eq!((tx.sender_count(), tx.receiver_count()), (1, 0));
    assert!(tx.is_closed() && tx.is_disconnected());
    let (tx, rx) = channel::<()>(capacity);
    drop(tx);
    assert_eq!((rx.sender_count(), rx.receiver_count()), (0, 1));
    assert!(rx.is_closed() && rx.is_disconnected());
}

async fn handles_are_counted_in_a_crowd<D: Driver>(driver: D, capacity: usize) {
    for _ in 0..10 {
        let (tx, rx) = channel::<usize>(capacity);
        let jobs: Vec<_> = (0..4)
            .map(|_| {
                let (d, tx, rx) = (driver.clone(), tx.clone(), rx.clone());
                driver.spawn(async move {
                    for _ in 0..100 {
                        let (tx, rx) = (tx.clone(), rx.clone());
                        let weak = tx.downgrade();
                        assert!(weak.upgrade().is_some());
                        assert!(rx.sender_count() >= 2 && tx.receiver_count() >= 2);
                        d.pause().await;
                    }
                })
            })
            .collect();
        for job in jobs {
            job.await;
        }
        // The jobs have ended; their futures may still be on their way out.
        while tx.sender_count() > 1 || rx.receiver_count() > 1 {
            driver.pause().await;
        }
        assert_eq!((tx.sender_count(), tx.receiver_count()), (1, 1));
        assert!(!tx.is_closed());
    }
}

async fn weak_handles_keep_nothing_open<D: Driver>(d: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let weak = tx.downgrade();
    tx.try_send(1).unwrap();
    drop(tx);
    assert!(weak.upgrade().is_none(), "no sender is left");
    assert!(rx.is_closed());
    assert_eq!(d.recv(&rx).await, Ok(1));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));

    let (tx, rx) = channel::<u32>(capacity);
    let weak = rx.downgrade();
    let upgraded = weak.clone().upgrade().unwrap();
    drop(rx);
    assert!(!tx.is_closed(), "one is left");
    d.send(&tx, 2).await.unwrap();
    assert_eq!(d.recv(&upgraded).await, Ok(2));
    drop(upgraded);
    assert!(tx.is_closed());
    assert!(weak.upgrade().is_none());
    drop(tx);
    assert!(weak.upgrade().is_none(), "the channel itself is gone");
}

async fn weak_handles_of_a_closed_channel_are_dead<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel::<u32>(capacity);
    let (weak_tx, weak_rx) = (tx.downgrade(), rx.downgrade());
    tx.try_send(1).unwrap();
    assert!(weak_tx.upgrade().is_some() && weak_rx.upgrade().is_some());
    tx.close();
    assert!(weak_tx.upgrade().is_none() && weak_rx.upgrade().is_none());
    assert_eq!((tx.sender_count(), tx.receiver_count()), (1, 1));
    assert_eq!(rx.try_recv(), Ok(1));
}

/// An upgrade beside the last drop gives a handle of an open channel, or none; never a revived one.
async fn a_weak_handle_races_with_the_last_drop<D: Driver>(driver: D, capacity: usize) {
    for _ in 0..100 {
        let (tx, rx) = channel::<u32>(capacity);
        let weak = tx.downgrade();
        let upgrade = driver.spawn(async move {
            weak.upgrade()
                .map(|tx| tx.try_send(7).expect("upgraded, so it was open"))
        });
        let drop_it = driver.spawn(async move { drop(tx) });
        let upgraded = upgrade.await.is_some();
        drop_it.await;
        let received = driver.recv(&rx).await;
        assert_eq!(received.is_ok(), upgraded);
        assert!(driver.recv(&rx).await.is_err());
    }
}

async fn a_channel_knows_its_own_handles<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel::<u32>(capacity);
    let (other_tx, other_rx) = channel::<u32>(capacity);
    assert!(tx.same_channel(&tx.clone()) && rx.same_channel(&rx.clone()));
    assert!(tx.same_channel(&tx.downgrade().upgrade().unwrap()));
    assert!(rx.same_channel(&rx.downgrade().upgrade().unwrap()));
    assert!(!tx.same_channel(&other_tx) && !rx.same_channel(&other_rx));
}

async fn debug_asks_nothing_of_the_message<D: Driver>(_: D, capacity: usize) {
    struct Opaque;
    let (tx, rx) = channel::<Opaque>(capacity);
    let texts = [
        format!("{tx:?}"),
        format!("{rx:?}"),
        format!("{:?}", tx.downgrade()),
        format!("{:?}", rx.downgrade()),
        format!("{:?}", tx.try_reserve().unwrap()),
        format!("{:?}", tx.try_reserve_many(1).unwrap()),
        format!("{:?}", tx.clone().try_reserve_owned().unwrap()),
        format!("{:?}", tx.send(Opaque)),
        format!("{:?}", rx.recv()),
        format!("{:?}", tx.reserve()),
        format!("{:?}", tx.closed()),
    ];
    let names = [
        "Sender",
        "Receiver",
        "WeakSender",
        "WeakReceiver",
        "Permit",
        "PermitIterator",
    ];
    for (text, name) in texts.iter().zip(names) {
        assert!(text.contains(name), "{text}");
    }
    assert!(texts.iter().all(|text| !text.is_empty()));
}

async fn a_message_need_not_be_send<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let message = Rc::new(Cell::new(1));
    tx.send(message.clone()).await.unwrap();
    message.set(2);
    assert_eq!(rx.recv().await.unwrap().get(), 2);
}

async fn owned_futures_hold_a_handle<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let recv = Waiting::new(rx.recv_owned());
    assert_eq!(tx.receiver_count(), 2);
    drop(rx);
    assert!(!tx.is_closed(), "a receive is under way");
    let send = tx.send_owned(5);
    assert_eq!(tx.sender_count(), 2);
    drop(tx);
    let sent = driver.spawn(send);
    let received = driver.spawn(recv.future);
    sent.await.unwrap();
    assert_eq!(received.await, Ok(5));
}
