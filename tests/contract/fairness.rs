//! Waiters are notified in the order of their registration.

use std::task::Context;

use wakering::bounded;

use crate::common::wakers::WakeLog;
use crate::driver::{Driver, contract};

contract! {
    receivers_are_notified_in_order,
    senders_are_notified_in_order,
    close_notifies_in_order,
    a_waiter_that_is_polled_keeps_its_place,
    nobody_starves,
}

async fn receivers_are_notified_in_order<D: Driver>(_: D, capacity: usize) {
    let log = WakeLog::new();
    let (tx, rx) = bounded(capacity);
    let mut receivers: Vec<_> = (0..10).map(|_| Box::pin(rx.recv())).collect();
    for (name, receiver) in receivers.iter_mut().enumerate() {
        let waker = log.waker(name);
        assert!(
            receiver
                .as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
    }
    drop(receivers.remove(3)); // one that leaves changes nothing for the others
    let count = capacity.min(9);
    for i in 0..count {
        tx.try_send(i).unwrap();
    }
    let expected: Vec<usize> = (0..10).filter(|&name| name != 3).take(count).collect();
    assert_eq!(log.take(), expected);
}

async fn senders_are_notified_in_order<D: Driver>(_: D, capacity: usize) {
    let log = WakeLog::new();
    let (tx, rx) = bounded(capacity);
    for _ in 0..capacity {
        tx.try_send(0).unwrap();
    }
    let mut senders: Vec<_> = (0..10).map(|i| Some(Box::pin(tx.send(i)))).collect();
    let wakers: Vec<_> = (0..10).map(|name| log.waker(name)).collect();
    for (sender, waker) in senders.iter_mut().zip(&wakers) {
        let sender = sender.as_mut().unwrap().as_mut();
        assert!(sender.poll(&mut Context::from_waker(waker)).is_pending());
    }
    senders[3] = None;
    let mut notified = Vec::new();
    while notified.len() < 9 {
        rx.try_recv().unwrap();
        for name in log.take() {
            notified.push(name);
            let sender = senders[name].as_mut().unwrap().as_mut();
            assert!(
                sender
                    .poll(&mut Context::from_waker(&wakers[name]))
                    .is_ready()
            );
        }
    }
    assert_eq!(notified, [0, 1, 2, 4, 5, 6, 7, 8, 9]);
}

async fn close_notifies_in_order<D: Driver>(_: D, capacity: usize) {
    let log = WakeLog::new();
    let (tx, rx) = bounded::<u32>(capacity);
    let mut receivers: Vec<_> = (0..70).map(|_| Box::pin(rx.recv())).collect();
    for (name, receiver) in receivers.iter_mut().enumerate() {
        let waker = log.waker(name);
        assert!(
            receiver
                .as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
    }
    tx.close();
    assert!(log.take().into_iter().eq(0..70));
}

async fn a_waiter_that_is_polled_keeps_its_place<D: Driver>(_: D, capacity: usize) {
    let log = WakeLog::new();
    let (tx, rx) = bounded(capacity);
    let mut first = Box::pin(rx.recv());
    let mut second = Box::pin(rx.recv());
    assert!(
        first
            .as_mut()
            .poll(&mut Context::from_waker(&log.waker(1)))
            .is_pending()
    );
    assert!(
        second
            .as_mut()
            .poll(&mut Context::from_waker(&log.waker(2)))
            .is_pending()
    );
    assert!(
        first
            .as_mut()
            .poll(&mut Context::from_waker(&log.waker(3)))
            .is_pending()
    );
    tx.try_send(()).unwrap();
    assert_eq!(log.take(), [3], "the first one, by its newest waker");

    // Woken, but too late: the message is gone. It waits in front, not behind.
    rx.try_recv().unwrap();
    assert!(
        first
            .as_mut()
            .poll(&mut Context::from_waker(&log.waker(1)))
            .is_pending()
    );
    tx.try_send(()).unwrap();
    assert_eq!(
        log.take(),
        [1],
        "a waiter that loses a race keeps its place"
    );
}

/// Eight greedy senders and one receiver: everybody gets through although the others never stop.
async fn nobody_starves<D: Driver>(driver: D, capacity: usize) {
    const GOAL: usize = 50;
    let (tx, rx) = bounded(capacity);
    for sender in 0..8 {
        let (d, tx) = (driver.clone(), tx.clone());
        driver.spawn(async move { while d.send(&tx, sender).await.is_ok() {} });
    }
    drop(tx);
    let mut counts = [0_usize; 8];
    while counts.iter().any(|&count| count < GOAL) {
        counts[driver.recv(&rx).await.unwrap()] += 1;
    }
}
