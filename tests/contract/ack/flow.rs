//! Producers and consumers at once.

use wakering::ack::{self, Config, Consumer};

use crate::driver::{Driver, contract};

contract! {
    everything_is_acknowledged_once,
    what_is_dropped_comes_again,
    the_bound_counts_what_is_in_flight,
    consumers_wait_for_what_may_come_back,
}

const MESSAGES: usize = 300;
const PARTIES: usize = 3;

fn config(capacity: usize) -> Config {
    Config {
        capacity,
        ..Config::default()
    }
}

/// Acknowledges what passes `accepts` at its attempt, and drops the rest. What it acknowledged.
async fn work<D: Driver>(
    driver: D,
    rx: Consumer<(usize, usize)>,
    accepts: fn(usize, u32) -> bool,
) -> Vec<(usize, usize)> {
    let mut done = Vec::new();
    while let Ok(delivery) = rx.dequeue().await {
        let (message, attempts) = (*delivery, delivery.attempts());
        if accepts(message.1, attempts) {
            delivery.ack().unwrap();
            done.push(message);
        } else {
            drop(delivery);
        }
        if message.1 % 7 == 0 {
            driver.pause().await;
        }
    }
    done
}

/// Runs producers and consumers to the end. What was acknowledged, by each consumer.
async fn run<D: Driver>(
    driver: &D,
    capacity: usize,
    accepts: fn(usize, u32) -> bool,
) -> (Vec<Vec<(usize, usize)>>, ack::Stats) {
    let (tx, rx, _dead) = ack::queue(config(capacity));
    let workers: Vec<_> = (0..PARTIES)
        .map(|_| driver.spawn(work(driver.clone(), rx.clone(), accepts)))
        .collect();
    for producer in 0..PARTIES {
        let tx = tx.clone();
        drop(driver.spawn(async move {
            for n in 0..MESSAGES {
                tx.enqueue((producer, n)).await.unwrap();
            }
        }));
    }
    drop(tx);
    let mut done = Vec::new();
    for worker in workers {
        done.push(worker.await);
    }
    (done, rx.stats())
}

fn all(done: &[Vec<(usize, usize)>]) -> Vec<(usize, usize)> {
    let mut all = done.concat();
    all.sort_unstable();
    all
}

fn expected() -> Vec<(usize, usize)> {
    (0..PARTIES)
        .flat_map(|producer| (0..MESSAGES).map(move |n| (producer, n)))
        .collect()
}

async fn everything_is_acknowledged_once<D: Driver>(driver: D, capacity: usize) {
    let (done, stats) = run(&driver, capacity, |_, _| true).await;
    assert_eq!(all(&done), expected());
    for done in done {
        for producer in 0..PARTIES {
            let of_one = done.iter().filter(|message| message.0 == producer);
            assert!(of_one.is_sorted(), "first deliveries are in order");
        }
    }
    assert_eq!(stats.redelivered, 0);
}

async fn what_is_dropped_comes_again<D: Driver>(driver: D, capacity: usize) {
    let (done, stats) = run(&driver, capacity, |n, attempts| n % 3 < attempts as usize).await;
    assert_eq!(all(&done), expected());
    let dropped = PARTIES * MESSAGES; // of three messages, one is dropped once and one twice
    assert_eq!(
        (stats.dropped, stats.redelivered),
        (dropped as u64, dropped as u64)
    );
}

async fn the_bound_counts_what_is_in_flight<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx, _dead) = ack::queue(config(capacity));
    for n in 0..capacity {
        tx.enqueue(n).await.unwrap();
    }
    let held = rx.dequeue().await.unwrap();
    assert!(tx.try_enqueue(9).unwrap_err().is_full());
    let waits = driver.spawn({
        let tx = tx.clone();
        async move { tx.enqueue(capacity).await }
    });
    for _ in 0..3 {
        driver.pause().await;
    }
    assert!(!waits.is_finished());
    held.ack().unwrap();
    waits.await.unwrap();
    assert_eq!(rx.stats().ready, capacity);
}

async fn consumers_wait_for_what_may_come_back<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx, _dead) = ack::queue(config(capacity));
    tx.enqueue(1).await.unwrap();
    let held = rx.dequeue().await.unwrap();
    drop(tx);
    let waits = driver.spawn({
        let rx = rx.clone();
        async move {
            let again = rx.dequeue().await.unwrap();
            assert_eq!(again.attempts(), 2);
            again.ack().unwrap();
            rx.dequeue().await.is_err()
        }
    });
    for _ in 0..3 {
        driver.pause().await;
    }
    assert!(!waits.is_finished());
    held.nack().unwrap();
    assert!(waits.await, "the end comes after it");
}
