//! A place to wait for one: a waker and a state, no list and no lock.
//!
//! ```text
//!   Empty ── the waiter puts its waker in ──► Full ── a notifier takes it out ──► Empty
//!     ▲                                        │ ▲
//!     └──────── the waiter takes it out ───────┘ └─ found to be of the same task
//! ```
//!
//! Each of these passes through *Held*, by one compare-and-exchange, for as long as it takes to move a waker; nobody
//! waits for the holder. A notifier that finds the place held goes away: either another notifier is about to wake the
//! waiter, or the waiter is here itself, and looks once more after it (W3).
//!
//! Not the `atomic-waker` crate's cell: that one clones and drops wakers while it holds its place, and is stuck for good
//! when one of them panics there.

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::task::Waker;

use super::eager::Eager;
use super::one::OneWaiter;
use super::place::Queue;
use super::queue::Gate;
use crate::sync::{AtomicU8, SPINS, UnsafeCell, spin_loop};

/// Where the one who may wait does so.
pub(crate) struct WaitCell {
    state: AtomicU8,
    waker: UnsafeCell<Option<Waker>>,
    eager: Eager,
}

const EMPTY: u8 = 0;
const FULL: u8 = 1;
const HELD: u8 = 2;

// SAFETY: W9: the waker is touched by the holder of the place only; it is Send.
unsafe impl Send for WaitCell {}
// SAFETY: as above.
unsafe impl Sync for WaitCell {}

impl WaitCell {
    /// The waker in the cell is one for the task of `waker` after this. False when somebody holds the place for longer
    /// than a moment: a notifier that is about to wake this very task, or the one that was there before.
    ///
    /// The caller looks at the state once more afterwards (W3).
    pub(super) fn register(&self, waker: &Waker) -> bool {
        if self.hold(FULL) {
            let same = self.waker(|held| held.as_ref().is_some_and(|held| held.will_wake(waker)));
            self.let_go(FULL);
            if same {
                return true;
            }
        }
        // W5: cloned before the place is held, and the old one dropped before that too.
        let waker = waker.clone();
        drop(self.take());
        let mut looks = 0;
        while !self.hold(EMPTY) {
            if looks == SPINS {
                return false;
            }
            looks += 1;
            spin_loop();
        }
        self.waker(|held| *held = Some(waker));
        self.let_go(FULL);
        true
    }

    /// Takes the waker out, if there is one. It is the caller's to wake or to drop (W5).
    pub(super) fn take(&self) -> Option<Waker> {
        if !self.hold(FULL) {
            return None;
        }
        let waker = self.waker(Option::take);
        self.let_go(EMPTY);
        waker
    }

    /// Holds the place if its state is `from`.
    fn hold(&self, from: u8) -> bool {
        // ORDERING: Relaxed: who must not miss a waker has acquired the word of the flag, which was raised after the
        // waker was put in (W3). Acquire, pairs with the Release in `let_go`: the last holder is done with the waker (W9).
        self.state.load(Relaxed) == from
            && self
                .state
                .compare_exchange(from, HELD, Acquire, Relaxed)
                .is_ok()
    }

    fn let_go(&self, to: u8) {
        // ORDERING: Release, pairs with the Acquire in `hold` (W9).
        self.state.store(to, Release);
    }

    /// Only for the holder.
    fn waker<R>(&self, f: impl FnOnce(&mut Option<Waker>) -> R) -> R {
        // SAFETY: W9: the caller holds the place.
        self.waker.with_mut(|waker| f(unsafe { &mut *waker }))
    }
}

impl Queue for WaitCell {
    type Waiter = OneWaiter;

    const LOCKS: bool = false;

    fn new() -> Self {
        Self {
            state: AtomicU8::new(EMPTY),
            waker: UnsafeCell::new(None),
            eager: Eager::new(),
        }
    }

    fn eager(&self) -> &Eager {
        &self.eager
    }

    /// Whoever asks is the one who might.
    fn is_vacant(&self) -> bool {
        true
    }

    /// Any number of events is one to the only waiter.
    fn notify<G: Gate<Self> + ?Sized>(gate: &G, _n: usize) {
        Self::notify_all(gate);
    }

    fn notify_all<G: Gate<Self> + ?Sized>(gate: &G) {
        gate.catches_up();
        let cell = gate.queue();
        let waker = cell.take().or_else(|| {
            // Nobody: the flag had better be down. One who has raised it between the look and this has also put its
            // waker in before, which a second look finds (W3).
            gate.lower();
            gate.catches_up();
            cell.take()
        });
        if let Some(waker) = waker {
            cell.eager.tells();
            waker.wake();
        }
    }
}
