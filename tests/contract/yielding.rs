//! A channel that is always ready does not starve the other tasks of its thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use futures_lite::StreamExt;
use wakering::bounded;

use crate::common::{Counter, poll_once};
use crate::driver::{Driver, contract};

contract! {
    an_always_ready_loop_lets_others_run,
    an_always_ready_stream_lets_others_run,
    at_most_one_operation_in_a_hundred_yields,
    calls_that_try_never_yield,
}

/// Without a yield in the channel this loop would never end on a single thread.
async fn an_always_ready_loop_lets_others_run<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    let stop = Arc::new(AtomicBool::new(false));
    let other = driver.spawn({
        let stop = stop.clone();
        async move { stop.store(true, SeqCst) }
    });
    let busy = driver.spawn(async move {
        while !stop.load(SeqCst) {
            tx.send(1).await.unwrap();
            rx.recv().await.unwrap();
        }
    });
    other.await;
    busy.await;
}

async fn an_always_ready_stream_lets_others_run<D: Driver>(driver: D, capacity: usize) {
    let (tx, mut rx) = bounded(capacity);
    let stop = Arc::new(AtomicBool::new(false));
    let other = driver.spawn({
        let stop = stop.clone();
        async move { stop.store(true, SeqCst) }
    });
    let busy = driver.spawn(async move {
        while !stop.load(SeqCst) {
            tx.try_send(1).unwrap();
            rx.next().await.unwrap();
        }
    });
    other.await;
    busy.await;
}

async fn at_most_one_operation_in_a_hundred_yields<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    let counter = Counter::new();
    let (mut polls, operations) = (0, 2_000);
    for i in 0..operations {
        let mut send = Box::pin(tx.send(i));
        while {
            polls += 1;
            poll_once(send.as_mut(), &counter).is_pending()
        } {}
        let mut recv = Box::pin(rx.recv());
        while {
            polls += 1;
            poll_once(recv.as_mut(), &counter).is_pending()
        } {}
    }
    let yields = polls - 2 * operations;
    assert_eq!(
        counter.wakes(),
        yields,
        "a yield wakes its own task, and nothing else does"
    );
    // With that feature, tokio decides when its tasks yield.
    assert!(
        yields > 0 || cfg!(feature = "tokio-coop"),
        "it never yields"
    );
    assert!(
        yields <= 2 * operations / 100,
        "{yields} yields in {} operations",
        2 * operations
    );
}

async fn calls_that_try_never_yield<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    for i in 0..2_000 {
        assert_eq!(tx.try_send(i), Ok(()));
        assert_eq!(rx.try_recv(), Ok(i));
    }
}
