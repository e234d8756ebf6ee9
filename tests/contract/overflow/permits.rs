//! Permits and sinks have their room, and wait for it under every policy.

use wakering::Overflow;

use super::channel;
use crate::common::Waiting;
use crate::driver::{Driver, contract};

contract! {
    reservations_wait,
    what_permits_hold_is_not_evicted,
    force_send_returns_what_it_evicts,
}

const POLICIES: [Overflow; 3] = [Overflow::Reject, Overflow::DropNewest, Overflow::DropOldest];

async fn reservations_wait<D: Driver>(_: D, capacity: usize) {
    for overflow in POLICIES {
        let (tx, rx, dropped) = channel(capacity, overflow);
        for i in 0..capacity {
            tx.try_send(i).unwrap();
        }
        let mut reserve = Waiting::new(tx.reserve());
        assert_eq!(rx.try_recv(), Ok(0));
        reserve.finish().unwrap().send(99);
        assert_eq!((tx.len(), dropped.take()), (capacity, vec![]));
    }
}

async fn what_permits_hold_is_not_evicted<D: Driver>(_: D, capacity: usize) {
    let (tx, rx, dropped) = channel(capacity, Overflow::DropOldest);
    let permits = tx.try_reserve_many(capacity).unwrap();
    tx.try_send(1).unwrap();
    assert_eq!(dropped.take(), [1], "there is nothing else to drop");
    assert_eq!((tx.len(), tx.dropped()), (0, 1));
    for permit in permits {
        permit.send(2);
    }
    tx.try_send(3).unwrap();
    assert_eq!(dropped.take(), [2]);
    assert_eq!(rx.drain().last(), Some(3));
}

async fn force_send_returns_what_it_evicts<D: Driver>(_: D, capacity: usize) {
    for overflow in POLICIES {
        let (tx, _rx, dropped) = channel(capacity, overflow);
        for i in 0..capacity {
            assert_eq!(tx.force_send(i), Ok(None));
        }
        assert_eq!(tx.force_send(99), Ok(Some(0)));
        assert_eq!((tx.dropped(), dropped.take()), (0, vec![]));
    }
}
