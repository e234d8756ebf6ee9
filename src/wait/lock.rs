//! A one-byte lock for a few instructions at a time.
//!
//! It guards the links of a wait queue and nothing else: no foreign code runs under it (W5), no fast path takes it, and
//! it never asks the operating system to sleep, so that it works where a thread must not (a wasm main thread).

use crate::sync::{AtomicBool, UnsafeCell, spin_loop, yield_now};
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// Looks at a held lock before the thread lets others run.
const LOOKS: u32 = 64;

pub(crate) struct Lock<T> {
    held: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: the lock hands the value to one thread at a time.
unsafe impl<T: Send> Send for Lock<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Lock<T> {}

impl<T> Lock<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            held: AtomicBool::new(false),
            value: UnsafeCell::new(value),
        }
    }

    /// Runs `f` with the value to itself. `f` must be short, run no foreign code and not take the lock again.
    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        self.acquire();
        let _held = Held(&self.held);
        // SAFETY: we hold the lock, so nobody else has a reference.
        self.value.with_mut(|value| f(unsafe { &mut *value }))
    }

    #[inline]
    fn acquire(&self) {
        // ORDERING: Acquire, pairs with the Release in `Held::drop`: what the last holder did is seen.
        while self.held.swap(true, Acquire) {
            self.contended();
        }
    }

    #[cold]
    fn contended(&self) {
        for _ in 0..LOOKS {
            // ORDERING: Relaxed: only the swap in `acquire` counts.
            if !self.held.load(Relaxed) {
                return;
            }
            spin_loop();
        }
        yield_now();
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
