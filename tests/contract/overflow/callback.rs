//! The callback is foreign code: it may use the channel, and it may panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};

use wakering::{Builder, Overflow, Sender};

use crate::common::{Tracker, Waiting, now};
use crate::driver::{Driver, contract};

contract! {
    it_may_use_the_channel,
    it_may_panic,
    receivers_are_told_before_it_panics,
    a_drop_may_panic,
    without_one_messages_are_dropped,
    in_a_crowd_nothing_is_lost,
}

const DROPPING: [Overflow; 2] = [Overflow::DropNewest, Overflow::DropOldest];

/// It looks at the channel, receives from it and sends what it was given again, which drops another one.
async fn it_may_use_the_channel<D: Driver>(_: D, capacity: usize) {
    for overflow in DROPPING {
        let own = Arc::new(OnceLock::<Sender<usize>>::new());
        let (tx, rx) = Builder::new(capacity)
            .overflow(overflow)
            .on_drop({
                let (own, inside) = (own.clone(), AtomicBool::new(false));
                move |message| {
                    let tx = own.get().unwrap();
                    assert!(tx.len() <= capacity && tx.dropped() > 0);
                    if !inside.swap(true, SeqCst) {
                        tx.try_send(message).unwrap();
                        inside.store(false, SeqCst);
                    }
                }
            })
            .build();
        own.set(tx.clone()).unwrap();
        for i in 0..capacity + 3 {
            now(tx.send(i)).unwrap();
        }
        assert_eq!(tx.len(), capacity);
        assert_eq!(
            tx.dropped(),
            6,
            "each of three, and one more for each of them"
        );
        assert_eq!(rx.drain().count(), capacity);
        // The callback has a sender, which would keep the channel, which has the callback.
        rx.close();
    }
}

async fn it_may_panic<D: Driver>(_: D, capacity: usize) {
    for overflow in DROPPING {
        let tracker = Tracker::new();
        let (tx, rx) = Builder::new(capacity)
            .overflow(overflow)
            .on_drop(|_| panic!("as it may"))
            .build();
        for i in 0..capacity {
            tx.try_send(tracker.make(i)).unwrap();
        }
        for i in 0..2 {
            let message = tracker.make(capacity + i);
            assert!(catch_unwind(AssertUnwindSafe(|| tx.try_send(message))).is_err());
            let mut send = Box::pin(tx.send(tracker.make(capacity + 2 + i)));
            assert!(catch_unwind(AssertUnwindSafe(|| now(send.as_mut()))).is_err());
            assert_eq!(send.as_mut().cancel().map(|message| message.id()), None);
        }
        assert_eq!((tx.dropped(), tx.len()), (4, capacity));
        assert_eq!(tracker.alive(), capacity);
        // Nobody was forgotten meanwhile: the channel goes on.
        rx.drain().count();
        let mut recv = Waiting::new(rx.recv());
        tx.try_send(tracker.make(7)).unwrap();
        assert_eq!(recv.finish().unwrap().id(), 7);
    }
}

/// One receiver more than there is room: the last of them is told by a send that evicts.
async fn receivers_are_told_before_it_panics<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = Builder::new(capacity)
        .overflow(Overflow::DropOldest)
        .on_drop(|_| panic!("as it may"))
        .build();
    let mut waiting: Vec<_> = (0..capacity + 1).map(|_| Waiting::new(rx.recv())).collect();
    for i in 0..capacity {
        tx.try_send(i).unwrap();
    }
    assert!(catch_unwind(AssertUnwindSafe(|| tx.try_send(capacity))).is_err());
    assert!(waiting[capacity].is_woken());
    for (i, recv) in waiting.iter_mut().take(capacity).enumerate() {
        assert_eq!(recv.finish(), Ok(i + 1));
    }
}

async fn a_drop_may_panic<D: Driver>(_: D, capacity: usize) {
    struct Bomb(bool);
    impl Drop for Bomb {
        fn drop(&mut self) {
            if self.0 && !std::thread::panicking() {
                panic!("as it may");
            }
        }
    }
    let (tx, rx) = Builder::new(capacity)
        .overflow(Overflow::DropOldest)
        .build();
    for _ in 0..capacity {
        tx.try_send(Bomb(true)).ok().unwrap();
    }
    for i in 0..capacity {
        assert!(catch_unwind(AssertUnwindSafe(|| tx.try_send(Bomb(false)))).is_err());
        assert_eq!(tx.dropped(), i as u64 + 1);
    }
    assert!(rx.drain().all(|bomb| !bomb.0));
}

async fn without_one_messages_are_dropped<D: Driver>(_: D, capacity: usize) {
    for overflow in DROPPING {
        let tracker = Tracker::new();
        let (tx, rx) = Builder::new(capacity).overflow(overflow).build();
        for i in 0..capacity + 5 {
            tx.try_send(tracker.make(i)).unwrap();
        }
        assert_eq!((tracker.alive(), tracker.dropped()), (capacity, 5));
        drop((tx, rx));
        assert_eq!(tracker.alive(), 0);
    }
}

async fn in_a_crowd_nothing_is_lost<D: Driver>(driver: D, capacity: usize) {
    const EACH: usize = 500;
    for overflow in DROPPING {
        let (late_tx, late) = wakering::unbounded();
        let (tx, rx) = Builder::new(capacity)
            .overflow(overflow)
            .on_drop(move |message| late_tx.try_send(message).unwrap())
            .build();
        let senders: Vec<_> = (0..3)
            .map(|sender| {
                let (d, tx) = (driver.clone(), tx.clone());
                driver.spawn(async move {
                    for i in 0..EACH {
                        d.send(&tx, sender * EACH + i).await.unwrap();
                        assert!(tx.len() <= capacity);
                        if i % 16 == 0 {
                            d.pause().await;
                        }
                    }
                })
            })
            .collect();
        let dropped = tx.clone();
        let receiver = driver.spawn({
            let driver = driver.clone();
            async move {
                let mut all = Vec::new();
                while let Ok(message) = driver.recv(&rx).await {
                    all.push(message);
                }
                all
            }
        });
        for sender in senders {
            sender.await;
        }
        tx.close();
        let mut all = receiver.await;
        assert_eq!(dropped.dropped() as usize, late.len());
        all.extend(late.drain());
        all.sort_unstable();
        assert!(
            all.into_iter().eq(0..3 * EACH),
            "each is received or dropped, once"
        );
    }
}
