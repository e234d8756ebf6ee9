//! Memory freed twice, read too early or too late. Most useful under a sanitizer; each also counts drops.

use std::cell::Cell;
use std::mem::forget;
use std::num::NonZeroU8;
use std::ptr::NonNull;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures_lite::future::block_on;
use wakering::{SendTimeoutError, bounded};

use crate::common::{Counter, Tracked, Tracker, Waiting, now, poll_once, watchdog};
use crate::threads::{job, race, rounds};

/// tokio oneshot: `close` and then a receive beside a send: both touched the slot.
#[test]
fn r078_close_then_receive_beside_a_send() {
    rounds("close, receive beside send", |round| {
        let tracker = Tracker::new();
        let (tx, rx) = bounded(1);
        let message = tracker.make(0);
        let counts = tracker.clone();
        race(vec![
            job(move || drop(tx.try_send(message))),
            job(move || {
                rx.close();
                match round % 2 {
                    0 => drop(rx.try_recv()),
                    _ => drop(block_on(rx.recv())),
                }
            }),
        ]);
        assert_eq!((counts.dropped(), counts.alive()), (1, 0));
    });
}

/// oneshot: a receive polled once and dropped beside the send, which still read its waker.
#[test]
fn r079_poll_once_and_drop_beside_a_send() {
    rounds("poll, drop beside send", |round| {
        let tracker = Tracker::new();
        let counter = Counter::new();
        let (tx, rx) = bounded(1);
        let message = tracker.make(0);
        let waker = counter.clone();
        race(vec![
            job(move || drop(tx.try_send(message))),
            job(move || {
                let mut recv = Box::pin(rx.recv_owned());
                drop(rx);
                let _ = poll_once(recv.as_mut(), &waker);
                if round % 2 == 0 {
                    thread::yield_now();
                }
                drop(recv);
            }),
        ]);
        assert_eq!((tracker.alive(), counter.wakers_alive()), (0, 0));
    });
}

/// The other side: a send polled once and dropped beside the receive that makes room.
#[test]
fn r079_a_send_dropped_beside_a_receive() {
    rounds("send dropped beside receive", |_| {
        let tracker = Tracker::new();
        let counter = Counter::new();
        let (tx, rx) = bounded(1);
        tx.try_send(tracker.make(0)).unwrap();
        let (message, waker) = (tracker.make(1), counter.clone());
        race(vec![
            job(move || {
                let mut send = Box::pin(tx.send_owned(message));
                drop(tx);
                let _ = poll_once(send.as_mut(), &waker);
                drop(send);
            }),
            job(move || drop(rx.recv_blocking())),
        ]);
        assert_eq!((tracker.alive(), counter.wakers_alive()), (0, 0));
    });
}

/// Sends every value through a waiting send, a direct one and a batch, and takes it out again.
fn through<T: PartialEq + std::fmt::Debug>(make: impl Fn() -> T) {
    let (tx, rx) = bounded(2);
    assert_eq!(tx.try_send(make()), Ok(()));
    assert_eq!(now(tx.send(make())), Ok(()));
    let mut waiting = Waiting::new(tx.send(make()));
    drop(Waiting::new(tx.send(make())));
    assert_eq!(tx.force_send(make()), Ok(Some(make())));
    assert_eq!(rx.try_recv(), Ok(make()));
    assert_eq!(waiting.finish(), Ok(()));
    let mut got = Vec::new();
    assert_eq!(now(rx.recv_many(&mut got, 5)), 2);
    let mut recv = Waiting::new(rx.recv());
    assert_eq!(tx.try_send_many(&mut got.into()), Ok(2));
    assert_eq!(recv.finish(), Ok(make()));
    tx.try_reserve().unwrap().send(make());
    assert_eq!(rx.drain().count(), 2);
    tx.try_send(make()).unwrap(); // dropped with the channel
}

/// kanal: types without size, boxes and futures that moved were read or freed wrongly.
#[test]
fn r080_messages_of_every_shape() {
    through(|| ());
    through(|| [0_u64; 0]);
    through(|| Box::new(5));
    through(|| -> Box<[u8]> { Box::default() });
    through(|| Arc::new(String::from("message")));
    through(|| Box::new(Cell::new(3)));
    through(|| vec![Some("a".to_string()), None]);
    through(|| [7_u8; 3]);
    through(|| (1_u8, 2_u64, 3_u16));
    through(|| [1_u64; 512]);

    #[derive(Debug, PartialEq)]
    #[repr(align(64))]
    struct Aligned(u8);
    through(|| Aligned(9));

    #[derive(Debug, PartialEq)]
    struct Nothing;
    impl Drop for Nothing {
        fn drop(&mut self) {
            DROPS.with(|drops| drops.set(drops.get() + 1));
        }
    }
    thread_local!(static DROPS: Cell<usize> = const { Cell::new(0) });
    let (tx, rx) = bounded(3);
    (0..3).for_each(|_| tx.try_send(Nothing).unwrap());
    drop(rx.try_recv());
    assert_eq!(DROPS.get(), 1);
    drop((tx, rx));
    assert_eq!(DROPS.get(), 3, "types without size are dropped too");
}

/// crossbeam: slots of types that leave bit patterns unused.
#[test]
fn r087_messages_with_a_niche() {
    through(|| NonZeroU8::new(1).unwrap());
    through(|| Some(NonZeroU8::new(255).unwrap()));
    through(|| None::<NonZeroU8>);
    through(NonNull::<u64>::dangling);
    through(|| true);
    through(|| 'x');
    through(|| std::cmp::Ordering::Less);
    through(|| "a reference");
    through(|| -> fn() { || () });
    through(|| None::<Box<u8>>);
}

