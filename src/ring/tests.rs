//! The ring on its own: a sender or receiver "stalled" between its two steps is simply a claim that is kept.

use alloc::sync::Arc;
use alloc::vec::Vec;
use std::collections::VecDeque;
use std::thread;

use super::storage::force as force_storage;
use super::{Forced, NoItem, NoRoom, Ring, Tail};
use crate::index::{MAX_CAPACITY, Position};
use crate::storage::Unforced;

fn push(ring: &Ring<u32>, message: u32) -> Result<(), NoRoom> {
    ring.claim_push().map(|push| {
        push.publish(message);
    })
}

fn pop(ring: &Ring<u32>) -> Result<u32, NoItem> {
    ring.claim_pop().map(|pop| pop.take())
}

/// R4: every capacity, from starts on both sides of the wrap, against a deque.
#[test]
fn r095_positions_wrap_at_every_capacity() {
    for capacity in [1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 65] {
        for before in [0, 1, 2, 3, 64, 65, 130] {
            let ring = Ring::starting_at(capacity, Position::new(0).minus(before));
            let mut model = VecDeque::new();
            for n in 0..400_u32 {
                // Fills, drains and goes half way in turn.
                let sends = usize::from(n % 3 == 0) * capacity + 1;
                for i in 0..sends as u32 {
                    let expected = model.len() < capacity;
                    assert_eq!(push(&ring, n + i).is_ok(), expected);
                    if expected {
                        model.push_back(n + i);
                    }
                }
                let receives = (n % 5) as usize * capacity / 2 + 1;
                for _ in 0..receives {
                    assert_eq!(pop(&ring).ok(), model.pop_front());
                    assert_eq!(ring.load(), (model.len(), 0));
                }
            }
        }
    }
}

#[test]
fn positions_are_ordered_across_the_wrap() {
    let zero = Position::new(0);
    assert_eq!(zero.plus(5).ahead_of(zero), 5);
    assert_eq!(zero.minus(5).ahead_of(zero), -5);
    let far = i64::try_from(MAX_CAPACITY).unwrap();
    assert_eq!(
        zero.minus(1).plus(MAX_CAPACITY).ahead_of(zero.minus(1)),
        far
    );
    assert_eq!(zero.minus(1).index(7), 7);
}

/// The words: no field touches a neighbour.
#[test]
fn fields_of_the_tail_do_not_touch() {
    let last = Position::new(0).minus(1);
    let tail = Tail::from_bits(Tail::starting_at(last).bits() | Tail::CLOSED | Tail::RX_WAITS);
    let tail = tail.promised(super::MAX_CREDITS);
    assert_eq!(tail.credits(), super::MAX_CREDITS);
    let tail = tail.redeemed();
    assert_eq!(tail.position(), Position::new(0));
    assert_eq!(tail.credits(), super::MAX_CREDITS - 1);
    assert!(tail.is_closed() && tail.rx_waits() && !tail.is_abandoned() && !tail.is_final());
    assert!(tail.returned(super::MAX_CREDITS - 1).is_final());
}

/// A sender stopped between claim and publish: the refusals end, and nothing is lost.
#[test]
fn r067_r069_stalled_sender() {
    let ring = Ring::new(4);
    let stalled = ring.claim_push().ok().unwrap();
    push(&ring, 2).unwrap();
    assert_eq!(ring.load(), (2, 0));
    assert_eq!(pop(&ring), Err(NoItem::Busy));
    assert!(matches!(ring.claim_pop_run(4), Err(NoItem::Busy)));
    stalled.publish(1);
    assert_eq!(pop(&ring), Ok(1));
    assert_eq!(pop(&ring), Ok(2));
    assert_eq!(pop(&ring), Err(NoItem::Empty));
}

/// A receiver stopped between claim and free: full of what is being read, but not `Full`.
#[test]
fn r118_stalled_receiver() {
    let ring = Ring::new(2);
    push(&ring, 1).unwrap();
    push(&ring, 2).unwrap();
    assert_eq!(push(&ring, 3), Err(NoRoom::Full));
    let stalled = ring.claim_pop().ok().unwrap();
    assert_eq!(push(&ring, 3), Err(NoRoom::Busy));
    assert_eq!(pop(&ring), Ok(2));
    assert_eq!(push(&ring, 3), Err(NoRoom::Busy));
    assert_eq!(stalled.take(), 1);
    push(&ring, 3).unwrap();
    assert_eq!(pop(&ring), Ok(3));
}

