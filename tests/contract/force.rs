//! `force_send` makes room by taking the oldest message out.

use std::collections::VecDeque;

use wakering::{SendError, bounded};

use crate::common::{Random, Tracker, Waiting};
use crate::driver::{Driver, contract};

contract! {
    the_oldest_message_makes_room,
    with_room_nothing_is_evicted,
    permits_are_not_evicted,
    a_model_agrees,
    in_a_crowd_nothing_is_lost,
}

async fn the_oldest_message_makes_room<D: Driver>(d: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    for i in 0..capacity {
        assert_eq!(tx.force_send(i), Ok(None));
    }
    for i in 0..3 * capacity {
        assert_eq!(tx.force_send(capacity + i), Ok(Some(i)));
        assert_eq!(tx.len(), capacity);
    }
    for i in 3 * capacity..4 * capacity {
        assert_eq!(d.recv(&rx).await, Ok(i));
    }
    rx.close();
    assert_eq!(tx.force_send(5), Err(SendError(5)));
}

async fn with_room_nothing_is_evicted<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    let mut waiting = Waiting::new(rx.recv());
    assert_eq!(tx.force_send(1), Ok(None));
    assert_eq!(waiting.finish(), Ok(1));
}

async fn permits_are_not_evicted<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    let mut permits = tx.try_reserve_many(capacity).unwrap();
    assert_eq!(
        tx.force_send(1),
        Ok(Some(1)),
        "nothing to evict: the message comes back"
    );
    assert_eq!(tx.len(), 0);
    permits.next().unwrap().send(2);
    assert_eq!(tx.force_send(3), Ok(Some(2)));
    for permit in permits {
        permit.send(4);
    }
    assert_eq!(rx.len(), capacity);
    assert_eq!(rx.try_recv(), Ok(3));
    assert!(rx.drain().all(|message| message == 4));
}

async fn a_model_agrees<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    let mut model = VecDeque::new();
    let mut random = Random::new(capacity as u64);
    for i in 0..3_000 {
        match random.below(8) {
            0..4 => {
                let evicted = if model.len() == capacity {
                    model.pop_front()
                } else {
                    None
                };
                model.push_back(i);
                assert_eq!(tx.force_send(i), Ok(evicted));
            }
            4 => {
                let fits = model.len() < capacity;
                assert_eq!(tx.try_send(i).is_ok(), fits);
                model.extend(fits.then_some(i));
            }
            _ => assert_eq!(rx.try_recv().ok(), model.pop_front()),
        }
        assert_eq!(rx.len(), model.len());
    }
}

async fn in_a_crowd_nothing_is_lost<D: Driver>(driver: D, capacity: usize) {
    const EACH: usize = 1_000;
    let tracker = Tracker::new();
    let (tx, rx) = bounded(capacity);
    let senders: Vec<_> = (0..3)
        .map(|sender| {
            let (d, tx, tracker) = (driver.clone(), tx.clone(), tracker.clone());
            driver.spawn(async move {
                let mut evicted = Vec::new();
                for i in 0..EACH {
                    let message = tracker.make(sender * EACH + i);
                    evicted.extend(tx.force_send(message).unwrap().map(|old| old.id()));
                    assert!(tx.len() <= capacity);
                    if i % 16 == 0 {
                        d.pause().await;
                    }
                }
                evicted
            })
        })
        .collect();
    drop(tx);
    let mut all = Vec::new();
    while let Ok(message) = driver.recv(&rx).await {
        all.push(message.id());
    }
    for sender in senders {
        all.extend(sender.await);
    }
    all.sort_unstable();
    assert!(
        all.into_iter().eq(0..3 * EACH),
        "each message is received or handed back, once"
    );
    assert_eq!(tracker.alive(), 0);
}
