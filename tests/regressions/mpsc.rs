//! The same bugs in the other shapes: `mpsc`, and without a bound. Only what is different there: a receiver that waits in a
//! cell, messages in segments, permits of other types.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};
use std::thread;

use wakering::mpsc::error::{SendError, TryRecvError, TrySendError};
use wakering::mpsc::{self, PollSender};

use crate::common::{Counter, Random, Tracker, Waiting, ignore, now, poll_once, watchdog};

/// tokio: `OwnedPermit::release` did not wake the receiver of a closed channel.
#[test]
fn r005_mpsc_a_released_permit_ends_a_closed_channel() {
    let (tx, mut rx) = mpsc::channel::<u8>(2);
    let permit = tx.clone().try_reserve_owned().unwrap();
    rx.close();
    let mut recv = Waiting::new(rx.recv());
    drop(permit.release());
    assert_eq!(recv.finish(), None);
}

/// tokio: a queued `reserve_many` gave its part back, and the receiver of the closed channel was not woken.
#[test]
fn r006_mpsc_a_queued_reservation_gives_everything_back() {
    for fails in [false, true] {
        for others in 0..3 {
            let (tx, mut rx) = mpsc::channel(3);
            (0..3).for_each(|n| tx.try_send(n).unwrap());
            let mut many = Waiting::new(tx.reserve_many(3));
            for _ in 0..others {
                rx.try_recv().unwrap();
            }
            rx.close();
            while rx.try_recv().is_ok() {}
            // What the reservation has gathered is still out.
            if others > 0 {
                assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
                let mut recv = Waiting::new(rx.recv());
                if fails {
                    assert!(many.finish().is_err());
                    assert_eq!(recv.finish(), None, "failed, not dropped yet");
                } else {
                    drop(many);
                    assert_eq!(recv.finish(), None);
                }
            } else {
                assert_eq!(now(rx.recv()), None);
            }
        }
    }
}

/// tokio: room that was reserved and given back after the close: the receiver was never told.
#[test]
fn r007_mpsc_a_dropped_permit_ends_a_closed_channel() {
    type Use = fn(&mpsc::Sender<u8>, &mut dyn FnMut());
    let uses: [Use; 4] = [
        |tx, close| {
            let permit = tx.try_reserve().unwrap();
            close();
            drop(permit);
        },
        |tx, close| {
            let permits = tx.try_reserve_many(2).unwrap();
            close();
            drop(permits);
        },
        |tx, close| {
            let permit = tx.clone().try_reserve_owned().unwrap();
            close();
            drop(permit);
        },
        |tx, close| {
            let mut sender = PollSender::new(tx.clone());
            let mut cx = Context::from_waker(std::task::Waker::noop());
            assert!(sender.poll_reserve(&mut cx).is_ready());
            close();
            assert!(sender.abort_send());
        },
    ];
    for (n, give_back) in uses.into_iter().enumerate() {
        let (tx, mut rx) = mpsc::channel(2);
        let counter = Counter::new();
        give_back(&tx, &mut || {
            rx.close();
            let waker = counter.waker();
            let mut cx = Context::from_waker(&waker);
            assert!(rx.poll_recv(&mut cx).is_pending(), "way {n}");
        });
        assert_eq!(counter.wakes(), 1, "way {n}");
        assert_eq!(now(rx.recv()), None, "way {n}");
    }
}

/// loole: a stray poll was taken for success, or registered once more.
#[test]
fn r026_mpsc_a_stray_poll_is_no_success() {
    let (tx, mut rx) = mpsc::channel(1);
    tx.try_send(0).unwrap();
    let mut send = Waiting::new(tx.send(1));
    let mut reserve = Waiting::new(tx.reserve());
    for _ in 0..10 {
        assert!(send.poll().is_pending());
        assert!(reserve.poll().is_pending());
    }
    assert_eq!(send.counter.wakers_alive(), 1);
    assert_eq!(now(rx.recv()), Some(0));
    assert_eq!(send.wakes(), 1);
    assert_eq!(send.finish(), Ok(()));
    assert_eq!(now(rx.recv()), Some(1));
    drop(reserve.finish());
    let mut recv = Waiting::new(rx.recv());
    for _ in 0..10 {
        assert!(recv.poll().is_pending());
    }
    assert_eq!((recv.wakes(), recv.counter.wakers_alive()), (0, 1));
    tx.try_send(2).unwrap();
    assert_eq!(recv.wakes(), 1);
    assert_eq!(recv.finish(), Some(2));
}

