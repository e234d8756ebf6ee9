//! The bound is exact: never more messages than the capacity, and `Full` only when it is full.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use wakering::{TryRecvError, TrySendError, bounded};

use crate::common::now;
use crate::driver::{Driver, contract};

contract! {
    four_senders_and_four_receivers,
    full_at_exactly_the_capacity,
    more_handles_make_no_more_room,
    len_stays_in_range_while_everything_moves,
    messages_and_permits_share_the_capacity,
}

/// Whatever the senders do, those that finished are never more than the receives that began plus the
/// capacity; and every message arrives once.
async fn four_senders_and_four_receivers<D: Driver>(driver: D, capacity: usize) {
    const EACH: usize = 3_000;
    let (tx, rx) = bounded::<usize>(capacity);
    let sent = Arc::new(AtomicUsize::new(0));
    let began = Arc::new(AtomicUsize::new(0));

    let senders: Vec<_> = (0..4)
        .map(|sender| {
            let (driver, tx) = (driver.clone(), tx.clone());
            let (sent, began) = (sent.clone(), began.clone());
            driver.clone().spawn(async move {
                for i in 0..EACH {
                    driver.send(&tx, sender * EACH + i).await.unwrap();
                    // In this order: a receive that begins between the two loads only adds room.
                    let sent = sent.fetch_add(1, SeqCst) + 1;
                    let began = began.load(SeqCst);
                    assert!(
                        sent <= began + capacity,
                        "{sent} sent, {began} receives, {capacity}"
                    );
                    let len = tx.len();
                    assert!(len <= capacity, "{len} messages in a channel of {capacity}");
                }
            })
        })
        .collect();
    drop(tx);

    let receivers: Vec<_> = (0..4)
        .map(|_| {
            let (driver, rx, began) = (driver.clone(), rx.clone(), began.clone());
            driver.clone().spawn(async move {
                let mut got = Vec::new();
                loop {
                    began.fetch_add(1, SeqCst);
                    match driver.recv(&rx).await {
                        Ok(message) => got.push(message),
                        Err(_) => return got,
                    }
                    assert!(rx.len() <= capacity);
                }
            })
        })
        .collect();
    drop(rx);

    for sender in senders {
        sender.await;
    }
    let mut all = Vec::new();
    for receiver in receivers {
        all.extend(receiver.await);
    }
    all.sort_unstable();
    assert!(
        all.iter().copied().eq(0..4 * EACH),
        "lost or duplicated: {} received",
        all.len()
    );
}

async fn full_at_exactly_the_capacity<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    assert_eq!(
        (tx.capacity(), rx.capacity()),
        (Some(capacity), Some(capacity))
    );
    // Several laps, each starting at another position of the ring.
    for lap in 0..5 {
        for i in 0..capacity {
            assert!(!tx.is_full() && !rx.is_full());
            assert_eq!((tx.len(), rx.len()), (i, i));
            assert_eq!((tx.is_empty(), rx.is_empty()), (i == 0, i == 0));
            assert_eq!(tx.try_send(lap * capacity + i), Ok(()));
        }
        assert!(tx.is_full() && rx.is_full());
        assert_eq!((tx.len(), rx.len()), (capacity, capacity));
        assert_eq!(tx.try_send(usize::MAX), Err(TrySendError::Full(usize::MAX)));

        // One out, exactly one in.
        assert_eq!(driver.recv(&rx).await, Ok(lap * capacity));
        assert_eq!(tx.len(), capacity - 1);
        assert_eq!(tx.try_send(lap * capacity), Ok(()));
        assert_eq!(tx.try_send(0), Err(TrySendError::Full(0)));
        for i in 1..=capacity {
            assert_eq!(rx.try_recv(), Ok(lap * capacity + i % capacity));
        }
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));

        // Leave the ring one position further on.
        driver.send(&tx, 0).await.unwrap();
        driver.recv(&rx).await.unwrap();
    }
}

async fn more_handles_make_no_more_room<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    let senders: Vec<_> = (0..10).map(|_| tx.clone()).collect();
    let _receivers: Vec<_> = (0..10).map(|_| rx.clone()).collect();
    let mut accepted = 0;
    for _ in 0..capacity {
        for tx in &senders {
            accepted += usize::from(tx.try_send(()).is_ok());
        }
    }
    assert_eq!(accepted, capacity);
    drop(senders);
    assert_eq!(tx.try_send(()), Err(TrySendError::Full(())));
}

async fn len_stays_in_range_while_everything_moves<D: Driver>(driver: D, capacity: usize) {
    for round in 0..20 {
        let (tx, rx) = bounded::<usize>(capacity);
        let over = Arc::new(AtomicBool::new(false));
        let observer = driver.spawn({
            let (driver, tx, over) = (driver.clone(), tx.clone(), over.clone());
            async move {
                let mut looks = 0_usize;
                while !over.load(SeqCst) || looks == 0 {
                    for _ in 0..100 {
                        let len = tx.len();
                        assert!(len <= capacity, "len {len} of {capacity}");
                        looks += 1;
                    }
                    driver.pause().await;
                }
            }
        });
        let mut jobs = Vec::new();
        for i in 0..2 {
            jobs.push(driver.spawn({
                let (driver, tx) = (driver.clone(), tx.clone());
                async move {
                    for n in 0..200 {
                        if driver.send(&tx, n).await.is_err() {
                            return;
                        }
                    }
                    if i == round % 2 {
                        tx.close(); // in the middle of it all
                    }
                }
            }));
            jobs.push(driver.spawn({
                let (driver, rx) = (driver.clone(), rx.clone());
                async move { while driver.recv(&rx).await.is_ok() {} }
            }));
        }
        for job in jobs {
            job.await;
        }
        assert_eq!((tx.len(), rx.len()), (0, 0));
        over.store(true, SeqCst);
        observer.await;
    }
}

async fn messages_and_permits_share_the_capacity<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    for messages in 0..=capacity.min(8) {
        for _ in 0..messages {
            tx.try_send(()).unwrap();
        }
        let permits = capacity - messages;
        let held: Vec<_> = (0..permits).map(|_| tx.try_reserve().unwrap()).collect();
        assert!(
            tx.is_full(),
            "{messages} messages and {permits} permits of {capacity}"
        );
        assert_eq!(tx.len(), messages, "a permit is no message");
        assert_eq!(tx.try_send(()), Err(TrySendError::Full(())));
        assert_eq!(tx.try_reserve().unwrap_err(), TrySendError::Full(()));
        drop(held);
        assert_eq!(tx.is_full(), permits == 0);
        for _ in 0..messages {
            now(rx.recv()).unwrap();
        }
        assert!(rx.is_empty());
    }
}
