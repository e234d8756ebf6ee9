//! Acknowledged delivery.

use std::sync::Arc;
use std::time::Duration;

use wakering::ack::{self, Config, Consumer, DeadLetters, MockClock, Outcome, Producer, Reason};

use crate::common::Tracker;

const SECOND: Duration = Duration::from_secs(1);

fn queue<T>(clock: &MockClock, max_attempts: u32) -> (Producer<T>, Consumer<T>, DeadLetters<T>) {
    ack::queue(Config {
        capacity: 8,
        visibility_timeout: 10 * SECOND,
        max_attempts,
        window: 8,
        clock: Arc::new(clock.clone()),
        ..Config::default()
    })
}

// A guard that was dropped without an acknowledgement put its message back only if that was configured
// (mq-bridge#22).
#[test]
fn r143_a_dropped_delivery_is_put_back_always() {
    let (tx, rx, _dead) = ack::queue(Config::default());
    tx.try_enqueue("job").unwrap();
    drop(rx.try_dequeue().unwrap());
    assert_eq!(*rx.try_dequeue().unwrap(), "job");
}

// A nack put a copy into the queue and left the original pending, which came again later (svix-webhooks#676).
#[test]
fn r144_a_nack_leaves_one_live_copy() {
    let clock = MockClock::new();
    let (tx, rx, _dead) = queue(&clock, 9);
    tx.try_enqueue(1).unwrap();
    rx.try_dequeue().unwrap().nack().unwrap();
    let held = rx.try_dequeue().unwrap();
    assert!(rx.try_dequeue().is_err());
    held.nack_after(SECOND).unwrap();
    assert!(rx.try_dequeue().is_err());
    // After the deadlines of both deliveries that were given back.
    clock.advance(9 * SECOND);
    rx.try_dequeue().unwrap().ack().unwrap();
    clock.advance(100 * SECOND);
    assert!(rx.try_dequeue().is_err());
    assert_eq!((rx.stats().acked, rx.stats().expired), (1, 0));
}

// The deadline was counted from the enqueue, so that a message that had waited long was delivered twice
// (omniqueue-rs#102).
#[test]
fn r145_the_deadline_counts_from_the_delivery() {
    let clock = MockClock::new();
    let (tx, rx, _dead) = queue(&clock, 9);
    tx.try_enqueue(1).unwrap();
    clock.advance(1000 * SECOND);
    let held = rx.try_dequeue().unwrap();
    assert_eq!(held.delivered_at() - held.enqueued_at(), 1000 * SECOND);
    clock.advance(9 * SECOND);
    assert!(rx.try_dequeue().is_err());
    held.ack().unwrap();
}

// Leases that had not expired were stolen, attempts were miscounted, and late acknowledgements took effect (reddb#1153,
// reddb#531).
#[test]
fn r146_attempts_and_late_acknowledgements() {
    let clock = MockClock::new();
    let (tx, rx, dead) = queue(&clock, 3);
    let id = tx.try_enqueue("job").unwrap();
    let first = rx.try_dequeue().unwrap();
    clock.advance(10 * SECOND - Duration::from_nanos(1));
    assert!(rx.try_dequeue().is_err(), "not expired yet");
    clock.advance(Duration::from_nanos(1));
    let second = rx.try_dequeue().unwrap();
    assert_eq!((first.attempts(), second.attempts()), (1, 2));
    assert!(first.ack().is_err(), "too late");
    assert_eq!((rx.stats().acked, rx.stats().in_flight), (0, 1));
    assert!(!rx.seen(id));
    second.nack().unwrap();
    let third = rx.try_dequeue().unwrap();
    assert_eq!(third.attempts(), 3);
    drop(third);
    assert!(rx.try_dequeue().is_err());
    let letter = dead.try_recv().unwrap();
    let outcomes: Vec<_> = letter.history().iter().map(|a| a.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::Expired, Outcome::Nacked, Outcome::Dropped]
    );
    assert_eq!((letter.reason(), letter.attempts()), (Reason::Attempts, 3));
}

