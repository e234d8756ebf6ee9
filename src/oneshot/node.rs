//! What the two sides share, and the changes of its state. No foreign code runs in here but the clone and the drop of a
//! side's own waker, in [`Hold::wait`] and [`Hold::wait_no_more`], while nothing is half done; and [`Wakers::tell`].
//!
//! # Invariants
//!
//! The two sides share a node: a state of one byte, a cell for the message, a cell for the waker of each
//! side. Each bit of the state is set by one side only.
//!
//! - **O1** *One side ends first.* A side ends by setting its `ENDED` bit, by a read-modify-write that replaces a state
//!   in which the other has not: the sender when it has sent or is dropped, the receiver when it closes or is dropped.
//!   What the second one would do to the other side is void: it only lets go.
//! - **O2** The message belongs to the sender until it ends. If it is the first to end and sets `VALUE` with that, the
//!   message belongs to the receiver; if not, it is still the sender's, who gives it back.
//! - **O3** A waker cell belongs to its side while its `WAITS` bit is down. Whoever ends first owns the wakers of *both*
//!   sides whose bits are up in the state that it replaced, and moves them to its stack: its own to drop, the other one
//!   to wake. A side that takes its bit down before that has its cell back. (To compare its waker with another one, a
//!   side may look at the two words of it in its cell at any time: nobody writes to the cell but itself.)
//! - **O4** A side touches the node for the last time when it sets its `GONE` bit; who finds the other's bit set frees
//!   the node. A side that ends and goes runs no foreign code in between, and when nobody waits it does both by one
//!   read-modify-write.

use alloc::boxed::Box;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use core::task::Waker;

use crate::sync::{AtomicU8, Trace, UnsafeCell};
use crate::unwind::past_panics;

/// There is a message (O2).
pub(super) const VALUE: u8 = 1 << 0;
pub(super) const TX_ENDED: u8 = 1 << 1;
const RX_ENDED: u8 = 1 << 2;
const TX_WAITS: u8 = 1 << 3;
const RX_WAITS: u8 = 1 << 4;
const TX_GONE: u8 = 1 << 5;
const RX_GONE: u8 = 1 << 6;

/// What is shared. Every field is in an `UnsafeCell`: the memory may be freed while a method of one of them returns.
pub(super) struct Node<T> {
    state: AtomicU8,
    value: UnsafeCell<MaybeUninit<T>>,
    tx_waker: WakerCell,
    rx_waker: WakerCell,
    _trace: Trace,
}

type WakerCell = UnsafeCell<MaybeUninit<Waker>>;

/// A side of the channel: its bits, and where its waker is.
pub(super) trait Side {
    type Other: Side;

    const ENDED: u8;
    const WAITS: u8;
    const GONE: u8;

    fn waker<T>(node: &Node<T>) -> &WakerCell;
}

pub(super) enum Tx {}
pub(super) enum Rx {}

impl Side for Tx {
    type Other = Rx;

    const ENDED: u8 = TX_ENDED;
    const WAITS: u8 = TX_WAITS;
    const GONE: u8 = TX_GONE;

    fn waker<T>(node: &Node<T>) -> &WakerCell {
        &node.tx_waker
    }
}

impl Side for Rx {
    type Other = Tx;

    const ENDED: u8 = RX_ENDED;
    const WAITS: u8 = RX_WAITS;
    const GONE: u8 = RX_GONE;

    fn waker<T>(node: &Node<T>) -> &WakerCell {
        &node.rx_waker
    }
}

/// A state, as it was when it was looked at.
#[derive(Clone, Copy)]
pub(super) struct State(u8);

impl State {
    /// One of the sides has ended.
    pub(super) fn is_ended(self) -> bool {
        self.0 & (TX_ENDED | RX_ENDED) != 0
    }

    /// A message was sent: whether it is still there, the receiver must know.
    pub(super) fn has_value(self) -> bool {
        self.0 & VALUE != 0
    }

    fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }
}

