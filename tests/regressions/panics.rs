//! Panics: overflow, repeated operations, and user code that panics inside the channel.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Waker};
use std::thread;
use std::time::{Duration, Instant};

use futures_lite::future::block_on;
use wakering::{RecvTimeoutError, SendTimeoutError, TryRecvError, TrySendError, bounded};

use crate::common::wakers::{Hook, hooked};
use crate::common::{Counter, Tracker, Waiting, now, poll_once, watchdog};

/// Whether `action` panics; its message goes nowhere.
fn panics<R>(action: impl FnOnce() -> R) -> bool {
    catch_unwind(AssertUnwindSafe(action)).is_err()
}

/// flume, crossbeam, kanal: the longest duration overflowed when it was added to now.
#[test]
fn r092_the_longest_timeout() {
    watchdog("r092", || {
        let (tx, rx) = bounded(1);
        assert_eq!(tx.send_timeout(1, Duration::MAX), Ok(()));
        assert_eq!(rx.recv_timeout(Duration::MAX), Ok(1));
        let receiver = thread::spawn(move || {
            let got = rx.recv_timeout(Duration::MAX);
            (rx.recv_timeout(Duration::MAX), got, rx)
        });
        tx.send_timeout(2, Duration::MAX).unwrap();
        tx.send_timeout(3, Duration::from_secs(u64::MAX)).unwrap();
        let (second, first, rx) = receiver.join().unwrap();
        assert_eq!((first, second), (Ok(2), Ok(3)));
        tx.try_send(4).unwrap();
        let past = Instant::now().checked_sub(Duration::from_secs(5)).unwrap();
        assert_eq!(tx.send_deadline(5, past), Err(SendTimeoutError::Timeout(5)));
        assert_eq!(rx.recv_deadline(past), Ok(4));
        assert_eq!(rx.recv_deadline(past), Err(RecvTimeoutError::Timeout));
    });
}

/// std: `recv` after `recv_timeout` panicked.
#[test]
fn r093_receives_of_all_kinds_in_any_order() {
    watchdog("r093", || {
        let (tx, rx) = bounded(2);
        let moment = Duration::from_millis(1);
        for i in 0..20 {
            assert_eq!(rx.recv_timeout(moment), Err(RecvTimeoutError::Timeout));
            let tx2 = tx.clone();
            let sender = thread::spawn(move || tx2.send_blocking(i).unwrap());
            assert_eq!(rx.recv_blocking(), Ok(i));
            sender.join().unwrap();
            let rx2 = rx.clone();
            assert_eq!(rx2.recv_timeout(moment), Err(RecvTimeoutError::Timeout));
            tx.try_send(i).unwrap();
            drop(rx2);
            assert_eq!(block_on(rx.recv()), Ok(i));
            assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
        }
    });
}

/// crossbeam, tokio, async-broadcast: arithmetic on the capacity overflowed.
#[test]
fn r094_capacities_at_the_edges() {
    for impossible in [usize::MAX, usize::MAX / 2 + 1, isize::MAX as usize] {
        let panic = catch_unwind(|| bounded::<u64>(impossible)).unwrap_err();
        let text = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
            .expect("a panic with a message");
        assert!(text.contains("capacity"), "{impossible}: {text}");
    }
    for exponent in 0..10 {
        for capacity in [
            (1_usize << exponent) - 1,
            1 << exponent,
            (1 << exponent) + 1,
        ] {
            if capacity == 0 {
                continue;
            }
            let (tx, rx) = bounded(capacity);
            assert_eq!(tx.capacity(), Some(capacity));
            for _ in 0..3 {
                (0..capacity).for_each(|i| tx.try_send(i).unwrap());
                assert_eq!(tx.try_send(0), Err(TrySendError::Full(0)));
                assert!(rx.drain().eq(0..capacity));
            }
        }
    }
}

/// tokio oneshot, oneshot: "unreachable" was reached by polling or dropping again.
#[test]
fn r098_every_operation_after_the_end_of_another() {
    let (tx, rx) = bounded(1);
    tx.try_send(1).unwrap();
    let mut recv = Box::pin(rx.recv());
    assert!(poll_once(recv.as_mut(), &Counter::new()).is_ready());
    // Polling a finished future may panic or not; the channel does not care.
    let _ = panics(|| poll_once(recv.as_mut(), &Counter::new()));
    let _ = panics(|| drop(recv));
    let mut send = Box::pin(tx.send(2));
    assert!(poll_once(send.as_mut(), &Counter::new()).is_ready());
    let _ = panics(|| poll_once(send.as_mut(), &Counter::new()));
    assert!(send.as_mut().cancel().is_none());
    let _ = panics(|| drop(send));
    assert!(rx.len() <= 1 && rx.try_recv() == Ok(2), "sent once");

    let mut send = Box::pin(tx.send(3));
    assert_eq!(send.as_mut().cancel(), Some(3));
    assert_eq!(send.as_mut().cancel(), None);
    let _ = panics(|| poll_once(send.as_mut(), &Counter::new()));
    drop(send);
    assert_eq!(
        rx.try_recv(),
        Err(TryRecvError::Empty),
        "a cancelled send sends nothing later"
    );

    rx.close();
    assert_eq!((rx.close(), tx.close()), (false, false));
    for _ in 0..2 {
        assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
        assert!(now(rx.recv()).is_err());
        now(tx.closed());
    }
}