/// tokio: dropping the receiver deadlocked.
#[test]
fn r047_mpsc_the_receiver_may_be_dropped_in_any_state() {
    watchdog("drops of the receiver", || {
        for capacity in [1, 2, 16] {
            for state in 0..32 {
                let tracker = Tracker::new();
                let (tx, mut rx) = mpsc::channel(capacity);
                let is = |bit: u32| state >> bit & 1 == 1;
                let permit = is(0).then(|| tx.try_reserve().unwrap());
                if is(1) {
                    while tx.try_send(tracker.make(0)).is_ok() {}
                }
                let mut send = (is(1) && is(2)).then(|| Waiting::new(tx.send(tracker.make(1))));
                if is(3) {
                    rx.close();
                }
                let counter = Counter::new();
                if is(4) && !is(1) {
                    let waker = counter.waker();
                    ignore(rx.poll_recv(&mut Context::from_waker(&waker)));
                }
                drop(rx);
                assert_eq!(counter.wakers_alive(), 0, "state {state}");
                if let Some(send) = &mut send {
                    assert!(send.finish().is_err(), "state {state}");
                }
                drop(send);
                assert_eq!(tracker.alive(), 0, "state {state}");
                if let Some(permit) = permit {
                    permit.send(tracker.make(2));
                }
                assert_eq!(tracker.alive(), 0, "state {state}");
            }
        }
    });
}

/// futures: a send beside the drop of the receiver said Ok, and the message stayed until the senders were gone.
#[test]
fn r053_mpsc_a_send_beside_the_last_receiver_keeps_nothing() {
    watchdog("sends beside the drop of the receiver", || {
        for round in 0..2_000 {
            let tracker = Tracker::new();
            let (tx, rx) = mpsc::channel(3);
            let (unbounded_tx, unbounded_rx) = mpsc::unbounded_channel();
            thread::scope(|scope| {
                scope.spawn(|| {
                    for n in 0..round % 7 {
                        let _ = tx.try_send(tracker.make(n));
                        let _ = unbounded_tx.send(tracker.make(n));
                    }
                });
                scope.spawn(|| drop((rx, unbounded_rx)));
            });
            assert_eq!(tracker.alive(), 0, "the senders are still there");
        }
    });
}

/// std, crossbeam, flume: what was queued was kept when the last receiver went.
#[test]
fn r054_mpsc_queued_messages_go_with_the_receiver() {
    for count in [1, 31, 32, 33, 100] {
        let tracker = Tracker::new();
        let (tx, rx) = mpsc::channel(100);
        let (unbounded_tx, unbounded_rx) = mpsc::unbounded_channel();
        for n in 0..count {
            assert!(tx.try_send(tracker.make(n)).is_ok());
            assert!(unbounded_tx.send(tracker.make(n)).is_ok());
        }
        drop((rx, unbounded_rx));
        assert_eq!(tracker.alive(), 0);
        drop((tx, unbounded_tx));
        assert_eq!(tracker.dropped(), 2 * count);
    }
}

/// tokio: a message sent by a permit after the receiver was gone was kept until the last handle went.
#[test]
fn r055_mpsc_a_permit_sent_after_the_receiver_keeps_nothing() {
    let tracker = Tracker::new();
    let (tx, rx) = mpsc::channel(4);
    let one = tx.try_reserve().unwrap();
    let mut many = tx.try_reserve_many(2).unwrap();
    let owned = tx.clone().try_reserve_owned().unwrap();
    drop(rx);
    one.send(tracker.make(1));
    many.next().unwrap().send(tracker.make(2));
    let _tx = owned.send(tracker.make(3));
    assert_eq!(tracker.alive(), 0);
}