/// The hold of one side on the node, which it gives up by [`leave`](Self::leave) (O4).
pub(super) struct Hold<T, S: Side> {
    node: NonNull<Node<T>>,
    side: PhantomData<S>,
}

// SAFETY: the sides share the node; each touches what it owns (O2, O3). A message goes from the one to the other, and is
// never borrowed.
unsafe impl<T: Send, S: Side> Send for Hold<T, S> {}
// SAFETY: a shared hold looks at the state only: all else asks for `&mut` handles, or consumes them.
unsafe impl<T: Send, S: Side> Sync for Hold<T, S> {}

impl<T> Hold<T, Tx> {
    #[inline]
    pub(super) fn pair() -> (Self, Hold<T, Rx>) {
        let memory = Box::into_raw(Box::<Node<T>>::new_uninit()).cast::<Node<T>>();
        // SAFETY: the memory is ours, and as large as a node. Field by field, since a large message need not be there to
        // be moved.
        let node = unsafe {
            (&raw mut (*memory).state).write(AtomicU8::new(0));
            (&raw mut (*memory).value).write(UnsafeCell::new(MaybeUninit::uninit()));
            (&raw mut (*memory).tx_waker).write(UnsafeCell::new(MaybeUninit::uninit()));
            (&raw mut (*memory).rx_waker).write(UnsafeCell::new(MaybeUninit::uninit()));
            (&raw mut (*memory)._trace).write(Trace::new());
            NonNull::new_unchecked(memory)
        };
        (Hold::of(node), Hold::of(node))
    }

    /// Puts the message in.
    ///
    /// # Safety
    ///
    /// The sender has not ended.
    #[inline]
    pub(super) unsafe fn put(&self, value: T) {
        self.node().value.with_mut(|cell| {
            // SAFETY: O2: the message belongs to the sender.
            unsafe { (*cell).write(value) };
        });
    }

    /// Ends with the message that was put in, lets go, and wakes the receiver. If that has ended before, the message is
    /// not sent and comes back.
    ///
    /// # Safety
    ///
    /// The sender has not ended, and has put a message in.
    #[inline]
    pub(super) unsafe fn end_with_value(self) -> Result<(), T> {
        self.end_and_leave(VALUE).map_err(|hold| {
            // SAFETY: O2: the sender was not the first to end.
            let value = unsafe { hold.read_value() };
            hold.leave();
            value
        })
    }
}

impl<T> Hold<T, Rx> {
    /// Takes the message out, if there is one, and lets go.
    ///
    /// # Safety
    ///
    /// One of the sides has ended.
    #[inline]
    pub(super) unsafe fn finish(self) -> Option<T> {
        let value = self.state().has_value().then(|| {
            // SAFETY: O2: the state was acquired, and the message is taken once, since this lets go.
            unsafe { self.read_value() }
        });
        self.leave();
        value
    }
}

impl<T, S: Side> Hold<T, S> {
    fn of(node: NonNull<Node<T>>) -> Self {
        Self {
            node,
            side: PhantomData,
        }
    }

    /// Not to be kept beyond the call: see [`leave`](Self::leave).
    #[inline(always)]
    fn node(&self) -> &Node<T> {
        // SAFETY: O4: this side has not let go.
        unsafe { self.node.as_ref() }
    }

    #[inline]
    pub(super) fn state(&self) -> State {
        // ORDERING: Acquire, pairs with the Release of who ends (`try_end`): the message is there, and who is told of the
        // end sees what was done before.
        State(self.node().state.load(Acquire))
    }

    /// As [`state`](Self::state), to be told rather than to be acted upon.
    pub(super) fn glance(&self) -> State {
        State(self.node().state.load(Relaxed))
    }

    /// Waits with `waker`, in place of the one that it waited with: from now on the other side's end wakes it. False
    /// when one of the sides has ended.
    ///
    /// `state` is one in which none had.
    pub(super) fn wait(&mut self, state: State, waker: &Waker) -> bool {
        if state.has(S::WAITS) {
            return self.waits_with(waker) || self.wait_with_another(waker);
        }
        // A clone may panic: before anything is changed.
        self.register(waker.clone())
    }