/// A message whose drop panics.
struct Grenade(Arc<AtomicUsize>);

impl Drop for Grenade {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
        if !thread::panicking() {
            panic!("a message that panics when it is dropped");
        }
    }
}

/// tokio: a `Drop` that panics kept the other messages alive, or dropped one twice.
#[test]
fn r099_a_drop_that_panics_stops_no_other_drop() {
    for capacity in [1, 2, 5, 64] {
        let drops = Arc::new(AtomicUsize::new(0));
        // The last receiver drops what is queued, a sender lives on.
        let (tx, rx) = bounded(capacity);
        (0..capacity).for_each(|_| assert!(tx.try_send(Grenade(drops.clone())).is_ok()));
        assert!(panics(|| drop(rx)), "the panic is the caller's to see");
        assert_eq!(drops.load(SeqCst), capacity, "each is dropped, once");
        assert_eq!(
            (tx.len(), tx.is_closed(), tx.receiver_count()),
            (0, true, 0)
        );
        drop(tx);
        assert_eq!(drops.load(SeqCst), capacity);

        // The sender left first, the receiver drops the channel.
        drops.store(0, SeqCst);
        let (tx, rx) = bounded(capacity);
        (0..capacity).for_each(|_| assert!(tx.try_send(Grenade(drops.clone())).is_ok()));
        drop(tx);
        assert!(panics(|| drop(rx)));
        assert_eq!(drops.load(SeqCst), capacity);

        // The last receiver wakes the senders, although a drop panics.
        drops.store(0, SeqCst);
        let (tx, rx) = bounded(capacity);
        (0..capacity).for_each(|_| assert!(tx.try_send(Grenade(drops.clone())).is_ok()));
        let mut sender = Waiting::new(tx.reserve());
        assert!(panics(|| drop(rx)));
        assert!(sender.finish().is_err());
        assert_eq!(drops.load(SeqCst), capacity);
    }
}

/// Panics when its countdown, shared by all its operations, reaches zero.
struct Bomb {
    clone: AtomicIsize,
    wake: AtomicIsize,
    drop: AtomicIsize,
}

impl Bomb {
    fn new(kind: usize, countdown: isize) -> Arc<Self> {
        let armed = |this| AtomicIsize::new(if this == kind { countdown } else { isize::MAX });
        Arc::new(Self {
            clone: armed(0),
            wake: armed(1),
            drop: armed(2),
        })
    }

    fn tick(counter: &AtomicIsize) {
        if counter.fetch_sub(1, SeqCst) == 0 && !thread::panicking() {
            panic!("a waker that panics");
        }
    }
}

impl Hook for Bomb {
    fn on_clone(&self) {
        Self::tick(&self.clone);
    }
    fn on_wake(&self) {
        Self::tick(&self.wake);
    }
    fn on_drop(&self) {
        Self::tick(&self.drop);
    }
}

/// Polls with the waker; a panic in it is expected and stays here.
fn poll_with<F: Future + ?Sized>(future: std::pin::Pin<&mut F>, waker: &Waker) {
    let _ = panics(|| future.poll(&mut Context::from_waker(waker)).is_ready());
}

/// tokio, asyncband: a waker that panicked left the registration, the list or the lock broken.
#[test]
fn r100_a_waker_that_panics_leaves_the_channel_usable() {
    watchdog("r100", || {
        for kind in 0..3 {
            for countdown in 0..3 {
                for capacity in [1, 3] {
                    usable_after(kind, countdown, capacity);
                }
            }
        }
    });
}

