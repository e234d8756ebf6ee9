//! Unbounded channels: the receiver is the same as that of bounded ones, so a few of each kind will do.

use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use futures_core::stream::FusedStream;
use futures_lite::StreamExt;
use wakering::mpsc::error::{RecvTimeoutError, SendError, TryRecvError};
use wakering::mpsc::unbounded_channel;

use crate::common::{Counter, Tracker, Waiting, now};
use crate::driver::{Driver, contract};

contract! {
    many_senders_and_one_receiver,
    a_close_leaves_what_was_sent,
    the_receiver_takes_its_messages_with_it,
    a_poll_that_was_left_behind_takes_no_wake,
    runs_are_taken_whole,
    a_receiver_is_a_stream,
    a_limit_is_kept,
    senders_learn_of_the_close,
    weak_senders_are_counted,
}

async fn many_senders_and_one_receiver<D: Driver>(driver: D, count: usize) {
    let (tx, mut rx) = unbounded_channel();
    let jobs: Vec<_> = (0..4)
        .map(|sender| {
            let tx = tx.clone();
            driver.spawn(async move {
                for i in 0..count {
                    tx.send((sender, i)).unwrap();
                }
            })
        })
        .collect();
    drop(tx);
    let mut next = [0; 4];
    while let Some((sender, i)) = rx.recv().await {
        assert_eq!(i, next[sender], "in order, for each sender");
        next[sender] += 1;
    }
    assert_eq!(next, [count; 4]);
    for job in jobs {
        job.await;
    }
}

async fn a_close_leaves_what_was_sent<D: Driver>(_: D, count: usize) {
    let (tx, mut rx) = unbounded_channel();
    for i in 0..count {
        tx.send(i).unwrap();
    }
    rx.close();
    assert_eq!(tx.send(count), Err(SendError(count)));
    assert!(tx.is_closed() && rx.is_closed());
    assert_eq!(rx.len(), count);
    for i in 0..count {
        assert_eq!(rx.try_recv(), Ok(i));
    }
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(now(rx.recv()), None);
}

async fn the_receiver_takes_its_messages_with_it<D: Driver>(_: D, count: usize) {
    let tracker = Tracker::new();
    let (tx, rx) = unbounded_channel();
    for i in 0..count {
        tx.send(tracker.make(i)).unwrap();
    }
    drop(rx);
    assert_eq!(tracker.alive(), 0);
    assert_eq!(tx.send(tracker.make(7)).unwrap_err().0.id(), 7);
    assert_eq!(tracker.alive(), 0);
}

async fn a_poll_that_was_left_behind_takes_no_wake<D: Driver>(_: D, _: usize) {
    let (tx, mut rx) = unbounded_channel();
    let old = Counter::new();
    let waker = old.waker();
    assert!(rx.poll_recv(&mut Context::from_waker(&waker)).is_pending());
    let mut recv = Waiting::new(rx.recv());
    tx.send(1).unwrap();
    assert_eq!(recv.finish(), Some(1));
    assert_eq!(old.wakes(), 0);
}

async fn runs_are_taken_whole<D: Driver>(_: D, count: usize) {
    let (tx, mut rx) = unbounded_channel();
    let mut buffer = Vec::new();
    let waker = Counter::new().waker();
    let mut cx = Context::from_waker(&waker);
    assert!(rx.poll_recv_many(&mut cx, &mut buffer, count).is_pending());
    for i in 0..2 * count {
        tx.send(i).unwrap();
    }
    assert_eq!(
        rx.poll_recv_many(&mut cx, &mut buffer, count),
        Poll::Ready(count)
    );
    assert_eq!(now(rx.recv_many(&mut buffer, usize::MAX)), count);
    assert!(buffer.iter().copied().eq(0..2 * count));
    drop(tx);
    assert_eq!(now(rx.recv_many(&mut buffer, 1)), 0);
}

async fn a_receiver_is_a_stream<D: Driver>(driver: D, count: usize) {
    let (tx, mut rx) = unbounded_channel();
    for i in 0..count {
        assert_eq!(rx.size_hint(), (i, None));
        tx.send(i).unwrap();
    }
    let sender = driver.spawn(async move {
        for i in 0..count {
            tx.send(count + i).unwrap();
        }
    });
    let got: Vec<_> = (&mut rx).collect().await;
    assert!(got.into_iter().eq(0..2 * count));
    assert!(rx.is_terminated());
    sender.await;
}

async fn a_limit_is_kept<D: Driver>(_: D, _: usize) {
    let (tx, mut rx) = unbounded_channel();
    let moment = Duration::from_millis(1);
    assert_eq!(
        rx.blocking_recv_timeout(moment),
        Err(RecvTimeoutError::Timeout)
    );
    tx.send(1).unwrap();
    assert_eq!(rx.blocking_recv_timeout(Duration::MAX), Ok(1));
    let thread = std::thread::spawn(move || (rx.blocking_recv(), rx.blocking_recv()));
    tx.send(2).unwrap();
    drop(tx);
    assert_eq!(thread.join().unwrap(), (Some(2), None));
}

async fn senders_learn_of_the_close<D: Driver>(_: D, _: usize) {
    let (tx, rx) = unbounded_channel::<u8>();
    let mut closed = Waiting::new(tx.closed());
    drop(rx);
    closed.finish();
}

async fn weak_senders_are_counted<D: Driver>(_: D, _: usize) {
    let (tx, rx) = unbounded_channel::<u8>();
    let weak = tx.downgrade();
    assert_eq!((weak.strong_count(), weak.weak_count()), (1, 1));
    let upgraded = weak.upgrade().unwrap();
    assert!(upgraded.same_channel(&tx));
    assert_eq!((tx.strong_count(), tx.weak_count()), (2, 1));
    drop((tx, upgraded));
    assert!(weak.upgrade().is_none());
    assert_eq!((rx.sender_strong_count(), rx.sender_weak_count()), (0, 1));
}
