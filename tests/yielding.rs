//! Tasks of one thread that wait for each other yield before they register (`wait::eager`). What that must not change.
#![cfg(all(
    feature = "std",
    feature = "stream",
    not(any(wakering_loom, wakering_shuttle))
))]

#[path = "common/mod.rs"]
mod common;

use std::cell::Cell;
use std::collections::VecDeque;
use std::future::{Future, poll_fn, ready};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::thread;

use common::{Counter, ignore, poll_once, settle};
use wakering::{
    Builder, Overflow, Receiver, RecvError, RecvTimeoutError, SendError, Sender, bounded, mpsc,
    unbounded,
};

/// Enough waits for the first yield.
const MANY: usize = 40;

/// Polls once with a waker of its own: whether it is pending, and has woken itself.
fn yields<F: Future>(future: Pin<&mut F>) -> bool {
    let counter = Counter::new();
    poll_once(future, &counter).is_pending() && counter.wakes() == 1
}

/// Receivers have waited so often, and been told by this thread, that the next one yields.
fn receivers_yield((tx, rx): (Sender<usize>, Receiver<usize>)) -> (Sender<usize>, Receiver<usize>) {
    let counter = Counter::new();
    for message in 0..MANY {
        let mut recv = pin!(rx.recv());
        assert!(poll_once(recv.as_mut(), &counter).is_pending());
        tx.try_send(message).unwrap();
        assert_eq!(poll_once(recv, &counter), Poll::Ready(Ok(message)));
    }
    (tx, rx)
}

/// The same for senders. The channel is full.
fn senders_yield(capacity: usize) -> (Sender<usize>, Receiver<usize>) {
    let (tx, rx) = bounded(capacity);
    let counter = Counter::new();
    for message in 0..MANY + capacity {
        let mut send = pin!(tx.send(message));
        if poll_once(send.as_mut(), &counter).is_pending() {
            ignore(rx.try_recv());
            assert_eq!(poll_once(send, &counter), Poll::Ready(Ok(())));
        }
    }
    (tx, rx)
}

#[test]
fn tasks_in_turn_stop_registering() {
    fn check<F: Future<Output = usize>>(
        recv: F,
        send: impl Fn(usize),
        counter: &Counter,
        round: usize,
    ) -> bool {
        let mut recv = pin!(recv);
        assert!(poll_once(recv.as_mut(), counter).is_pending());
        let registered = counter.wakes() == round;
        send(round);
        // Whether it has registered or yielded, it was woken once.
        assert_eq!(counter.wakes(), round + 1);
        assert_eq!(poll_once(recv, counter), Poll::Ready(round));
        registered
    }
    let (tx, rx) = bounded(1);
    let counter = Counter::new();
    let registered = (0..10 * MANY)
        .filter(|&round| {
            let recv = async { rx.recv().await.unwrap() };
            check(
                recv,
                |message| tx.try_send(message).unwrap(),
                &counter,
                round,
            )
        })
        .count();
    assert!(registered < MANY, "{registered} times");
    let (tx, mut rx) = mpsc::channel(1);
    let counter = Counter::new();
    let registered = (0..10 * MANY)
        .filter(|&round| {
            let recv = async { rx.recv().await.unwrap() };
            check(
                recv,
                |message| tx.try_send(message).unwrap(),
                &counter,
                round,
            )
        })
        .count();
    assert!(registered < MANY, "{registered} times");
}

#[test]
fn who_has_yielded_in_vain_waits() {
    let (tx, rx) = receivers_yield(bounded(1));
    let (mut recv, counter) = (pin!(rx.recv()), Counter::new());
    for _ in 0..3 {
        assert!(poll_once(recv.as_mut(), &counter).is_pending());
        assert_eq!(counter.wakes(), 1);
    }
    tx.try_send(1).unwrap();
    assert_eq!(counter.wakes(), 2);
    assert_eq!(poll_once(recv, &counter), Poll::Ready(Ok(1)));

    let (tx, rx) = senders_yield(3);
    let (mut send, counter) = (pin!(tx.send(1)), Counter::new());
    for _ in 0..3 {
        assert!(poll_once(send.as_mut(), &counter).is_pending());
        assert_eq!(counter.wakes(), 1);
    }
    ignore(rx.try_recv());
    assert_eq!(counter.wakes(), 2);
    assert_eq!(poll_once(send, &counter), Poll::Ready(Ok(())));
}

#[test]
fn a_yield_that_is_dropped_leaves_nothing() {
    let (tx, rx) = receivers_yield(bounded(1));
    let counter = Counter::new();
    assert!(poll_once(pin!(rx.recv()), &counter).is_pending());
    assert_eq!((counter.wakes(), counter.wakers_alive()), (1, 0));
    tx.try_send(7).unwrap();
    assert_eq!(counter.wakes(), 1);
    assert_eq!(rx.try_recv(), Ok(7));

    let (tx, rx) = senders_yield(1);
    let mut send = pin!(tx.send(7));
    assert!(yields(send.as_mut()));
    assert_eq!(send.cancel(), Some(7));
    ignore(rx.try_recv());
    assert!(rx.try_recv().is_err());
}