    #[cold]
    fn wait_with_another(&mut self, waker: &Waker) -> bool {
        let waker = waker.clone();
        let Some(old) = self.take_back() else {
            return false;
        };
        let waits = self.register(waker);
        // The last thing, for it may panic. Who waits is registered, and who does not has taken nothing yet.
        drop(old);
        waits
    }

    /// Puts the waker in and the bit up, which is down. False when one of the sides has ended.
    #[inline]
    fn register(&mut self, waker: Waker) -> bool {
        S::waker(self.node()).with_mut(|cell| {
            // SAFETY: O3: the bit is down.
            unsafe { (*cell).write(waker) };
        });
        // ORDERING: Release, pairs with the Acquire of the end that finds the bit (`try_end`): the waker is there.
        let replaced = State(self.node().state.fetch_or(S::WAITS, Release));
        if replaced.is_ended() {
            // SAFETY: O3: who ended did not find the bit, so the waker is still ours.
            drop(unsafe { self.read_waker::<S>() });
        }
        !replaced.is_ended()
    }

    /// Waits no more: the waker does not stay behind.
    pub(super) fn wait_no_more(&mut self) {
        let state = self.glance();
        if state.has(S::WAITS) && !state.is_ended() {
            drop(self.take_back());
        }
    }

    /// Takes the bit of a side that waits down and its waker out; `None` if a side has ended first and has it (O3).
    fn take_back(&mut self) -> Option<Waker> {
        // ORDERING: Relaxed: the waker is our own, and by the order of changes of the state we learn who has it.
        let replaced = State(self.node().state.fetch_and(!S::WAITS, Relaxed));
        if replaced.is_ended() {
            return None;
        }
        // SAFETY: O3: the bit was up, and is down now.
        Some(unsafe { self.read_waker::<S>() })
    }

    /// Whether the waker in the cell, which waits or did so a moment ago, is one for the task of `waker`.
    fn waits_with(&self, waker: &Waker) -> bool {
        S::waker(self.node()).with(|cell| {
            // SAFETY: O3: nobody writes to the cell but this side. Who has ended meanwhile may have woken and dropped the
            // waker; its two words are still there, and no more is looked at. They are not those of another task: the
            // state said that it waits when `waker` was alive already.
            unsafe { (*cell).assume_init_ref() }.will_wake(waker)
        })
    }

    /// Ends, if it is the first to do so: hands out the wakers of both sides.
    pub(super) fn end(&mut self) -> Option<Wakers> {
        let replaced = self.try_end(S::ENDED, 0)?;
        // SAFETY: it is what we replaced.
        Some(unsafe { self.take_wakers(replaced) })
    }

    /// Ends, if it is the first to do so, with the bits `more`, lets go, and wakes the other side: foreign code, so that
    /// nothing may be left to do.
    #[inline]
    pub(super) fn end_and_leave(self, more: u8) -> Result<(), Self> {
        match self.try_end(S::ENDED | more, S::GONE) {
            None => Err(self),
            Some(replaced) => {
                if replaced.has(TX_WAITS | RX_WAITS) {
                    // SAFETY: it is what we replaced.
                    unsafe { self.leave_and_tell(replaced) };
                }
                Ok(())
            }
        }
    }

    /// # Safety
    ///
    /// As of [`take_wakers`](Self::take_wakers).
    #[inline(never)]
    unsafe fn leave_and_tell(self, replaced: State) {
        // SAFETY: the contract is the caller's.
        let wakers = unsafe { self.take_wakers(replaced) };
        self.leave();
        wakers.tell();
    }