fn usable_after(kind: usize, countdown: isize, capacity: usize) {
    let what = format!("kind {kind}, countdown {countdown}, capacity {capacity}");
    let (tx, rx) = bounded(capacity);
    let bomb = Bomb::new(kind, countdown);
    {
        let waker = hooked(bomb.clone());
        // A receiver that was registered, registered again, notified and dropped; one beside it.
        let mut recv = Box::pin(rx.recv());
        poll_with(recv.as_mut(), &waker);
        let mut beside = Waiting::new(rx.recv());
        poll_with(recv.as_mut(), &waker);
        let _ = panics(|| poll_once(recv.as_mut(), &Counter::new()).is_ready());
        poll_with(recv.as_mut(), &waker);
        let sent = panics(|| tx.try_send(1).unwrap());
        assert_eq!(rx.len(), 1, "{what}: sent, whatever the waker did ({sent})");
        let _ = panics(|| drop(recv));
        assert!(beside.is_woken(), "{what}: the wake went nowhere");
        assert_eq!(beside.finish(), Ok(1), "{what}");

        // A sender, the same.
        (0..capacity).for_each(|i| tx.try_send(i).unwrap());
        let mut send = Box::pin(tx.send(100));
        poll_with(send.as_mut(), &waker);
        let mut beside = Waiting::new(tx.send(101));
        poll_with(send.as_mut(), &waker);
        let _ = panics(|| rx.try_recv().unwrap());
        let _ = panics(|| drop(send));
        // The message may have been lost to the unwinding of its own receiver only.
        assert_eq!(rx.len(), capacity - 1, "{what}");
        assert_eq!(beside.finish(), Ok(()), "{what}");
        assert_eq!(rx.drain().count(), capacity, "{what}");

        // Close tells everybody, past the waker that panics, in order.
        let mut recvs: Vec<_> = (0..2).map(|_| Waiting::new(rx.recv())).collect();
        let mut recv = Box::pin(rx.recv());
        poll_with(recv.as_mut(), &waker);
        recvs.extend((0..40).map(|_| Waiting::new(rx.recv())));
        let _ = panics(|| tx.close());
        assert!(tx.is_closed(), "{what}");
        for recv in &mut recvs {
            assert!(recv.finish().is_err(), "{what}");
        }
        let _ = panics(|| drop(recv));
        let _ = panics(|| drop(waker));
    }
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed), "{what}");
    drop((tx, rx));
    assert_eq!(Arc::strong_count(&bomb), 1, "{what}: a waker was leaked");
}

/// Several wakers that panic in one close: the others are still told, and the channel is closed.
#[test]
fn r100_close_goes_on_past_many_wakers_that_panic() {
    watchdog("r100, many", || {
        let (tx, rx) = bounded::<u32>(1);
        let mut bombs = Vec::new();
        let mut plain = Vec::new();
        for _ in 0..50 {
            let mut recv = Box::pin(rx.recv());
            let waker = hooked(Bomb::new(1, 0));
            assert!(
                recv.as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            );
            bombs.push(recv);
            plain.push(Waiting::new(rx.recv()));
        }
        assert!(panics(|| tx.close()), "the panic is the caller's to see");
        assert!(plain.iter_mut().all(|recv| recv.finish().is_err()));
        drop(bombs);
        assert!(tx.is_closed());
    });
}

/// asyncband: a sender that panicked between claim and publish left the receivers behind an empty slot.
/// Here no user code runs in between: a wake that panics comes after the message is in.
#[test]
fn r074_a_panic_in_a_send_leaves_no_hole() {
    let (tx, rx) = bounded(4);
    for _ in 0..10 {
        let mut recv = Box::pin(rx.recv());
        let waker = hooked(Bomb::new(1, 0));
        assert!(
            recv.as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        assert!(panics(|| tx.try_send(1)));
        tx.try_send(2).unwrap();
        assert_eq!(now(recv), Ok(1));
        assert_eq!(rx.try_recv(), Ok(2));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    }
    // An evicted message whose drop panics is the caller's: the channel has moved on.
    let drops = Arc::new(AtomicUsize::new(0));
    let (tx, rx) = bounded(1);
    assert!(tx.try_send(Grenade(drops.clone())).is_ok());
    assert!(panics(|| drop(tx.force_send(Grenade(drops.clone())))));
    assert_eq!((rx.len(), drops.load(SeqCst)), (1, 1));
    std::mem::forget(rx.try_recv());
}

/// flume: an assertion that was wrong when receives ran in parallel (this build has assertions on).
#[test]
fn r102_parallel_receives_break_no_assertion() {
    watchdog("r102", || {
        let tracker = Tracker::new();
        let (tx, rx) = bounded(3);
        let receivers: Vec<_> = (0..4)
            .map(|number| {
                let mut rx = rx.clone();
                thread::spawn(move || {
                    let mut got = 0;
                    while match number % 2 {
                        0 => block_on(rx.recv()).is_ok(),
                        _ => block_on(poll_fn(|cx| rx.poll_recv(cx))).is_ok(),
                    } {
                        got += 1;
                    }
                    got
                })
            })
            .collect();
        drop(rx);
        (0..10_000).for_each(|i| block_on(tx.send(tracker.make(i))).unwrap());
        drop(tx);
        let all: usize = receivers
            .into_iter()
            .map(|receiver| receiver.join().unwrap())
            .sum();
        assert_eq!((all, tracker.alive()), (10_000, 0));
    });
}
