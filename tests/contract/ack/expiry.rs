//! Who notices that time has passed.

use std::future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use wakering::ack::{self, Config, Consumer, DeadLetters, MockClock, Producer};

use crate::common::{Counter, Waiting, ignore, settle};

const MINUTE: Duration = Duration::from_secs(60);

fn queue(clock: &MockClock) -> (Producer<u8>, Consumer<u8>, DeadLetters<u8>) {
    ack::queue(Config {
        visibility_timeout: MINUTE,
        max_attempts: 2,
        clock: Arc::new(clock.clone()),
        ..Config::default()
    })
}

#[test]
fn another_consumer_notices() {
    let clock = MockClock::new();
    let (tx, rx, _dead) = queue(&clock);
    tx.try_enqueue(1).unwrap();
    let hangs = rx.try_dequeue().unwrap();
    let mut waits = Waiting::new(rx.dequeue());
    clock.advance(MINUTE);
    assert!(!waits.is_woken(), "there is no timer");
    rx.expire();
    let again = waits.finish().unwrap();
    assert_eq!((*again, again.attempts()), (1, 2));
    assert_eq!(*hangs, 1, "it can be read still");
    assert!(hangs.expires_at().is_err());
    assert!(hangs.extend(MINUTE).is_err());
    assert!(hangs.ack().is_err());
    again.ack().unwrap();
}

/// What nobody has noticed has not happened: nobody else has the message.
#[test]
fn in_time_is_before_anybody_notices() {
    let clock = MockClock::new();
    let (tx, rx, _dead) = queue(&clock);
    (1..=2).for_each(|n| ignore(tx.try_enqueue(n).unwrap()));
    let (late, later) = (rx.try_dequeue().unwrap(), rx.try_dequeue().unwrap());
    clock.advance(2 * MINUTE);
    late.ack().unwrap();
    later.extend(MINUTE).unwrap();
    assert!(rx.try_dequeue().is_err());
    later.ack().unwrap();
    assert_eq!((rx.stats().expired, rx.stats().acked), (0, 2));
}

#[test]
fn more_time_is_never_less() {
    let clock = MockClock::new();
    let (tx, rx, _dead) = queue(&clock);
    tx.try_enqueue(1).unwrap();
    let held = rx.try_dequeue().unwrap();
    let first = held.expires_at().unwrap().unwrap();
    held.extend(MINUTE / 2).unwrap();
    assert_eq!(held.expires_at(), Ok(Some(first)));
    clock.advance(MINUTE / 2);
    held.extend(MINUTE).unwrap();
    assert_eq!(held.expires_at(), Ok(Some(first + MINUTE / 2)));
    clock.advance(MINUTE - Duration::from_nanos(1));
    assert!(rx.try_dequeue().is_err());
    clock.advance(Duration::from_nanos(1));
    assert!(rx.try_dequeue().is_ok());
    assert!(held.ack().is_err());
}

/// The task with the executor's sleep: it sleeps for as long as it should, sees to what is due, and ends.
#[test]
fn run_expiry_sleeps_until_something_is_due() {
    let clock = MockClock::new();
    let (tx, rx, dead) = queue(&clock);
    let (asked, sleeps) = std::sync::mpsc::channel();
    let (wake, woken) = wakering::unbounded::<()>();
    let sleep = move |time| {
        asked.send(time).unwrap();
        let woken = woken.clone();
        async move { woken.recv().await }
    };
    let counter = Counter::new();
    let mut task = pin!(rx.run_expiry(sleep));
    let mut poll = || settle(task.as_mut(), &counter);
    assert!(poll().is_pending());
    assert!(sleeps.try_recv().is_err(), "nothing will be due");
    tx.try_enqueue(1).unwrap();
    std::mem::forget(rx.try_dequeue().unwrap());
    assert_eq!(counter.wakes(), 1, "something is due earlier than it knows");
    assert!(poll().is_pending());
    assert_eq!(sleeps.try_recv(), Ok(MINUTE));
    let mut waits = Waiting::new(rx.dequeue());
    clock.advance(MINUTE);
    wake.try_send(()).unwrap();
    assert!(poll().is_pending());
    let again = waits.finish().unwrap();
    assert!(poll().is_pending());
    assert_eq!(sleeps.try_recv(), Ok(MINUTE));
    drop(tx);
    assert!(poll().is_pending());
    again.nack().unwrap(); // that was the last attempt
    assert!(poll().is_ready());
    assert_eq!(*dead.try_recv().unwrap(), 1);
}

/// A delay that is shorter than what the task sleeps for.
#[test]
fn run_expiry_hears_of_earlier_times() {
    let clock = MockClock::new();
    let (tx, rx, _dead) = queue(&clock);
    (1..=2).for_each(|n| ignore(tx.try_enqueue(n).unwrap()));
    let (_held, soon) = (rx.try_dequeue().unwrap(), rx.try_dequeue().unwrap());
    let (asked, sleeps) = std::sync::mpsc::channel();
    let counter = Counter::new();
    let mut task = pin!(rx.run_expiry(move |time| {
        asked.send(time).unwrap();
        future::pending::<()>()
    }));
    assert!(settle(task.as_mut(), &counter).is_pending());
    assert_eq!(sleeps.try_recv(), Ok(MINUTE));
    let before = counter.wakes();
    soon.nack_after(MINUTE / 4).unwrap();
    assert_eq!(counter.wakes(), before + 1);
    assert!(settle(task.as_mut(), &counter).is_pending());
    assert_eq!(sleeps.try_recv(), Ok(MINUTE / 4));
}
