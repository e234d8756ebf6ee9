//! The waiting half of an operation: tries, registers, and cleans up.

use core::fmt;
use core::marker::PhantomPinned;
use core::mem::{self, MaybeUninit};
use core::pin::Pin;
use core::ptr::NonNull;
use core::task::{Context, Poll, Waker};

use super::before::{Before, before_waiting, ends_yield};
use super::list::{Manner, Node, State};
use super::place::Queue;
use super::queue::{self, Gate, Standing, WaitQueue};
use super::streak::{Streak, Turn, again};
use crate::unwind::past_panics;

/// The outcome of one try.
pub(crate) enum Attempt {
    /// It is done, and the output is in its place.
    Done,
    /// The other side must act first; it will tell whoever is registered.
    Blocked,
    /// Another thread is in the middle of the act: worth another look at once.
    Busy,
}

/// Leaves an output that is at hand.
#[inline(always)]
pub(crate) fn done<R>(place: &mut Poll<R>, output: R) -> Attempt {
    *place = Poll::Ready(output);
    Attempt::Done
}

/// Something that is tried, waited for in a `Q`, and tried again.
pub(crate) trait Operation<Q: Queue = WaitQueue> {
    /// What it ends with.
    type Output;

    /// As `attempt`, but only tells whether it is done: a try that may be cheaper, for when it is expected to succeed.
    #[inline(always)]
    fn glance(&mut self, output: &mut Poll<Self::Output>) -> bool {
        matches!(self.attempt(output), Attempt::Done)
    }

    /// As `glance`, for when it has been in vain for a while: may look at more.
    #[cfg(feature = "std")]
    fn look(&mut self, output: &mut Poll<Self::Output>) -> bool {
        self.glance(output)
    }

    /// Tries once, and puts the output where it is wanted: a large message is moved as seldom as can be. Never waits.
    fn attempt(&mut self, output: &mut Poll<Self::Output>) -> Attempt;

    /// Where to wait when the attempt is blocked.
    fn gate(&self) -> impl Gate<Q>;

    /// Whether it has to wait exactly when its gate does not beckon, and may yield then (see `eager`).
    const YIELDS: bool = false;

    /// How many credits to ask for when it waits, after so many notifications in vain; 0 to be told only.
    fn wants(&self, _losses: u8) -> u32 {
        0
    }

    /// Whether credits are lent to it, one at a time, and may be revoked until it is polled (W8).
    const BORROWS: bool = false;

    /// Ends with `credits` that it has been given: all that it asked for, or fewer because of a close.
    fn settle(&mut self, _credits: u32) -> Self::Output {
        unreachable!("it never asks for credits")
    }

    /// Undoes what it has done: its output cannot be handed over, because foreign code has panicked meanwhile.
    fn retract(&mut self, _output: Self::Output) {}

    /// Gives `credits` back that it has been given and does not need.
    fn refund(&mut self, _credits: u32) {}

    /// Whether it is done by others, who take the [`Offer`](super::Offer) that it ends with. Such a one is polled by a
    /// `Wait` only, and waits without any further attempt until it has been told. What became of it then, `attempt` says.
    fn is_offer(&self) -> bool {
        false
    }

    /// Whether the other side cannot go on without it. Then a thread does not let others run for long before it sleeps.
    #[cfg(feature = "std")]
    fn is_meeting(&self) -> bool {
        self.is_offer()
    }

    /// It waits with its offer now: foreign code may be told.
    fn offered(&self) {}

    /// Counts operations that did not have to wait; `None` for those that need not be counted.
    fn streak(&self) -> Option<&Streak> {
        None
    }
}

/// A place in a wait queue, made on the first wait.
///
/// The node is initialised lazily: an operation that need not wait neither writes it nor moves it.
///
/// ```text
///   Idle ── blocked ──► Linked, Waiting ── notified ──► Linked, Notified ── done ──► Idle
///     ▲                  │   │     ▲                            │
///     ├─ done, cancelled ┘   │     └──────── found nothing ─────┘
///     └────── settled ───────┴─ granted, called ──► Linked, Granted or Called
/// ```
pub(crate) struct Waiter {
    stage: Stage,
    node: MaybeUninit<Node>,
    /// W2: a linked node must not move.
    _pinned: PhantomPinned,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The node is not initialised, or its contents do not matter.
    Idle,
    /// The same, of a thread that is going to block.
    Thread,
    /// The same, of a task that has yielded and would have had to wait.
    Yielded,
    /// The node has been linked. Its own state says whether it still is.
    Linked {
        /// How often it was told since it began to wait, and found nothing.
        losses: u8,
    },
}

// SAFETY: the node is reached by other threads only through a wait queue, which synchronises it; its waker is Send.
unsafe impl Send for Waiter {}
// SAFETY: nothing can be done with a shared reference.
unsafe impl Sync for Waiter {}

