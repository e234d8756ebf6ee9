//! Answers that no order of events explains: empty though something was sent, lengths out of range.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::thread;

use wakering::{TryRecvError, TrySendError, bounded};

use crate::common::{Tracker, Waiting, now, watchdog};

const CAPACITIES: [usize; 6] = [1, 2, 3, 5, 64, 65];

/// tokio: `is_empty` said no, and `recv` blocked, at the border of a block.
#[test]
fn r070_len_and_what_can_be_received_agree() {
    for capacity in CAPACITIES {
        let (tx, rx) = bounded(capacity);
        for lap in 0..3 {
            for count in [0, 1, capacity - 1, capacity, capacity + 1] {
                let accepted = (0..count).filter(|&i| tx.try_send(i).is_ok()).count();
                assert_eq!(accepted, count.min(capacity), "lap {lap}");
                for left in (0..accepted).rev() {
                    assert!(!rx.is_empty() && !tx.is_empty());
                    assert_eq!((rx.len(), tx.len()), (left + 1, left + 1));
                    assert_eq!(now(rx.recv()), Ok(accepted - left - 1));
                }
                assert!(rx.is_empty() && rx.try_recv() == Err(TryRecvError::Empty));
            }
        }
    }
}

/// tokio, crossbeam, thingbuf, embassy: `len` fell below zero, or rose above the capacity, in a race.
#[test]
fn r071_len_stays_in_range() {
    watchdog("r071", || {
        for capacity in [1, 2, 3] {
            for round in 0..20 {
                let (tx, rx) = bounded(capacity);
                let over = Arc::new(AtomicBool::new(false));
                let observers: Vec<_> = (0..2)
                    .map(|_| {
                        let (tx, rx, over) = (tx.clone(), rx.clone(), over.clone());
                        thread::spawn(move || {
                            while !over.load(SeqCst) {
                                let (sent, received) = (tx.len(), rx.len());
                                assert!(sent <= capacity && received <= capacity);
                            }
                        })
                    })
                    .collect();
                let sender = thread::spawn({
                    let tx = tx.clone();
                    move || {
                        for i in 0..1_000 {
                            if tx.try_send(i).is_err() {
                                let _ = tx.force_send(i);
                            }
                            if i == 700 && round % 2 == 0 {
                                tx.close();
                            }
                        }
                    }
                });
                for _ in 0..1_000 {
                    let _ = rx.try_recv();
                }
                sender.join().unwrap();
                over.store(true, SeqCst);
                for observer in observers {
                    observer.join().unwrap();
                }
            }
        }
    });
}

/// embassy: a slip of precedence made "ready to send" true of full channels.
#[test]
fn r072_full_means_full() {
    for capacity in CAPACITIES {
        let (tx, rx) = bounded(capacity);
        for i in 0..capacity {
            assert!(!tx.is_full() && !rx.is_full());
            assert!(tx.try_send(i).is_ok());
        }
        assert!(tx.is_full() && rx.is_full());
        let waiting = Waiting::new(tx.send(0));
        let reserving = Waiting::new(tx.reserve());
        assert_eq!((waiting.wakes(), reserving.wakes()), (0, 0));
        assert!(tx.try_reserve().unwrap_err().is_full());
    }
}

/// bun: a receive found nothing although a send had ended before it began.
#[test]
fn r073_what_was_sent_before_is_there() {
    watchdog("r073", || {
        let (tx, rx) = bounded(4);
        let sent = Arc::new(AtomicUsize::new(0));
        let received = Arc::new(AtomicUsize::new(0));
        let sender = thread::spawn({
            let (sent, received) = (sent.clone(), received.clone());
            move || {
                for i in 0..20_000 {
                    while i >= received.load(SeqCst) + 4 {
                        std::hint::spin_loop();
                    }
                    // The only sender: nobody else holds an earlier slot.
                    tx.try_send(i)
                        .expect("there was room before this send began");
                    sent.store(i + 1, SeqCst);
                }
            }
        });
        for i in 0..20_000 {
            while sent.load(SeqCst) <= i {
                std::hint::spin_loop();
            }
            assert_eq!(
                rx.try_recv(),
                Ok(i),
                "it was sent before this receive began"
            );
            received.store(i + 1, SeqCst);
        }
        sender.join().unwrap();
    });
}

/// tokio: what `capacity` says while a slot goes straight to a waiting sender. Here a freed slot is free.
#[test]
fn r075_a_freed_slot_is_free_until_somebody_takes_it() {
    let (tx, rx) = bounded(2);
    tx.try_send(0).unwrap();
    tx.try_send(1).unwrap();
    let mut waiting = Waiting::new(tx.send(2));
    assert!(tx.is_full());
    assert_eq!(rx.try_recv(), Ok(0));
    assert_eq!((tx.len(), tx.is_full()), (1, false));
    assert_eq!(waiting.finish(), Ok(()));
    assert_eq!((tx.len(), tx.is_full()), (2, true));
}

/// futures: every clone of the sender added a slot, and there was no back-pressure.
#[test]
fn r076_the_bound_does_not_grow_with_the_handles() {
    let (tx, rx) = bounded(3);
    let accepted = (0..100).filter(|&i| tx.clone().try_send(i).is_ok()).count();
    assert_eq!((accepted, rx.len()), (3, 3));
    let clones: Vec<_> = (0..100).map(|_| tx.clone()).collect();
    assert!(
        clones
            .iter()
            .all(|tx| tx.try_send(0) == Err(TrySendError::Full(0)))
    );

    watchdog("r076", || {
        let (tx, rx) = bounded(3);
        let start = Arc::new(Barrier::new(8));
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let (tx, start) = (tx.clone(), start.clone());
                thread::spawn(move || {
                    start.wait();
                    (0..1_000).filter(|&i| tx.try_send(i).is_ok()).count()
                })
            })
            .collect();
        let accepted: usize = threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum();
        assert_eq!((accepted, rx.len()), (3, 3));
    });
}

/// async-broadcast: forced sends miscounted where the receivers stood, at every offset of the ring.
#[test]
fn r133_a_forced_send_at_every_offset() {
    for capacity in [1, 2, 3, 5, 8] {
        for offset in 0..2 * capacity {
            for queued in 0..=capacity {
                let tracker = Tracker::new();
                let (tx, rx) = bounded(capacity);
                for _ in 0..offset {
                    tx.try_send(tracker.make(0)).unwrap();
                    rx.try_recv().unwrap();
                }
                (0..queued).for_each(|i| tx.try_send(tracker.make(i)).unwrap());
                let evicted = tx.force_send(tracker.make(queued)).unwrap();
                let full = queued == capacity;
                assert_eq!(evicted.map(|message| message.id()), full.then_some(0));
                let left = usize::from(full)..=queued;
                assert!(rx.drain().map(|message| message.id()).eq(left));
                assert_eq!(tracker.alive(), 0);
            }
        }
    }
}