/// crossbeam: a leaked token left a slot claimed and never written, and the drop of the channel read it.
#[test]
fn r082_what_is_forgotten_harms_nobody() {
    for stage in 0..9 {
        let tracker = Tracker::new();
        let (tx, rx) = bounded(3);
        tx.try_send(tracker.make(0)).unwrap();
        match stage {
            0 => forget(tx.try_reserve().unwrap()),
            1 => forget(tx.try_reserve_many(2).unwrap()),
            2 => forget(tx.clone().try_reserve_owned().unwrap()),
            3 => {
                let mut permits = tx.try_reserve_many(2).unwrap();
                permits.next().unwrap().send(tracker.make(1));
                forget(permits);
            }
            4 => forget(Box::pin(tx.send(tracker.make(1)))), // never polled
            5 => forget(Box::pin(rx.recv())),
            6 => {
                let mut done = Box::pin(tx.send(tracker.make(1)));
                assert!(poll_once(done.as_mut(), &Counter::new()).is_ready());
                forget(done);
            }
            7 => {
                let mut done = Box::pin(rx.recv());
                drop(poll_once(done.as_mut(), &Counter::new()));
                forget(done);
            }
            _ => {
                let mut done = Box::pin(tx.reserve());
                let permit = poll_once(done.as_mut(), &Counter::new());
                forget((permit, done));
            }
        }
        // The channel goes on, with what room it has.
        let queued = rx.len();
        let _ = tx.try_send(tracker.make(2));
        assert!(rx.drain().count() >= queued);
        tx.try_send(tracker.make(3)).unwrap();
        let forgotten = usize::from(stage == 4);
        drop((tx, rx));
        assert_eq!(tracker.alive(), forgotten, "stage {stage}");
    }
}

/// tachyonix: a future was forgotten while its node was in the list.
#[test]
fn r083_a_forgotten_waiter_stays_valid() {
    watchdog("r083", || {
        let (tx, rx) = bounded(1);
        let mut waiting = Box::pin(rx.recv());
        assert!(poll_once(waiting.as_mut(), &Counter::new()).is_pending());
        forget(waiting);
        let mut next = Waiting::new(rx.recv());
        tx.try_send(1).unwrap(); // notifies the forgotten one
        assert_eq!(now(rx.recv()), Ok(1));
        tx.try_send(2).unwrap();
        assert_eq!(next.finish(), Ok(2));
        drop(next);

        tx.try_send(3).unwrap();
        for message in 4..7 {
            let mut send = Box::pin(tx.send(message));
            assert!(poll_once(send.as_mut(), &Counter::new()).is_pending());
            forget(send);
        }
        let mut closed = Box::pin(tx.closed());
        assert!(poll_once(closed.as_mut(), &Counter::new()).is_pending());
        forget(closed);
        let mut reserve = Box::pin(tx.reserve());
        assert!(poll_once(reserve.as_mut(), &Counter::new()).is_pending());
        forget(reserve);
        // Close walks over all of them.
        rx.close();
        assert_eq!(rx.try_recv(), Ok(3));
        drop((tx, rx));
    });
}

/// concurrent-queue, bevy: an ordering too weak between "I wait" and "I sent" (see the models too).
#[test]
fn r088_two_threads_that_sleep_on_each_other() {
    watchdog("r088", || {
        let (ping_tx, ping_rx) = bounded(1);
        let (pong_tx, pong_rx) = bounded(1);
        let other = thread::spawn(move || {
            block_on(async {
                while let Ok(message) = ping_rx.recv().await {
                    pong_tx.send(message).await.unwrap();
                }
            });
        });
        block_on(async {
            for i in 0..10_000 {
                ping_tx.send(i).await.unwrap();
                assert_eq!(pong_rx.recv().await, Ok(i));
            }
        });
        drop(ping_tx);
        other.join().unwrap();
    });
}

/// crossfire: a message was copied straight off the stack of a sender that had given up.
#[test]
fn r089_a_blocked_sender_gives_up_beside_the_receive() {
    watchdog("r089", || {
        let tracker = Tracker::new();
        let (tx, rx) = bounded(1);
        let sender = thread::spawn({
            let tracker = tracker.clone();
            move || {
                let mut sent = 0;
                for i in 0..5_000 {
                    match tx.send_timeout(tracker.make(i), Duration::from_micros(5)) {
                        Ok(()) => sent += 1,
                        Err(SendTimeoutError::Timeout(back)) => assert_eq!(back.id(), i),
                        Err(SendTimeoutError::Closed(_)) => panic!("closed"),
                    }
                }
                sent
            }
        });
        let mut received = 0;
        while rx.recv_blocking().is_ok() {
            received += 1;
            if received % 3 == 0 {
                thread::yield_now();
            }
        }
        assert_eq!(received, sender.join().unwrap());
        assert_eq!(tracker.alive(), 0);
    });
}

/// embassy: clearing the channel while a receiver held a slot.
#[test]
fn r091_drain_beside_receives() {
    watchdog("r091", || {
        let tracker = Tracker::new();
        let (tx, rx) = bounded::<Tracked>(5);
        let receivers: Vec<_> = (0..3)
            .map(|number| {
                let rx = rx.clone();
                thread::spawn(move || {
                    let mut got = Vec::new();
                    loop {
                        match rx.recv_blocking() {
                            Ok(message) => got.push(message.id()),
                            Err(_) => return got,
                        }
                        if number == 0 {
                            got.extend(rx.drain().map(|message| message.id()));
                        }
                    }
                })
            })
            .collect();
        for i in 0..20_000 {
            tx.send_blocking(tracker.make(i)).unwrap();
        }
        drop(tx);
        let mut all: Vec<_> = receivers
            .into_iter()
            .flat_map(|receiver| receiver.join().unwrap())
            .collect();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..20_000));
        assert_eq!(tracker.alive(), 0);
    });
}
