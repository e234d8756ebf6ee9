//! Messages lost, doubled or reordered by a cancelled operation.

use std::collections::VecDeque;
use std::pin::pin;
use std::thread;

use futures_lite::future::{block_on, or, poll_once as poll_now};
use wakering::{RecvError, SendError, TryRecvError, bounded};

use crate::common::{Counter, Random, Tracker, Waiting, now, poll_once, settle, watchdog};
use crate::threads::{job, race, rounds};

/// kanal: a parked receive took the message over and dropped it when it was cancelled.
#[test]
fn r031_a_cancelled_receive_leaves_the_message() {
    for capacity in [1, 2, 3, 64, 1000] {
        let (tx, rx) = bounded(capacity);
        for i in 0..1_000 {
            let recv = Waiting::new(rx.recv());
            tx.try_send(i).unwrap();
            drop(recv);
            assert_eq!(rx.try_recv(), Ok(i));
        }
    }
}

/// kanal: the message was put back in front, and for a moment the channel held more than it may.
#[test]
fn r032_the_bound_and_the_order_hold_in_a_storm_of_cancels() {
    watchdog("r032", || {
        for capacity in [1, 2, 5] {
            let (tx, rx) = bounded(capacity);
            let sender = thread::spawn(move || {
                let mut random = Random::new(32);
                let mut next = 0;
                while next < 20_000 {
                    let mut send = pin!(tx.send(next));
                    let sent = (0..random.below(3))
                        .any(|_| poll_once(send.as_mut(), &Counter::new()).is_ready());
                    next += u32::from(sent);
                    assert!(tx.len() <= capacity);
                }
            });
            let mut random = Random::new(23);
            let mut expected = 0;
            loop {
                let mut recv = pin!(rx.recv());
                assert!(rx.len() <= capacity);
                match block_on(async {
                    for _ in 0..random.below(3) {
                        if let Some(result) = poll_now(recv.as_mut()).await {
                            return Some(result);
                        }
                    }
                    None
                }) {
                    None => thread::yield_now(),
                    Some(Ok(message)) => {
                        assert_eq!(message, expected);
                        expected += 1;
                    }
                    Some(Err(RecvError)) => break,
                }
            }
            assert_eq!(expected, 20_000);
            sender.join().unwrap();
        }
    });
}

/// flume: nobody could say whether a cancelled send had sent, and the message could not be had back.
#[test]
fn r033_a_cancelled_send_is_sent_or_dropped_once() {
    let tracker = Tracker::new();
    let (tx, rx) = bounded(1);
    tx.try_send(tracker.make(0)).unwrap();
    drop(Waiting::new(tx.send(tracker.make(1))));
    assert_eq!((tracker.dropped(), rx.len()), (1, 1));
    let mut send = Waiting::new(tx.send(tracker.make(2)));
    assert_eq!(send.future.as_mut().cancel().unwrap().id(), 2);
    let mut send = Waiting::new(tx.send(tracker.make(3)));
    assert_eq!(rx.try_recv().unwrap().id(), 0);
    send.finish().unwrap();
    assert!(send.future.as_mut().cancel().is_none());
    drop(send);
    assert_eq!(rx.try_recv().unwrap().id(), 3);
    assert_eq!(tracker.alive(), 0);

    rounds("cancel beside receive", |_| {
        let tracker = Tracker::new();
        let (tx, rx) = bounded(1);
        tx.try_send(tracker.make(0)).unwrap();
        let message = tracker.make(1);
        let receiver = thread::spawn(move || {
            rx.recv_blocking().unwrap();
            rx
        });
        let mut send = Box::pin(tx.send(message));
        let sent = poll_once(send.as_mut(), &Counter::new()).is_ready();
        let back = send.as_mut().cancel();
        assert_eq!(back.is_some(), !sent);
        let rx = receiver.join().unwrap();
        assert_eq!(rx.try_recv().is_ok(), sent);
        drop((back, send));
        assert_eq!(tracker.alive(), 0);
    });
}

/// flume, std: a sender sent and left between the checks for "empty" and for "closed".
#[test]
fn r034_the_last_message_is_not_lost_to_the_end() {
    rounds("send and leave", |_| {
        let (tx, rx) = bounded(1);
        race(vec![
            job(move || {
                tx.try_send(1).unwrap();
                drop(tx);
            }),
            job(move || {
                let mut got = None;
                loop {
                    match rx.try_recv() {
                        Ok(message) => got = Some(message),
                        Err(TryRecvError::Empty) => std::hint::spin_loop(),
                        Err(TryRecvError::Closed) => break,
                    }
                }
                assert_eq!(got, Some(1), "closed, with a message in it");
            }),
        ]);
    });
}

/// flume: a selector over two channels, in a loop on several threads, lost messages.
#[test]
fn r035_a_select_in_a_loop_loses_nothing() {
    watchdog("r035", || {
        const EACH: usize = 5_000;
        let (tx_a, rx_a) = bounded(2);
        let (tx_b, rx_b) = bounded(3);
        let receivers: Vec<_> = (0..3)
            .map(|_| {
                let (rx_a, rx_b) = (rx_a.clone(), rx_b.clone());
                thread::spawn(move || {
                    let mut got = 0;
                    loop {
                        // The loser is dropped, perhaps after it was notified.
                        let one = block_on(or(rx_a.recv(), rx_b.recv()));
                        if one.is_err() {
                            break;
                        }
                        got += 1;
                    }
                    // One of them has ended: take the rest of both.
                    got + rx_a.iter().count() + rx_b.iter().count()
                })
            })
            .collect();
        drop((rx_a, rx_b));
        let senders = [tx_a, tx_b]
            .map(|tx| thread::spawn(move || (0..EACH).for_each(|i| block_on(tx.send(i)).unwrap())));
        senders
            .into_iter()
            .for_each(|sender| sender.join().unwrap());
        let all: usize = receivers
            .into_iter()
            .map(|receiver| receiver.join().unwrap())
            .sum();
        assert_eq!(all, 2 * EACH);
    });
}

