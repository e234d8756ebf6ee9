//! Bugs of broadcast channels, and bugs of others that a broadcast channel can have as well.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Waker};
use std::thread;

use wakering::broadcast::error::{RecvError, TryRecvError};
use wakering::broadcast::{Receiver, Sender, channel};

use crate::common::wakers::{Hook, PanicsAt, hooked};
use crate::common::{Counter, Waiting, ignore, now, watchdog};

fn poll<T: Clone>(rx: &mut Receiver<T>, waker: &Waker) -> bool {
    rx.poll_recv(&mut Context::from_waker(waker)).is_ready()
}

/// tokio #2123: a blocked receiver missed the send that it waited for; and a send panicked on a slot that another was
/// writing.
#[test]
fn r023_blocked_receivers_hear_every_send() {
    watchdog("r023", || {
        const MESSAGES: usize = 2000;
        let (tx, rx) = channel(1);
        let receivers: Vec<_> = [rx, tx.subscribe()]
            .into_iter()
            .map(|mut rx| {
                thread::spawn(move || {
                    let mut seen = 0;
                    loop {
                        match rx.blocking_recv() {
                            Ok(_) => seen += 1,
                            Err(RecvError::Lagged(n)) => seen += n as usize,
                            Err(RecvError::Closed) => return seen,
                        }
                    }
                })
            })
            .collect();
        let senders: Vec<_> = (0..2)
            .map(|_| {
                let tx = tx.clone();
                thread::spawn(move || {
                    for n in 0..MESSAGES {
                        assert_eq!(tx.send(n), Ok(2));
                        if n % 100 == 0 {
                            thread::yield_now();
                        }
                    }
                })
            })
            .collect();
        for sender in senders {
            sender.join().unwrap();
        }
        drop(tx);
        for receiver in receivers {
            assert_eq!(receiver.join().unwrap(), 2 * MESSAGES);
        }
    });
}

/// What a waker, or a message that is dropped, does to its own channel.
#[derive(Clone)]
struct Meddles {
    tx: Sender<Msg>,
    calls: Arc<AtomicUsize>,
}

/// A message that may meddle when it is dropped.
#[derive(Clone)]
struct Msg(#[allow(dead_code)] Option<Arc<DropMeddles>>);

struct DropMeddles(Meddles);

impl Drop for DropMeddles {
    fn drop(&mut self) {
        self.0.act();
    }
}

impl Meddles {
    fn act(&self) {
        if self.calls.fetch_add(1, SeqCst) > 200 {
            return;
        }
        ignore(self.tx.send(Msg(None)));
        ignore(self.tx.try_send_lossless(Msg(None)));
        let mut rx = self.tx.subscribe();
        ignore(self.tx.clone().send(Msg(None)));
        ignore(rx.try_recv());
        ignore((self.tx.len(), self.tx.receiver_count(), format!("{rx:?}")));
        drop(rx);
        let closed = self.tx.closed();
        ignore(
            Box::pin(closed)
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop())),
        );
    }
}

impl Hook for Meddles {
    fn on_wake(&self) {
        self.act();
    }
    fn on_clone(&self) {
        self.act();
    }
    fn on_drop(&self) {
        self.act();
    }
}

/// tokio #5578, #4129, #5471: wakers were cloned, woken and dropped under the lock.
#[test]
fn r043_r044_wakers_may_use_the_channel() {
    for capacity in [1, 2, 64] {
        watchdog("r043", move || {
            let (tx, mut rx) = channel(capacity);
            let calls = Arc::new(AtomicUsize::new(0));
            let waker = hooked(Arc::new(Meddles {
                tx: tx.clone(),
                calls: calls.clone(),
            }));
            for _ in 0..3 {
                // It is cloned, which sends, so it may take a few times until it waits.
                while poll(&mut rx, &waker) {}
                ignore(poll(&mut rx, Waker::noop()));
                while poll(&mut rx, &waker) {}
                ignore(tx.send(Msg(None)));
                let mut send = Box::pin(tx.send_lossless(Msg(None)));
                ignore(send.as_mut().poll(&mut Context::from_waker(&waker)));
                drop(send);
                let mut closed = Box::pin(tx.closed());
                ignore(closed.as_mut().poll(&mut Context::from_waker(&waker)));
                drop(closed);
            }
            assert!(calls.load(SeqCst) > 0);
            while poll(&mut rx, &waker) {}
            drop(rx);
            calls.store(1000, SeqCst);
        });
    }
}

