//! There is one consumer: whoever waited last is who is woken.

use std::task::{Context, Poll};
use std::time::Duration;

use wakering::mpsc::{Receiver, channel};

use crate::common::{Counter, Waiting, now, watchdog};
use crate::driver::{Driver, contract};

contract! {
    the_latest_waker_is_called,
    a_poll_that_was_left_behind_takes_no_wake,
    a_future_that_was_never_polled_changes_nothing,
    a_dropped_recv_loses_nothing,
    recv_many_takes_what_is_there,
    poll_recv_many_takes_what_is_there,
    an_always_ready_loop_lets_others_run,
}

fn poll<T>(rx: &mut Receiver<T>, counter: &Counter) -> Poll<Option<T>> {
    rx.poll_recv(&mut Context::from_waker(&counter.waker()))
}

async fn the_latest_waker_is_called<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    let (first, second) = (Counter::new(), Counter::new());
    assert!(poll(&mut rx, &first).is_pending());
    assert!(poll(&mut rx, &second).is_pending());
    assert_eq!(first.wakers_alive(), 0);
    tx.try_send(1).unwrap();
    assert_eq!((first.wakes(), second.wakes()), (0, 1));
    assert_eq!(poll(&mut rx, &second), Poll::Ready(Some(1)));
}

/// The receiver is polled by hand in one task, and then moves to another one that waits in another way.
async fn a_poll_that_was_left_behind_takes_no_wake<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    let old = Counter::new();

    assert!(poll(&mut rx, &old).is_pending());
    let mut recv = Waiting::new(rx.recv());
    tx.try_send(1).unwrap();
    assert_eq!(recv.finish(), Some(1));
    drop(recv);

    let mut buffer = Vec::new();
    assert!(poll(&mut rx, &old).is_pending());
    let mut many = Waiting::new(rx.recv_many(&mut buffer, 9));
    tx.try_send(2).unwrap();
    assert_eq!(many.finish(), 1);
    drop(many);
    assert_eq!(buffer, [2]);

    assert!(poll(&mut rx, &old).is_pending());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while old.wakers_alive() > 0 {
                std::thread::yield_now();
            }
            tx.try_send(9).unwrap();
        });
        assert_eq!(rx.blocking_recv_timeout(Duration::MAX), Ok(9));
    });
    assert_eq!(old.wakes(), 0);

    // It had been told already, and something else took the message: the next message is for the next wait.
    assert!(poll(&mut rx, &old).is_pending());
    tx.try_send(3).unwrap();
    assert_eq!(old.wakes(), 1);
    assert_eq!(now(rx.recv()), Some(3));
    let mut recv = Waiting::new(rx.recv());
    tx.try_send(4).unwrap();
    assert_eq!(recv.finish(), Some(4));
    assert_eq!(old.wakes(), 1);
}

async fn a_future_that_was_never_polled_changes_nothing<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    let counter = Counter::new();
    assert!(poll(&mut rx, &counter).is_pending());
    drop(rx.recv());
    drop(rx.recv_many(&mut Vec::new(), 1));
    tx.try_send(1).unwrap();
    assert_eq!(counter.wakes(), 1);
}

async fn a_dropped_recv_loses_nothing<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    let mut recv = Waiting::new(rx.recv());
    tx.try_send(1).unwrap();
    assert!(recv.is_woken());
    recv.counter = Counter::new();
    drop(recv);
    assert_eq!(rx.len(), 1);
    assert_eq!(rx.try_recv(), Ok(1));
    drop(Waiting::new(rx.recv()));
    let counter = Counter::new();
    assert!(poll(&mut rx, &counter).is_pending());
    drop(rx);
    assert_eq!(counter.wakers_alive(), 0);
}

async fn recv_many_takes_what_is_there<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    let mut buffer = vec![99];
    assert_eq!(now(rx.recv_many(&mut buffer, 0)), 0);
    for i in 0..capacity {
        tx.try_send(i).unwrap();
    }
    let mut left = capacity;
    while left > 0 {
        let n = now(rx.recv_many(&mut buffer, 7));
        assert_eq!(n, left.min(7));
        left -= n;
    }
    assert!(buffer.iter().skip(1).copied().eq(0..capacity));
    rx.close();
    assert_eq!(now(rx.recv_many(&mut buffer, 7)), 0);
    assert_eq!(buffer.len(), capacity + 1);
}

async fn poll_recv_many_takes_what_is_there<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    let counter = Counter::new();
    let waker = counter.waker();
    let mut cx = Context::from_waker(&waker);
    let mut buffer = Vec::new();
    assert_eq!(rx.poll_recv_many(&mut cx, &mut buffer, 0), Poll::Ready(0));
    assert!(rx.poll_recv_many(&mut cx, &mut buffer, 3).is_pending());
    for i in 0..capacity.min(2) {
        tx.try_send(i).unwrap();
    }
    assert_eq!(counter.wakes(), 1);
    assert_eq!(
        rx.poll_recv_many(&mut cx, &mut buffer, 3),
        Poll::Ready(capacity.min(2))
    );
    assert!(rx.poll_recv_many(&mut cx, &mut buffer, 3).is_pending());
    drop(tx);
    assert_eq!(counter.wakes(), 2);
    assert_eq!(rx.poll_recv_many(&mut cx, &mut buffer, 3), Poll::Ready(0));
}

async fn an_always_ready_loop_lets_others_run<D: Driver>(driver: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    let (stop, mut stopped) = channel(1);
    let busy = driver.spawn(async move {
        while stopped.try_recv().is_err() {
            tx.send(1).await.unwrap();
            rx.recv().await.unwrap();
        }
    });
    driver
        .spawn(async move { stop.send(()).await })
        .await
        .unwrap();
    busy.await;
}

/// Each message is waited for in two ways, one of which is left behind, while senders work: none is slept through.
#[test]
fn polls_are_left_behind_while_senders_work() {
    watchdog("polls that are left behind", || {
        let (tx, mut rx) = channel(4);
        let senders: Vec<_> = (0..2)
            .map(|_| {
                let tx = tx.clone();
                std::thread::spawn(move || {
                    for i in 0..20_000 {
                        tx.blocking_send(i).unwrap();
                    }
                })
            })
            .collect();
        drop(tx);
        let (nobody, mut received) = (Counter::new(), 0);
        loop {
            let message = match poll(&mut rx, &nobody) {
                Poll::Ready(message) => message,
                Poll::Pending if received % 2 == 0 => rx.blocking_recv(),
                Poll::Pending => futures_lite::future::block_on(rx.recv()),
            };
            if message.is_none() {
                break;
            }
            received += 1;
        }
        for sender in senders {
            sender.join().unwrap();
        }
        assert_eq!(received, 40_000);
    });
}

/// A receiver that has waited counts again from then on, and yields after so many messages.
#[test]
fn who_has_waited_once_yields_again() {
    let (tx, mut rx) = channel(1);
    let counter = Counter::new();
    assert!(poll(&mut rx, &counter).is_pending());
    let yields = (0..600).any(|n| {
        tx.try_send(n).unwrap();
        poll(&mut rx, &counter).is_pending()
    });
    assert!(yields, "600 messages in a row");
}
