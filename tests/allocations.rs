//! What the channel asks of the allocator, counted by an allocator that counts for each thread.
#![cfg(all(
    feature = "std",
    feature = "stream",
    not(any(wakering_loom, wakering_shuttle))
))]

#[path = "common/mod.rs"]
mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Waker};
use std::time::Duration;

use wakering::{
    RecvTimeoutError, SendTimeoutError, bounded, broadcast, mpsc, oneshot, unbounded, watch,
};

struct Counting;

thread_local! {
    /// Allocations made by this thread, and bytes it holds (what it freed less what it took).
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    static BYTES: Cell<isize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that is being torn down has no counters any more; it is not under test.
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        let _ = BYTES.try_with(|bytes| bytes.set(bytes.get() + layout.size() as isize));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        let _ = BYTES.try_with(|bytes| bytes.set(bytes.get() - layout.size() as isize));
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The allocations that `action` makes on this thread.
fn allocations<R>(action: impl FnOnce() -> R) -> (R, usize) {
    let before = ALLOCATIONS.get();
    let result = action();
    (result, ALLOCATIONS.get() - before)
}

/// The bytes that are still held after `action`.
fn growth(action: impl FnOnce()) -> isize {
    let before = BYTES.get();
    action();
    BYTES.get() - before
}

fn noop() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// Polls `future` until it has a place in line: in its first poll it may put that off by a turn, and has no place yet.
fn stands_in_line(mut future: Pin<&mut impl Future>) {
    for _ in 0..2 {
        assert!(future.as_mut().poll(&mut noop()).is_pending());
    }
}

/// One for the state, one for the slots, whatever the capacity; and all of it comes back.
#[test]
fn a_channel_costs_two_allocations() {
    for capacity in [1, 2, 64, 1000] {
        let mut made = 0;
        let left = growth(|| {
            let (channel, count) = allocations(|| bounded::<u64>(capacity));
            made = count;
            let (tx, rx) = channel;
            let (_, handles) = allocations(|| (tx.clone(), rx.clone(), tx.downgrade()));
            assert_eq!(handles, 0, "a handle is a pointer");
        });
        assert!(
            (1..=2).contains(&made),
            "{made} allocations at capacity {capacity}"
        );
        assert_eq!(left, 0, "not given back");
    }
}

/// Without a bound too: the first segment is there from the start (R81), and all of it comes back.
#[test]
fn an_unbounded_channel_costs_two_allocations() {
    let mut made = 0;
    let left = growth(|| {
        let (channel, count) = allocations(unbounded::<u64>);
        made = count;
        drop(channel);
    });
    assert!((1..=2).contains(&made), "{made} allocations");
    assert_eq!(left, 0, "not given back");
}

/// rust-lang, futures: a burst was never given back, or each message was allocated.
#[test]
fn r109_a_burst_is_given_back() {
    const MILLION: u64 = 1_000_000;
    /// A few segments of some dozens of messages each.
    const SMALL: isize = 8 * 1024;
    let left = growth(|| {
        let (tx, rx) = unbounded::<u64>();
        for round in 0..2 {
            let (mut most, mut counts) = (0, 0);
            let kept = growth(|| {
                let before = BYTES.get();
                let ((), count) = allocations(|| {
                    (0..MILLION).for_each(|i| tx.try_send(i).unwrap());
                });
                counts = count as u64;
                most = BYTES.get() - before;
                if round == 0 {
                    assert!(rx.try_iter().eq(0..MILLION));
                } else {
                    let mut messages = Vec::with_capacity(MILLION as usize);
                    assert_eq!(
                        rx.try_recv_many(&mut messages, usize::MAX),
                        MILLION as usize
                    );
                }
            });
            assert!(counts < MILLION / 20, "{counts} allocations");
            assert!(most < 24 * MILLION as isize, "{most} bytes for 8 million");
            assert!(kept < SMALL, "{kept} bytes kept");
        }
    });
    assert_eq!(left, 0, "not given back");
}

/// What is queued when the last receiver goes, or when both sides go, is given back at once.
#[test]
fn r110_what_is_queued_is_given_back() {
    let left = growth(|| {
        let (tx, rx) = unbounded();
        let kept = growth(|| {
            (0..10_000_u64).for_each(|i| tx.try_send(Box::new(i)).unwrap());
            drop(rx);
        });
        assert!(kept < 8 * 1024, "{kept} bytes kept");
        assert!(tx.try_send(Box::new(0)).is_err());
        let (tx, rx) = unbounded();
        (0..10_000_u64).for_each(|i| tx.try_send(Box::new(i)).unwrap());
        drop(tx);
        drop(rx);
    });
    assert_eq!(left, 0);
}

/// In a steady flow the segments go round.
#[test]
fn messages_without_a_bound_allocate_little() {
    let (tx, rx) = unbounded::<u64>();
    let ((), count) = allocations(|| {
        for i in 0..10_000 {
            for n in 0..40 {
                tx.try_send(i + n).unwrap();
            }
            assert_eq!(rx.drain().count(), 40);
        }
    });
    assert!(count <= 4, "{count} allocations");
}

#[test]
fn messages_allocate_nothing() {
    let (tx, rx) = bounded::<u64>(64);
    let ((), count) = allocations(|| {
        for i in 0..10_000 {
            tx.try_send(i).unwrap();
            assert_eq!(rx.try_recv(), Ok(i));
            let mut send = pin!(tx.send(i));
            while send.as_mut().poll(&mut noop()).is_pending() {}
            let mut recv = pin!(rx.recv());
            while recv.as_mut().poll(&mut noop()).is_pending() {}
            tx.try_reserve().unwrap().send(i);
            tx.force_send(i).unwrap();
            tx.send_blocking(i).unwrap();
            assert_eq!(rx.drain().count(), 3);
        }
    });
    assert_eq!(count, 0);
}

/// The futures carry their own place in the queue.
#[test]
fn waiting_allocates_nothing() {
    let (tx, rx) = bounded::<u64>(1);
    let ((), count) = allocations(|| {
        for i in 0..1_000 {
            let (mut first, mut second) = (pin!(rx.recv()), pin!(rx.recv()));
            assert!(first.as_mut().poll(&mut noop()).is_pending());
            assert!(second.as_mut().poll(&mut noop()).is_pending());
            tx.try_send(i).unwrap();
            while first.as_mut().poll(&mut noop()).is_pending() {}
            tx.try_send(i).unwrap();
            let (mut send, mut reserve) = (pin!(tx.send(i)), pin!(tx.reserve()));
            stands_in_line(send.as_mut());
            assert!(reserve.as_mut().poll(&mut noop()).is_pending());
            let mut closed = pin!(tx.closed());
            assert!(closed.as_mut().poll(&mut noop()).is_pending());
            while second.as_mut().poll(&mut noop()).is_pending() {}
            while send.as_mut().poll(&mut noop()).is_pending() {}
            assert_eq!(rx.try_recv(), Ok(i));
        }
    });
    assert_eq!(count, 0);
}

/// A handle that waits by itself (`Stream`, `poll_recv`) has one place to wait, made once.
#[test]
fn a_handle_makes_its_place_to_wait_once() {
    let (tx, mut rx) = bounded::<u64>(1);
    let mut wait = |expected: usize| {
        let ((), count) = allocations(|| {
            for i in 0..1_000 {
                assert!(rx.poll_recv(&mut noop()).is_pending());
                tx.try_send(i).unwrap();
                while rx.poll_recv(&mut noop()).is_pending() {}
            }
        });
        assert!(count <= expected, "{count} allocations");
    };
    wait(1);
    wait(0);
}

/// The same of `mpsc`: no message allocates, no wait does, and a `PollSender` makes its place to wait once.
#[test]
fn mpsc_allocates_nothing_by_the_message() {
    let (tx, mut rx) = mpsc::channel::<u64>(1);
    let mut sender = mpsc::PollSender::new(tx.clone());
    let mut round = |expected: usize| {
        let mut buffer = Vec::with_capacity(4);
        let ((), count) = allocations(|| {
            for i in 0..1_000 {
                {
                    let mut recv = pin!(rx.recv());
                    assert!(recv.as_mut().poll(&mut noop()).is_pending());
                    tx.try_send(i).unwrap();
                    let (mut send, mut reserve) = (pin!(tx.send(i)), pin!(tx.reserve()));
                    stands_in_line(send.as_mut());
                    assert!(reserve.as_mut().poll(&mut noop()).is_pending());
                    assert!(sender.poll_reserve(&mut noop()).is_pending());
                    while recv.as_mut().poll(&mut noop()).is_pending() {}
                    while send.as_mut().poll(&mut noop()).is_pending() {}
                }
                {
                    let mut many = pin!(rx.recv_many(&mut buffer, 4));
                    while many.as_mut().poll(&mut noop()).is_pending() {}
                }
                buffer.clear();
                while sender.poll_reserve(&mut noop()).is_pending() {}
                sender.send_item(i).unwrap();
                while rx.poll_recv(&mut noop()).is_pending() {}
                assert!(rx.poll_recv(&mut noop()).is_pending());
                tx.blocking_send(i).unwrap();
                assert_eq!(rx.blocking_recv(), Some(i));
            }
        });
        assert!(count <= expected, "{count} allocations");
    };
    round(1);
    round(0);

    // Without a bound: segments, one for some dozens of messages, and used again.
    let (tx, mut rx) = mpsc::unbounded_channel::<u64>();
    let mut round = || {
        let ((), count) = allocations(|| {
            for i in 0..10_000 {
                {
                    let mut recv = pin!(rx.recv());
                    assert!(recv.as_mut().poll(&mut noop()).is_pending());
                    tx.send(i).unwrap();
                    while recv.as_mut().poll(&mut noop()).is_pending() {}
                }
                tx.send(i).unwrap();
                assert_eq!(rx.try_recv(), Ok(i));
            }
        });
        count
    };
    round();
    assert_eq!(round(), 0);
}

/// A thread that blocks makes what it parks with at most once.
#[test]
fn a_blocked_thread_allocates_nothing_after_the_first_wait() {
    common::watchdog("blocking", || {
        let (tx, rx) = bounded::<u64>(1);
        let wait = |moment| {
            assert_eq!(rx.recv_timeout(moment), Err(RecvTimeoutError::Timeout));
            tx.try_send(1).unwrap();
            assert_eq!(
                tx.send_timeout(2, moment),
                Err(SendTimeoutError::Timeout(2))
            );
            assert_eq!(rx.try_recv(), Ok(1));
        };
        // It has gone to sleep when it has made that: on a busy machine the time may be up before.
        while allocations(|| wait(Duration::from_millis(20))).1 == 0 {}
        let ((), count) = allocations(|| (0..200).for_each(|_| wait(Duration::from_millis(1))));
        assert_eq!(count, 0);
    });
}

/// flume, tokio, loole: what was cancelled stayed in the queue until the next message.
#[test]
fn r107_cancelled_waits_leave_nothing_behind() {
    const MILLION: usize = 1_000_000;
    let (tx, rx) = bounded::<u64>(1);
    let left = growth(|| {
        for _ in 0..MILLION {
            assert!(pin!(rx.recv()).poll(&mut noop()).is_pending());
        }
    });
    assert_eq!(left, 0, "receives");
    tx.try_send(0).unwrap();
    let left = growth(|| {
        for i in 0..MILLION as u64 {
            assert!(pin!(tx.send(i)).poll(&mut noop()).is_pending());
        }
    });
    assert_eq!(left, 0, "sends");
    let left = growth(|| {
        for _ in 0..MILLION {
            assert!(pin!(tx.closed()).poll(&mut noop()).is_pending());
            assert!(pin!(tx.reserve()).poll(&mut noop()).is_pending());
        }
    });
    assert_eq!(left, 0, "permits and closed()");
}

#[test]
fn r107_timeouts_leave_nothing_behind() {
    common::watchdog("r107, timeouts", || {
        const MILLION: usize = 1_000_000;
        let (tx, rx) = bounded::<u64>(1);
        // The first one may keep what the thread parks with.
        assert!(rx.recv_timeout(Duration::ZERO).is_err());
        let left = growth(|| {
            for _ in 0..MILLION {
                assert!(rx.recv_timeout(Duration::ZERO).is_err());
            }
            for _ in 0..1_000 {
                assert!(rx.recv_timeout(Duration::from_micros(1)).is_err());
            }
        });
        assert_eq!(left, 0, "receives");
        tx.try_send(0).unwrap();
        let left = growth(|| {
            for _ in 0..MILLION {
                assert!(tx.send_timeout(1, Duration::ZERO).is_err());
            }
        });
        assert_eq!(left, 0, "sends");
    });
}

/// Repeated polls of one wait, and a wait that other messages pass by, register once.
#[test]
fn r107_repeated_polls_leave_nothing_behind() {
    let (tx, rx) = bounded::<u64>(2);
    let mut recv = Box::pin(rx.recv());
    let left = growth(|| {
        for _ in 0..100_000 {
            assert!(recv.as_mut().poll(&mut noop()).is_pending());
        }
    });
    assert_eq!(left, 0);
    let left = growth(|| {
        for i in 0..100_000 {
            tx.try_send(i).unwrap();
            rx.try_recv().unwrap();
        }
    });
    assert_eq!(left, 0);
}

/// tokio: memory in proportion to the most waiters there ever were, never given back.
#[test]
fn r108_many_waiters_leave_nothing_behind() {
    let (tx, mut rx) = bounded::<u64>(1);
    let left = growth(|| {
        let mut waiting: Vec<_> = (0..10_000).map(|_| Box::pin(rx.recv())).collect();
        for recv in &mut waiting {
            assert!(recv.as_mut().poll(&mut noop()).is_pending());
        }
        let handles: Vec<_> = (0..100).map(|_| (tx.clone(), rx.clone())).collect();
        drop((waiting, handles));
    });
    assert_eq!(left, 0);
    let mut polled = pin!(poll_fn(|cx| rx.poll_recv(cx)));
    assert!(polled.as_mut().poll(&mut noop()).is_pending());
}

/// The one consumer waits in the channel itself, from the first time on.
#[test]
fn an_mpsc_receiver_waits_without_allocating() {
    let (tx, mut rx) = mpsc::channel::<u64>(1);
    let (unbounded_tx, mut unbounded_rx) = mpsc::unbounded_channel::<u64>();
    let mut buffer = Vec::with_capacity(4);
    let ((), count) = allocations(|| {
        for i in 0..10 {
            assert!(rx.poll_recv(&mut noop()).is_pending());
            assert!(rx.poll_recv_many(&mut noop(), &mut buffer, 4).is_pending());
            assert!(pin!(rx.recv()).poll(&mut noop()).is_pending());
            tx.try_send(i).unwrap();
            assert!(rx.poll_recv(&mut noop()).is_ready());
            assert!(unbounded_rx.poll_recv(&mut noop()).is_pending());
            unbounded_tx.send(i).unwrap();
            assert!(unbounded_rx.poll_recv(&mut noop()).is_ready());
        }
    });
    assert_eq!(count, 0);
}

/// A channel for one message is one allocation, and to wait takes none.
#[test]
fn a_oneshot_channel_costs_one_allocation() {
    let left = growth(|| {
        for sends in [true, false] {
            let (channel, count) = allocations(oneshot::channel::<[u64; 8]>);
            assert_eq!(count, 1);
            let (mut tx, mut rx) = channel;
            let ((), count) = allocations(|| {
                for _ in 0..100 {
                    assert!(pin!(&mut rx).poll(&mut noop()).is_pending());
                    assert!(pin!(tx.closed()).poll(&mut noop()).is_pending());
                    assert!(tx.poll_closed(&mut noop()).is_pending());
                }
                if sends {
                    tx.send([1; 8]).unwrap();
                } else {
                    drop(tx);
                }
                assert!(pin!(&mut rx).poll(&mut noop()).is_ready());
            });
            assert_eq!(count, 0);
            assert_eq!(
                size_of_val(&rx),
                size_of::<usize>(),
                "a handle is a pointer"
            );
        }
        // A message that nobody receives goes with the receiver.
        let (tx, rx) = oneshot::channel();
        tx.send(vec![1_u64; 100]).unwrap();
        drop(rx);
        // With one that cannot be sent nothing stays behind either.
        let (tx, rx) = oneshot::channel();
        drop(rx);
        assert!(tx.send(vec![1_u64; 100]).is_err());
    });
    assert_eq!(left, 0, "not given back");
}

/// Also beside a sender that stays.
#[test]
fn r107_cancelled_waits_of_oneshot_leave_nothing_behind() {
    const MILLION: usize = 1_000_000;
    let (mut tx, mut rx) = oneshot::channel::<u64>();
    // The first one may keep what the thread parks with.
    let moment = Duration::from_micros(1);
    assert!(rx.blocking_recv_timeout(moment).is_err());
    let left = growth(|| {
        for _ in 0..MILLION {
            assert!(pin!(&mut rx).poll(&mut noop()).is_pending());
            assert!(pin!(tx.closed()).poll(&mut noop()).is_pending());
        }
        for _ in 0..MILLION {
            assert!(rx.blocking_recv_timeout(Duration::ZERO).is_err());
        }
        for _ in 0..1_000 {
            assert!(rx.blocking_recv_timeout(moment).is_err());
        }
    });
    assert_eq!(left, 0);
}

/// Two allocations for the channel; none to send, to receive, to subscribe, to wait or to give up waiting, but for the
/// place of a receiver that waits as a stream. And all of it comes back.
#[test]
fn r107_broadcast_allocates_its_slots_and_no_more() {
    use broadcast::error::RecvTimeoutError::Timeout;
    // The place to sleep of this thread is made once, when it first does: on a slow machine the time may be up before that.
    let (_tx, mut rx) = broadcast::channel::<u64>(1);
    for _ in 0..1000 {
        let mut sleep = || rx.blocking_recv_timeout(Duration::from_millis(1));
        if growth(|| assert_eq!(sleep(), Err(Timeout))) > 0 {
            break;
        }
    }
    for capacity in [1, 3, 64] {
        let left = growth(|| {
            let ((tx, mut rx), made) = allocations(|| broadcast::channel::<u64>(capacity));
            assert!((1..=2).contains(&made), "{made} allocations");
            assert!(rx.poll_recv(&mut noop()).is_pending());
            assert_eq!(
                rx.blocking_recv_timeout(Duration::from_millis(1)),
                Err(Timeout)
            );
            let mut closed = pin!(tx.closed());
            let ((), count) = allocations(|| {
                for i in 0..1000 {
                    assert!(pin!(rx.recv()).poll(&mut noop()).is_pending());
                    assert!(rx.poll_recv(&mut noop()).is_pending());
                    assert!(closed.as_mut().poll(&mut noop()).is_pending());
                    let mut other = tx.subscribe();
                    for n in 0..capacity {
                        tx.send(i + n as u64).unwrap();
                    }
                    assert!(pin!(tx.send_lossless(0)).poll(&mut noop()).is_pending());
                    assert!(tx.clone().send(i).is_ok());
                    assert!(rx.try_recv().is_err() && other.try_recv().is_err());
                    while rx.try_recv().is_ok() {}
                }
            });
            assert_eq!(count, 0);
            let waits = growth(|| {
                for _ in 0..100_000 {
                    assert!(pin!(rx.recv()).poll(&mut noop()).is_pending());
                    assert_eq!(rx.blocking_recv_timeout(Duration::ZERO), Err(Timeout));
                }
            });
            assert_eq!(waits, 0);
        });
        assert_eq!(left, 0, "bytes not given back");
    }
}

/// Futures are stored in tasks by the thousand: their size is part of what waiting costs.
#[cfg(target_pointer_width = "64")]
#[test]
fn futures_are_small() {
    let (tx, rx) = bounded::<u64>(1);
    let recv = size_of_val(&rx.recv());
    let send = size_of_val(&tx.send(0));
    assert!(recv <= 64, "recv: {recv} bytes");
    assert!(send <= 80, "send of 8 bytes: {send} bytes");
    assert!(size_of_val(&tx) <= 16 && size_of_val(&tx.downgrade()) <= 16);
    let (tx, mut rx) = mpsc::channel::<u64>(1);
    let recv = size_of_val(&rx.recv());
    let send = size_of_val(&tx.send(0));
    assert!(recv <= 16, "mpsc, recv: {recv} bytes");
    assert!(send <= 80, "mpsc, send of 8 bytes: {send} bytes");
    let (tx, mut rx) = broadcast::channel::<u64>(1);
    let recv = size_of_val(&rx.recv());
    assert!(recv <= 64, "broadcast, recv: {recv} bytes");
    assert!(size_of_val(&tx) <= 16 && size_of_val(&rx) <= 48);
}

/// Nothing is kept, so there is nothing to keep it in; and messages go from future to future.
#[test]
fn a_meeting_allocates_nothing() {
    let ((tx, rx), count) = allocations(|| bounded::<[u64; 100]>(0));
    assert_eq!(count, 1, "the state");
    let ((), count) = allocations(|| {
        for i in 0..1_000 {
            let mut recv = pin!(rx.recv());
            assert!(recv.as_mut().poll(&mut noop()).is_pending());
            let mut send = pin!(tx.send([i; 100]));
            assert!(send.as_mut().poll(&mut noop()).is_pending());
            assert!(recv.as_mut().poll(&mut noop()).is_ready());
            assert!(send.as_mut().poll(&mut noop()).is_ready());
            let mut cancelled = pin!(tx.send([i; 100]));
            assert!(cancelled.as_mut().poll(&mut noop()).is_pending());
            assert!(cancelled.cancel().is_some());
        }
    });
    assert_eq!(count, 0);
    // Not even many that give up without any traffic.
    let left = growth(|| {
        for _ in 0..10_000 {
            assert!(pin!(tx.send([0; 100])).poll(&mut noop()).is_pending());
        }
        let mut batch = std::collections::VecDeque::from([[1; 100], [2; 100]]);
        let ((), count) = allocations(|| {
            let mut send = pin!(tx.send_many(&mut batch));
            assert!(send.as_mut().poll(&mut noop()).is_pending());
            assert!(rx.try_recv().is_ok());
            assert!(send.as_mut().poll(&mut noop()).is_pending());
        });
        assert_eq!((count, batch.len()), (0, 1));
    });
    assert_eq!(left, 0, "kept for nobody");
}

/// A value is put where another one was, and waiting takes a place in the future.
#[test]
fn a_watch_channel_that_runs_allocates_nothing() {
    let (tx, mut rx) = watch::channel(0);
    let mut cx = noop();
    tx.send(1).unwrap(); // the second place
    assert!(rx.poll_changed(&mut cx).is_ready());
    assert!(rx.poll_changed(&mut cx).is_pending()); // the place to wait
    let (_, made) = allocations(|| {
        for n in 0..1000 {
            tx.send(n).unwrap();
            assert!(rx.poll_changed(&mut cx).is_ready());
            assert!(pin!(rx.changed()).poll(&mut cx).is_pending());
            assert!(rx.poll_changed(&mut cx).is_pending());
            assert_eq!(tx.send_replace(n + 1), n);
            tx.send_modify(|n| *n += 1);
            assert_eq!(*rx.borrow_and_update(), n + 2);
        }
    });
    assert_eq!(made, 0);
}

/// As many places as values are held at a time, and no more, however many are sent.
#[test]
fn held_values_of_a_watch_channel_bound_its_memory() {
    let (tx, rx) = watch::channel(0u64);
    let round = || {
        let mut held = Vec::with_capacity(10);
        for n in 0..10 {
            held.push(rx.borrow());
            tx.send(n).unwrap();
        }
    };
    round();
    assert_eq!(growth(|| (0..100).for_each(|_| round())), 0);
}

/// A million waits that are given up leave nothing behind.
#[test]
fn cancelled_waits_of_a_watch_channel_leave_nothing() {
    let (_tx, mut rx) = watch::channel(0);
    let grown = growth(|| {
        for _ in 0..1_000_000 {
            assert!(pin!(rx.changed()).poll(&mut noop()).is_pending());
        }
    });
    assert_eq!(grown, 0);
}
