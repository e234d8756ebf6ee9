//! Loom models of the ring alone. Bounds and state counts: `docs/verification.md`.

use alloc::vec::Vec;

use loom::sync::Arc;
use loom::thread;

use super::{Forced, NoItem, NoRoom, Ring, Tail};
use crate::index::Position;
use crate::sync::Deed;

/// Tries until it is there, letting others run.
fn push(ring: &Ring<u32>, message: u32) {
    loop {
        match ring.claim_push() {
            Ok(push) => {
                push.publish(message);
                return;
            }
            Err(NoRoom::Closed) => panic!("closed"),
            Err(NoRoom::Full | NoRoom::Busy) => thread::yield_now(),
        }
    }
}

fn pop(ring: &Ring<u32>) -> u32 {
    loop {
        match ring.claim_pop() {
            Ok(pop) => return pop.take(),
            Err(NoItem::Closed) => panic!("closed"),
            Err(NoItem::Empty | NoItem::Busy) => thread::yield_now(),
        }
    }
}

fn within_bound(ring: &Ring<u32>) {
    let (messages, credits) = ring.load();
    assert!(messages + credits <= ring.capacity());
}

fn try_push(ring: &Ring<u32>, message: u32) -> bool {
    ring.claim_push().map(|push| push.publish(message)).is_ok()
}

fn try_pop(ring: &Ring<u32>) -> Option<u32> {
    ring.claim_pop().map(|pop| pop.take()).ok()
}

/// At most one thread of a model may wait by trying again (loom does not see two such threads end), so the threads here
/// try a fixed number of times, and what is left over is counted at the end.
fn two_senders(ring: Ring<u32>) {
    let ring = Arc::new(ring);
    let senders: Vec<_> = [1, 2]
        .map(|n| {
            let ring = ring.clone();
            thread::spawn(move || if try_push(&ring, n) { n } else { 0 })
        })
        .into();
    let early = [try_pop(&ring), try_pop(&ring)];
    within_bound(&ring);
    let sent: u32 = senders.into_iter().map(|s| s.join().unwrap()).sum();
    let late = [try_pop(&ring), try_pop(&ring)];
    let received: u32 = early.into_iter().chain(late).flatten().sum();
    assert_eq!(sent, received);
    assert!(sent > 0, "the first one finds room");
    assert!(matches!(ring.claim_pop(), Err(NoItem::Empty)));
}

#[test]
fn ring_two_senders_capacity_1() {
    loom::model(|| two_senders(Ring::new(1)));
}

#[test]
fn ring_two_senders_capacity_2() {
    loom::model(|| two_senders(Ring::new(2)));
}

#[test]
fn ring_two_senders_at_the_wrap() {
    loom::model(|| two_senders(Ring::starting_at(1, Position::new(0).minus(1))));
}

fn two_receivers(capacity: usize) {
    let ring = Arc::new(Ring::new(capacity));
    assert!(try_push(&ring, 1));
    let receivers: Vec<_> = [(); 2]
        .map(|()| {
            let ring = ring.clone();
            thread::spawn(move || try_pop(&ring))
        })
        .into();
    let sent = if try_push(&ring, 2) { 3 } else { 1 };
    within_bound(&ring);
    let received: u32 = receivers
        .into_iter()
        .filter_map(|r| r.join().unwrap())
        .sum();
    let left: u32 = [try_pop(&ring), try_pop(&ring)].into_iter().flatten().sum();
    assert_eq!(sent, received + left);
}

#[test]
fn ring_two_receivers_capacity_1() {
    loom::model(|| two_receivers(1));
}

#[test]
fn ring_two_receivers_capacity_2() {
    loom::model(|| two_receivers(2));
}

/// FIFO through two laps of one slot.
#[test]
fn ring_one_to_one_in_order() {
    loom::model(|| {
        let ring = Arc::new(Ring::new(1));
        let sender = {
            let ring = ring.clone();
            thread::spawn(move || (1..=3).for_each(|n| push(&ring, n)))
        };
        for n in 1..=3 {
            assert_eq!(pop(&ring), n);
        }
        sender.join().unwrap();
    });
}

