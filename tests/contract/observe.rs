//! Observers and counters.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use wakering::{Builder, Counters, Observer, Overflow, Snapshot};

use crate::common::{Waiting, now};
use crate::driver::{Driver, UNBOUNDED, contract};

contract! {
    any {
        each_path_counts,
        waits_count,
        a_panic_ends_where_it_was_called,
        an_observer_may_use_the_channel,
        in_a_crowd_the_counts_agree,
    }
    drops_count,
    what_the_last_receiver_drops_does_not_count,
    one_receiver_counts,
}

fn builder<T>(capacity: usize) -> Builder<T> {
    if capacity == UNBOUNDED {
        Builder::unbounded()
    } else {
        Builder::new(capacity)
    }
}

fn flow(counted: Snapshot) -> (u64, u64, u64) {
    (counted.sent, counted.received, counted.dropped)
}

async fn each_path_counts<D: Driver>(d: D, capacity: usize) {
    let counters = Arc::new(Counters::new());
    let (tx, rx) = builder(capacity).observer(counters.clone()).build();
    let mut sent = 0;
    let mut received = 0;
    let mut check = |s, r| {
        sent += s;
        received += r;
        let counted = counters.snapshot();
        assert_eq!(flow(counted), (sent, received, 0));
        assert_eq!(counted.highest_depth, 1);
        assert_eq!(
            format!("{counted}"),
            format!(
                "sent {sent}, received {received}, dropped 0, at most 1 queued, senders waited 0 times, receivers 0"
            )
        );
    };
    tx.try_send(1).unwrap();
    check(1, 0);
    rx.try_recv().unwrap();
    check(0, 1);
    d.send(&tx, 1).await.unwrap();
    d.recv(&rx).await.unwrap();
    check(1, 1);
    d.send_many(&tx, &mut [1].into()).await.unwrap();
    d.recv_many(&rx, &mut Vec::new(), 9).await;
    check(1, 1);
    tx.reserve().await.unwrap().send(1);
    rx.drain().count();
    check(1, 1);
    let permit = tx.try_reserve().unwrap();
    tx.close();
    permit.send(1);
    check(1, 0);
    assert_eq!(rx.recv().await, Ok(1));
    assert!(rx.recv().await.is_err() && tx.try_send(2).is_err());
    check(0, 1);
}

async fn waits_count<D: Driver>(_: D, capacity: usize) {
    let counters = Arc::new(Counters::new());
    let (tx, rx) = builder(capacity).observer(counters.clone()).build();
    let mut one = Waiting::new(rx.recv());
    let mut two = Waiting::new(rx.recv());
    assert!(one.poll().is_pending());
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap_or(());
    assert_eq!(one.finish(), Ok(1));
    let _ = two.poll();
    drop(two);
    rx.drain().count();
    assert_eq!(counters.snapshot().receiver_waits, 2);
    if capacity != UNBOUNDED {
        for i in 0..capacity {
            tx.try_send(i).unwrap();
        }
        let mut send = Waiting::new(tx.send(7));
        let reserve = Waiting::new(tx.reserve());
        assert_eq!(counters.snapshot().sender_waits, 2);
        rx.try_recv().unwrap();
        assert_eq!(send.finish(), Ok(()));
        drop((send, reserve));
        assert_eq!(counters.snapshot().sender_waits, 2);
        assert_eq!(counters.snapshot().highest_depth as usize, capacity);
    }
}

struct Panics;

impl Observer for Panics {
    fn sent(&self, _: usize, _: usize) {
        panic!("as it may");
    }
    fn received(&self, _: usize) {
        panic!("as it may");
    }
    fn dropped(&self, _: usize) {
        panic!("as it may");
    }
    fn sender_waits(&self) {
        panic!("as it may");
    }
    fn receiver_waits(&self) {
        panic!("as it may");
    }
}

async fn a_panic_ends_where_it_was_called<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = builder(capacity).observer(Arc::new(Panics)).build();
    let mut recv = Waiting::new(rx.recv());
    assert_eq!(tx.try_send(1), Ok(()));
    assert_eq!(recv.finish(), Ok(1));
    if capacity != UNBOUNDED {
        for i in 0..capacity {
            assert_eq!(tx.try_send(i), Ok(()));
        }
        let mut send = Waiting::new(tx.send(capacity));
        assert_eq!(rx.try_recv(), Ok(0));
        assert_eq!(send.finish(), Ok(()));
        drop(send);
        assert!(rx.drain().eq(1..capacity + 1));
        let (tx, _rx) = Builder::new(capacity)
            .observer(Arc::new(Panics))
            .overflow(Overflow::DropOldest)
            .build();
        for i in 0..capacity + 2 {
            assert_eq!(tx.try_send(i), Ok(()));
        }
        assert_eq!(tx.dropped(), 2);
    }
}

