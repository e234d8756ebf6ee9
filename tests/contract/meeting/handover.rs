//! What is handed over, by which calls, and in what order.

use std::collections::VecDeque;
use std::time::Duration;

use futures_lite::StreamExt;
use wakering::{SendError, SendTimeoutError, TryRecvError, TrySendError, bounded};

use crate::common::{Waiting, ignore, now};
use crate::driver::{Driver, contract};

contract! {
    at_zero {
        a_send_is_done_when_its_message_is_received,
        every_way_to_receive_takes_offers_in_order,
        nothing_is_ever_queued,
        a_try_is_refused,
        there_are_no_permits,
        a_batch_is_offered_one_by_one,
        a_receiver_that_waits_is_told,
    }
}

async fn a_send_is_done_when_its_message_is_received<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    let mut waiting = Waiting::new(tx.send(1));
    assert!(waiting.poll().is_pending());
    assert_eq!(waiting.wakes(), 0);
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(waiting.wakes(), 1);
    assert_eq!(waiting.finish(), Ok(()));

    let job = driver.spawn({
        let (driver, tx) = (driver.clone(), tx.clone());
        async move { driver.send(&tx, 2).await }
    });
    for _ in 0..20 {
        driver.pause().await;
    }
    assert!(!job.is_finished());
    assert_eq!(driver.recv(&rx).await, Ok(2));
    assert_eq!(job.await, Ok(()));
}

async fn every_way_to_receive_takes_offers_in_order<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = bounded(capacity);
    let mut sends: Vec<_> = (0..14).map(|i| Waiting::new(tx.send(i))).collect();
    assert_eq!(rx.try_recv(), Ok(0));
    assert_eq!(now(rx.recv()), Ok(1));
    assert_eq!(rx.recv_blocking(), Ok(2));
    assert_eq!(rx.recv_timeout(Duration::ZERO), Ok(3));
    assert_eq!(now(rx.recv_owned()), Ok(4));
    assert_eq!(now(rx.next()), Some(5));
    let mut buffer = Vec::new();
    assert_eq!(now(rx.recv_many(&mut buffer, 2)), 2);
    assert_eq!(rx.try_recv_many(&mut buffer, 1), 1);
    assert_eq!(rx.recv_many_blocking(&mut buffer, 1), 1);
    assert_eq!(buffer, [6, 7, 8, 9]);
    assert_eq!(rx.iter().next(), Some(10));
    assert_eq!(
        rx.drain().next(),
        Some(11),
        "what is not taken is still offered"
    );
    assert_eq!(rx.try_iter().collect::<Vec<_>>(), [12, 13]);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(rx.try_recv_many(&mut buffer, 5), 0);
    for send in &mut sends {
        assert_eq!(send.finish(), Ok(()));
        assert_eq!(send.wakes(), 1);
    }
    // A drain takes what was offered when it was made.
    let first = Waiting::new(tx.send(14));
    let second = Waiting::new(tx.send(15));
    let mut drain = rx.drain();
    assert_eq!(drain.size_hint(), (0, Some(2)));
    let third = Waiting::new(tx.send(16));
    assert_eq!(drain.by_ref().collect::<Vec<_>>(), [14, 15]);
    assert_eq!(rx.try_recv(), Ok(16));
    ignore((first, second, third));
}

async fn nothing_is_ever_queued<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    let check = || {
        assert_eq!((tx.len(), rx.len()), (0, 0));
        assert!(tx.is_empty() && rx.is_empty() && tx.is_full() && rx.is_full());
        assert_eq!((tx.capacity(), rx.capacity()), (Some(0), Some(0)));
    };
    check();
    let receiver = Waiting::new(rx.recv());
    check();
    drop(receiver);
    let sends = [Waiting::new(tx.send(1)), Waiting::new(tx.send(2))];
    check();
    assert_eq!(rx.try_recv(), Ok(1));
    check();
    drop(sends);
    check();
    tx.close();
    check();
}

