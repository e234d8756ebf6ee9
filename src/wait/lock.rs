//! The lock of a wait queue: it guards the links and nothing else.

use crate::sync::{RawLock, UnsafeCell};

pub(crate) struct Lock<T> {
    raw: RawLock,
    value: UnsafeCell<T>,
}

// SAFETY: the lock hands the value to one thread at a time.
unsafe impl<T: Send> Send for Lock<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Lock<T> {}

impl<T> Lock<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            raw: RawLock::new(),
            value: UnsafeCell::new(value),
        }
    }

    /// Runs `f` with the value to itself. `f` must be short, run no foreign code and not take the lock again.
    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: we hold the lock, so nobody else has a reference.
        self.raw
            .with(|| self.value.with_mut(|value| f(unsafe { &mut *value })))
    }
}