/// tokio: `try_recv` said Disconnected after a close although permits were out.
#[test]
fn r056_mpsc_empty_while_a_permit_is_out() {
    let (tx, mut rx) = mpsc::channel(2);
    let first = tx.try_reserve().unwrap();
    let second = tx.clone().try_reserve_owned().unwrap();
    rx.close();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    first.send(1);
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    drop(second.release());
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

/// async-channel: a weak handle revived a channel whose last handle was gone.
#[test]
fn r057_mpsc_a_weak_sender_revives_nothing() {
    watchdog("upgrades beside the last drop", || {
        for _ in 0..2_000 {
            let (tx, mut rx) = mpsc::channel(1);
            let (unbounded_tx, mut unbounded_rx) = mpsc::unbounded_channel();
            let (weak, unbounded_weak) = (tx.downgrade(), unbounded_tx.downgrade());
            let upgraded = thread::scope(|scope| {
                scope.spawn(|| drop((tx, unbounded_tx)));
                let upgrade = scope.spawn(|| {
                    let upgraded = (weak.upgrade(), unbounded_weak.upgrade());
                    // Who could still become a sender can send, since nobody has closed the channel.
                    let sent = upgraded.0.as_ref().map(|tx| tx.try_send(1));
                    let unbounded = upgraded.1.as_ref().map(|tx| tx.send(1));
                    (sent, unbounded)
                });
                upgrade.join().unwrap()
            });
            let (sent, unbounded) = upgraded;
            assert!(sent.is_none_or(|sent| sent == Ok(())));
            assert!(unbounded.is_none_or(|sent| sent == Ok(())));
            assert_eq!(now(rx.recv()), sent.map(|_| 1));
            assert_eq!(now(unbounded_rx.recv()), unbounded.map(|_| 1));
            assert_eq!(now(rx.recv()), None);
            assert!(weak.upgrade().is_none() && unbounded_weak.upgrade().is_none());
            assert_eq!((weak.strong_count(), rx.sender_strong_count()), (0, 0));
        }
    });
}

/// tokio: at the edge of a block `is_empty` said no, and then `recv` waited.
#[test]
fn r070_mpsc_len_and_what_can_be_received_agree() {
    for count in 0..100 {
        let (tx, mut rx) = mpsc::unbounded_channel();
        for n in 0..count {
            assert_eq!(rx.len(), n);
            tx.send(n).unwrap();
            assert!(!rx.is_empty());
        }
        for n in 0..count {
            assert_eq!((rx.len(), rx.is_empty()), (count - n, false));
            let got = match n % 3 {
                0 => rx.try_recv().ok(),
                1 => now(rx.recv()),
                _ => {
                    let mut one = Vec::new();
                    assert_eq!(now(rx.recv_many(&mut one, 1)), 1);
                    one.pop()
                }
            };
            assert_eq!(got, Some(n));
        }
        assert_eq!((rx.len(), rx.is_empty()), (0, true));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    }
}

/// bun: a pop found nothing although the push had happened before.
#[test]
fn r073_mpsc_what_was_sent_before_is_there() {
    watchdog("sends that happened before", || {
        let (tx, mut rx) = mpsc::unbounded_channel();
        let sent = AtomicUsize::new(0);
        thread::scope(|scope| {
            // Two that take turns, so that a message is often the first of a segment and from another thread.
            for own in 0..2 {
                let (tx, sent) = (&tx, &sent);
                scope.spawn(move || {
                    for n in (own..20_000).step_by(2) {
                        while sent.load(SeqCst) != n {
                            thread::yield_now();
                        }
                        tx.send(n).unwrap();
                        sent.store(n + 1, SeqCst);
                    }
                });
            }
            let mut got = 0;
            while got < 20_000 {
                let there = sent.load(SeqCst);
                for n in got..there {
                    assert_eq!(rx.try_recv(), Ok(n), "it was sent before");
                }
                got = there;
                thread::yield_now();
            }
        });
    });
}

/// futures: each sender had a slot of its own on top of the capacity.
#[test]
fn r076_mpsc_the_bound_does_not_grow_with_the_handles() {
    for capacity in [1, 2, 5, 16, 100] {
        let (tx, mut rx) = mpsc::channel(capacity);
        let mut senders = Vec::new();
        for n in 0..capacity {
            let clone = tx.clone();
            clone.try_send(n).unwrap();
            senders.push(clone);
        }
        for tx in &senders {
            assert_eq!(tx.clone().try_send(0), Err(TrySendError::Full(0)));
            assert!(PollSender::new(tx.clone()).get_ref().unwrap().capacity() == 0);
        }
        assert_eq!((rx.len(), rx.capacity()), (capacity, 0));
        rx.try_recv().unwrap();
        assert_eq!(senders[0].try_send(0), Ok(()));
        assert_eq!(tx.try_send(0), Err(TrySendError::Full(0)));
    }
}

/// crossbeam: a claim of several messages looked at the first slot only.
#[test]
fn r077_mpsc_a_batch_takes_only_what_is_there() {
    watchdog("batches beside sends", || {
        let (tx, mut rx) = mpsc::unbounded_channel();
        let senders: Vec<_> = (0..3)
            .map(|sender| {
                let tx = tx.clone();
                thread::spawn(move || {
                    (0..20_000).for_each(|n| tx.send((sender, Box::new(n))).unwrap());
                })
            })
            .collect();
        drop(tx);
        let (mut next, mut random) = ([0; 3], Random::new(77));
        let mut batch: Vec<(usize, Box<usize>)> = Vec::new();
        while futures_lite::future::block_on(rx.recv_many(&mut batch, 1 + random.below(80))) > 0 {
            for (sender, n) in batch.drain(..) {
                assert_eq!(*n, next[sender]);
                next[sender] += 1;
            }
        }
        assert_eq!(next, [20_000; 3]);
        senders.into_iter().for_each(|t| t.join().unwrap());
    });
}

/// crossbeam, std: the first block of an unbounded channel was freed twice, or never.
#[test]
fn r081_mpsc_the_first_sends_beside_the_drop_of_the_receiver() {
    watchdog("first sends beside the drop", || {
        for round in 0..2_000 {
            let tracker = Tracker::new();
            let (tx, rx) = mpsc::unbounded_channel();
            // At the beginning, and just before the second and third segments.
            for n in 0..[0, 31, 32, 63][round % 4] {
                assert!(tx.send(tracker.make(n)).is_ok());
            }
            thread::scope(|scope| {
                for _ in 0..2 {
                    let (tx, tracker) = (tx.clone(), &tracker);
                    scope.spawn(move || ignore(tx.send(tracker.make(0))));
                }
                scope.spawn(move || drop(rx));
            });
            assert_eq!(tracker.alive(), 0);
        }
    });
}

/// crossbeam, tachyonix: what was given to `mem::forget` left freed memory in a list, or unwritten slots to be dropped.
#[test]
fn r082_mpsc_what_is_forgotten_harms_nobody() {
    let tracker = Tracker::new();
    let (tx, mut rx) = mpsc::channel(4);
    mem::forget(tx.try_reserve());
    mem::forget(tx.try_reserve_many(1));
    tx.try_send(tracker.make(0)).unwrap_or_else(|_| panic!());
    mem::forget(tx.reserve());
    mem::forget(rx.recv());
    let mut buffer = Vec::new();
    mem::forget(rx.recv_many(&mut buffer, 9));
    assert!(tx.try_send(tracker.make(1)).is_ok());
    assert!(
        tx.try_send(tracker.make(2)).is_err(),
        "two permits are out for good"
    );
    assert_eq!(now(rx.recv()).map(|m| m.id()), Some(0));
    rx.close();
    assert_eq!(now(rx.recv()).map(|m| m.id()), Some(1));
    assert!(rx.try_recv().is_err());
    drop((tx, rx));
    assert_eq!(tracker.alive(), 0);
}

/// tachyonix: a future was forgotten while it waited.
#[test]
fn r083_mpsc_a_forgotten_waiter_stays_valid() {
    watchdog("forgotten waiters", || {
        let (tx, mut rx) = mpsc::channel(1);
        let counter = Counter::new();
        let mut recv = Box::pin(rx.recv());
        assert!(poll_once(recv.as_mut(), &counter).is_pending());
        mem::forget(recv);
        tx.try_send(0).unwrap(); // wakes the forgotten one
        assert_eq!((counter.wakes(), counter.wakers_alive()), (1, 0));
        for message in 1..4 {
            let mut send = Box::pin(tx.send(message));
            assert!(poll_once(send.as_mut(), &Counter::new()).is_pending());
            mem::forget(send);
        }
        let mut closed = Box::pin(tx.closed());
        assert!(poll_once(closed.as_mut(), &Counter::new()).is_pending());
        mem::forget(closed);
        let mut reserve = Box::pin(tx.reserve_many(1));
        assert!(poll_once(reserve.as_mut(), &Counter::new()).is_pending());
        mem::forget(reserve);
        let mut sender = PollSender::new(tx.clone());
        let mut cx = Context::from_waker(std::task::Waker::noop());
        assert!(sender.poll_reserve(&mut cx).is_pending());
        mem::forget(sender); // and with it a handle: the channel is never freed
        assert_eq!(now(rx.recv()), Some(0));
        // Close walks over all of them.
        rx.close();
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
        drop((tx, rx));
    });
}

/// concurrent-queue and others: two threads slept, each waiting for what the other had done already.
#[test]
fn r088_mpsc_two_threads_that_sleep_on_each_other() {
    watchdog("ping and pong", || {
        let (ping, mut pinged) = mpsc::channel(1);
        let (pong, mut ponged) = mpsc::unbounded_channel();
        let echo = thread::spawn(move || {
            while let Some(n) = pinged.blocking_recv() {
                pong.send(n).unwrap();
            }
        });
        for n in 0..20_000 {
            ping.blocking_send(n).unwrap();
            if n % 2 == 0 {
                assert_eq!(ponged.blocking_recv(), Some(n));
            } else {
                assert_eq!(futures_lite::future::block_on(ponged.recv()), Some(n));
            }
        }
        drop(ping);
        echo.join().unwrap();
        assert_eq!(ponged.blocking_recv(), None);
    });
}

/// crossbeam, tokio: a capacity near the largest number overflowed.
#[test]
fn r094_mpsc_capacities_at_the_edges() {
    for capacity in [1, 2, 3, 7, 8, 9, 15, 16, 17, 63, 64, 65] {
        let (tx, mut rx) = mpsc::channel(capacity);
        for lap in 0..3 {
            for n in 0..capacity {
                assert_eq!(tx.capacity(), capacity - n);
                tx.try_send(lap).unwrap();
            }
            assert_eq!(tx.try_send(9), Err(TrySendError::Full(9)));
            for _ in 0..capacity {
                assert_eq!(rx.try_recv(), Ok(lap));
            }
        }
    }
    for capacity in [0, usize::MAX, usize::MAX / 2 + 1] {
        let made = catch_unwind(|| mpsc::channel::<u64>(capacity));
        assert!(made.is_err(), "capacity {capacity}");
    }
}

/// tokio: a message that panicked when it was dropped kept the others from being dropped.
#[test]
fn r099_mpsc_a_drop_that_panics_stops_no_other_drop() {
    struct Bomb(#[allow(dead_code)] crate::common::Tracked, bool);
    impl Drop for Bomb {
        fn drop(&mut self) {
            if self.1 {
                std::panic::resume_unwind(Box::new("a planned panic"));
            }
        }
    }
    let tracker = &Tracker::new();
    let bombs = |n: usize| (0..n).map(move |i| Bomb(tracker.make(i), i == 0 || i == n / 2));
    let (tx, rx) = mpsc::channel(40);
    bombs(40).for_each(|bomb| assert!(tx.try_send(bomb).is_ok()));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(rx))).is_err());
    assert_eq!(tracker.alive(), 0);
    assert!(tx.is_closed());
    let (tx, rx) = mpsc::unbounded_channel();
    bombs(100).for_each(|bomb| assert!(tx.send(bomb).is_ok()));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(rx))).is_err());
    assert_eq!(tracker.alive(), 0);
    assert!(tx.is_closed());
}