fn glance_push(ring: &Ring<u32>, message: u32) -> bool {
    ring.glance_push()
        .map(|push| push.publish(message))
        .is_some()
}

/// R7 without credits: with three of four slots in use, the fifth message goes to the slot of the first one, while its
/// sender looks at the slot of the second one only. That the first was read it knows through `tail`.
fn slot_seen_free_by_another_sender(push: fn(&Ring<u32>, u32) -> bool) {
    loom::model(move || {
        let ring = Arc::new(Ring::new(3));
        (0..3).for_each(|n| assert!(push(&ring, n)));
        let receiver = {
            let ring = ring.clone();
            thread::spawn(move || try_pop(&ring))
        };
        let sender = {
            let ring = ring.clone();
            thread::spawn(move || push(&ring, 3))
        };
        let own = try_pop(&ring);
        push(&ring, 4);
        within_bound(&ring);
        let other = receiver.join().unwrap();
        sender.join().unwrap();
        assert!(own.is_none() || own != other);
    });
}

#[test]
fn ring_slot_seen_free_by_another_sender() {
    slot_seen_free_by_another_sender(try_push);
}

#[test]
fn ring_slot_seen_free_at_a_glance() {
    slot_seen_free_by_another_sender(glance_push);
}

/// R7 with credits: a sender sees the slot free and takes the position before it; the credit is redeemed into the slot.
fn credit_into_a_slot_seen_by_another(push_or_not: fn(&Ring<u32>, u32) -> bool) {
    loom::model(move || {
        let ring = Arc::new(Ring::new(2));
        push(&ring, 0);
        assert_eq!(ring.reserve(1, 2), Ok(1));
        let receiver = {
            let ring = ring.clone();
            thread::spawn(move || pop(&ring))
        };
        let sender = {
            let ring = ring.clone();
            thread::spawn(move || push_or_not(&ring, 1))
        };
        ring.claim_reserved(Tail::is_abandoned).unwrap().publish(2);
        within_bound(&ring);
        assert_eq!(receiver.join().unwrap(), 0);
        let sent = sender.join().unwrap();
        let rest = if sent {
            pop(&ring) + pop(&ring)
        } else {
            pop(&ring)
        };
        assert_eq!(rest, if sent { 3 } else { 2 });
    });
}

#[test]
fn ring_credit_into_a_slot_seen_by_another() {
    credit_into_a_slot_seen_by_another(try_push);
}

#[test]
fn ring_credit_into_a_slot_seen_at_a_glance() {
    credit_into_a_slot_seen_by_another(glance_push);
}

/// A sender that was refused for a credit finds room once it is back.
#[test]
fn ring_credit_taken_and_returned() {
    loom::model(|| {
        let ring = Arc::new(Ring::new(1));
        let holder = {
            let ring = ring.clone();
            thread::spawn(move || {
                if ring.reserve(1, 1).is_ok() {
                    within_bound(&ring);
                    ring.unreserve(1);
                }
            })
        };
        push(&ring, 1);
        assert_eq!(pop(&ring), 1);
        holder.join().unwrap();
    });
}

/// Eviction while the holder of a credit writes, perhaps to the slot of the evicted message.
#[test]
fn ring_replace_beside_a_credit() {
    loom::model(|| {
        let ring = Arc::new(Ring::new(2));
        push(&ring, 10);
        assert_eq!(ring.reserve(1, 1), Ok(1));
        let holder = {
            let ring = ring.clone();
            thread::spawn(move || {
                ring.claim_reserved(Tail::is_abandoned).unwrap().publish(20);
            })
        };
        let evicted = match ring.claim_forced() {
            Ok(Forced::Push(_)) => panic!("there is no room"),
            Ok(Forced::Replace(replace)) => replace.publish(30).map(|(old, _)| old).ok(),
            Err(NoRoom::Busy) => Some(30),
            Err(other) => panic!("{other:?}"),
        };
        holder.join().unwrap();
        within_bound(&ring);
        assert!(matches!(evicted, Some(10 | 30)));
        // What is left is received in `tests.rs`, by real threads. Here it may look unpublished for ever: loom does not
        // know that a store which an exchange did not see comes after that exchange.
    });
}

