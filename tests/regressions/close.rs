//! Ends of channels: messages kept, handles revived, states that disagree.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use futures_lite::future::block_on;
use wakering::{PermitIterator, SendError, Sender, TryRecvError, TrySendError, bounded, unbounded};

use crate::common::{Tracker, Waiting, ignore, now};
use crate::threads::{job, race, rounds};

/// futures: a send that raced with the last receiver said Ok, and its message was kept by the sender.
#[test]
fn r053_a_send_beside_the_last_receiver_keeps_nothing() {
    rounds("send beside last receiver", |round| {
        let tracker = Tracker::new();
        let (tx, rx) = bounded(2);
        let (sender, message) = (tx.clone(), tracker.make(0));
        race(vec![
            job(move || match round % 3 {
                0 => drop(sender.try_send(message)),
                1 => drop(block_on(sender.send(message))),
                _ => {
                    if let Ok(permit) = sender.try_reserve() {
                        permit.send(message);
                    }
                }
            }),
            job(move || drop(rx)),
        ]);
        assert_eq!(tracker.alive(), 0, "kept, although only a sender is left");
        drop(tx);
    });
}

/// std, crossbeam, quickwit over flume: queued messages lived until the last sender left.
#[test]
fn r054_queued_messages_go_with_the_last_receiver() {
    for capacity in [1, 2, 3, 64] {
        let message = Arc::new(());
        let (tx, rx) = bounded(capacity);
        // From every start, so that the queue wraps.
        for start in 0..2 * capacity {
            let (tx, rx) = bounded(capacity);
            for _ in 0..start {
                tx.try_send(message.clone()).unwrap();
                rx.try_recv().unwrap();
            }
            (0..capacity).for_each(|_| tx.try_send(message.clone()).unwrap());
            assert_eq!(Arc::strong_count(&message), 1 + capacity);
            drop(rx);
            assert_eq!(Arc::strong_count(&message), 1);
        }
        (0..capacity).for_each(|_| tx.try_send(message.clone()).unwrap());
        rx.close();
        assert_eq!(
            Arc::strong_count(&message),
            1 + capacity,
            "closed, and still to be drained"
        );
        drop(rx);
        assert_eq!(Arc::strong_count(&message), 1);
    }
}

/// tokio: a permit sent into a channel without receivers, and the value stayed there.
#[test]
fn r055_a_permit_sent_after_the_last_receiver_keeps_nothing() {
    let tracker = Tracker::new();
    let (tx, rx) = bounded(3);
    let owned = tx.clone().try_reserve_owned().unwrap();
    let (one, mut many) = (tx.try_reserve().unwrap(), tx.try_reserve_many(1).unwrap());
    drop(rx);
    one.send(tracker.make(1));
    assert_eq!(tracker.alive(), 0);
    many.next().unwrap().send(tracker.make(2));
    assert_eq!(tracker.alive(), 0);
    let tx2 = owned.send(tracker.make(3));
    assert_eq!((tracker.alive(), tracker.made(), tx2.len()), (0, 3, 0));

    rounds("permit beside last receiver", |_| {
        let tracker = Tracker::new();
        let (tx, rx) = bounded(1);
        let permit = tx.clone().try_reserve_owned().unwrap();
        let message = tracker.make(0);
        race(vec![
            job(move || drop(permit.send(message))),
            job(move || drop(rx)),
        ]);
        assert_eq!(tracker.alive(), 0);
        drop(tx);
    });
}

/// tokio: `try_recv` said "disconnected" while a permit could still send.
#[test]
fn r056_empty_while_a_permit_is_out() {
    let (tx, rx) = bounded(1);
    let permit = tx.try_reserve_owned().unwrap();
    rx.close();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    drop(permit.send(1));
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
}