/// It sends when a message is received, once.
async fn an_observer_may_use_the_channel<D: Driver>(_: D, capacity: usize) {
    #[derive(Default)]
    struct Asks(std::sync::OnceLock<wakering::Sender<u8>>);
    impl Observer for Asks {
        fn received(&self, _: usize) {
            let tx = self.0.get().unwrap();
            if tx.is_empty() && !tx.is_closed() {
                tx.try_send(2).unwrap();
            }
        }
    }
    let asks = Arc::new(Asks::default());
    let (tx, rx) = builder(capacity).observer(asks.clone()).build();
    asks.0.set(tx.clone()).unwrap();
    tx.try_send(1).unwrap();
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(rx.try_recv(), Ok(2));
    tx.close();
    assert_eq!(rx.try_recv(), Ok(2));
    assert!(rx.try_recv().is_err());
}

async fn in_a_crowd_the_counts_agree<D: Driver>(driver: D, capacity: usize) {
    const EACH: u64 = 300;
    let counters = Arc::new(Counters::new());
    let (tx, rx) = builder(capacity).observer(counters.clone()).build();
    let senders: Vec<_> = (0..3)
        .map(|_| {
            let (d, tx) = (driver.clone(), tx.clone());
            driver.spawn(async move {
                for i in 0..EACH {
                    d.send(&tx, i).await.unwrap();
                }
            })
        })
        .collect();
    drop(tx);
    let receivers: Vec<_> = (0..2)
        .map(|_| {
            let (d, rx) = (driver.clone(), rx.clone());
            driver.spawn(async move { while d.recv(&rx).await.is_ok() {} })
        })
        .collect();
    for job in senders.into_iter().chain(receivers) {
        job.await;
    }
    let counted = counters.snapshot();
    assert_eq!(flow(counted), (3 * EACH, 3 * EACH, 0));
    if capacity != UNBOUNDED {
        assert!(counted.highest_depth <= capacity as u64);
    }
}

async fn drops_count<D: Driver>(_: D, capacity: usize) {
    let n = capacity as u64;
    for overflow in [Overflow::DropNewest, Overflow::DropOldest, Overflow::Reject] {
        let counters = Arc::new(Counters::default());
        let (tx, rx) = Builder::new(capacity)
            .observer(counters.clone())
            .overflow(overflow)
            .build();
        for i in 0..capacity + 3 {
            let _ = tx.try_send(i);
        }
        let (sent, dropped) = match overflow {
            Overflow::Reject => (n, 0),
            _ => (n + 3, 3),
        };
        assert_eq!(flow(counters.snapshot()), (sent, 0, dropped));
        assert!(tx.force_send(9).unwrap().is_some());
        assert_eq!(flow(counters.snapshot()), (sent + 1, 1, dropped));
        rx.drain().count();
        assert_eq!(flow(counters.snapshot()), (sent + 1, n + 1, dropped));
        assert!(format!("{counters:?}").contains("highest_depth"));
    }
}

async fn what_the_last_receiver_drops_does_not_count<D: Driver>(_: D, capacity: usize) {
    let counters = Arc::new(Counters::new());
    let (tx, rx) = Builder::new(capacity).observer(counters.clone()).build();
    tx.try_send(1).unwrap();
    drop(rx);
    assert_eq!(flow(counters.snapshot()), (1, 0, 0));
    assert!(
        catch_unwind(AssertUnwindSafe(|| tx.try_send(2)))
            .unwrap()
            .is_err()
    );
}

async fn one_receiver_counts<D: Driver>(_: D, capacity: usize) {
    let counters = Arc::new(Counters::new());
    let (tx, mut rx) = Builder::new(capacity)
        .observer(counters.clone())
        .overflow(Overflow::DropNewest)
        .build_mpsc();
    {
        let mut recv = Waiting::new(rx.recv());
        assert!(recv.poll().is_pending(), "a second poll is no second wait");
        now(tx.send(1)).unwrap();
        assert_eq!(recv.finish(), Some(1));
    }
    for i in 0..capacity + 2 {
        tx.try_send(i).unwrap();
    }
    let counted = counters.snapshot();
    assert_eq!(flow(counted), (capacity as u64 + 3, 1, 2));
    assert_eq!((counted.receiver_waits, counted.sender_waits), (1, 0));
    let (tx, mut rx) = Builder::unbounded()
        .observer(counters.clone())
        .build_mpsc_unbounded();
    tx.send(1).unwrap();
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(flow(counters.snapshot()), (capacity as u64 + 4, 2, 2));
}