impl Waiter {
    /// Writes the stage and nothing else. A waiter made all at once is a constant, which the compiler copies by clearing all of
    /// its 50 bytes: for each message, and the stage is then read from the midst of a wider store that is on its way.
    #[inline(always)]
    pub(crate) fn new() -> Self {
        let mut new = MaybeUninit::<Self>::uninit();
        // SAFETY: the stage is all there is to initialise.
        unsafe {
            (&raw mut (*new.as_mut_ptr()).stage).write(Stage::Idle);
            new.assume_init()
        }
    }

    /// Tries `op`, and registers for another try where it is blocked.
    ///
    /// A waiter serves one operation at a time: it must be polled with the same gate until it is ready or cancelled.
    #[inline(always)]
    pub(crate) fn poll<O: Operation>(
        self: Pin<&mut Self>,
        op: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        // One place and one way out: so the output is not moved from one to the other.
        let mut output = Poll::Pending;
        if self.is_waiting() || !op.glance(&mut output) {
            output = self.poll_waiting(op, cx);
        }
        output
    }

    /// As `poll`, for one that waits, or whose operation has been tried in vain.
    #[inline(never)]
    pub(super) fn poll_waiting<O: Operation>(
        self: Pin<&mut Self>,
        op: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        // SAFETY: the node is not moved out of.
        let this = unsafe { self.get_unchecked_mut() };
        if op.is_offer() {
            return this.poll_offer(op, cx);
        }
        if !this.is_linked() {
            let mut output = Poll::Pending;
            match this.stage {
                Stage::Idle => match before_waiting(op, &mut output) {
                    Before::Done => return output,
                    Before::Yields => {
                        this.stage = Stage::Yielded;
                        return again(cx);
                    }
                    Before::Waits => {}
                },
                Stage::Yielded => {
                    this.stage = Stage::Idle;
                    ends_yield(op);
                }
                Stage::Thread | Stage::Linked { .. } => {}
            }
            match op.attempt(&mut output) {
                Attempt::Done => return output,
                Attempt::Blocked => {}
                Attempt::Busy => return again(cx),
            }
            match this.enter(op, cx.waker()) {
                Standing::Waits => return Poll::Pending,
                Standing::TryAgain => {}
            }
        }
        loop {
            // SAFETY: W2: pinned, and linked at some time.
            let told = unsafe { queue::standing(&op.gate(), this.pointer()) };
            if told != State::Waiting {
                op.gate().queue().eager.told();
                let credits = op.wants(this.losses()) - this.node().missing();
                if credits > 0 {
                    this.stage = Stage::Idle;
                    let output = Poll::Ready(op.settle(credits));
                    return told_and_done(op, output, told);
                }
            }
            let mut output = Poll::Pending;
            match op.attempt(&mut output) {
                Attempt::Done if told != State::Waiting => {
                    // The notification served this attempt (W4).
                    this.stage = Stage::Idle;
                    return told_and_done(op, output, told);
                }
                Attempt::Done => {
                    let mut done = Done(op, output);
                    this.leave(done.0);
                    return done.take();
                }
                // A notification is kept for the next poll, or for somebody else when there is none.
                Attempt::Busy => return again(cx),
                Attempt::Blocked => {}
            }
            let standing = match told {
                // SAFETY: W2: pinned, and linked at some time.
                State::Waiting => unsafe { queue::stay(&op.gate(), this.pointer(), cx.waker()) },
                State::Notified | State::Revoked => this.link(op, true, cx.waker()),
                State::Called | State::Granted | State::Lent => this.link(op, false, cx.waker()),
            };
            match standing {
                Standing::Waits => return Poll::Pending,
                Standing::TryAgain => {}
            }
        }
    }

    /// Gives up waiting: out of the queue, a notification passed on, credits given back.
    #[inline]
    pub(crate) fn cancel<O: Operation>(self: Pin<&mut Self>, op: &mut O) {
        // SAFETY: the node is not moved out of.
        let this = unsafe { self.get_unchecked_mut() };
        if this.stage == Stage::Yielded {
            this.stage = Stage::Idle;
            op.gate().queue().eager.ends_yield(false);
        }
        if this.is_linked() {
            this.leave(op);
        }
    }

    /// Says, before it waits, that it is a blocked thread that does.
    #[cfg(feature = "std")]
    pub(super) fn is_thread(self: Pin<&mut Self>) {
        // SAFETY: the node is not moved out of.
        let this = unsafe { self.get_unchecked_mut() };
        debug_assert!(!this.is_waiting());
        this.stage = Stage::Thread;
    }

