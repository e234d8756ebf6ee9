//! What only an unbounded channel does.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wakering::{SendError, TryRecvError, TrySendError, unbounded};

use crate::driver::{Driver, contract};

/// The most permits that a channel can have out.
const MAX_PERMITS: usize = 2_097_151;

contract! {
    there_is_always_room,
    a_send_is_done_at_once,
    nothing_is_evicted,
    permits_come_at_once,
    permits_have_an_end,
}

/// `capacity` is only a number here.
async fn there_is_always_room<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = unbounded();
    assert_eq!((tx.capacity(), rx.capacity()), (None, None));
    for n in 0..10 * capacity {
        assert_eq!(tx.try_send(n), Ok(()));
        assert_eq!((tx.len(), rx.len()), (n + 1, n + 1));
        assert!(!tx.is_full() && !rx.is_full() && !tx.is_empty());
    }
    let mut batch: VecDeque<_> = (10 * capacity..20 * capacity).collect();
    assert_eq!(tx.try_send_many(&mut batch), Ok(10 * capacity));
    assert!(batch.is_empty());
    let mut got = Vec::new();
    assert_eq!(
        driver.recv_many(&rx, &mut got, usize::MAX).await,
        20 * capacity
    );
    assert!(got.into_iter().eq(0..20 * capacity));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    drop(rx);
    assert_eq!(tx.try_send(1), Err(TrySendError::Closed(1)));
    assert_eq!(tx.try_send_many(&mut [1].into()), Err(SendError(())));
}

async fn a_send_is_done_at_once<D: Driver>(_: D, capacity: usize) {
    let mut cx = Context::from_waker(Waker::noop());
    let (tx, rx) = unbounded();
    // Fewer than make a handle yield.
    for n in 0..capacity.min(100) {
        assert_eq!(pin!(tx.send(n)).poll(&mut cx), Poll::Ready(Ok(())));
    }
    let mut batch: VecDeque<_> = (0..capacity).collect();
    assert_eq!(
        pin!(tx.send_many(&mut batch)).poll(&mut cx),
        Poll::Ready(Ok(()))
    );
    drop(rx);
    assert_eq!(
        pin!(tx.send(7)).poll(&mut cx),
        Poll::Ready(Err(SendError(7)))
    );
}

async fn nothing_is_evicted<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = unbounded();
    for n in 0..3 * capacity {
        assert_eq!(tx.force_send(n), Ok(None));
    }
    assert!(rx.drain().eq(0..3 * capacity));
    tx.close();
    assert_eq!(tx.force_send(1), Err(SendError(1)));
}

async fn permits_come_at_once<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = unbounded();
    let permits = tx.try_reserve_many(capacity).unwrap();
    assert_eq!((permits.len(), tx.len()), (capacity, 0));
    assert_eq!(tx.try_send(0), Ok(()));
    let late = tx.reserve().await.unwrap();
    tx.close();
    assert_eq!(driver.recv(&rx).await, Ok(0));
    for (n, permit) in permits.enumerate() {
        permit.send(n + 1);
    }
    for n in 0..capacity {
        assert_eq!(driver.recv(&rx).await, Ok(n + 1));
    }
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    drop(late);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
}

/// Of permits there is a largest number; who wants more waits for one to come back, or for a message to be received after
/// one was used.
async fn permits_have_an_end<D: Driver>(_: D, _: usize) {
    let mut cx = Context::from_waker(Waker::noop());
    let (tx, rx) = unbounded();
    assert!(pin!(tx.reserve_many(MAX_PERMITS + 1)).await.is_err());
    let mut permits = tx.try_reserve_many(MAX_PERMITS).unwrap();
    assert!(matches!(tx.try_reserve(), Err(TrySendError::Full(()))));
    let mut returned = pin!(tx.reserve());
    assert!(returned.as_mut().poll(&mut cx).is_pending());
    let mut used = pin!(tx.reserve());
    assert!(used.as_mut().poll(&mut cx).is_pending());
    drop(permits.next());
    let Poll::Ready(Ok(_permit)) = returned.poll(&mut cx) else {
        panic!("one has come back");
    };
    permits.next().unwrap().send(1);
    assert_eq!(tx.try_send(2), Ok(()), "a message needs no permit");
    assert_eq!(rx.try_recv(), Ok(1));
    assert!(used.poll(&mut cx).is_ready());
}
