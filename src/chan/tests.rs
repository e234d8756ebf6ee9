//! What needs a sender or receiver that is stopped in the middle of its act.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::pin::Pin;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::TryRecvError;
use crate::mpmc::{Receiver, Sender, bounded};
use crate::sync::EXACT_BELOW;
use crate::wait::Gate;

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn poll_with<F: Future>(future: Pin<&mut F>, count: &Arc<Count>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(&Waker::from(count.clone())))
}

/// The wake half of a stalled sender: who finds its message unfinished is polled again, and gets both messages.
#[test]
fn r068_a_receiver_does_not_sleep_on_an_unfinished_message() {
    let (tx, rx) = bounded(4);
    let count = Arc::new(Count::default());
    let mut recv = Box::pin(rx.recv());
    assert!(poll_with(recv.as_mut(), &count).is_pending());
    let stalled = tx.handle.ring().claim_push().ok().unwrap();
    tx.try_send(2).unwrap();
    assert_eq!(
        count.0.load(Ordering::Relaxed),
        1,
        "told of the second message"
    );
    assert!(poll_with(recv.as_mut(), &count).is_pending());
    assert_eq!(
        count.0.load(Ordering::Relaxed),
        2,
        "it wakes itself meanwhile"
    );
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    let before = stalled.publish(1);
    tx.handle.sent(before, 1);
    assert_eq!(poll_with(recv.as_mut(), &count), Poll::Ready(Ok(1)));
    assert_eq!(rx.try_recv(), Ok(2));
}

/// The same with two receivers, the second of which falls asleep while the message is unfinished.
#[test]
fn r068_two_receivers() {
    let (tx, rx) = bounded(4);
    let counts = [(); 2].map(|()| Arc::new(Count::default()));
    let mut first = Box::pin(rx.recv());
    assert!(poll_with(first.as_mut(), &counts[0]).is_pending());
    let stalled = tx.handle.ring().claim_push().ok().unwrap();
    let mut second = Box::pin(rx.recv());
    assert!(poll_with(second.as_mut(), &counts[1]).is_pending());
    assert_eq!(counts[1].0.load(Ordering::Relaxed), 1, "wakes itself");
    let before = stalled.publish(1);
    tx.handle.sent(before, 1);
    assert_eq!(counts[0].0.load(Ordering::Relaxed), 1);
    assert_eq!(poll_with(second.as_mut(), &counts[1]), Poll::Ready(Ok(1)));
    assert!(poll_with(first.as_mut(), &counts[0]).is_pending());
    tx.try_send(2).unwrap();
    assert_eq!(counts[0].0.load(Ordering::Relaxed), 2, "it kept its place");
    assert_eq!(poll_with(first.as_mut(), &counts[0]), Poll::Ready(Ok(2)));
}

/// A sender that finds the only free slot still being read wakes itself, and a blocking one does not hang.
#[test]
fn r114_a_sender_does_not_spin_on_a_slot_in_use() {
    let (tx, rx) = bounded(1);
    tx.try_send(1).unwrap();
    let stalled = rx.handle.ring().claim_pop().ok().unwrap();
    let count = Arc::new(Count::default());
    let mut send = Box::pin(tx.send(2));
    assert!(poll_with(send.as_mut(), &count).is_pending());
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
    let late = tx.send_timeout(3, Duration::from_millis(20));
    assert!(late.unwrap_err().is_timeout());
    assert_eq!(stalled.take(), 1);
    assert!(poll_with(send.as_mut(), &count).is_ready());
}

/// A close while a message is unfinished: it is delivered, and only then comes the end.
#[test]
fn close_waits_for_an_unfinished_message() {
    let (tx, rx) = bounded(2);
    let stalled = tx.handle.ring().claim_push().ok().unwrap();
    tx.close();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    let before = stalled.publish(1);
    tx.handle.sent(before, 1);
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
}

/// The last receiver goes while a message is unfinished: it waits for it and drops it while the sender lives on.
#[test]
fn last_receiver_waits_for_an_unfinished_message() {
    let (tx, rx) = bounded(2);
    let message = Arc::new(());
    let stalled = tx.handle.ring().claim_push().ok().unwrap();
    let dropper = thread::spawn(move || drop(rx));
    while !tx.is_closed() {
        thread::yield_now();
    }
    let patience = Instant::now() + Duration::from_millis(20);
    while Instant::now() < patience {
        assert!(!dropper.is_finished());
    }
    stalled.publish(message.clone());
    dropper.join().unwrap();
    assert_eq!(Arc::strong_count(&message), 1);
    assert!(tx.try_send(message).is_err());
}