/// A run ends before the slot that is not published, wherever that is.
#[test]
fn r077_run_with_a_hole() {
    let ring = Ring::new(8);
    push(&ring, 1).unwrap();
    push(&ring, 2).unwrap();
    let stalled = ring.claim_push().ok().unwrap();
    push(&ring, 4).unwrap();
    let mut got = Vec::new();
    ring.claim_pop_run(8).ok().unwrap().take(|n| got.push(n));
    assert_eq!(got, [1, 2]);
    assert!(matches!(ring.claim_pop_run(8), Err(NoItem::Busy)));
    stalled.publish(3);
    ring.claim_pop_run(8).ok().unwrap().take(|n| got.push(n));
    assert_eq!(got, [1, 2, 3, 4]);
}

/// A run of sends ends before a slot that is being read.
#[test]
fn run_of_sends_with_a_slot_in_use() {
    let ring = Ring::new(4);
    for n in 0..4 {
        push(&ring, n).unwrap();
    }
    let first = ring.claim_pop().ok().unwrap();
    let second = ring.claim_pop().ok().unwrap();
    assert_eq!(first.take(), 0);
    let run = ring.claim_push_run(4).ok().unwrap();
    assert_eq!(run.len(), 1);
    run.publish(|| 4);
    assert_eq!(second.take(), 1);
}

/// Credits count against the bound, whichever way they go.
#[test]
fn credits_are_room() {
    let ring = Ring::new(3);
    assert_eq!(ring.reserve(2, 2), Ok(2));
    push(&ring, 1).unwrap();
    assert_eq!(push(&ring, 2), Err(NoRoom::Full));
    assert_eq!(ring.reserve(1, 1), Err(NoRoom::Full));
    assert_eq!(ring.load(), (1, 2));
    ring.claim_reserved(Tail::is_abandoned).unwrap().publish(3);
    assert_eq!(ring.load(), (2, 1));
    ring.unreserve(1);
    assert_eq!(ring.reserve(2, 2), Err(NoRoom::Full), "all or nothing");
    push(&ring, 4).unwrap();
    assert_eq!([pop(&ring), pop(&ring), pop(&ring)], [Ok(1), Ok(3), Ok(4)]);
}

#[test]
fn close_lets_credits_and_messages_through() {
    let ring = Ring::new(2);
    push(&ring, 1).unwrap();
    assert_eq!(ring.reserve(1, 1), Ok(1));
    assert!(!ring.close().is_closed());
    assert!(ring.close().is_closed());
    assert_eq!(push(&ring, 2), Err(NoRoom::Closed));
    assert_eq!(pop(&ring), Ok(1));
    assert_eq!(pop(&ring), Err(NoItem::Empty));
    ring.claim_reserved(Tail::is_abandoned).unwrap().publish(3);
    assert_eq!(pop(&ring), Ok(3));
    assert_eq!(pop(&ring), Err(NoItem::Closed));
    assert!(ring.claim_reserved(Tail::is_closed).is_none());
}

fn force(ring: &Ring<u32>, message: u32) -> Result<Option<u32>, NoRoom> {
    match ring.claim_forced()? {
        Forced::Push(push) => {
            push.publish(message);
            Ok(None)
        }
        Forced::Replace(replace) => Ok(replace.publish(message).ok().map(|(oldest, _)| oldest)),
    }
}

#[test]
fn eviction_at_every_capacity() {
    for capacity in 1..=9 {
        let ring = Ring::starting_at(capacity, Position::new(0).minus(3));
        for n in 0..100 {
            let evicted = (n as usize >= capacity).then(|| n - capacity as u32);
            assert_eq!(force(&ring, n), Ok(evicted));
            assert_eq!(ring.load().0, capacity.min(n as usize + 1));
        }
        for n in 100 - capacity as u32..100 {
            assert_eq!(pop(&ring), Ok(n));
        }
    }
}

/// The slot of the evicted message is used by the holder of a credit, or by the next send once the credit is back.
#[test]
fn eviction_beside_a_credit() {
    for capacity in 2..=9_u32 {
        for redeemed in [true, false] {
            let ring = Ring::new(capacity as usize);
            for n in 1..capacity {
                push(&ring, n).unwrap();
            }
            assert_eq!(ring.reserve(1, 1), Ok(1));
            assert_eq!(force(&ring, capacity), Ok(Some(1)));
            if redeemed {
                ring.claim_reserved(Tail::is_abandoned)
                    .unwrap()
                    .publish(capacity + 1);
            } else {
                ring.unreserve(1);
                push(&ring, capacity + 1).unwrap();
            }
            assert_eq!(push(&ring, 0), Err(NoRoom::Full));
            for n in 2..=capacity + 1 {
                assert_eq!(pop(&ring), Ok(n));
            }
            assert_eq!(pop(&ring), Err(NoItem::Empty));
        }
    }
}