/// flume: pending sends were put at the wrong end of the queue.
#[test]
fn r036_waiting_and_direct_sends_keep_their_order() {
    let (tx, rx) = bounded(2);
    let mut expected = 0;
    let mut next = 0;
    let mut waiting = VecDeque::new();
    for step in 0..1_000 {
        // One sender: it sends directly while it can, then waits, one send at a time.
        if waiting.is_empty() {
            while !tx.is_full() {
                now(tx.send(next)).unwrap();
                next += 1;
            }
            waiting.push_back(Waiting::new(tx.send(next)));
            next += 1;
        }
        for _ in 0..=step % 2 {
            if let Ok(message) = rx.try_recv() {
                assert_eq!(message, expected);
                expected += 1;
            }
        }
        if waiting.front().is_some_and(Waiting::is_woken) {
            waiting.pop_front().unwrap().finish().unwrap();
        }
    }
    assert!(expected > 500);
}

/// kanal: `send_many` went on after an error and lost what it had not sent.
#[test]
fn r037_a_batch_cut_short_keeps_its_rest() {
    let tracker = Tracker::new();
    let (tx, rx) = bounded(3);
    let mut batch: VecDeque<_> = (0..10).map(|i| tracker.make(i)).collect();
    let mut send = Waiting::new(tx.send_many(&mut batch));
    assert_eq!(rx.try_recv().unwrap().id(), 0);
    assert!(send.poll().is_pending());
    rx.close();
    assert_eq!(send.finish(), Err(SendError(())));
    drop(send);
    assert!(rx.drain().map(|message| message.id()).eq(1..4));
    assert!(batch.iter().map(|message| message.id()).eq(4..10));
    assert_eq!(tracker.alive(), 6);
}

/// tokio: a future dropped at the wrong moment left a lock locked for ever.
#[test]
fn r040_a_future_may_be_dropped_in_every_state() {
    let (tx, rx) = bounded(1);
    for _ in 0..3 {
        drop(rx.recv()); // new
        drop(Waiting::new(rx.recv())); // asleep
        let notified = Waiting::new(rx.recv());
        tx.try_send(1).unwrap();
        drop(notified);
        let mut done = Box::pin(rx.recv());
        assert!(poll_once(done.as_mut(), &Counter::new()).is_ready());
        drop(done);

        drop(tx.send(2));
        drop(tx.reserve());
        tx.try_send(3).unwrap();
        drop(Waiting::new(tx.send(4)));
        drop(Waiting::new(tx.reserve()));
        drop(Waiting::new(tx.reserve_many(1)));
        let notified = (Waiting::new(tx.send(5)), Waiting::new(tx.reserve()));
        assert_eq!(rx.try_recv(), Ok(3));
        drop(notified);
        let mut done = Box::pin(tx.send(6));
        assert!(poll_once(done.as_mut(), &Counter::new()).is_ready());
        drop(done);
        assert_eq!(rx.try_recv(), Ok(6));
        drop(Waiting::new(tx.closed()));
    }
    now(tx.send(7)).unwrap();
    assert_eq!(now(rx.recv()), Ok(7));
}

/// shuttle: the head of a fair queue was cancelled, and those behind that now fitted were not woken.
#[test]
fn r041_those_behind_a_cancelled_large_reservation_move_up() {
    let (tx, rx) = bounded(4);
    let held = tx.try_reserve_many(3).unwrap();
    let large = Waiting::new(tx.reserve_many(4));
    let counter = Counter::new();
    let mut small = Box::pin(tx.send(1));
    if settle(small.as_mut(), &counter).is_pending() {
        drop(large); // it queued behind this one
        assert!(counter.wakes() > 0);
        assert_eq!(now(small), Ok(()));
    }
    let mut waits = Waiting::new(tx.reserve_many(2));
    let large = Waiting::new(tx.reserve_many(4));
    let mut two = Waiting::new(tx.reserve_many(3));
    drop(held);
    drop(waits.finish().unwrap());
    drop(large);
    assert_eq!(two.finish().unwrap().len(), 3);
    assert_eq!(rx.len(), 1);
}

/// tokio: a waiter that was queued and had nothing yet was dropped, and the count was wrong for ever.
#[test]
fn r042_a_queued_waiter_takes_nothing_with_it() {
    let (tx, rx) = bounded(4);
    for _ in 0..100 {
        let held = tx.try_reserve_many(3).unwrap();
        let queued = (
            Waiting::new(tx.reserve_many(2)),
            Waiting::new(tx.reserve_many(4)),
            Waiting::new(tx.reserve_many(3)),
        );
        drop(queued.1);
        drop(held);
        drop((queued.0, queued.2));
        let all = tx.try_reserve_many(4).unwrap();
        assert!(tx.is_full() && tx.try_reserve().is_err());
        all.for_each(|permit| permit.send(0));
        assert_eq!((rx.len(), rx.drain().count()), (4, 4));
    }
}