// The storage of a message was released while somebody still had it, or was to get it (runtime#265, subspace#124).
#[test]
fn r147_a_message_lives_as_long_as_somebody_has_it() {
    let clock = MockClock::new();
    let tracker = Tracker::new();
    let (tx, rx, dead) = queue(&clock, 9);
    tx.try_enqueue(tracker.make(1)).unwrap();
    let hangs = rx.try_dequeue().unwrap();
    clock.advance(10 * SECOND);
    rx.try_dequeue().unwrap().ack().unwrap();
    // The slot is used again, beside the delivery that shows its old message.
    tx.try_enqueue(tracker.make(2)).unwrap();
    let other = rx.try_dequeue().unwrap();
    assert_eq!(
        (hangs.id(), hangs.number(), other.number()),
        (hangs.id(), 1, 2)
    );
    assert_eq!(tracker.alive(), 2);
    // Forgotten: it comes back all the same.
    std::mem::forget(other);
    clock.advance(10 * SECOND);
    let again = rx.try_dequeue().unwrap();
    assert_eq!((again.number(), again.attempts()), (2, 2));
    // In flight at the end of all handles.
    drop((tx, rx, dead));
    assert_eq!((again.number(), hangs.number()), (2, 1));
    drop(hangs);
    assert_eq!(tracker.alive(), 1);
    again.ack().unwrap();
}

trait TrackedId {
    fn number(&self) -> usize;
}

impl TrackedId for ack::Delivery<crate::common::Tracked> {
    fn number(&self) -> usize {
        (**self).id()
    }
}

// Work that took longer than the visibility timeout was done twice at a time (svix-webhooks#2181).
#[test]
fn r148_more_time_can_be_had() {
    let clock = MockClock::new();
    let (tx, rx, _dead) = queue(&clock, 9);
    tx.try_enqueue(1).unwrap();
    let slow = rx.try_dequeue().unwrap();
    for _ in 0..10 {
        clock.advance(9 * SECOND);
        slow.extend(10 * SECOND).unwrap();
        assert!(rx.try_dequeue().is_err());
    }
    slow.ack().unwrap();
    assert_eq!(rx.stats().delivered, 1);
}

// Messages were lost in silence, and found only by counting (ferrotunnel#170).
#[test]
fn r149_the_counters_account_for_every_message() {
    let clock = MockClock::new();
    let (tx, rx, dead) = queue(&clock, 2);
    let adds_up = || {
        let s = tx.stats();
        let there = (s.ready + s.in_flight + s.delayed) as u64;
        assert_eq!(s.enqueued, s.acked + s.dead + there);
        assert_eq!(
            s.delivered,
            s.acked + s.nacked + s.rejected + s.expired + s.dropped + s.in_flight as u64
        );
        s
    };
    for n in 0..6 {
        tx.try_enqueue(n).unwrap();
        adds_up();
    }
    rx.try_dequeue().unwrap().ack().unwrap();
    rx.try_dequeue().unwrap().nack().unwrap();
    rx.try_dequeue().unwrap().reject().unwrap();
    drop(rx.try_dequeue().unwrap());
    std::mem::forget(rx.try_dequeue().unwrap());
    rx.try_dequeue().unwrap().nack_after(30 * SECOND).unwrap();
    adds_up();
    clock.advance(20 * SECOND);
    rx.expire();
    let s = adds_up();
    assert_eq!(
        (s.acked, s.nacked, s.rejected, s.dropped, s.expired),
        (1, 2, 1, 1, 1)
    );
    assert_eq!((s.ready, s.delayed, s.dead), (3, 1, 1));
    drop(dead);
    drop(rx);
    let s = adds_up();
    assert_eq!((s.dead, s.discarded), (5, 4));
}