#[test]
fn nothing_to_evict() {
    let ring = Ring::new(2);
    assert_eq!(ring.reserve(2, 2), Ok(2));
    assert_eq!(force(&ring, 1), Err(NoRoom::Full));
    ring.claim_reserved(Tail::is_abandoned).unwrap().publish(2);
    ring.unreserve(1);
    let stalled = ring.claim_push().ok().unwrap();
    assert_eq!(force(&ring, 1), Ok(Some(2)));
    assert_eq!(
        force(&ring, 3),
        Err(NoRoom::Busy),
        "the oldest is being written"
    );
    stalled.publish(4);
    assert_eq!(pop(&ring), Ok(4));
    assert_eq!(pop(&ring), Ok(1));
}

/// Evictions, credits and receives by real threads: every message goes one way, once, and the ring is sound afterwards.
#[test]
fn eviction_by_threads() {
    const EACH: u32 = 20_000;
    for capacity in [1, 2, 3, 4] {
        let ring = Arc::new(Ring::new(capacity));
        let workers: Vec<_> = (0..3_u32)
            .map(|id| {
                let ring = ring.clone();
                thread::spawn(move || {
                    let (mut sent, mut got) = (0_u64, 0_u64);
                    for n in 1..=EACH {
                        match (id, n % 4) {
                            (0, 0) => {
                                if ring.reserve(1, 1).is_ok() {
                                    ring.claim_reserved(Tail::is_abandoned).unwrap().publish(n);
                                    sent += u64::from(n);
                                }
                            }
                            (0, 1) => {
                                if let Ok(n) = ring.reserve(1, 2) {
                                    let _ = ring.unreserve(n);
                                }
                            }
                            (0 | 1, _) => match force(&ring, n) {
                                Ok(evicted) => {
                                    sent += u64::from(n);
                                    got += u64::from(evicted.unwrap_or(0));
                                }
                                Err(NoRoom::Full | NoRoom::Busy) => {}
                                Err(NoRoom::Closed) => unreachable!("nobody closes"),
                            },
                            _ => got += u64::from(pop(&ring).unwrap_or(0)),
                        }
                        let (messages, credits) = ring.load();
                        assert!(messages + credits <= capacity);
                    }
                    (sent, got)
                })
            })
            .collect();
        let (mut sent, mut got) = (0, 0);
        for worker in workers {
            let (its_sent, its_got) = worker.join().unwrap();
            sent += its_sent;
            got += its_got;
        }
        while let Ok(n) = pop(&ring) {
            got += u64::from(n);
        }
        assert_eq!(sent, got);
        for n in 0..capacity as u32 {
            push(&ring, n).unwrap();
        }
        assert_eq!(push(&ring, 0), Err(NoRoom::Full));
    }
}

#[test]
#[should_panic(expected = "capacity must be at least 1")]
fn r094_capacity_0() {
    let _ = Ring::<u8>::new(0);
}

#[test]
#[should_panic(expected = "capacity")]
fn r094_capacity_beyond_positions() {
    let _ = Ring::<u8>::new(usize::MAX);
}

#[test]
#[should_panic(expected = "more than memory can hold")]
fn r094_capacity_beyond_memory() {
    let _ = Ring::<[u64; 1 << 20]>::new(1 << 38);
}

/// What is left in a ring that is dropped is dropped with it, once.
#[test]
fn drops_what_is_left() {
    let message = Arc::new(());
    let ring = Ring::new(4);
    for _ in 0..3 {
        let _ = ring.claim_push().ok().unwrap().publish(message.clone());
    }
    drop(ring.claim_pop().ok().unwrap().take());
    drop(ring);
    assert_eq!(Arc::strong_count(&message), 1);
}

/// Closed between eviction and claim: the new message comes back, and the oldest is gone.
#[test]
fn eviction_against_a_close() {
    let ring = Ring::new(2);
    push(&ring, 1).unwrap();
    push(&ring, 2).unwrap();
    let forced = ring.claim_forced().ok().unwrap();
    ring.close();
    let closed = Unforced {
        why: NoRoom::Closed,
        message: 3,
        evicted: Some(1),
    };
    assert_eq!(force_storage(forced, 3), Err(closed));
    assert_eq!(pop(&ring), Ok(2));
    assert_eq!(pop(&ring), Err(NoItem::Closed));
}