/// An event that meets a slot in use wakes the first reservation to look for itself. When that one is served by another
/// event meanwhile, or gives up, the first event is for the next one.
#[test]
fn an_event_that_met_a_slot_in_use_is_not_lost() {
    for gives_up in [false, true] {
        let (tx, rx) = bounded(2);
        tx.try_send(1).unwrap();
        tx.try_send(2).unwrap();
        let counts = [(); 2].map(|()| Arc::new(Count::default()));
        let mut first = Box::pin(tx.reserve());
        let mut second = Box::pin(tx.reserve());
        assert!(poll_with(first.as_mut(), &counts[0]).is_pending());
        assert!(poll_with(second.as_mut(), &counts[1]).is_pending());
        let stalled = rx.handle.ring().claim_pop().ok().unwrap();
        assert_eq!(rx.try_recv(), Ok(2));
        assert_eq!(counts[0].0.load(Ordering::Relaxed), 1);
        assert_eq!(stalled.take(), 1);
        if gives_up {
            drop(first);
        } else {
            rx.handle.room().notify(1);
            assert!(poll_with(first.as_mut(), &counts[0]).is_ready());
        }
        assert_eq!(counts[1].0.load(Ordering::Relaxed), 1);
        assert!(poll_with(second.as_mut(), &counts[1]).is_ready());
    }
}

/// The same, with a first reservation that looks too early once more.
#[test]
fn an_event_that_met_a_slot_in_use_stands_until_it_is_used() {
    let (tx, rx) = bounded(2);
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    let count = Arc::new(Count::default());
    let mut both = Box::pin(tx.reserve_many(2));
    assert!(poll_with(both.as_mut(), &count).is_pending());
    let stalled = rx.handle.ring().claim_pop().ok().unwrap();
    assert_eq!(rx.try_recv(), Ok(2));
    for woken in 1..5 {
        assert_eq!(count.0.load(Ordering::Relaxed), woken, "it wakes itself");
        assert!(poll_with(both.as_mut(), &count).is_pending());
    }
    assert_eq!(stalled.take(), 1);
    assert!(poll_with(both.as_mut(), &count).is_ready());
}

/// A waker that panics when it is dropped, while a reservation gives up a part of its room: the room comes back.
#[test]
fn r100_a_panicking_waker_does_not_keep_room() {
    struct Bomb;

    impl Wake for Bomb {
        fn wake(self: Arc<Self>) {}
    }

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("planned");
        }
    }

    let (tx, rx) = bounded(4);
    for n in 0..4 {
        tx.try_send(n).unwrap();
    }
    let mut reserve = Box::pin(tx.reserve_many(4));
    let waker = Waker::from(Arc::new(Bomb));
    assert!(
        reserve
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    assert_eq!(rx.try_recv(), Ok(0));
    drop(waker);
    let planned = catch_unwind(AssertUnwindSafe(|| drop(reserve)));
    assert!(planned.is_err());
    assert_eq!(rx.drain().count(), 3);
    for n in 0..4 {
        tx.try_send(n).unwrap();
    }
}

/// A channel that throttles the wakes of senders, full, whose next receives are not at a stride.
fn throttled() -> (Sender<usize>, Receiver<usize>) {
    let (tx, rx) = bounded(EXACT_BELOW);
    tx.try_send(0).unwrap();
    assert_eq!(rx.try_recv(), Ok(0));
    for n in 0..EXACT_BELOW {
        tx.try_send(n).unwrap();
    }
    (tx, rx)
}

/// Throttled: a sender that was told gives up, and the next one is a reservation, for which there is not enough room yet.
/// Receivers do not rely on the one that has gone.
#[test]
fn a_throttled_reservation_after_one_that_gave_up() {
    let (tx, rx) = throttled();
    let count = Arc::new(Count::default());
    let mut first = Box::pin(tx.send(8));
    assert!(poll_with(first.as_mut(), &Arc::default()).is_pending());
    let mut reserve = Box::pin(tx.reserve_many(2));
    assert!(poll_with(reserve.as_mut(), &count).is_pending());
    assert_eq!(rx.try_recv(), Ok(0));
    drop(first);
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
    assert!(poll_with(reserve.as_mut(), &count).is_ready());
}