/// R7 with an eviction: the slot that the new message goes to was read by one thread and seen free by another.
#[test]
fn ring_replace_into_a_slot_seen_by_another() {
    loom::model(|| {
        let ring = Arc::new(Ring::new(2));
        push(&ring, 1);
        push(&ring, 2);
        let receiver = {
            let ring = ring.clone();
            thread::spawn(move || try_pop(&ring))
        };
        let holder = {
            let ring = ring.clone();
            thread::spawn(move || ring.reserve(1, 1).is_ok())
        };
        match ring.claim_forced() {
            Ok(Forced::Push(push)) => {
                push.publish(3);
            }
            Ok(Forced::Replace(replace)) => {
                let _ = replace.publish(3);
            }
            Err(NoRoom::Busy | NoRoom::Full) => {}
            Err(NoRoom::Closed) => panic!("nobody closes"),
        }
        within_bound(&ring);
        receiver.join().unwrap();
        holder.join().unwrap();
    });
}

/// The credit is given back while the eviction goes on: the room that it leaves can be used.
#[test]
fn ring_replace_beside_a_returned_credit() {
    loom::model(|| {
        let ring = Arc::new(Ring::new(2));
        push(&ring, 10);
        assert_eq!(ring.reserve(1, 1), Ok(1));
        let holder = {
            let ring = ring.clone();
            thread::spawn(move || {
                ring.unreserve(1);
            })
        };
        let evicted = match ring.claim_forced() {
            Ok(Forced::Push(push)) => {
                push.publish(30);
                false
            }
            Ok(Forced::Replace(replace)) => replace.publish(30).is_ok(),
            Err(other) => panic!("{other:?}"),
        };
        holder.join().unwrap();
        let left = if evicted { 1 } else { 2 };
        assert_eq!(ring.load(), (left, 0));
        assert_eq!(try_push(&ring, 40), evicted);
        let sum = pop(&ring) + pop(&ring);
        assert_eq!(sum, if evicted { 70 } else { 40 });
    });
}

/// Eviction against a receiver: each message goes one way only.
#[test]
fn ring_replace_against_a_receiver() {
    loom::model(|| {
        let ring = Arc::new(Ring::new(1));
        push(&ring, 1);
        let receiver = {
            let ring = ring.clone();
            thread::spawn(move || ring.claim_pop().map(|pop| pop.take()).ok())
        };
        let evicted = match ring.claim_forced() {
            Ok(Forced::Push(push)) => {
                push.publish(2);
                None
            }
            Ok(Forced::Replace(replace)) => replace.publish(2).map(|(old, _)| old).ok(),
            Err(_) => Some(2),
        };
        let received = receiver.join().unwrap();
        let left = ring.claim_pop().map(|pop| pop.take()).ok();
        let sum: u32 = [evicted, received, left].into_iter().flatten().sum();
        assert_eq!(sum, 3, "{evicted:?} {received:?} {left:?}");
    });
}

/// A claim before the close is delivered, one after it fails; the end is seen only when nothing is left.
#[test]
fn ring_close_is_exact() {
    loom::model(|| {
        let ring = Arc::new(Ring::new(2));
        let sender = {
            let ring = ring.clone();
            thread::spawn(move || ring.claim_push().map(|push| push.publish(1)).is_ok())
        };
        let closer = {
            let ring = ring.clone();
            thread::spawn(move || {
                ring.close();
                assert!(matches!(ring.claim_push(), Err(NoRoom::Closed)));
            })
        };
        let mut got = 0;
        loop {
            match ring.claim_pop() {
                Ok(pop) => got += pop.take(),
                Err(NoItem::Closed) => break,
                Err(_) => thread::yield_now(),
            }
        }
        closer.join().unwrap();
        assert_eq!(sender.join().unwrap(), got == 1);
    });
}

/// Permits keep a closed channel going.
#[test]
fn ring_close_waits_for_credits() {
    loom::model(|| {
        let ring = Arc::new(Ring::new(2));
        assert_eq!(ring.reserve(2, 2), Ok(2));
        let holder = {
            let ring = ring.clone();
            thread::spawn(move || {
                ring.claim_reserved(Tail::is_abandoned).unwrap().publish(1);
                ring.unreserve(1);
            })
        };
        ring.close();
        assert_eq!(pop(&ring), 1);
        loop {
            match ring.claim_pop() {
                Ok(_) => panic!("one message only"),
                Err(NoItem::Closed) => break,
                Err(_) => thread::yield_now(),
            }
        }
        holder.join().unwrap();
    });
}