    /// Sets the bits `ended`, and with them `gone` if nobody waits, if none of the sides has ended (O1). Says what it
    /// replaced.
    #[inline]
    pub(super) fn try_end(&self, ended: u8, gone: u8) -> Option<State> {
        let word = &self.node().state;
        // ORDERING: Relaxed: only tried with; and that a side has ended is acquired by whoever acts upon it.
        let mut state = State(word.load(Relaxed));
        loop {
            if state.is_ended() {
                return None;
            }
            let waits = state.has(TX_WAITS | RX_WAITS);
            let next = state.0 | ended | if waits { 0 } else { gone };
            // ORDERING: Release: the message is there, and if it lets go, all that it did to the node is done. Acquire,
            // pairs with the Release in `register`: the waker of the other side is there.
            match word.compare_exchange_weak(state.0, next, AcqRel, Relaxed) {
                Ok(_) => return Some(state),
                Err(now) => state = State(now),
            }
        }
    }

    /// Lets go, and frees the node if the other side has done so before. Nothing may be owned in it.
    #[inline]
    pub(super) fn leave(self) {
        let word = &self.node().state;
        // ORDERING: Acquire, here and below, pairs with the Release of the other side, below or when it ended and let go
        // in one (`try_end`): what it did to the node is done before it is freed. Release: the same for us.
        let is_second = State(word.load(Acquire)).has(<S::Other>::GONE)
            || State(word.fetch_or(S::GONE, AcqRel)).has(<S::Other>::GONE);
        if is_second {
            // SAFETY: O4: the other side has let go, and this one does so now.
            unsafe { free(self.node) };
        }
    }

    /// # Safety
    ///
    /// This side was the first to end, by replacing `replaced`; it calls this once.
    pub(super) unsafe fn take_wakers(&self, replaced: State) -> Wakers {
        // SAFETY: O3.
        unsafe {
            Wakers {
                own: replaced.has(S::WAITS).then(|| self.read_waker::<S>()),
                other: replaced
                    .has(<S::Other>::WAITS)
                    .then(|| self.read_waker::<S::Other>()),
            }
        }
    }

    /// # Safety
    ///
    /// There is a waker in the cell of side `W`, it is ours, and not read again.
    unsafe fn read_waker<W: Side>(&self) -> Waker {
        // Not `with_mut`: the other side may just be comparing (O3).
        W::waker(self.node()).with(|cell| {
            // SAFETY: the contract is the caller's.
            unsafe { (*cell).assume_init_read() }
        })
    }

    /// # Safety
    ///
    /// There is a message, it is ours, and not read again.
    #[inline]
    unsafe fn read_value(&self) -> T {
        self.node().value.with(|cell| {
            // SAFETY: the contract is the caller's.
            unsafe { (*cell).assume_init_read() }
        })
    }
}

/// # Safety
///
/// Nobody touches the node any more, and nothing is owned in it.
#[inline]
unsafe fn free<T>(node: NonNull<Node<T>>) {
    // SAFETY: it was made by a box; the contract is the caller's.
    let node = unsafe { Box::from_raw(node.as_ptr()) };
    // A checker is told of an access to all of it.
    node.value.with_mut(|_| ());
    node.tx_waker.with_mut(|_| ());
    node.rx_waker.with_mut(|_| ());
}

/// The wakers that the first to end has found.
#[must_use]
pub(super) struct Wakers {
    own: Option<Waker>,
    other: Option<Waker>,
}

impl Wakers {
    /// Wakes the other side. Foreign code: to be called when nothing is left to do.
    #[inline]
    pub(super) fn tell(self) {
        match self {
            Self { own: None, other } => {
                if let Some(waker) = other {
                    waker.wake();
                }
            }
            Self { own, other } => tell_past_own(own, other),
        }
    }
}

/// Wakes the other side, and drops our own waker.
#[cold]
fn tell_past_own(mut own: Option<Waker>, mut other: Option<Waker>) {
    let mut step = 0;
    past_panics(|| {
        step += 1;
        match step {
            1 => {
                if let Some(waker) = other.take() {
                    waker.wake();
                }
            }
            2 => drop(own.take()),
            _ => return false,
        }
        true
    });
}