/// async-channel, hotpath: a weak handle brought a closed channel back to life.
#[test]
fn r057_a_weak_handle_revives_nothing() {
    rounds("upgrade beside last drop", |round| {
        let (tx, rx) = bounded::<u32>(1);
        let (weak_tx, weak_rx) = (tx.downgrade(), rx.downgrade());
        if round % 2 == 0 {
            race(vec![
                job(move || drop(tx)),
                job(move || {
                    if let Some(tx) = weak_tx.upgrade() {
                        assert!(!tx.is_closed());
                        tx.try_send(1).unwrap();
                    }
                    assert!(weak_tx.upgrade().is_none_or(|tx| tx.sender_count() > 0));
                }),
            ]);
            // Whoever was last closed it, for good.
            while !rx.is_closed() {
                std::hint::spin_loop();
            }
            assert_eq!(rx.sender_count(), 0);
            let _ = rx.try_recv();
            assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
        } else {
            race(vec![
                job(move || drop(rx)),
                job(move || ignore(weak_rx.upgrade().map(|rx| rx.try_recv()))),
            ]);
            assert!(tx.is_closed());
            assert_eq!(tx.receiver_count(), 0);
            assert_eq!(tx.try_send(1), Err(TrySendError::Closed(1)));
        }
    });
}

/// crossbeam: two last drops at once both thought that the other one frees the channel.
#[test]
fn r059_many_last_drops_free_the_channel_once() {
    rounds("many last drops", |_| {
        let tracker = Tracker::new();
        let (tx, rx) = bounded(4);
        (0..3).for_each(|i| tx.try_send(tracker.make(i)).unwrap());
        let mut jobs = Vec::new();
        for _ in 0..2 {
            let (tx, rx) = (tx.clone(), rx.clone());
            jobs.push(job(move || drop(tx)));
            jobs.push(job(move || drop(rx)));
        }
        drop((tx, rx));
        race(jobs);
        assert_eq!((tracker.dropped(), tracker.alive()), (3, 0));
    });
}

/// kanal: `try_send` and `try_recv` went on working on a half-closed channel. (The matrix of all the
/// operations is in `tests/contract/close.rs`.)
#[test]
fn r060_a_half_closed_channel_is_closed() {
    for way in 0..4 {
        let (tx, rx) = bounded(2);
        tx.try_send(1).unwrap();
        let (mut tx, mut rx) = (Some(tx), Some(rx));
        match way {
            0 => assert!(tx.as_ref().unwrap().close()),
            1 => assert!(rx.as_ref().unwrap().close()),
            2 => tx = None,
            _ => rx = None,
        }
        if let Some(tx) = tx {
            assert_eq!(tx.try_send(2), Err(TrySendError::Closed(2)), "way {way}");
            assert!(tx.try_reserve().is_err() && tx.is_closed());
        }
        if let Some(rx) = rx {
            assert_eq!(rx.try_recv(), Ok(1), "way {way}");
            assert_eq!(rx.try_recv(), Err(TryRecvError::Closed), "way {way}");
            assert!(rx.is_closed());
        }
    }
}

/// async-broadcast: only handles that receive nothing were left, and the channel stayed open.
#[test]
fn r062_weak_handles_alone_keep_nothing_open() {
    let (tx, rx) = bounded(1);
    tx.try_send(0).unwrap();
    let (weak, weaker) = (rx.downgrade(), rx.downgrade());
    let mut send = Waiting::new(tx.send(1));
    drop(rx);
    assert_eq!(send.finish(), Err(SendError(1)));
    assert!(tx.is_closed());
    assert!(weak.upgrade().is_none() && weaker.upgrade().is_none());
}

/// tokio: two flags for "closed", and they disagreed.
#[test]
fn r063_every_handle_agrees_on_closed() {
    for way in 0..4 {
        let (tx, rx) = bounded::<u32>(2);
        let (tx2, rx2) = (tx.clone(), rx.clone());
        let permit = tx.try_reserve().unwrap();
        let agree = |closed: bool| {
            assert_eq!(
                [
                    tx.is_closed(),
                    tx2.is_closed(),
                    rx.is_closed(),
                    rx2.is_closed()
                ],
                [closed; 4]
            );
            assert_eq!(tx.try_send(1).is_err_and(|error| error.is_closed()), closed);
            assert_eq!(tx.downgrade().upgrade().is_none(), closed);
        };
        agree(false);
        let _ = rx.try_recv();
        match way {
            0 => assert!(tx.close()),
            1 => assert!(rx.close()),
            2 => assert!(tx2.close()),
            _ => assert!(rx2.close()),
        }
        agree(true);
        drop(permit);
        agree(true);
        now(tx.closed());
    }
}

