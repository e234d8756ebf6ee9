//! The word that changes with the value: its version, and flags.

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::sync::AtomicU64;

/// A receiver waits for a change.
const RX_WAITS: u64 = 1;
/// All senders are gone.
const CLOSED: u64 = 2;
const ONE: u64 = 4;

/// A number that steps up with each change, and wraps: which of two is newer is told by their distance (V4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version(u64);

impl Version {
    /// A few changes before the wrap: so it is passed in every test.
    pub(super) const START: Self = Self(0u64.wrapping_sub(2 * ONE));

    pub(super) fn next(self) -> Self {
        Self(self.0.wrapping_add(ONE))
    }

    /// Whether it comes after `other`.
    #[inline(always)]
    pub(super) fn is_newer_than(self, other: Self) -> bool {
        self.0.wrapping_sub(other.0) as i64 > 0
    }
}

/// A value of the word.
#[derive(Clone, Copy)]
pub(super) struct State(u64);

impl State {
    #[inline(always)]
    pub(super) fn version(self) -> Version {
        Version(self.0 & !(ONE - 1))
    }

    #[inline(always)]
    pub(super) fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }

    #[inline(always)]
    pub(super) fn receiver_waits(self) -> bool {
        self.0 & RX_WAITS != 0
    }
}

impl core::fmt::Debug for State {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("State")
            .field("version", &self.version().0.wrapping_div(ONE))
            .field("closed", &self.is_closed())
            .field("receiver_waits", &self.receiver_waits())
            .finish()
    }
}

/// The word. Changed by read-modify-writes only (V5).
pub(super) struct Word(AtomicU64);

impl Word {
    pub(super) fn new() -> Self {
        Self(AtomicU64::new(Version::START.0))
    }

    #[inline(always)]
    pub(super) fn load(&self) -> State {
        // ORDERING: Acquire, pairs with the Release in `step` and `close`: who knows of a change sees the value, and who
        // knows of the end sees what senders did before it.
        State(self.0.load(Acquire))
    }

    /// The version for whoever is about to change it, under the lock of writers.
    #[inline(always)]
    pub(super) fn latest(&self) -> Version {
        // ORDERING: Relaxed: only flags change besides.
        State(self.0.load(Relaxed)).version()
    }

    /// The value has changed, and `current` with it. Returns what was before.
    #[inline(always)]
    pub(super) fn step(&self) -> State {
        // ORDERING: Release, pairs with the Acquire in `load`. It wraps out of the top (V4).
        State(self.0.fetch_add(ONE, Release))
    }

    pub(super) fn close(&self) {
        // ORDERING: Release, pairs with the Acquire in `load`.
        self.0.fetch_or(CLOSED, Release);
    }

    // ORDERING, for both: Relaxed: a flag goes with the changes of its own word (W3).

    pub(super) fn raise(&self) -> State {
        State(self.0.fetch_or(RX_WAITS, Relaxed))
    }

    pub(super) fn lower(&self) {
        self.0.fetch_and(!RX_WAITS, Relaxed);
    }
}
