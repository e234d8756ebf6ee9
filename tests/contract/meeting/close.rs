//! The end: offers that nobody took go back to their senders.

use std::collections::VecDeque;

use futures_lite::StreamExt;
use wakering::{RecvError, SendError, SendTimeoutError, TryRecvError, bounded};

use crate::common::{Tracker, Waiting, ignore, now};
use crate::driver::{Driver, contract};

contract! {
    at_zero {
        a_close_gives_offers_back,
        the_last_receiver_gives_offers_back,
        the_last_sender_ends_the_channel,
        what_was_taken_before_the_close_was_sent,
        a_batch_that_is_cut_short_keeps_the_rest,
        threads_that_wait_are_told_of_the_close,
        a_close_in_the_middle_of_traffic_is_exact,
    }
}

async fn a_close_gives_offers_back<D: Driver>(_: D, capacity: usize) {
    for by_sender in [false, true] {
        let tracker = Tracker::new();
        let (tx, mut rx) = bounded(capacity);
        let mut offers: Vec<_> = (0..3)
            .map(|i| Waiting::new(tx.send(tracker.make(i))))
            .collect();
        let mut timed = Waiting::new(tx.send_with(tracker.make(3), std::future::pending::<()>()));
        assert!(if by_sender { tx.close() } else { rx.close() });
        assert!(!tx.close() && !rx.close());
        // Before any of them is polled: no offer can be taken any more.
        assert_eq!(rx.try_recv().unwrap_err(), TryRecvError::Closed);
        assert_eq!(now(rx.recv()).unwrap_err(), RecvError);
        assert_eq!(rx.recv_blocking().unwrap_err(), RecvError);
        assert_eq!(now(rx.recv_many(&mut Vec::new(), 3)), 0);
        assert_eq!(
            rx.drain().count() + rx.try_iter().count() + rx.iter().count(),
            0
        );
        assert!(now(rx.next()).is_none());
        assert!(futures_core::FusedStream::is_terminated(&rx));
        for (i, offer) in offers.iter_mut().enumerate() {
            assert_eq!(offer.wakes(), 1);
            assert_eq!(offer.finish().unwrap_err().into_inner().id(), i);
        }
        match timed.finish() {
            Err(SendTimeoutError::Closed(message)) => assert_eq!(message.id(), 3),
            other => panic!("{other:?}"),
        }
        assert_eq!(
            now(tx.send(tracker.make(4))).unwrap_err().into_inner().id(),
            4
        );
        assert_eq!(tracker.alive(), 0);
    }
}

async fn the_last_receiver_gives_offers_back<D: Driver>(_: D, capacity: usize) {
    let tracker = Tracker::new();
    let (tx, rx) = bounded(capacity);
    let mut offers = [
        Waiting::new(tx.send(tracker.make(1))),
        Waiting::new(tx.send(tracker.make(2))),
        Waiting::new(tx.send(tracker.make(3))),
    ];
    let other = rx.clone();
    drop(rx);
    assert!(!offers[0].is_woken());
    drop(other);
    assert_eq!(tracker.dropped(), 0, "they are not dropped in the channel");
    assert!(tx.is_closed() && tx.is_disconnected());
    assert_eq!(offers[0].finish().unwrap_err().into_inner().id(), 1);
    assert_eq!(offers[1].future.as_mut().cancel().unwrap().id(), 2);
    drop(offers);
    assert_eq!(tracker.alive(), 0);
}

async fn the_last_sender_ends_the_channel<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = bounded::<i32>(capacity);
    let job = driver.spawn({
        let (driver, rx) = (driver.clone(), rx.clone());
        async move { (driver.recv(&rx).await, driver.recv(&rx).await) }
    });
    driver.pause().await;
    let sent = tx.send_owned(1);
    drop(tx);
    assert_eq!(sent.await, Ok(()), "the future owned a sender");
    assert_eq!(job.await, (Ok(1), Err(RecvError)));
    assert_eq!(driver.recv(&rx).await, Err(RecvError));
}

async fn what_was_taken_before_the_close_was_sent<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    let mut taken = Waiting::new(tx.send(1));
    let mut cancelled = Waiting::new(tx.send(2));
    let mut refused = Waiting::new(tx.send(3));
    assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(1), Ok(2)));
    drop(rx);
    assert_eq!(taken.finish(), Ok(()));
    assert_eq!(cancelled.future.as_mut().cancel(), None);
    assert_eq!(refused.finish(), Err(SendError(3)));
}

async fn a_batch_that_is_cut_short_keeps_the_rest<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    let job = driver.spawn({
        let (driver, tx) = (driver.clone(), tx.clone());
        async move {
            let mut batch = VecDeque::from([1, 2, 3, 4]);
            (driver.send_many(&tx, &mut batch).await, batch)
        }
    });
    assert_eq!(driver.recv(&rx).await, Ok(1));
    assert_eq!(driver.recv(&rx).await, Ok(2));
    rx.close();
    let (sent, batch) = job.await;
    assert_eq!((sent, batch), (Err(SendError(())), VecDeque::from([3, 4])));
    assert_eq!(now(tx.send_many(&mut VecDeque::<i32>::new())), Ok(()));
}

async fn threads_that_wait_are_told_of_the_close<D: Driver>(driver: D, capacity: usize) {
    for receivers_wait in [false, true] {
        let (tx, rx) = bounded::<i32>(capacity);
        let jobs: Vec<_> = (0..3)
            .map(|i| {
                let (driver, tx, rx) = (driver.clone(), tx.clone(), rx.clone());
                driver.clone().spawn(async move {
                    if receivers_wait {
                        driver.recv(&rx).await.is_err()
                    } else {
                        driver.send(&tx, i).await == Err(SendError(i))
                    }
                })
            })
            .collect();
        for _ in 0..10 {
            driver.pause().await;
        }
        rx.close();
        for job in jobs {
            assert!(job.await);
        }
        ignore((tx, rx));
    }
}

async fn a_close_in_the_middle_of_traffic_is_exact<D: Driver>(driver: D, capacity: usize) {
    for round in 0..20 {
        let tracker = Tracker::new();
        let (tx, rx) = bounded(capacity);
        let senders: Vec<_> = (0..3)
            .map(|_| {
                let (driver, tx, tracker) = (driver.clone(), tx.clone(), tracker.clone());
                driver.clone().spawn(async move {
                    let mut sent = 0;
                    while driver.send(&tx, tracker.make(sent)).await.is_ok() {
                        sent += 1;
                    }
                    sent
                })
            })
            .collect();
        drop(tx);
        let receivers: Vec<_> = (0..2)
            .map(|_| {
                let (driver, rx) = (driver.clone(), rx.clone());
                driver.clone().spawn(async move {
                    let mut received = 0;
                    while driver.recv(&rx).await.is_ok() {
                        received += 1;
                    }
                    received
                })
            })
            .collect();
        for _ in 0..round {
            driver.pause().await;
        }
        assert!(rx.close());
        let (mut sent, mut received) = (0, 0);
        for sender in senders {
            sent += sender.await;
        }
        for receiver in receivers {
            received += receiver.await;
        }
        assert_eq!((sent, tracker.alive()), (received, 0));
    }
}
