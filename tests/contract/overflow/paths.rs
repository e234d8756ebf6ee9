//! Each way to send obeys.

use std::collections::VecDeque;
use std::future::pending;
use std::time::{Duration, Instant};

use wakering::mpsc::error::{SendTimeoutError as SingleTimeout, TrySendError as SingleTry};
use wakering::queue::QueueError;
use wakering::{Builder, Overflow, SendError, SendTimeoutError, Sender, TrySendError};

use super::{Dropped, builder, channel};
use crate::common::{Waiting, now};
use crate::driver::{Driver, contract};

contract! {
    drop_newest_keeps_the_oldest,
    drop_oldest_keeps_the_newest,
    reject_gives_it_back,
    batches_obey,
    a_receiver_that_waits_is_told,
    a_closed_channel_refuses,
    one_receiver,
    a_queue,
    waiting_is_the_default,
}

/// Sends by every path in turn; all of them say `Ok`, and none waits.
async fn send_by_each_path<D: Driver>(d: &D, tx: &Sender<usize>, first: usize) -> usize {
    let far = Duration::from_secs(1_000);
    tx.try_send(first).unwrap();
    d.send(tx, first + 1).await.unwrap();
    now(tx.send(first + 2)).unwrap();
    now(tx.send_owned(first + 3)).unwrap();
    now(tx.send_with(first + 4, pending::<()>())).unwrap();
    tx.send_blocking(first + 5).unwrap();
    tx.send_timeout(first + 6, far).unwrap();
    tx.send_deadline(first + 7, Instant::now() + far).unwrap();
    now(tx.send_many(&mut [first + 8, first + 9].into())).unwrap();
    tx.send_many_blocking(&mut [first + 10].into()).unwrap();
    assert_eq!(
        tx.try_send_many(&mut [first + 11, first + 12].into()),
        Ok(2)
    );
    13
}

async fn drop_newest_keeps_the_oldest<D: Driver>(d: D, capacity: usize) {
    let (tx, rx, dropped) = channel(capacity, Overflow::DropNewest);
    for i in 0..capacity {
        tx.send(i).await.unwrap();
    }
    assert_eq!(tx.dropped(), 0);
    let n = send_by_each_path(&d, &tx, capacity).await;
    assert!(dropped.take().into_iter().eq(capacity..capacity + n));
    assert_eq!((tx.dropped(), rx.dropped()), (n as u64, n as u64));
    assert!(rx.drain().eq(0..capacity));
}

async fn drop_oldest_keeps_the_newest<D: Driver>(d: D, capacity: usize) {
    let (tx, rx, dropped) = channel(capacity, Overflow::DropOldest);
    for i in 0..capacity {
        tx.send(i).await.unwrap();
    }
    let n = send_by_each_path(&d, &tx, capacity).await;
    assert!(dropped.take().into_iter().eq(0..n));
    assert_eq!((tx.dropped(), tx.len()), (n as u64, capacity));
    assert!(rx.drain().eq(n..n + capacity));
}

async fn reject_gives_it_back<D: Driver>(d: D, capacity: usize) {
    let (tx, rx, dropped) = channel(capacity, Overflow::Reject);
    for i in 0..capacity {
        d.send(&tx, i).await.unwrap();
    }
    let far = Duration::from_secs(1_000);
    assert_eq!(tx.try_send(91), Err(TrySendError::Full(91)));
    assert_eq!(d.send(&tx, 92).await, Err(SendError(92)));
    assert_eq!(now(tx.send(93)), Err(SendError(93)));
    assert_eq!(now(tx.send_owned(94)), Err(SendError(94)));
    assert!(!tx.is_closed(), "which tells why");
    let late = now(tx.send_with(95, pending::<()>()));
    assert_eq!(late, Err(SendTimeoutError::Timeout(95)));
    assert_eq!(tx.send_blocking(96), Err(SendError(96)));
    assert_eq!(tx.send_timeout(97, far), Err(SendTimeoutError::Timeout(97)));
    let mut many = VecDeque::from([98, 99]);
    assert_eq!(now(tx.send_many(&mut many)), Err(SendError(())));
    assert_eq!(tx.send_many_blocking(&mut many), Err(SendError(())));
    assert_eq!(tx.try_send_many(&mut many), Ok(0));
    assert_eq!(many, [98, 99]);
    assert_eq!(rx.recv().await, Ok(0));
    assert_eq!(now(tx.send_many(&mut many)), Err(SendError(())));
    assert_eq!(many, [99], "what fits is sent");
    assert_eq!((dropped.take(), tx.dropped()), (vec![], 0));
    tx.close();
    let late = now(tx.send_with(95, pending::<()>()));
    assert_eq!(late, Err(SendTimeoutError::Closed(95)));
}

async fn batches_obey<D: Driver>(d: D, capacity: usize) {
    let n = 2 * capacity + 3;
    let (tx, rx, dropped) = channel(capacity, Overflow::DropOldest);
    d.send_many(&tx, &mut (0..n).collect()).await.unwrap();
    assert!(dropped.take().into_iter().eq(0..n - capacity));
    assert!(rx.drain().eq(n - capacity..n));
    let (tx, rx, dropped) = channel(capacity, Overflow::DropNewest);
    assert_eq!(tx.try_send_many(&mut (0..n).collect()), Ok(n));
    assert!(dropped.take().into_iter().eq(capacity..n));
    assert!(rx.drain().eq(0..capacity));
}