/// Throttled: a reservation that has got its room tells the next sender of what is left, done or dropped.
#[test]
fn a_throttled_reservation_tells_the_next_one() {
    for given_up in [false, true] {
        let (tx, rx) = throttled();
        let counts = [(); 3].map(|()| Arc::new(Count::default()));
        let told = |n: usize| counts[n].0.load(Ordering::Relaxed);
        let mut first = Box::pin(tx.send(8));
        let mut reserve = Box::pin(tx.reserve_many(2));
        let mut last = Box::pin(tx.send(9));
        assert!(poll_with(first.as_mut(), &counts[0]).is_pending());
        assert!(poll_with(reserve.as_mut(), &counts[1]).is_pending());
        assert!(poll_with(last.as_mut(), &counts[2]).is_pending());
        for n in 0..4 {
            assert_eq!(rx.try_recv(), Ok(n));
        }
        assert_eq!([told(0), told(1), told(2)], [1, 0, 0]);
        assert!(poll_with(first.as_mut(), &counts[0]).is_ready());
        assert_eq!([told(0), told(1), told(2)], [1, 1, 0]);
        let mut permits = None;
        if given_up {
            drop(reserve);
        } else {
            permits = Some(poll_with(reserve.as_mut(), &counts[1]));
        }
        assert_eq!(told(2), 1, "there is room left");
        assert!(poll_with(last.as_mut(), &counts[2]).is_ready());
        drop(permits);
    }
}

/// A receiver that finds nothing tells one sender, and not more for the several ways to look.
#[test]
fn an_empty_look_tells_one() {
    for way in 0..4 {
        let (tx, mut rx) = throttled();
        let counts = [(); 6].map(|()| Arc::new(Count::default()));
        let mut sends = counts.each_ref().map(|_| Box::pin(tx.send(9)));
        for (send, count) in sends.iter_mut().zip(&counts) {
            assert!(poll_with(send.as_mut(), count).is_pending());
        }
        while !rx.is_empty() {
            rx.try_recv().unwrap();
        }
        let told = || {
            let told = counts.iter().map(|count| count.0.load(Ordering::Relaxed));
            told.sum::<usize>()
        };
        let before = told();
        let mut buffer = Vec::new();
        let mut cx = Context::from_waker(Waker::noop());
        match way {
            0 => assert!(rx.try_recv().is_err()),
            1 => assert_eq!(rx.try_recv_many(&mut buffer, 3), 0),
            2 => assert!(rx.poll_recv(&mut cx).is_pending()),
            _ => assert!(
                Box::pin(rx.recv_many(&mut buffer, 3))
                    .as_mut()
                    .poll(&mut cx)
                    .is_pending()
            ),
        }
        assert_eq!(told(), before + 1, "way {way}");
        rx.try_recv_many(&mut buffer, 0);
        assert_eq!(told(), before + 1, "nothing was looked for");
    }
}

/// A waker that waits on the channel itself whenever it is cloned, woken or dropped.
struct Reenters(Receiver<u32>);

impl Reenters {
    const VTABLE: RawWakerVTable =
        RawWakerVTable::new(Self::clone, Self::wake, Self::look, Self::drop);

    fn waker(rx: &Receiver<u32>) -> Waker {
        let own = Arc::into_raw(Arc::new(Self(rx.clone())));
        // SAFETY: the functions of the table keep the count of the `Arc`.
        unsafe { Waker::new(own.cast(), &Self::VTABLE) }
    }

    unsafe fn look(own: *const ()) {
        // SAFETY: the waker that calls holds a count.
        let rx = unsafe { &(*own.cast::<Self>()).0 };
        let mut recv = Box::pin(rx.recv());
        let _ = recv.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }

    unsafe fn clone(own: *const ()) -> RawWaker {
        // SAFETY: as in `look`.
        unsafe {
            Self::look(own);
            Arc::increment_strong_count(own.cast::<Self>());
        }
        RawWaker::new(own, &Self::VTABLE)
    }

    unsafe fn wake(own: *const ()) {
        // SAFETY: the count is the waker's, which is used up.
        unsafe { Self::drop(own) };
    }

    unsafe fn drop(own: *const ()) {
        // SAFETY: as in `wake`.
        unsafe {
            Self::look(own);
            Arc::decrement_strong_count(own.cast::<Self>());
        }
    }
}

/// W5: wakers are cloned, woken and dropped without the lock of the queue.
#[test]
fn wakers_that_wait_on_the_channel_do_not_deadlock() {
    let (done, ended) = mpsc::channel();
    thread::spawn(move || {
        let (tx, rx) = bounded(1);
        let wakers = [(); 3].map(|()| Reenters::waker(&rx));
        for way in 0..3 {
            let mut recv = Box::pin(rx.recv());
            for waker in &wakers {
                let _ = recv.as_mut().poll(&mut Context::from_waker(waker));
            }
            match way {
                0 => drop(recv),
                1 => tx.try_send(1).unwrap(),
                _ => assert!(tx.close()),
            }
        }
        done.send(()).unwrap();
    });
    let ended = ended.recv_timeout(Duration::from_secs(20));
    assert_eq!(ended, Ok(()), "a waker was called under the lock");
}
