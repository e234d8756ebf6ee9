//! Foreign code that panics, or uses the queue that calls it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Context;

use wakering::ack::{self, Config, Consumer, Producer};

use crate::common::wakers::{PanicsAt, hooked};
use crate::common::{Waiting, ignore, poll_once};

fn config(capacity: usize) -> Config {
    Config {
        capacity,
        max_attempts: 2,
        ..Config::default()
    }
}

/// Panics when it is dropped.
struct Bomb(u8);

impl Drop for Bomb {
    fn drop(&mut self) {
        if self.0 > 0 && !std::thread::panicking() {
            panic!("a message panics");
        }
    }
}

fn panics(act: impl FnOnce()) {
    assert!(catch_unwind(AssertUnwindSafe(act)).is_err());
}

#[test]
fn a_drop_that_panics_is_an_acknowledgement_all_the_same() {
    let (tx, rx, _dead) = ack::queue(config(1));
    drop(tx.try_enqueue(Bomb(1)));
    let delivery = rx.try_dequeue().unwrap();
    let mut waits = Waiting::new(tx.enqueue(Bomb(0)));
    panics(|| delivery.ack().unwrap());
    assert_eq!(rx.stats().acked, 1);
    waits.finish().unwrap();
    rx.try_dequeue().unwrap().ack().unwrap();
}

#[test]
fn dead_letters_that_nobody_wants_may_panic() {
    let (tx, rx, dead) = ack::queue(config(3));
    for _ in 0..3 {
        drop(tx.try_enqueue(Bomb(1)));
    }
    drop(dead);
    panics(|| rx.try_dequeue().unwrap().reject().unwrap());
    let held = rx.try_dequeue().unwrap();
    panics(|| drop(rx));
    assert_eq!(tx.stats().discarded, 2);
    panics(|| ignore(held.nack()));
    let stats = tx.stats();
    assert_eq!((stats.dead, stats.discarded, stats.in_flight), (3, 3, 0));
}

/// A waker that panics when it is woken; the message is not lost, and the others are told.
#[test]
fn wakers_that_panic() {
    let (tx, rx, _dead) = ack::queue(config(4));
    let waker = hooked(Arc::new(PanicsAt::call(2))); // cloned, then woken
    let mut waits = Box::pin(rx.dequeue());
    assert!(
        waits
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    panics(|| ignore(tx.try_enqueue(1)));
    let delivery = rx.try_dequeue().unwrap();
    assert_eq!((*delivery, delivery.attempts()), (1, 1));
    delivery.ack().unwrap();
    drop(waits);
}

/// A message whose drop uses the queue.
struct Chained(Option<(Producer<Chained>, Consumer<Chained>)>);

impl Drop for Chained {
    fn drop(&mut self) {
        if let Some((tx, rx)) = self.0.take() {
            tx.try_enqueue(Chained(None))
                .unwrap_or_else(|_| panic!("there is room"));
            assert_eq!(rx.stats().acked, 1);
            rx.try_dequeue().unwrap().ack().unwrap();
        }
    }
}

#[test]
fn a_message_may_use_its_queue_when_it_is_dropped() {
    let (tx, rx, _dead) = ack::queue(config(1));
    drop(tx.try_enqueue(Chained(Some((tx.clone(), rx.clone())))));
    rx.try_dequeue().unwrap().ack().unwrap();
    assert_eq!(rx.stats().acked, 2);
}

/// A consumer that panics puts its message back, and the next one gets it.
#[test]
fn a_consumer_panics() {
    let (tx, rx, dead) = ack::queue(config(1));
    tx.try_enqueue("job").unwrap();
    let mut waits = Box::pin(rx.dequeue());
    for attempt in 1..=2 {
        let delivery = rx.try_dequeue().unwrap();
        let counter = crate::common::Counter::new();
        assert!(poll_once(waits.as_mut(), &counter).is_pending());
        panics(move || {
            let _delivery = delivery;
            panic!("a consumer panics");
        });
        assert_eq!(counter.wakes(), usize::from(attempt == 1));
        waits = Box::pin(rx.dequeue());
    }
    let letter = dead.try_recv().unwrap();
    let outcomes: Vec<_> = letter.history().iter().map(|a| a.outcome).collect();
    assert_eq!(outcomes, [ack::Outcome::Panicked; 2]);
    assert_eq!(letter.into_inner().unwrap(), "job");
}
