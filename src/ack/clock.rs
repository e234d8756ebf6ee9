//! Where a queue reads the time.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Tells a queue what time it is.
///
/// It is asked for each enqueue and each delivery, never under a lock. A clock must not go backwards.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Instant;
}

/// The clock of the system: [`Instant::now`].
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }
}

/// A clock that stands still until it is told to go on, for tests. Clones show the same time.
///
/// A queue does not notice that the clock was advanced before it looks at it again: when a consumer comes, or at
/// [`Consumer::expire`](super::Consumer::expire).
///
/// # Examples
///
/// ```
/// use std::{sync::Arc, time::Duration};
/// use wakering::ack::{self, Config, MockClock};
///
/// let clock = MockClock::new();
/// let (tx, rx, _dead) = ack::queue(Config {
///     visibility_timeout: Duration::from_secs(60),
///     clock: Arc::new(clock.clone()),
///     ..Config::default()
/// });
/// tx.try_enqueue("job").unwrap();
/// let slow = rx.try_dequeue().unwrap();
/// clock.advance(Duration::from_secs(61));
/// let again = rx.try_dequeue().unwrap();
/// assert_eq!((*again, again.attempts()), ("job", 2));
/// assert!(slow.ack().is_err()); // too late: the message is another's
/// assert!(again.ack().is_ok());
/// ```
#[derive(Clone)]
pub struct MockClock {
    start: Instant,
    passed: Arc<AtomicU64>,
}

impl MockClock {
    /// A clock that shows the time at which it was made.
    #[must_use]
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
            passed: Arc::default(),
        }
    }

    /// Lets some time pass, rounded down to nanoseconds.
    ///
    /// # Panics
    ///
    /// When more than 2^64 nanoseconds (584 years) would have passed in all.
    pub fn advance(&self, time: Duration) {
        let time = u64::try_from(time.as_nanos()).expect("a mock clock goes 584 years at most");
        // ORDERING: Relaxed, here and below: a number; who has been told that it was advanced sees that.
        let passed = self
            .passed
            .fetch_update(Relaxed, Relaxed, |passed| passed.checked_add(time));
        assert!(passed.is_ok(), "a mock clock goes 584 years at most");
    }
}

impl Default for MockClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for MockClock {
    fn now(&self) -> Instant {
        self.start + Duration::from_nanos(self.passed.load(Relaxed))
    }
}

impl fmt::Debug for MockClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MockClock").field(&self.now()).finish()
    }
}