/// What was done before a close is seen by the receiver and the sender that are told of it.
#[test]
fn ring_close_publishes_what_was_done_before() {
    loom::model(|| {
        let ring = Arc::new(Ring::<u32>::new(1));
        let data = Arc::new(Deed::new());
        let closer = {
            let (ring, data) = (ring.clone(), data.clone());
            thread::spawn(move || {
                data.perform();
                ring.close();
            })
        };
        let sender = {
            let (ring, data) = (ring.clone(), data.clone());
            thread::spawn(move || {
                if let Err(NoRoom::Closed) = ring.claim_push().map(|push| push.publish(1)) {
                    assert!(data.is_done());
                }
            })
        };
        if let Err(NoItem::Closed) = ring.claim_pop().map(|pop| pop.take()) {
            assert!(data.is_done());
        }
        closer.join().unwrap();
        sender.join().unwrap();
    });
}

/// So is what was done before the last permit of a closed channel was given back, and before a close that is asked for.
#[test]
fn ring_last_credit_publishes_what_was_done_before() {
    loom::model(|| {
        let ring = Arc::new(Ring::<u32>::new(1));
        let data = Arc::new(Deed::new());
        assert_eq!(ring.reserve(1, 1), Ok(1));
        ring.close();
        let holder = {
            let (ring, data) = (ring.clone(), data.clone());
            thread::spawn(move || {
                data.perform();
                ring.unreserve(1);
            })
        };
        if let Err(NoItem::Closed) = ring.claim_pop() {
            assert!(data.is_done());
        }
        holder.join().unwrap();
    });
}

#[test]
fn ring_asking_for_the_close_sees_what_was_done_before() {
    loom::model(|| {
        let ring = Arc::new(Ring::<u32>::new(1));
        let data = Arc::new(Deed::new());
        let closer = {
            let (ring, data) = (ring.clone(), data.clone());
            thread::spawn(move || {
                data.perform();
                ring.close();
            })
        };
        if ring.is_closed() {
            assert!(data.is_done());
        }
        closer.join().unwrap();
    });
}

/// Runs: claimed as a whole, in order, every slot looked at.
#[test]
fn ring_runs() {
    loom::model(|| {
        let ring = Arc::new(Ring::new(2));
        let sender = {
            let ring = ring.clone();
            thread::spawn(move || {
                let mut next = 1..=3;
                let mut left = 3;
                while left > 0 {
                    match ring.claim_push_run(left) {
                        Ok(run) => {
                            left -= run.len();
                            run.publish(|| next.next().unwrap());
                        }
                        Err(_) => thread::yield_now(),
                    }
                }
            })
        };
        let mut got = Vec::new();
        while got.len() < 3 {
            match ring.claim_pop_run(3) {
                Ok(run) => drop(run.take(|message| got.push(message))),
                Err(_) => thread::yield_now(),
            }
        }
        assert_eq!(got, [1, 2, 3]);
        sender.join().unwrap();
    });
}

/// Refusals are true: empty only when empty, full only when full.
#[test]
fn ring_refusals_are_true() {
    loom::model(|| {
        let ring = Arc::new(Ring::new(1));
        let other = {
            let ring = ring.clone();
            thread::spawn(move || {
                push(&ring, 1);
                // This thread's own message is in, or has been received.
                match ring.claim_push().map(|push| push.publish(2)) {
                    Ok(_) => true,
                    Err(NoRoom::Full | NoRoom::Busy) => false,
                    Err(NoRoom::Closed) => panic!("closed"),
                }
            })
        };
        let first = pop(&ring);
        assert_eq!(first, 1);
        // Received by this thread: for this thread there is room, unless the other one has used it.
        let own = ring.claim_push().map(|push| push.publish(3)).is_ok();
        let others = other.join().unwrap();
        assert!(own || others, "somebody gets the room");
    });
}
