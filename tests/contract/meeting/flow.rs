//! Traffic: every message is received once, in its sender's order; tasks and threads on both sides.

use std::thread;

use futures_lite::future::block_on;
use wakering::bounded;

use crate::common::watchdog;
use crate::driver::{Driver, contract};

contract! {
    at_zero {
        one_sender_and_one_receiver,
        four_senders_and_four_receivers,
        batches_between_tasks,
    }
}

const MESSAGES: usize = 2000;

async fn one_sender_and_one_receiver<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    let sender = driver.spawn({
        let driver = driver.clone();
        async move {
            for i in 0..MESSAGES {
                driver.send(&tx, i).await.unwrap();
            }
        }
    });
    for i in 0..MESSAGES {
        assert_eq!(driver.recv(&rx).await, Ok(i));
    }
    assert!(driver.recv(&rx).await.is_err());
    sender.await;
}

async fn four_senders_and_four_receivers<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    let senders: Vec<_> = (0..4)
        .map(|sender| {
            let (driver, tx) = (driver.clone(), tx.clone());
            driver.clone().spawn(async move {
                for i in 0..MESSAGES / 4 {
                    driver.send(&tx, (sender, i)).await.unwrap();
                }
            })
        })
        .collect();
    drop(tx);
    let receivers: Vec<_> = (0..4)
        .map(|_| {
            let (driver, rx) = (driver.clone(), rx.clone());
            driver.clone().spawn(async move {
                let mut next = [0; 4];
                let mut sum = [0; 4];
                while let Ok((sender, i)) = driver.recv(&rx).await {
                    assert!(i >= next[sender], "out of order");
                    next[sender] = i + 1;
                    sum[sender] += i;
                }
                sum
            })
        })
        .collect();
    drop(rx);
    for sender in senders {
        sender.await;
    }
    let mut sums = [0; 4];
    for receiver in receivers {
        for (all, one) in sums.iter_mut().zip(receiver.await) {
            *all += one;
        }
    }
    assert_eq!(sums, [(0..MESSAGES / 4).sum(); 4]);
}

async fn batches_between_tasks<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    let senders: Vec<_> = (0..3)
        .map(|_| {
            let (driver, tx) = (driver.clone(), tx.clone());
            driver.clone().spawn(async move {
                let mut batch = (0..200).collect();
                driver.send_many(&tx, &mut batch).await.unwrap();
            })
        })
        .collect();
    drop(tx);
    let mut messages = Vec::new();
    while driver.recv_many(&rx, &mut messages, 7).await > 0 {}
    assert_eq!(messages.iter().sum::<usize>(), 3 * (0..200).sum::<usize>());
    for sender in senders {
        sender.await;
    }
}

#[test]
fn tasks_and_threads() {
    watchdog("tasks and threads", || {
        let (tx, rx) = bounded(0);
        let both = |i: usize| i % 2 == 0;
        let senders: Vec<_> = (0..4)
            .map(|sender| {
                let tx = tx.clone();
                thread::spawn(move || {
                    for i in 0..MESSAGES {
                        if both(sender) {
                            tx.send_blocking(i).unwrap();
                        } else {
                            block_on(tx.send(i)).unwrap();
                        }
                    }
                })
            })
            .collect();
        drop(tx);
        let receivers: Vec<_> = (0..4)
            .map(|receiver| {
                let rx = rx.clone();
                thread::spawn(move || {
                    let mut sum = 0;
                    while let Ok(i) = if both(receiver) {
                        rx.recv_blocking()
                    } else {
                        block_on(rx.recv())
                    } {
                        sum += i;
                    }
                    sum
                })
            })
            .collect();
        drop(rx);
        for sender in senders {
            sender.join().unwrap();
        }
        let sum: usize = receivers.into_iter().map(|r| r.join().unwrap()).sum();
        assert_eq!(sum, 4 * (0..MESSAGES).sum::<usize>());
    });
}