/// What can be done at once is done in the first poll, as if nobody ever yielded.
#[test]
fn nobody_yields_who_need_not_wait() {
    for channel in [bounded(300), unbounded()] {
        let (tx, rx) = receivers_yield(channel);
        let now = |n| assert_eq!(poll_once(pin!(rx.recv()), &Counter::new()), Poll::Ready(n));
        (0..300).for_each(|message| tx.try_send(message).unwrap());
        (0..300).for_each(|message| now(Ok(message)));
        tx.close();
        now(Err(RecvError));
        now(Err(RecvError));
    }
    let mut none = VecDeque::new();
    let (tx, rx) = senders_yield(2);
    ignore(rx.try_recv());
    let now = |result| {
        let polled = poll_once(pin!(tx.send(5)), &Counter::new());
        assert_eq!(polled, Poll::Ready(result));
    };
    now(Ok(()));
    // A full channel has room for no messages at all.
    let send_none = pin!(tx.send_many(&mut none));
    assert_eq!(poll_once(send_none, &Counter::new()), Poll::Ready(Ok(())));
    rx.close();
    now(Err(SendError(5)));
}

#[test]
fn who_is_in_line_comes_first() {
    let (tx, rx) = receivers_yield(bounded(2));
    let (mut first, told) = (pin!(rx.recv()), Counter::new());
    assert!(yields(first.as_mut()));
    assert!(poll_once(first.as_mut(), &told).is_pending());
    // Enough waits for the next yield, if there were not one in line.
    for _ in 0..10 * MANY {
        assert!(!yields(pin!(rx.recv())));
    }
    let (mut second, untold) = (pin!(rx.recv()), Counter::new());
    assert!(poll_once(second.as_mut(), &untold).is_pending());
    tx.try_send(1).unwrap();
    assert_eq!((told.wakes(), untold.wakes()), (1, 0));
    assert_eq!(poll_once(first, &told), Poll::Ready(Ok(1)));
    tx.try_send(2).unwrap();
    assert_eq!(poll_once(second, &untold), Poll::Ready(Ok(2)));
}

/// Whether they are polled again in vain, or dropped.
#[test]
fn yields_in_vain_become_rare() {
    for polls in [1, 2] {
        let (_tx, rx) = receivers_yield(bounded(1));
        let counter = Counter::new();
        for _ in 0..1_000 {
            let mut recv = pin!(rx.recv());
            for _ in 0..polls {
                assert!(poll_once(recv.as_mut(), &counter).is_pending());
            }
        }
        // After 16 waits, 48, 112, 240, ...
        assert!((3..=8).contains(&counter.wakes()), "{}", counter.wakes());
    }
}

#[test]
fn who_is_told_by_another_thread_does_not_yield() {
    let (tx, rx) = receivers_yield(bounded(1));
    let counter = Counter::new();
    let mut recv = pin!(rx.recv());
    assert!(settle(recv.as_mut(), &counter).is_pending());
    thread::scope(|scope| {
        scope.spawn(|| tx.try_send(1).unwrap());
    });
    assert_eq!(poll_once(recv, &counter), Poll::Ready(Ok(1)));
    for message in 0..10 * MANY {
        let (mut recv, counter) = (pin!(rx.recv()), Counter::new());
        assert!(!yields(recv.as_mut()));
        assert!(poll_once(recv.as_mut(), &counter).is_pending());
        tx.try_send(message).unwrap();
        assert_eq!(counter.wakes(), 1);
        assert_eq!(poll_once(recv, &counter), Poll::Ready(Ok(message)));
    }
}

/// The timer is done in the very poll that yields: there will be no next turn, so the last try is at once.
#[test]
fn a_time_limit_waits_for_no_turn() {
    let (tx, rx) = senders_yield(1);
    let makes_room = poll_fn(|_| {
        ignore(rx.try_recv());
        Poll::Ready(())
    });
    let send = pin!(tx.send_with(5, makes_room));
    assert_eq!(poll_once(send, &Counter::new()), Poll::Ready(Ok(())));
    assert_eq!(rx.try_recv(), Ok(5));
    let recv = pin!(rx.recv_with(ready(())));
    let timeout = Poll::Ready(Err(RecvTimeoutError::Timeout));
    assert_eq!(poll_once(recv, &Counter::new()), timeout);
}

#[test]
fn a_send_that_never_waits_never_yields() {
    for overflow in [Overflow::Reject, Overflow::DropNewest, Overflow::DropOldest] {
        let (tx, _rx) = Builder::<usize>::new(1).overflow(overflow).build();
        for message in 0..10 * MANY {
            assert!(poll_once(pin!(tx.send(message)), &Counter::new()).is_ready());
        }
    }
}

/// Two tasks and a third one that is always ready: it has its turns.
#[test]
fn yields_let_others_run() {
    let (tx, rx) = bounded(1);
    let (turns, done) = (Cell::new(0), Cell::new(false));
    let executor = async_executor::LocalExecutor::new();
    futures_lite::future::block_on(executor.run(async {
        let sends = executor.spawn(async {
            for message in 0..1_000 {
                tx.send(message).await.unwrap();
            }
        });
        let receives = executor.spawn(async {
            for message in 0..1_000 {
                assert_eq!(rx.recv().await, Ok(message));
            }
            done.set(true);
        });
        let others = executor.spawn(async {
            while !done.get() {
                turns.set(turns.get() + 1);
                futures_lite::future::yield_now().await;
            }
        });
        sends.await;
        receives.await;
        others.await;
    }));
    assert!(turns.get() >= 500, "{} turns", turns.get());
}
