//! Waiting with a message held out: whoever comes for it takes it out of the waiting future.
//!
//! ```text
//!   holder: not linked ── enters ──► linked: the offer stands ── taken, or called off ──► not linked
//!                ▲                             │
//!                └────────── leaves ───────────┘
//! ```
//!
//! A node is in the list or not, and that is decided under the lock. So an offer is taken by one, once, or not at all;
//! and when its holder is out of the line, it sees which by whether the message is still there (W10).

use core::iter;
use core::marker::PhantomPinned;
use core::mem::offset_of;
use core::panic::RefUnwindSafe;
use core::ptr::{self, NonNull};
use core::task::{Context, Poll, Waker};

use super::eager::Advice;
use super::list::{Node, State};
use super::op::Wait;
use super::queue::{self, Gate, Standing, WaitQueue};
use super::streak::again;
use super::waiter::{Attempt, Operation, Waiter};
use crate::sync::{GLANCES, UnsafeCell, spin_loop};

/// The place of a message that others may take while its operation waits.
///
/// An operation that ends with one and says that it is an offer is tried, taken apart and dropped only when it does not
/// wait. So the methods below need no lock (W10).
///
/// It is aligned so that there is never a gap between it and the waiter behind it.
#[repr(C, align(8))]
pub(crate) struct Offer<T> {
    message: UnsafeCell<Option<T>>,
    /// Others reach the message while there is a `&mut` to the operation. As for nodes, only types that are not `Unpin`
    /// allow that.
    _pinned: PhantomPinned,
}

// SAFETY: nothing can be done with a shared reference but by the lock of the queue, which hands the message over to one
// thread: that needs `Send`, which the channel asks for. `Sync` is asked for as of any other place for a message.
unsafe impl<T: Sync> Sync for Offer<T> {}
impl<T: RefUnwindSafe> RefUnwindSafe for Offer<T> {}

impl<T> Offer<T> {
    #[inline(always)]
    pub(crate) fn new(message: T) -> Self {
        Self::holding(Some(message))
    }

    /// Nothing yet.
    pub(crate) fn none() -> Self {
        Self::holding(None)
    }

    #[inline(always)]
    fn holding(message: Option<T>) -> Self {
        Self {
            message: UnsafeCell::new(message),
            _pinned: PhantomPinned,
        }
    }

    #[inline(always)]
    pub(crate) fn is_none(&mut self) -> bool {
        // SAFETY: W10: it does not wait.
        self.message.with(|message| unsafe { (*message).is_none() })
    }

    #[inline(always)]
    pub(crate) fn take(&mut self) -> Option<T> {
        // SAFETY: W10: it does not wait.
        self.message
            .with_mut(|message| unsafe { (*message).take() })
    }

    /// Another message, in the place of none.
    #[inline]
    pub(crate) fn put(&mut self, message: Option<T>) {
        debug_assert!(self.is_none());
        // SAFETY: W10: it does not wait.
        self.message.with_mut(|place| unsafe { *place = message });
    }

    /// Says, when it is compiled, that those who come for the offer of `O` look where it stands, `at` bytes from the
    /// beginning of the operation.
    pub(crate) const fn stands_in<O: Operation>(at: usize) {
        assert!(Wait::<O>::TO_WAITER - at == offset_of!(Stand<T>, waiter));
    }
}

/// How a [`Wait`] ends whose operation ends with an offer of `T`.
#[repr(C)]
struct Stand<T> {
    offer: Offer<T>,
    waiter: Waiter,
}

/// Takes the first offer of `queue`, if `may` says so under the lock. The caller owes a call of the waker, without it.
/// `into` runs no foreign code.
///
/// # Safety
///
/// Nobody waits in `queue` but by [`Wait`]s with offers of `T`, and `T` may be sent to this thread.
pub(crate) unsafe fn take_offer<T>(
    queue: &WaitQueue,
    may: impl FnOnce() -> bool,
    into: impl FnOnce(T),
) -> Option<Option<Waker>> {
    let ((), waker) = queue.tell_after(|node| {
        if !may() {
            return None;
        }
        // SAFETY: the contract, and `stands_in`: the offer is where it looks.
        let message = unsafe { beside::<T>(node) };
        // SAFETY: W2: the node is linked, so its `Wait` is alive. W10: we hold the lock.
        let taken = unsafe { (*message).message.with_mut(|place| (*place).take()) };
        taken.map(into)
    })?;
    Some(waker)
}

/// The offer in front of the waiter of `node`.
unsafe fn beside<T>(node: NonNull<Node>) -> *const Offer<T> {
    let address = node.addr().get() - Waiter::TO_NODE - offset_of!(Stand<T>, waiter);
    // The operation was exposed before its node was linked.
    ptr::with_exposed_provenance(address)
}

impl Waiter {
    /// Stands in line until somebody has taken the offer, or it is called off.
    #[inline(never)]
    pub(super) fn poll_offer<O: Operation>(
        &mut self,
        op: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        loop {
            if self.is_waiting() {
                if self.stands(op, cx) {
                    return Poll::Pending;
                }
                self.stops_waiting();
                op.gate().queue().eager.told();
            }
            let mut output = Poll::Pending;
            match op.attempt(&mut output) {
                Attempt::Done => return output,
                Attempt::Busy => return again(cx),
                Attempt::Blocked => {}
            }
            ptr::from_mut(op).expose_provenance();
            match self.enter(op, cx.waker()) {
                Standing::Waits => op.offered(),
                Standing::TryAgain => {
                    // Closed: perhaps nobody will tell it of that.
                    self.leave(op);
                    continue;
                }
            }
            if !self.is_told_at_once(op) {
                return Poll::Pending;
            }
        }
    }

    /// Whether the offer stands, with a waker for the task of `cx`.
    fn stands<O: Operation>(&mut self, op: &O, cx: &mut Context<'_>) -> bool {
        if self.node().state() != State::Waiting {
            return false;
        }
        // SAFETY: W2: pinned, and linked at some time.
        let standing = unsafe { queue::stay(&op.gate(), self.pointer(), cx.waker()) };
        matches!(standing, Standing::Waits)
    }

    /// Looks for a while whether somebody comes, where that pays.
    fn is_told_at_once<O: Operation>(&self, op: &O) -> bool {
        if self.node().state() != State::Waiting {
            return true;
        }
        let gate = op.gate();
        let eager = &gate.queue().eager;
        if self.node().is_thread() || eager.advice() != Advice::LookOn {
            return false;
        }
        for () in iter::repeat_n((), GLANCES) {
            spin_loop();
            if self.node().state() != State::Waiting {
                eager.paid();
                return true;
            }
        }
        eager.in_vain();
        false
    }
}
