//! Many senders and receivers at once: order, and the sum of what came and what was missed.

use wakering::broadcast::error::RecvError;
use wakering::broadcast::{Receiver, channel};

use crate::common::ignore;
use crate::driver::{Driver, contract};

contract! {
    each_receiver_sees_the_order_of_each_sender,
    what_came_and_what_was_missed_is_all,
    lossless_senders_lose_nothing,
    receivers_that_come_and_go,
}

const MESSAGES: u64 = 500;
const SENDERS: u64 = 3;

/// Receives to the end: what came, and how many were missed.
async fn drain(rx: &mut Receiver<(u64, u64)>) -> (Vec<(u64, u64)>, u64) {
    let (mut came, mut missed) = (Vec::new(), 0);
    loop {
        match rx.recv().await {
            Ok(message) => came.push(message),
            Err(RecvError::Lagged(n)) => {
                assert!(n > 0);
                missed += n;
            }
            Err(RecvError::Closed) => return (came, missed),
        }
    }
}

#[track_caller]
fn is_in_order(came: &[(u64, u64)]) {
    let mut next = [0; SENDERS as usize];
    for &(sender, n) in came {
        assert!(n >= next[sender as usize], "out of order");
        next[sender as usize] = n + 1;
    }
}

async fn each_receiver_sees_the_order_of_each_sender<D: Driver>(driver: D, capacity: usize) {
    run(driver, capacity, false).await;
}

async fn what_came_and_what_was_missed_is_all<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let mut jobs = Vec::new();
    for mut rx in [rx, tx.subscribe()] {
        jobs.push(driver.spawn(async move { drain(&mut rx).await }));
    }
    for n in 0..MESSAGES {
        tx.send((0, n)).unwrap();
        if n % 64 == 0 {
            driver.pause().await;
        }
    }
    drop(tx);
    for job in jobs {
        let (came, missed) = job.await;
        assert_eq!(came.len() as u64 + missed, MESSAGES);
        assert_eq!(came.last(), Some(&(0, MESSAGES - 1)));
        is_in_order(&came);
    }
}

async fn lossless_senders_lose_nothing<D: Driver>(driver: D, capacity: usize) {
    run(driver, capacity, true).await;
}

async fn run<D: Driver>(driver: D, capacity: usize, lossless: bool) {
    let (tx, rx) = channel(capacity);
    let mut receivers = Vec::new();
    for mut rx in [rx, tx.subscribe(), tx.subscribe()] {
        receivers.push(driver.spawn(async move { drain(&mut rx).await }));
    }
    let mut senders = Vec::new();
    for sender in 0..SENDERS {
        let tx = tx.clone();
        senders.push(driver.spawn(async move {
            for n in 0..MESSAGES {
                let sent = if lossless {
                    tx.send_lossless((sender, n)).await
                } else {
                    tx.send((sender, n))
                };
                assert_eq!(sent, Ok(3));
            }
        }));
    }
    drop(tx);
    for sender in senders {
        sender.await;
    }
    for receiver in receivers {
        let (came, missed) = receiver.await;
        assert_eq!(came.len() as u64 + missed, SENDERS * MESSAGES);
        assert!(!lossless || missed == 0);
        is_in_order(&came);
    }
}

/// Lossless senders go on while receivers subscribe, take some messages, and go.
async fn receivers_that_come_and_go<D: Driver>(driver: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    let visitors = {
        let tx = tx.clone();
        driver.spawn(async move {
            for n in 0..50 {
                let mut rx = tx.subscribe();
                let mut last = None;
                for _ in 0..n % 4 {
                    let Ok((_, n)) = rx.recv().await else { break };
                    assert!(n == MESSAGES || last.is_none_or(|last| n == last + 1));
                    last = Some(n);
                }
            }
        })
    };
    let sender = driver.spawn(async move {
        for n in 0..MESSAGES {
            ignore(tx.send_lossless((0, n)).await.unwrap());
        }
        tx
    });
    for n in 0..MESSAGES {
        assert_eq!(rx.recv().await, Ok((0, n)));
    }
    let tx = sender.await;
    // A visitor may wait for messages that do not come.
    let feeder = driver.spawn(async move {
        while tx.strong_count() > 1 {
            ignore(tx.send((0, MESSAGES)));
            futures_lite::future::yield_now().await;
        }
    });
    drop(rx);
    visitors.await;
    feeder.await;
}