async fn a_try_is_refused<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    for _ in 0..2 {
        assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)));
        assert_eq!(tx.force_send(2), Ok(Some(2)));
        let mut batch = VecDeque::from([3, 4]);
        assert_eq!(tx.try_send_many(&mut batch), Ok(0));
        assert_eq!(batch, [3, 4]);
        // Not even while a receiver waits: it could still be cancelled.
        let waiting = Waiting::new(rx.recv());
        assert_eq!(tx.try_send(5), Err(TrySendError::Full(5)));
        assert_eq!(tx.force_send(6), Ok(Some(6)));
        assert_eq!(tx.try_send_many(&mut batch), Ok(0));
        assert!(!waiting.is_woken());
        drop(waiting);
        // Nor is another sender's offer evicted.
        let mut offer = Waiting::new(tx.send(7));
        assert_eq!(tx.force_send(8), Ok(Some(8)));
        assert_eq!(rx.try_recv(), Ok(7));
        assert_eq!(offer.finish(), Ok(()));
    }
    rx.close();
    assert_eq!(tx.try_send(1), Err(TrySendError::Closed(1)));
    assert_eq!(tx.force_send(2), Err(SendError(2)));
    assert_eq!(
        tx.try_send_many(&mut VecDeque::from([3])),
        Err(SendError(()))
    );
    assert_eq!(tx.try_send_many(&mut VecDeque::new()), Ok(0));
}

async fn there_are_no_permits<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = bounded::<i32>(capacity);
    assert_eq!(now(tx.reserve()).unwrap_err(), SendError(()));
    assert_eq!(now(tx.reserve_many(3)).unwrap_err(), SendError(()));
    assert_eq!(now(tx.reserve_many(0)).unwrap().count(), 0);
    assert_eq!(now(tx.clone().reserve_owned()).unwrap_err(), SendError(()));
    assert_eq!(tx.try_reserve().unwrap_err(), TrySendError::Full(()));
    assert_eq!(tx.try_reserve_many(2).unwrap_err(), TrySendError::Full(()));
    assert!(tx.clone().try_reserve_owned().unwrap_err().is_full());
    assert!(!tx.is_closed());
    ignore(rx);
}

async fn a_batch_is_offered_one_by_one<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    let mut batch: VecDeque<usize> = (0..4).collect();
    let mut waiting = Waiting::new(tx.send_many(&mut batch));
    let mut buffer = Vec::new();
    assert_eq!(
        rx.try_recv_many(&mut buffer, 10),
        1,
        "the next one is not offered yet"
    );
    assert!(waiting.poll().is_pending());
    assert_eq!(rx.try_recv(), Ok(1));
    drop(waiting); // the second one has been taken, the third one was never offered
    assert_eq!(batch, [2, 3]);
    let mut waiting = Waiting::new(tx.send_many(&mut batch));
    assert!(waiting.poll().is_pending());
    drop(waiting); // the third one was offered
    assert_eq!(batch, [2, 3]);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));

    let job = driver.spawn({
        let driver = driver.clone();
        async move { (driver.send_many(&tx, &mut batch).await, batch) }
    });
    assert_eq!(driver.recv(&rx).await, Ok(2));
    assert_eq!(driver.recv_many(&rx, &mut buffer, 5).await, 1);
    assert_eq!(buffer, [0, 3]);
    let (sent, batch) = job.await;
    assert_eq!((sent, batch.len()), (Ok(()), 0));
    assert_eq!(driver.recv_many(&rx, &mut buffer, 5).await, 0, "closed");
}

async fn a_receiver_that_waits_is_told<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    let mut first = Waiting::new(rx.recv());
    let mut second = Waiting::new(rx.recv());
    let mut send = Waiting::new(tx.send(1));
    assert_eq!((first.wakes(), second.wakes()), (1, 0));
    assert!(!send.is_woken(), "being told is not receiving");
    assert_eq!(first.finish(), Ok(1));
    assert_eq!(send.finish(), Ok(()));
    let mut send = Waiting::new(tx.send_owned(2));
    assert_eq!(second.finish(), Ok(2));
    assert_eq!(send.finish(), Ok(()));

    let job = driver.spawn({
        let (driver, rx) = (driver.clone(), rx.clone());
        async move { driver.recv(&rx).await }
    });
    assert_eq!(driver.send(&tx, 3).await, Ok(()));
    assert_eq!(job.await, Ok(3));
    let timed = tx.send_timeout(4, Duration::from_millis(1));
    assert_eq!(timed, Err(SendTimeoutError::Timeout(4)));
}
