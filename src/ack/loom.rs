//! A loom model of what is not under the lock: looking at messages.

use std::sync::Arc;
use std::time::Duration;

use loom::thread;

use super::{Config, MockClock, queue};

/// A delivery that has expired looks at the message while the next one acknowledges it, and so takes it out or leaves it.
#[test]
fn ack_beside_a_look_at_the_message() {
    loom::model(|| {
        let clock = Arc::new(MockClock::new());
        let timeout = Duration::from_secs(1);
        let (tx, rx, _dead) = queue(Config {
            capacity: 1,
            visibility_timeout: timeout,
            clock: clock.clone(),
            ..Config::default()
        });
        tx.try_enqueue(Box::new(7)).unwrap();
        let late = rx.try_dequeue().unwrap();
        clock.advance(timeout);
        let next = rx.try_dequeue().unwrap();
        let looks = thread::spawn(move || {
            // It stops looking before it comes to the lock.
            assert_eq!(**late, 7);
            drop(late);
        });
        next.ack().unwrap();
        looks.join().unwrap();
        // The place is free for another.
        tx.try_enqueue(Box::new(8)).unwrap();
        assert_eq!(**rx.try_dequeue().unwrap(), 8);
    });
}