async fn a_receiver_that_waits_is_told<D: Driver>(_: D, capacity: usize) {
    for overflow in [Overflow::Reject, Overflow::DropNewest, Overflow::DropOldest] {
        let (tx, rx, _) = channel(capacity, overflow);
        let mut waiting = Waiting::new(rx.recv());
        tx.try_send(1).unwrap();
        assert_eq!(waiting.finish(), Ok(1));
    }
}

async fn a_closed_channel_refuses<D: Driver>(d: D, capacity: usize) {
    for overflow in [Overflow::Reject, Overflow::DropNewest, Overflow::DropOldest] {
        let (tx, rx, dropped) = channel(capacity, overflow);
        for i in 0..capacity {
            tx.try_send(i).unwrap();
        }
        rx.close();
        assert_eq!(tx.try_send(9), Err(TrySendError::Closed(9)));
        assert_eq!(d.send(&tx, 9).await, Err(SendError(9)));
        assert_eq!(now(tx.send_many(&mut [9].into())), Err(SendError(())));
        assert_eq!(dropped.take(), []);
        assert!(rx.drain().eq(0..capacity));
    }
}

async fn one_receiver<D: Driver>(_: D, capacity: usize) {
    let dropped = Dropped::default();
    let far = Duration::from_secs(1_000);
    let (tx, mut rx) = builder(capacity, Overflow::DropOldest, &dropped).build_mpsc();
    for i in 0..capacity {
        now(tx.send(i)).unwrap();
    }
    tx.try_send(capacity).unwrap();
    now(tx.send(capacity + 1)).unwrap();
    tx.blocking_send(capacity + 2).unwrap();
    tx.blocking_send_timeout(capacity + 3, far).unwrap();
    now(tx.send_with(capacity + 4, pending::<()>())).unwrap();
    assert_eq!(dropped.take(), [0, 1, 2, 3, 4]);
    assert_eq!((tx.dropped(), rx.dropped(), rx.len()), (5, 5, capacity));
    assert_eq!(now(rx.recv()), Some(5));

    let (tx, mut rx) = builder(capacity, Overflow::DropNewest, &dropped).build_mpsc();
    for i in 0..capacity + 2 {
        now(tx.send(i)).unwrap();
    }
    assert_eq!(dropped.take(), [capacity, capacity + 1]);
    assert_eq!(rx.try_recv(), Ok(0));

    let (tx, _rx) = builder(capacity, Overflow::Reject, &dropped).build_mpsc();
    for i in 0..capacity {
        now(tx.send(i)).unwrap();
    }
    assert_eq!(now(tx.send(91)).unwrap_err().0, 91);
    assert_eq!(tx.try_send(92), Err(SingleTry::Full(92)));
    let late = tx.blocking_send_timeout(93, far);
    assert_eq!(late, Err(SingleTimeout::Timeout(93)));
    let late = now(tx.send_with(94, pending::<()>()));
    assert_eq!(late, Err(SingleTimeout::Timeout(94)));
}

async fn a_queue<D: Driver>(_: D, capacity: usize) {
    let dropped = Dropped::default();
    let queue = builder(capacity, Overflow::DropOldest, &dropped).build_queue();
    for i in 0..capacity + 2 {
        queue.send(i).await.unwrap();
    }
    assert_eq!((dropped.take(), queue.dropped()), (vec![0, 1], 2));
    let queue = builder(capacity, Overflow::Reject, &dropped).build_queue();
    for i in 0..capacity {
        queue.send(i).await.unwrap();
    }
    assert_eq!(queue.send(9).await, Err(QueueError::QueueFull));
    queue.close();
    assert_eq!(queue.send(9).await, Err(QueueError::QueueClosed));
}

async fn waiting_is_the_default<D: Driver>(_: D, capacity: usize) {
    assert_eq!(Overflow::default(), Overflow::Wait);
    let (tx, rx) = Builder::new(capacity).build();
    for i in 0..capacity {
        tx.try_send(i).unwrap();
    }
    let mut send = Waiting::new(tx.send(capacity));
    assert_eq!(rx.try_recv(), Ok(0));
    assert_eq!(send.finish(), Ok(()));
    // Without a bound no policy has anything to do.
    let (tx, rx) = Builder::unbounded().overflow(Overflow::Reject).build();
    for i in 0..3 * capacity {
        tx.try_send(i).unwrap();
    }
    assert_eq!((rx.len(), tx.capacity()), (3 * capacity, None));
    let (tx, mut rx) = Builder::unbounded().build_mpsc_unbounded();
    tx.send(1).unwrap();
    assert_eq!(rx.try_recv(), Ok(1));
    assert!(std::panic::catch_unwind(|| Builder::<u8>::new(0).build()).is_err());
    assert!(std::panic::catch_unwind(|| Builder::<u8>::unbounded().build_mpsc()).is_err());
    assert!(std::panic::catch_unwind(|| Builder::<u8>::new(1).build_mpsc_unbounded()).is_err());
}