/// kanal a3810ba: messages were dropped inside the lock.
#[test]
fn r045_messages_may_use_the_channel_when_they_are_dropped() {
    for capacity in [1, 2, 3] {
        watchdog("r045", move || {
            let (tx, mut rx) = channel(capacity);
            let rx2 = tx.subscribe();
            let calls = Arc::new(AtomicUsize::new(0));
            let meddling = || {
                Msg(Some(Arc::new(DropMeddles(Meddles {
                    tx: tx.clone(),
                    calls: calls.clone(),
                }))))
            };
            for _ in 0..2 * capacity {
                ignore(tx.send(meddling())); // from the second lap on others are overwritten, and dropped
            }
            ignore(rx.try_recv());
            ignore(rx.try_recv());
            for _ in 0..2 * capacity {
                ignore(tx.send(meddling()));
            }
            drop(rx2);
            drop(rx); // the last: all that is left is dropped
            assert!(calls.load(SeqCst) >= 4 * capacity);
            assert!(tx.is_empty());
            calls.store(1000, SeqCst);
        });
    }
}

/// tokio #2340: a waiter was dropped while all were being told.
#[test]
fn r046_waiters_go_while_all_are_told() {
    /// Drops what is in it when it is woken.
    struct Drops(Mutex<Vec<Receiver<u8>>>);
    impl Hook for Drops {
        fn on_wake(&self) {
            let all = std::mem::take(&mut *self.0.lock().unwrap());
            drop(all);
        }
    }
    watchdog("r046", || {
        for first in [0, 1, 15, 16, 17, 39] {
            let (tx, _keeps) = channel(1);
            let counter = Counter::new();
            let drops = Arc::new(Drops(Mutex::default()));
            let mut wakes_first = tx.subscribe();
            let mut all: Vec<_> = (0..40).map(|_| tx.subscribe()).collect();
            for (n, rx) in all.iter_mut().enumerate() {
                if n == first {
                    assert!(!poll(&mut wakes_first, &hooked(drops.clone())));
                }
                assert!(!poll(rx, &counter.waker()));
            }
            drops.0.lock().unwrap().extend(all);
            tx.send(1).unwrap();
            assert!(counter.wakes() >= first && counter.wakes() <= 40);
            assert_eq!(counter.wakers_alive(), 0);
            assert_eq!(wakes_first.try_recv(), Ok(1));
            assert_eq!(tx.receiver_count(), 2);
        }
    });
}

/// A message whose drop panics, as often as it is told to.
#[derive(Clone)]
struct Bomb(#[allow(dead_code)] Arc<Fuse>);

struct Fuse {
    dropped: Arc<AtomicUsize>,
}

impl Drop for Fuse {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, SeqCst);
        if !thread::panicking() {
            panic!("a drop panics");
        }
    }
}

fn bomb(dropped: &Arc<AtomicUsize>) -> Bomb {
    Bomb(Arc::new(Fuse {
        dropped: dropped.clone(),
    }))
}

/// tokio #7094: after a panic in one drop the others were not dropped.
#[test]
fn r099_messages_that_panic_when_they_are_dropped() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let caught = |act: &mut dyn FnMut()| catch_unwind(AssertUnwindSafe(act)).is_err();
    // The last receiver goes.
    let (tx, rx) = channel(4);
    for _ in 0..4 {
        ignore(tx.send(bomb(&dropped)));
    }
    let closed = Waiting::new(tx.closed());
    let send = Waiting::new(tx.send_lossless(bomb(&dropped)));
    let mut rx = Some(rx);
    assert!(caught(&mut || drop(rx.take())));
    assert_eq!(dropped.load(SeqCst), 4);
    assert!(
        closed.is_woken() && send.is_woken(),
        "others are told nevertheless"
    );
    let mut send = Some(send);
    assert!(caught(&mut || drop(send.take())));
    assert_eq!(dropped.load(SeqCst), 5);
    drop(closed);
    assert!(tx.is_empty());

    // A send overwrites one.
    let dropped = Arc::new(AtomicUsize::new(0));
    let (tx, mut rx) = channel(1);
    let mut waits = tx.subscribe();
    ignore(tx.send(bomb(&dropped)));
    let mut own = Some(waits.try_recv());
    assert!(!caught(&mut || drop(own.take())), "it shares the fuse");
    let mut recv = Waiting::new(waits.recv());
    assert!(caught(&mut || ignore(tx.send(bomb(&dropped)))));
    assert_eq!(dropped.load(SeqCst), 1);
    assert!(recv.is_woken());
    assert!(!caught(&mut || drop(recv.finish())));
    drop(recv);
    assert!(matches!(rx.try_recv(), Err(TryRecvError::Lagged(1))));
    assert!(caught(&mut || drop(rx.try_recv())), "the last of its kind");
    assert_eq!((tx.len(), dropped.load(SeqCst)), (0, 2));
}

