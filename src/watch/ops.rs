//! Waiting for changes, and for the end.

use core::task::Poll;

use super::Ref;
use super::chan::{Chan, RxHandle, TxHandle};
use super::error::RecvError;
use super::word::Version;
use crate::shared::Rx;
use crate::wait::{Attempt, Gate, Operation, Streak, WaitQueue, done};

/// What a receiver has seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    version: Version,
    /// It wants to be told of what it has seen once more.
    again: bool,
}

impl Seen {
    pub(super) fn all_until(version: Version) -> Self {
        Self {
            version,
            again: false,
        }
    }

    #[inline(always)]
    pub(super) fn lacks(&self, version: Version) -> bool {
        self.again || version.is_newer_than(self.version)
    }

    /// A node may be ahead of the word, so this never goes back (V4).
    #[inline(always)]
    pub(super) fn catch_up(&mut self, version: Version) {
        self.again = false;
        if version.is_newer_than(self.version) {
            self.version = version;
        }
    }

    pub(super) fn forget(&mut self) {
        self.again = true;
    }
}

/// Receivers wait here for a change or the end.
struct NewsGate<'a, T> {
    chan: &'a Chan<T>,
    seen: Seen,
}

impl<T> Gate for NewsGate<'_, T> {
    fn queue(&self) -> &WaitQueue {
        &self.chan.news
    }

    fn raise(&self) -> bool {
        let state = self.chan.word().raise();
        self.seen.lacks(state.version()) || state.is_closed()
    }

    fn lower(&self) {
        self.chan.word().lower();
    }
}

/// Tells all receivers that wait.
pub(super) fn tell<T>(chan: &Chan<T>) {
    let seen = Seen::all_until(Version::START);
    NewsGate { chan, seen }.notify_all();
}

/// Waits for a version that has not been seen.
pub(super) struct ChangedOp<'a, T> {
    handle: &'a RxHandle<T>,
    seen: &'a mut Seen,
}

impl<'a, T> ChangedOp<'a, T> {
    pub(super) fn new(handle: &'a RxHandle<T>, seen: &'a mut Seen) -> Self {
        Self { handle, seen }
    }
}

impl<T> Operation for ChangedOp<'_, T> {
    type Output = Result<(), RecvError>;

    #[inline(always)]
    fn attempt(&mut self, output: &mut Poll<Self::Output>) -> Attempt {
        let state = self.handle.state();
        if self.seen.lacks(state.version()) {
            self.seen.catch_up(state.version());
            done(output, Ok(()))
        } else if state.is_closed() {
            done(output, Err(RecvError::new()))
        } else {
            Attempt::Blocked
        }
    }

    fn gate(&self) -> impl Gate {
        NewsGate {
            chan: self.handle,
            seen: *self.seen,
        }
    }

    fn streak(&self) -> Option<&Streak> {
        Some(self.handle.streak())
    }
}

/// Looks at the value, and at each that comes, until `look` makes something of it.
///
/// The first look is at the current value, seen or not, unless `fresh` is false.
pub(super) struct LookOp<'a, T, F> {
    handle: &'a RxHandle<T>,
    seen: &'a mut Seen,
    fresh: bool,
    look: F,
}

impl<'a, T, F> LookOp<'a, T, F> {
    pub(super) fn new<R>(handle: &'a RxHandle<T>, seen: &'a mut Seen, fresh: bool, look: F) -> Self
    where
        F: FnMut(Ref<'a, T>) -> Option<R>,
    {
        Self {
            handle,
            seen,
            fresh,
            look,
        }
    }
}

impl<'a, T, F, R> Operation for LookOp<'a, T, F>
where
    F: FnMut(Ref<'a, T>) -> Option<R>,
{
    type Output = Result<R, RecvError>;

    fn attempt(&mut self, output: &mut Poll<Self::Output>) -> Attempt {
        // Before the value is looked at: so the last value is, when the end is seen.
        let state = self.handle.state();
        if self.fresh || self.seen.lacks(state.version()) {
            let chan: &'a Chan<T> = self.handle;
            let Some(loan) = chan.try_borrow() else {
                return Attempt::Busy;
            };
            let value = Ref::of(loan, self.seen);
            // Seen also if a closure or a `Clone` panics at it, so that it is not met again and again.
            self.fresh = false;
            self.seen.catch_up(value.version());
            if let Some(result) = (self.look)(value) {
                return done(output, Ok(result));
            }
        }
        if state.is_closed() {
            done(output, Err(RecvError::new()))
        } else {
            Attempt::Blocked
        }
    }

    fn gate(&self) -> impl Gate {
        NewsGate {
            chan: self.handle,
            seen: *self.seen,
        }
    }

    fn streak(&self) -> Option<&Streak> {
        Some(self.handle.streak())
    }
}

/// Waits until there is no receiver.
pub(super) struct ClosedOp<'a, T>(&'a TxHandle<T>);

impl<'a, T> ClosedOp<'a, T> {
    pub(super) fn new(handle: &'a TxHandle<T>) -> Self {
        Self(handle)
    }
}

impl<T> Operation for ClosedOp<'_, T> {
    type Output = ();

    fn attempt(&mut self, output: &mut Poll<()>) -> Attempt {
        if self.0.has_none::<Rx>() {
            done(output, ())
        } else {
            Attempt::Blocked
        }
    }

    fn gate(&self) -> impl Gate {
        ClosedGate {
            chan: self.0,
            handle: Some(self.0),
        }
    }

    fn streak(&self) -> Option<&Streak> {
        Some(self.0.streak())
    }
}

/// Senders wait here until all receivers are gone. No flag: the last one always takes the lock of this queue after it has
/// counted itself out, so a waiter that links itself earlier is found, and one that links itself later sees the count.
pub(super) struct ClosedGate<'a, T> {
    chan: &'a Chan<T>,
    /// Who asks; those who only tell have none.
    handle: Option<&'a TxHandle<T>>,
}

impl<'a, T> ClosedGate<'a, T> {
    pub(super) fn of(chan: &'a Chan<T>) -> Self {
        Self { chan, handle: None }
    }
}

impl<T> Gate for ClosedGate<'_, T> {
    fn queue(&self) -> &WaitQueue {
        &self.chan.closed
    }

    fn raise(&self) -> bool {
        self.handle.is_some_and(|handle| handle.has_none::<Rx>())
    }

    fn lower(&self) {}
}
