//! Giving up: an offer is taken, or it is given back; never both, never neither.

use std::collections::VecDeque;
use std::future::{Future, pending, ready};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use wakering::{SendTimeoutError, TryRecvError, bounded};

use crate::common::{Counter, Random, Tracker, Waiting, ignore, now, poll_once};
use crate::driver::{Driver, contract};

contract! {
    at_zero {
        a_dropped_recv_takes_nothing,
        a_dropped_send_withdraws_its_offer,
        a_cancelled_send_gives_back_what_was_not_taken,
        a_send_with_a_time_limit_is_taken_or_given_back,
        a_forgotten_send_is_still_an_offer,
        a_storm_of_cancelled_operations_loses_nothing,
    }
}

async fn a_dropped_recv_takes_nothing<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = bounded(capacity);
    for i in 0..100 {
        let mut send: Waiting<_>;
        match i % 4 {
            0 => {
                let waiting = Waiting::new(rx.recv());
                send = Waiting::new(tx.send(i));
                assert!(waiting.is_woken());
                drop(waiting); // woken, never polled again
            }
            1 => {
                let waiting = Waiting::new(rx.recv_owned());
                send = Waiting::new(tx.send(i));
                drop(waiting);
            }
            2 => {
                let mut buffer = Vec::new();
                let waiting = Waiting::new(rx.recv_many(&mut buffer, 3));
                send = Waiting::new(tx.send(i));
                drop(waiting);
                assert!(buffer.is_empty());
            }
            _ => {
                let counter = Counter::new();
                let waker = counter.waker();
                assert!(rx.poll_recv(&mut Context::from_waker(&waker)).is_pending());
                send = Waiting::new(tx.send(i));
                assert_eq!(counter.wakes(), 1);
                rx = rx.clone();
            }
        }
        assert!(send.poll().is_pending(), "nobody has it");
        assert_eq!(now(rx.recv()), Ok(i));
        assert_eq!(send.finish(), Ok(()));
    }
}

async fn a_dropped_send_withdraws_its_offer<D: Driver>(_: D, capacity: usize) {
    let tracker = Tracker::new();
    let (tx, rx) = bounded(capacity);
    let mut sends: VecDeque<_> = (0..5)
        .map(|i| Waiting::new(tx.send(tracker.make(i))))
        .collect();
    sends.remove(4); // the last one
    sends.remove(2); // one in the middle
    sends.remove(0); // the first one
    assert_eq!((tracker.dropped(), tracker.alive()), (3, 2));
    assert_eq!(rx.try_recv().unwrap().id(), 1);
    assert_eq!(rx.try_recv().unwrap().id(), 3);
    assert_eq!(rx.try_recv().unwrap_err(), TryRecvError::Empty);
    assert!(sends.iter().all(Waiting::is_woken));
    drop(sends); // woken, never polled again: they have sent
    assert_eq!(tracker.alive(), 0);
    drop(tx.send(tracker.make(5))); // never polled
    assert_eq!(
        (rx.try_recv().unwrap_err(), tracker.alive()),
        (TryRecvError::Empty, 0)
    );
}

async fn a_cancelled_send_gives_back_what_was_not_taken<D: Driver>(_: D, capacity: usize) {
    let tracker = Tracker::new();
    let (tx, rx) = bounded(capacity);
    let mut unpolled = pin!(tx.send(tracker.make(1)));
    assert_eq!(unpolled.as_mut().cancel().unwrap().id(), 1);
    assert!(unpolled.cancel().is_none(), "taken back once");

    let mut offered = Waiting::new(tx.send(tracker.make(2)));
    assert_eq!(offered.future.as_mut().cancel().unwrap().id(), 2);
    assert!(offered.future.as_mut().cancel().is_none());
    assert_eq!(rx.try_recv().unwrap_err(), TryRecvError::Empty);

    let mut taken = Waiting::new(tx.send_owned(tracker.make(3)));
    let message = rx.try_recv().unwrap();
    assert!(taken.future.as_mut().cancel().is_none(), "it has been sent");
    assert_eq!(message.id(), 3);

    let mut timed = Waiting::new(tx.send_with(tracker.make(4), pending::<()>()));
    assert_eq!(timed.future.as_mut().cancel().unwrap().id(), 4);
    drop(message);
    assert_eq!(tracker.alive(), 0);
}

