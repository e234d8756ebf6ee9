//! The shim between the real primitives and the model checkers: the only room that names them.
//!
//! Everything that shares memory between threads is imported from here, so that a build with
//! `--cfg wakering_loom` or `--cfg wakering_shuttle` runs the very same code under a checker.

#[cfg_attr(
    all(wakering_loom, not(test)),
    expect(dead_code, reason = "see `RawLock`")
)]
mod spin;

pub(crate) use imp::*;
#[cfg(not(wakering_loom))]
pub(crate) use spin::SpinLock as RawLock;

/// How often a claimed but unpublished slot is looked at again before an operation gives up on it
/// (see `ring`). A model checker needs one look: its scheduler decides how long the other side takes.
pub(crate) const SPINS: u32 = if CHECKED { 1 } else { 40 };

/// How often a held lock is looked at before the thread lets others run.
pub(crate) const LOCK_SPINS: u32 = if CHECKED { 1 } else { 64 };

/// Channels of this capacity or more throttle the wakes of waiting senders (see `chan::throttle`); a model checker is
/// shown that with very small ones.
pub(crate) const EXACT_BELOW: usize = if CHECKED { 4 } else { 16 };

/// How many senders at least are told in each lap of such a channel.
pub(crate) const STRIDES: usize = if CHECKED { 1 } else { 2 };

/// How often an operation looks once more before it waits, where that pays (see `wait::eager`).
pub(crate) const GLANCES: usize = if CHECKED { 0 } else { 32 };

/// So many waits make it likely that there will be more: then one may yield first (see `wait::eager`). What is random, and
/// runs often, is to do so all the time.
pub(crate) const FIRST_YIELD: u32 = if cfg!(wakering_shuttle) { 1 } else { 16 };

/// So many attempts in vain end a loan (see `wait::loans`). Enough for a task that is polled in its turn to come first.
pub(crate) const PATIENCE: u32 = if CHECKED { 2 } else { 64 };

/// How many slots of so many bytes a segment has, a power of two (see `segments`): some 2 KiB of them, within limits. Two
/// are enough for a model checker to see every boundary.
pub(crate) const fn slots_of_a_segment(bytes: usize) -> usize {
    match bytes {
        _ if CHECKED => 2,
        0..=16 => 128,
        17..=32 => 64,
        _ => 32,
    }
}

/// A model checker runs the program: threads are to be blocked in its own way.
pub(crate) const CHECKED: bool = cfg!(any(wakering_loom, wakering_shuttle));

#[cfg(not(any(wakering_loom, wakering_shuttle)))]
mod imp {
    pub(crate) use alloc::sync::Arc;
    pub(crate) use core::hint::spin_loop;
    pub(crate) use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU64, AtomicUsize};

    /// Lets another thread run, where there is an operating system to ask.
    pub(crate) fn yield_now() {
        #[cfg(feature = "std")]
        std::thread::yield_now();
        #[cfg(not(feature = "std"))]
        spin_loop();
    }

    /// A number that tells the running thread from others; 0 where that cannot be told.
    pub(crate) fn thread_tag() -> usize {
        #[cfg(feature = "std")]
        {
            std::thread_local! {
                static TAG: u8 = const { 0 };
            }
            TAG.try_with(|tag| core::ptr::from_ref(tag).addr())
                .unwrap_or(0)
        }
        #[cfg(not(feature = "std"))]
        0
    }

    /// See the one for loom.
    pub(crate) struct Trace;

    impl Trace {
        pub(crate) const fn new() -> Self {
            Self
        }
    }

    /// `core`'s cell behind the closure interface of the checkers' cells.
    #[derive(Debug)]
    #[repr(transparent)]
    pub(crate) struct UnsafeCell<T>(core::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(core::cell::UnsafeCell::new(value))
        }

        #[inline(always)]
        pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }

        #[inline(always)]
        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}

#[cfg(wakering_loom)]
mod imp {
    pub(crate) use loom::cell::UnsafeCell;
    pub(crate) use loom::sync::Arc;
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU64, AtomicUsize};
    pub(crate) use loom::thread::yield_now;

    /// Is kept in memory that is freed by hand, so that a model misses it when that is not done.
    pub(crate) struct Trace(
        #[expect(dead_code, reason = "its drop counts")] loom::alloc::Track<()>,
    );

    impl Trace {
        pub(crate) fn new() -> Self {
            Self(loom::alloc::Track::new(()))
        }
    }

    /// What a thread does before something else, with no ordering of its own: a model fails in which somebody looks for it who
    /// has no right to count on it.
    #[cfg(test)]
    pub(crate) struct Deed(UnsafeCell<bool>);

    #[cfg(test)]
    impl Deed {
        pub(crate) fn new() -> Self {
            Self(UnsafeCell::new(false))
        }

        pub(crate) fn perform(&self) {
            // SAFETY: loom ends a model in which this and a look are not ordered.
            self.0.with_mut(|done| unsafe { *done = true });
        }

        pub(crate) fn is_done(&self) -> bool {
            // SAFETY: as in `perform`.
            self.0.with(|done| unsafe { *done })
        }
    }

    /// A lock on which a thread blocks: loom follows that through far fewer states than a spinning thread.
    ///
    /// The spin lock it stands in for has a model of its own.
    pub(crate) struct RawLock(loom::sync::Mutex<()>);

    impl RawLock {
        pub(crate) fn new() -> Self {
            Self(loom::sync::Mutex::new(()))
        }

        pub(crate) fn with<R>(&self, f: impl FnOnce() -> R) -> R {
            let _held = self.0.lock();
            f()
        }
    }

    /// Nobody is told by another thread, as far as a model is concerned: it need not know of `wait::eager`.
    pub(crate) fn thread_tag() -> usize {
        0
    }

    /// A spinning thread waits for another one: loom must be told to run that one.
    pub(crate) fn spin_loop() {
        loom::thread::yield_now();
    }
}

#[cfg(wakering_shuttle)]
mod imp {
    pub(crate) use shuttle::sync::Arc;
    pub(crate) use shuttle::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicU8, AtomicU64, AtomicUsize,
    };
    pub(crate) use shuttle::thread::yield_now;

    /// Nobody is told by another thread, as far as a model is concerned: it need not know of `wait::eager`.
    pub(crate) fn thread_tag() -> usize {
        0
    }

    /// A spinning thread waits for another one: shuttle must be told to run that one.
    pub(crate) fn spin_loop() {
        shuttle::thread::yield_now();
    }

    /// See the one for loom.
    pub(crate) struct Trace;

    impl Trace {
        pub(crate) const fn new() -> Self {
            Self
        }
    }

    /// A point at which another thread may run.
    fn turn() {
        AtomicBool::new(false).load(core::sync::atomic::Ordering::SeqCst);
    }

    /// shuttle runs one thread at a time, so `core`'s cell serves. It does not know of the access, so it is told that
    /// another thread may run before it: else a slot that is used too early or too late would go unseen.
    #[derive(Debug)]
    #[repr(transparent)]
    pub(crate) struct UnsafeCell<T>(core::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(core::cell::UnsafeCell::new(value))
        }

        pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            turn();
            f(self.0.get())
        }

        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            turn();
            f(self.0.get())
        }
    }
}