/// tokio: giving permits back rewrote the word that holds the closed bit, and the channel was open again.
#[test]
fn r065_counting_capacity_never_opens_a_channel() {
    type Back = fn(PermitIterator<'_, u32>);
    let ways: [Back; 4] = [
        |permits| drop(permits),
        |permits| permits.for_each(drop),
        |permits| {
            permits
                .enumerate()
                .for_each(|(i, permit)| permit.send(i as u32))
        },
        |mut permits| permits.next().unwrap().send(0),
    ];
    for (way, give_back) in ways.into_iter().enumerate() {
        let (tx, rx) = bounded(5);
        let permits = tx.try_reserve_many(5).unwrap();
        rx.close();
        give_back(permits);
        let _ = rx.try_iter().count();
        assert!(tx.is_closed() && rx.is_closed(), "way {way}");
        assert_eq!(tx.try_send(9), Err(TrySendError::Closed(9)), "way {way}");
        assert_eq!(rx.try_recv(), Err(TryRecvError::Closed), "way {way}");
    }
}

/// thingbuf: a close beside a live guard hangs or crashes; so does a guard that is leaked.
#[test]
fn r066_a_close_beside_a_live_or_leaked_permit() {
    for leaked in [false, true] {
        let tracker = Tracker::new();
        let (tx, rx) = bounded(3);
        tx.try_send(tracker.make(0)).unwrap();
        let permit = tx.try_reserve().unwrap();
        let queued = Waiting::new(tx.reserve_many(3));
        assert!(rx.close());
        assert_eq!(rx.try_recv().unwrap().id(), 0);
        let mut recv = Waiting::new(rx.recv());
        if leaked {
            std::mem::forget(permit);
            assert!(recv.poll().is_pending(), "it might still send");
            drop(recv);
        } else {
            permit.send(tracker.make(1));
            assert_eq!(recv.finish().unwrap().id(), 1);
            drop(recv);
        }
        drop(queued);
        drop(rx);
        drop(tx);
        assert_eq!(tracker.alive(), 0);
    }
}

/// tokio broadcast: the end was a marker in the ring, and it overwrote the only message.
#[test]
fn r128_the_end_takes_no_slot() {
    let (tx, rx) = bounded(1);
    tx.try_send(1).unwrap();
    drop(tx);
    assert_eq!((rx.len(), rx.is_full()), (1, true));
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
}

/// postage, crossbeam: the first send beside the drop of the last receiver freed or kept twice.
#[test]
fn r081_the_first_send_beside_the_last_drop() {
    rounds("first send beside last drop", |_| {
        let tracker = Tracker::new();
        let sent = Arc::new(AtomicUsize::new(0));
        let (tx, rx) = bounded(1);
        let send = |tx: Sender<_>| {
            let (message, sent) = (tracker.make(0), sent.clone());
            job(move || {
                if tx.try_send(message).is_ok() {
                    sent.fetch_add(1, SeqCst);
                }
            })
        };
        race(vec![send(tx.clone()), send(tx), job(move || drop(rx))]);
        assert!(sent.load(SeqCst) <= 1);
        assert_eq!((tracker.dropped(), tracker.alive()), (2, 0));
    });
}

/// The same without a bound: the sends link the second segment while the receiver goes.
#[test]
fn r081_the_first_sends_beside_the_last_drop_without_a_bound() {
    rounds("first sends beside last drop, unbounded", |_| {
        const EACH: usize = 40;
        let tracker = Tracker::new();
        let (tx, rx) = unbounded();
        let send = |tx: Sender<_>| {
            let messages: Vec<_> = (0..EACH).map(|_| tracker.make(0)).collect();
            job(move || {
                messages
                    .into_iter()
                    .for_each(|message| drop(tx.try_send(message)))
            })
        };
        let keeper = tx.clone();
        race(vec![send(tx.clone()), send(tx), job(move || drop(rx))]);
        assert_eq!((tracker.dropped(), tracker.alive()), (2 * EACH, 0));
        drop(keeper);
    });
}