/// tokio #3689, asyncband #259: a waker that panics.
#[test]
fn r100_wakers_may_panic() {
    for n in 1..12 {
        let (tx, mut rx) = channel(4);
        let mut before = tx.subscribe();
        let mut after = tx.subscribe();
        let waker = AssertUnwindSafe(hooked(Arc::new(PanicsAt::call(n))));
        for sent in 1..=3 {
            let counter = Counter::new();
            assert!(!poll(&mut before, &counter.waker()));
            ignore(catch_unwind(AssertUnwindSafe(|| poll(&mut rx, &waker))));
            ignore(catch_unwind(AssertUnwindSafe(|| {
                let mut recv = Box::pin(rx.recv());
                ignore(recv.as_mut().poll(&mut Context::from_waker(&waker)));
            })));
            assert!(!poll(&mut after, &counter.waker()));
            ignore(catch_unwind(AssertUnwindSafe(|| tx.send(sent))));
            assert_eq!(counter.wakes(), 2, "panic {n}: the others are told");
            for rx in [&mut before, &mut rx, &mut after] {
                assert_eq!(rx.try_recv(), Ok(sent), "panic {n}");
                assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
            }
        }
        let mut recv = Waiting::new(rx.recv());
        tx.send(9).unwrap();
        assert_eq!(recv.finish(), Ok(9));
        drop(recv);
        ignore(catch_unwind(AssertUnwindSafe(move || drop(waker))));
        ignore(catch_unwind(AssertUnwindSafe(move || drop(rx))));
    }
}

/// tokio #2425: the close took a slot.
#[test]
fn r128_the_close_takes_no_slot() {
    for capacity in 1..4 {
        for sent in 0..3 * capacity {
            let (tx, mut rx) = channel(capacity);
            for n in 0..sent {
                tx.send(n).unwrap();
            }
            drop(tx);
            let first = sent.saturating_sub(capacity);
            if first > 0 {
                assert_eq!(now(rx.recv()), Err(RecvError::Lagged(first as u64)));
            }
            for n in first..sent {
                assert_eq!(now(rx.recv()), Ok(n));
            }
            assert_eq!(now(rx.recv()), Err(RecvError::Closed));
        }
    }
}

/// tokio #3434: a receiver panicked on being dropped, when others made it lag meanwhile.
#[test]
fn r131_receivers_go_while_messages_come() {
    watchdog("r131", || {
        for capacity in [1, 2, 3] {
            let (tx, mut keeps) = channel(capacity);
            let alive = Arc::new(());
            let comes_and_goes: Vec<_> = (0..2)
                .map(|_| {
                    let tx = tx.clone();
                    thread::spawn(move || {
                        for n in 0..500 {
                            let mut rx = tx.subscribe();
                            if n % 3 == 0 {
                                thread::yield_now();
                                ignore(rx.try_recv());
                            }
                            drop(rx);
                        }
                    })
                })
                .collect();
            for _ in 0..2000 {
                tx.send(alive.clone()).unwrap();
            }
            for thread in comes_and_goes {
                thread.join().unwrap();
            }
            assert_eq!(tx.len(), capacity);
            assert_eq!(Arc::strong_count(&alive), 1 + capacity);
            while keeps.try_recv() != Err(TryRecvError::Empty) {}
            assert_eq!(Arc::strong_count(&alive), 1);
        }
    });
}

/// async-broadcast #1, 492c9c4: receivers at every offset kept their place when messages were overwritten; and an
/// overwriting send told senders that wait.
#[test]
fn r133_every_offset_survives_an_overwrite() {
    for capacity in 1..6 {
        let (tx, rx) = channel(capacity);
        let mut receivers = vec![rx];
        receivers.extend((0..capacity).map(|_| tx.subscribe()));
        for n in 0..capacity {
            tx.send(n).unwrap();
        }
        // The first has seen nothing, the second one message, and so on.
        for (offset, rx) in receivers.iter_mut().enumerate() {
            for n in 0..offset {
                assert_eq!(rx.try_recv(), Ok(n));
            }
        }
        let send = Waiting::new(tx.send_lossless(99));
        for overwritten in 0..2 * capacity {
            tx.send(capacity + overwritten).unwrap();
            assert!(!send.is_woken(), "there is no room");
            let oldest = overwritten + 1;
            for (offset, rx) in receivers.iter().enumerate() {
                assert_eq!(rx.len(), capacity + oldest - offset);
            }
        }
        let oldest = 2 * capacity;
        for (offset, rx) in receivers.iter_mut().enumerate() {
            assert_eq!(
                rx.try_recv(),
                Err(TryRecvError::Lagged((oldest - offset) as u64))
            );
            for n in oldest..oldest + capacity {
                assert_eq!(rx.try_recv(), Ok(n));
            }
        }
        assert!(send.is_woken());
    }
}
