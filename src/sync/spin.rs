//! A one-byte lock for a few instructions at a time.
//!
//! No foreign code runs under it (W5), no fast path takes it, and it never asks the operating system to sleep, so that
//! it works where a thread must not (a wasm main thread).

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::{AtomicBool, LOCK_SPINS, spin_loop, yield_now};

pub(crate) struct SpinLock {
    held: AtomicBool,
}

impl SpinLock {
    pub(crate) fn new() -> Self {
        Self {
            held: AtomicBool::new(false),
        }
    }

    /// Runs `f` while no other thread is in here.
    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce() -> R) -> R {
        self.acquire();
        let _held = Held(&self.held);
        f()
    }

    #[inline]
    fn acquire(&self) {
        // ORDERING: Acquire, pairs with the Release in `Held::drop`: what the last holder did is seen. Relaxed on
        // failure: nothing has been learnt.
        while self
            .held
            .compare_exchange_weak(false, true, Acquire, Relaxed)
            .is_err()
        {
            self.contended();
        }
    }

    /// Waits until the lock looks free.
    #[cold]
    fn contended(&self) {
        let mut spins = 0;
        // ORDERING: Relaxed: only the exchange in `acquire` counts.
        while self.held.load(Relaxed) {
            if spins < LOCK_SPINS {
                spins += 1;
                spin_loop();
            } else {
                yield_now();
            }
        }
    }
}

/// Lets go of the lock, also when a debug assertion under it fails.
struct Held<'a>(&'a AtomicBool);

impl Drop for Held<'_> {
    #[inline]
    fn drop(&mut self) {
        // ORDERING: Release, pairs with the Acquire in `acquire`.
        self.0.store(false, Release);
    }
}

#[cfg(all(test, wakering_loom))]
mod loom {
    use loom::cell::UnsafeCell;
    use loom::sync::Arc;
    use loom::thread;

    use super::SpinLock;

    #[test]
    fn sync_spin_lock_excludes() {
        loom::model(|| {
            let shared = Arc::new((SpinLock::new(), UnsafeCell::new(0)));
            let count = |shared: &(SpinLock, UnsafeCell<u32>)| {
                let (lock, n) = shared;
                // SAFETY: loom ends the model if the lock does not exclude.
                lock.with(|| n.with_mut(|n| unsafe { *n += 1 }));
            };
            let other = {
                let shared = shared.clone();
                thread::spawn(move || count(&shared))
            };
            count(&shared);
            other.join().unwrap();
            // SAFETY: the other thread is gone.
            assert_eq!(shared.1.with(|n| unsafe { *n }), 2);
        });
    }
}