    /// Whether the waiter has a place in a queue, or has put off taking one.
    #[inline(always)]
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.stage, Stage::Linked { .. } | Stage::Yielded)
    }

    pub(super) fn has_yielded(&self) -> bool {
        self.stage == Stage::Yielded
    }

    /// Whether the waiter has a place in a queue.
    #[inline(always)]
    pub(super) fn is_linked(&self) -> bool {
        matches!(self.stage, Stage::Linked { .. })
    }

    fn losses(&self) -> u8 {
        match self.stage {
            Stage::Linked { losses } => losses,
            Stage::Idle | Stage::Thread | Stage::Yielded => 0,
        }
    }

    pub(super) fn enter<O: Operation>(&mut self, op: &O, waker: &Waker) -> Standing {
        // A waker that panics when it is cloned must find nothing half done.
        let waker = waker.clone();
        self.node.write(Node::new(Manner {
            thread: self.stage == Stage::Thread,
            borrows: O::BORROWS,
        }));
        self.stage = Stage::Linked { losses: 0 };
        // SAFETY: W2: the caller is pinned, and a waiter that is dropped without `cancel` is a bug of this room only.
        let standing =
            unsafe { queue::enter(&op.gate(), self.pointer(), false, op.wants(0), waker) };
        op.gate().waits();
        standing
    }

    fn link<O: Operation>(&mut self, op: &O, keeps_place: bool, waker: &Waker) -> Standing {
        let waker = waker.clone();
        // Not before the clone, which may panic: the losses say what the node has asked for.
        let losses = self.losses().saturating_add(u8::from(keeps_place));
        self.stage = Stage::Linked { losses };
        let credits = op.wants(losses);
        // SAFETY: W2, as in `enter`; the node has been told, so it is not linked.
        unsafe { queue::enter(&op.gate(), self.pointer(), keeps_place, credits, waker) }
    }

    #[cold]
    pub(super) fn leave<O: Operation>(&mut self, op: &mut O) {
        let losses = self.losses();
        self.stage = Stage::Idle;
        // SAFETY: W2: it was waiting, so the node is initialised and has been in the queue of this gate.
        let left = unsafe { queue::leave(&op.gate(), self.pointer()) };
        let credits = op.wants(losses) - left.missing;
        let mut waker = left.waker;
        let mut step = 0;
        past_panics(|| {
            step += 1;
            match step {
                1 if credits > 0 => op.refund(credits),
                2 => drop(waker.take()),
                3 if left.passes_on => op.gate().notify(1),
                1 | 3 => {}
                _ => return false,
            }
            true
        });
    }

    /// It waits no longer, having been told.
    pub(super) fn stops_waiting(&mut self) {
        self.stage = Stage::Idle;
    }

    pub(super) fn node(&self) -> &Node {
        debug_assert!(self.is_linked());
        // SAFETY: initialised before the stage became `Linked`.
        unsafe { self.node.assume_init_ref() }
    }

    /// From the waiter to its node, in bytes.
    pub(super) const TO_NODE: usize = core::mem::offset_of!(Waiter, node);

    pub(super) fn pointer(&mut self) -> NonNull<Node> {
        NonNull::from(&mut self.node).cast()
    }
}

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Waiter").field(&self.stage).finish()
    }
}

/// Leave to poll an operation, when it is the task's turn to. `fresh`: it does not wait already.
#[inline(always)]
pub(super) fn begin_turn<O: Operation<Q>, Q: Queue>(
    op: &O,
    fresh: bool,
    cx: &mut Context<'_>,
) -> Poll<Option<Turn>> {
    match op.streak() {
        Some(streak) => streak.turn(fresh, cx).map(Some),
        None => Poll::Ready(None),
    }
}

/// The operation has been polled.
#[inline(always)]
pub(super) fn end_turn<O: Operation<Q>, Q: Queue>(op: &O, turn: Option<Turn>, is_ready: bool) {
    let Some(turn) = turn else { return };
    if is_ready {
        turn.used();
    } else if let Some(streak) = op.streak() {
        streak.break_off();
    }
}

/// Done, having been told: the next one is told of what is left, if that is for each waiter to do.
#[inline(always)]
fn told_and_done<O: Operation>(
    op: &mut O,
    output: Poll<O::Output>,
    told: State,
) -> Poll<O::Output> {
    if told != State::Called && op.gate().heard() {
        return done_and_tells(op, output);
    }
    output
}

#[inline(never)]
fn done_and_tells<O: Operation>(op: &mut O, output: Poll<O::Output>) -> Poll<O::Output> {
    let mut done = Done(op, output);
    done.0.gate().notify(1);
    done.take()
}

/// An operation and its output, while a waker that is dropped or woken may panic.
struct Done<'a, O: Operation>(&'a mut O, Poll<O::Output>);

impl<O: Operation> Done<'_, O> {
    fn take(&mut self) -> Poll<O::Output> {
        mem::replace(&mut self.1, Poll::Pending)
    }
}

impl<O: Operation> Drop for Done<'_, O> {
    fn drop(&mut self) {
        if let Poll::Ready(output) = self.take() {
            self.0.retract(output);
        }
    }
}