async fn a_send_with_a_time_limit_is_taken_or_given_back<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = bounded(capacity);
    let moment = Duration::from_millis(1);
    assert_eq!(
        tx.send_timeout(1, moment),
        Err(SendTimeoutError::Timeout(1))
    );
    let past = Instant::now();
    assert_eq!(tx.send_deadline(2, past), Err(SendTimeoutError::Timeout(2)));
    assert_eq!(
        now(tx.send_with(3, ready(()))),
        Err(SendTimeoutError::Timeout(3))
    );
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));

    // The timer is done, but a receiver came first.
    struct Late(Arc<AtomicUsize>);
    impl Future for Late {
        type Output = ();
        fn poll(self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            match self.0.load(SeqCst) {
                0 => Poll::Pending,
                _ => Poll::Ready(()),
            }
        }
    }
    let late = Arc::new(AtomicUsize::new(0));
    let mut send = Waiting::new(tx.send_with(4, Late(late.clone())));
    late.store(1, SeqCst);
    assert_eq!(rx.try_recv(), Ok(4));
    assert_eq!(send.finish(), Ok(()));

    // And one that comes in the very act of expiring.
    struct Takes(wakering::Receiver<i32>, usize);
    impl Future for Takes {
        type Output = ();
        fn poll(mut self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            assert_eq!(self.0.try_recv(), Ok(5));
            self.1 += 1;
            Poll::Ready(())
        }
    }
    let mut send = pin!(tx.send_with(5, Takes(rx.clone(), 0)));
    assert_eq!(
        poll_once(send.as_mut(), &Counter::new()),
        Poll::Ready(Ok(()))
    );
    tx.close();
    assert_eq!(tx.send_timeout(6, moment), Err(SendTimeoutError::Closed(6)));
}

async fn a_forgotten_send_is_still_an_offer<D: Driver>(_: D, capacity: usize) {
    let tracker = Tracker::new();
    let (tx, rx) = bounded(capacity);
    let forgotten = Box::leak(Box::new(tx.clone()));
    std::mem::forget(Waiting::new(forgotten.send(tracker.make(1))));
    let mut second = Waiting::new(tx.send(tracker.make(2)));
    assert_eq!(rx.try_recv().unwrap().id(), 1);
    assert_eq!(rx.try_recv().unwrap().id(), 2);
    assert!(second.finish().is_ok());
    std::mem::forget(Waiting::new(forgotten.send(tracker.make(3))));
    rx.close();
    assert_eq!(rx.try_recv().unwrap_err(), TryRecvError::Closed);
    assert_eq!(
        tracker.alive(),
        1,
        "it is with its sender, who was forgotten"
    );
}

/// Each message is received once or given back once.
async fn a_storm_of_cancelled_operations_loses_nothing<D: Driver>(driver: D, capacity: usize) {
    const EACH: usize = 300;
    let tracker = Tracker::new();
    let (tx, rx) = bounded(capacity);
    let senders: Vec<_> = (0..3)
        .map(|seed| {
            let (driver, tx, tracker) = (driver.clone(), tx.clone(), tracker.clone());
            driver.clone().spawn(async move {
                let mut random = Random::new(seed + 1);
                let mut sent = 0;
                for i in 0..EACH {
                    let message = tracker.make(i);
                    if random.below(3) == 0 {
                        sent += usize::from(driver.send(&tx, message).await.is_ok());
                        continue;
                    }
                    let mut send = Box::pin(tx.send(message));
                    let counter = Counter::new();
                    let mut done = poll_once(send.as_mut(), &counter).is_ready();
                    for _ in 0..random.below(4) {
                        driver.pause().await;
                        if !done && random.below(2) == 0 {
                            done = poll_once(send.as_mut(), &counter).is_ready();
                        }
                    }
                    sent += usize::from(done || send.as_mut().cancel().is_none());
                }
                sent
            })
        })
        .collect();
    drop(tx);
    let receivers: Vec<_> = (0..3)
        .map(|seed| {
            let (driver, rx) = (driver.clone(), rx.clone());
            driver.clone().spawn(async move {
                let mut random = Random::new(seed + 100);
                let mut received = 0;
                let mut buffer = Vec::new();
                loop {
                    match random.below(4) {
                        0 => match driver.recv(&rx).await {
                            Ok(_) => received += 1,
                            Err(_) => return received,
                        },
                        1 => {
                            received += driver.recv_many(&rx, &mut buffer, 2).await;
                            buffer.clear();
                        }
                        2 => received += usize::from(rx.try_recv().is_ok()),
                        _ => {
                            let mut recv = Box::pin(rx.recv());
                            let counter = Counter::new();
                            let mut done = false;
                            for _ in 0..1 + random.below(3) {
                                if let Poll::Ready(got) = poll_once(recv.as_mut(), &counter) {
                                    received += usize::from(got.is_ok());
                                    done = true;
                                    break;
                                }
                                driver.pause().await;
                            }
                            ignore(done);
                        }
                    }
                }
            })
        })
        .collect();
    drop(rx);
    let (mut sent, mut received) = (0, 0);
    for sender in senders {
        sent += sender.await;
    }
    for receiver in receivers {
        received += receiver.await;
    }
    assert_eq!(sent, received);
    assert!(sent > 0);
    assert_eq!(tracker.alive(), 0);
}
