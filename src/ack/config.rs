//! What can be chosen for a queue.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Clock, Ids, SystemClock};

/// How a queue behaves. Take what is not named from the default: `Config { capacity: 100, ..Config::default() }`.
#[derive(Clone)]
pub struct Config {
    /// How many messages the queue holds at most: ready, in flight and delayed together. Default: 1,024.
    ///
    /// Memory for the bookkeeping of all of them, some 250 bytes each, is taken up front.
    pub capacity: usize,
    /// How long a delivery may take before its message is given to somebody else. Counted from the delivery, not from the
    /// enqueue. `Duration::MAX`: for ever. Default: 30 seconds.
    pub visibility_timeout: Duration,
    /// How often a message is delivered at most. When the last of these deliveries fails too, in whatever way, the message
    /// becomes a dead letter. `u32::MAX`: as good as for ever. Default: 5.
    pub max_attempts: u32,
    /// How messages are named. Default: they are counted.
    pub ids: Ids,
    /// Of how many acknowledged messages [`Consumer::seen`](super::Consumer::seen) knows, the latest ones. Default: 0.
    pub window: usize,
    /// Where the time is read. Default: the clock of the system.
    pub clock: Arc<dyn Clock>,
}

impl Config {
    #[track_caller]
    pub(super) fn check(&self) {
        assert!(self.capacity > 0, "`capacity` must not be 0");
        assert!(
            self.capacity <= MAX_CAPACITY,
            "`capacity` is more than memory can hold"
        );
        assert!(
            self.window <= MAX_CAPACITY,
            "`window` is more than memory can hold"
        );
        assert!(
            !self.visibility_timeout.is_zero(),
            "`visibility_timeout` must not be 0: no delivery could be in time"
        );
        assert!(self.max_attempts > 0, "`max_attempts` must not be 0");
    }
}

/// More bytes than an allocation can have, with a byte for each.
const MAX_CAPACITY: usize = isize::MAX as usize / 512;

impl Default for Config {
    fn default() -> Self {
        Self {
            capacity: 1024,
            visibility_timeout: Duration::from_secs(30),
            max_attempts: 5,
            ids: Ids::default(),
            window: 0,
            clock: Arc::new(SystemClock),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("capacity", &self.capacity)
            .field("visibility_timeout", &self.visibility_timeout)
            .field("max_attempts", &self.max_attempts)
            .field("ids", &self.ids)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}