/// tokio: a waker that was left in the channel stayed there for as long as its senders did.
#[test]
fn r106_mpsc_a_receiver_takes_its_waker_along() {
    let counter = Counter::new();
    let waker = counter.waker();
    let mut cx = Context::from_waker(&waker);
    // The end is still to come, from a permit that nobody uses.
    let (tx, mut rx) = mpsc::channel::<u8>(2);
    let permit = tx.try_reserve().unwrap();
    rx.close();
    assert!(rx.poll_recv(&mut cx).is_pending());
    assert_eq!(counter.wakers_alive(), 2);
    // A poll for nothing is not a wait, and changes none.
    let polled = rx.poll_recv_many(&mut cx, &mut Vec::new(), 0);
    assert_eq!(polled, Poll::Ready(0));
    drop(rx);
    assert_eq!(counter.wakers_alive(), 1, "the senders keep it");
    drop(permit);
    let (tx, mut rx) = mpsc::unbounded_channel::<u8>();
    assert!(rx.poll_recv(&mut cx).is_pending());
    drop(rx);
    assert_eq!(counter.wakers_alive(), 1);
    drop(tx);
}

/// thingbuf, crossbeam, asyncband: messages or wakers outlived a channel all of whose handles were gone.
#[test]
fn r110_mpsc_nothing_outlives_the_channel() {
    let tracker = Tracker::new();
    let counter = Counter::new();
    for count in [0, 1, 31, 32, 33, 64, 100] {
        for taken in [0, 1, 32, 50] {
            for senders_first in [false, true] {
                let (tx, mut rx) = mpsc::unbounded_channel();
                (0..count).for_each(|n| assert!(tx.send(tracker.make(n)).is_ok()));
                (0..taken).for_each(|_| ignore(rx.try_recv()));
                while count <= taken
                    && rx
                        .poll_recv(&mut Context::from_waker(&counter.waker()))
                        .is_ready()
                {}
                if senders_first {
                    drop(tx);
                    drop(rx);
                } else {
                    drop(rx);
                    drop(tx);
                }
                assert_eq!((tracker.alive(), counter.wakers_alive()), (0, 0));
            }
        }
    }
}

/// async-channel and others, by a receiver that gives up while senders are at work: nothing is lost, nobody sleeps on.
#[test]
fn r031_mpsc_a_cancelled_receive_leaves_the_message() {
    watchdog("receives that are given up", || {
        let (tx, mut rx) = mpsc::channel(2);
        let stop = Arc::new(AtomicBool::new(false));
        let sender = {
            let stop = stop.clone();
            thread::spawn(move || {
                let mut n = 0;
                while !stop.load(SeqCst) {
                    match tx.blocking_send(n) {
                        Ok(()) => n += 1,
                        Err(SendError(_)) => break,
                    }
                }
                n
            })
        };
        let mut got = 0;
        let counter = Counter::new();
        while got < 20_000 {
            // Polled once and dropped, told or not.
            let polled = poll_once(pin!(rx.recv()), &counter);
            let next = match polled {
                Poll::Ready(next) => next,
                Poll::Pending => rx.blocking_recv(),
            };
            assert_eq!(next, Some(got));
            got += 1;
        }
        stop.store(true, SeqCst);
        rx.close();
        while let Some(n) = rx.blocking_recv() {
            assert_eq!(n, got);
            got += 1;
        }
        assert_eq!(sender.join().unwrap(), got);
    });
}
