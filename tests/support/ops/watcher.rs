//! Wakers that write down when they are woken, and that tell whether somebody still holds them.

use std::cell::RefCell;
use std::sync::Arc;
use std::task::{Wake, Waker};

/// Which waker: no two of a run are the same.
pub type WakerId = u32;

thread_local! {
    static LOG: RefCell<Vec<WakerId>> = const { RefCell::new(Vec::new()) };
}

struct Signal(WakerId);

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        LOG.with_borrow_mut(|log| log.push(self.0));
    }
}

/// The owner of one waker.
pub struct Watcher(Arc<Signal>);

impl Watcher {
    pub fn new(id: WakerId) -> Self {
        Self(Arc::new(Signal(id)))
    }

    pub fn id(&self) -> WakerId {
        self.0.0
    }

    pub fn waker(&self) -> Waker {
        self.0.clone().into()
    }

    /// Whether nobody holds a clone of the waker.
    pub fn is_released(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}

/// The wakes since the last call, in order.
pub fn take_log() -> Vec<WakerId> {
    LOG.take()
}
