//! Wakers that count, call back or panic.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{RawWaker, RawWakerVTable, Wake, Waker};

/// Counts its wakes; every waker made from it shares the count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counter {
    inner: Arc<CounterInner>,
}

#[derive(Debug, Default)]
struct CounterInner {
    wakes: AtomicUsize,
}

impl Wake for CounterInner {
    fn wake(self: Arc<Self>) {
        self.wakes.fetch_add(1, SeqCst);
    }
}

impl Counter {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn waker(&self) -> Waker {
        Waker::from(self.inner.clone())
    }

    pub(crate) fn wakes(&self) -> usize {
        self.inner.wakes.load(SeqCst)
    }

    /// Wakers alive (clones included): what a channel still keeps.
    pub(crate) fn wakers_alive(&self) -> usize {
        Arc::strong_count(&self.inner) - 1
    }
}

/// What a [`hooked`] waker does at each of its operations.
pub(crate) trait Hook: Send + Sync + 'static {
    fn on_wake(&self) {}
    fn on_clone(&self) {}
    fn on_drop(&self) {}
}

/// Panics at its `n`th call of any kind.
pub(crate) struct PanicsAt(AtomicUsize);

impl PanicsAt {
    pub(crate) fn call(n: usize) -> Self {
        Self(AtomicUsize::new(n))
    }

    fn count(&self) {
        if self.0.fetch_sub(1, SeqCst) == 1 && !std::thread::panicking() {
            panic!("a waker panics");
        }
    }
}

impl Hook for PanicsAt {
    fn on_wake(&self) {
        self.count();
    }
    fn on_clone(&self) {
        self.count();
    }
    fn on_drop(&self) {
        self.count();
    }
}

/// A waker that runs user code when it is woken, cloned and dropped.
pub(crate) fn hooked<H: Hook>(hook: Arc<H>) -> Waker {
    fn vtable<H: Hook>() -> &'static RawWakerVTable {
        &const {
            RawWakerVTable::new(
                |data| {
                    // SAFETY: `data` came from `Arc::into_raw`, and this waker holds one count of it.
                    let hook = unsafe { &*data.cast::<H>() };
                    hook.on_clone(); // before the count is taken: a panic here must leak nothing
                    // SAFETY: as above.
                    unsafe { Arc::increment_strong_count(data.cast::<H>()) };
                    RawWaker::new(data, vtable::<H>())
                },
                |data| {
                    // SAFETY: `wake` consumes the waker, and its count with it.
                    let hook = unsafe { Arc::from_raw(data.cast::<H>()) };
                    hook.on_wake();
                    hook.on_drop();
                },
                |data| {
                    // SAFETY: the waker holds one count of `data`.
                    unsafe { &*data.cast::<H>() }.on_wake();
                },
                |data| {
                    // SAFETY: dropping the waker gives its count back.
                    let hook = unsafe { Arc::from_raw(data.cast::<H>()) };
                    hook.on_drop();
                },
            )
        }
    }
    let raw = RawWaker::new(Arc::into_raw(hook).cast(), vtable::<H>());
    // SAFETY: the table above keeps the contract of `RawWaker` for an `Arc<H>`.
    unsafe { Waker::from_raw(raw) }
}

/// Writes down the order in which its wakers are woken.
#[derive(Clone, Debug, Default)]
pub(crate) struct WakeLog {
    order: Arc<Mutex<Vec<usize>>>,
}

struct LogEntry {
    log: WakeLog,
    name: usize,
}

impl Wake for LogEntry {
    fn wake(self: Arc<Self>) {
        self.log.order.lock().unwrap().push(self.name);
    }
}

impl WakeLog {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A waker that writes `name` into the log when it is woken.
    pub(crate) fn waker(&self, name: usize) -> Waker {
        Waker::from(Arc::new(LogEntry {
            log: self.clone(),
            name,
        }))
    }

    /// What was woken since the last call, in order.
    pub(crate) fn take(&self) -> Vec<usize> {
        std::mem::take(&mut self.order.lock().unwrap())
    }
}
