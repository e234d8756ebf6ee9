//! A wait queue: the list, its lock, and the protocol of registering and telling.

use core::ptr::NonNull;
use core::task::Waker;

use super::list::{List, Node, State};
use super::lock::Lock;
use crate::unwind::past_panics;

/// How many wakers are taken out under one hold of the lock.
const BATCH: usize = 16;

/// Those who wait for one kind of event, in order.
pub(crate) struct WaitQueue {
    list: Lock<List>,
}

impl WaitQueue {
    pub(crate) fn new() -> Self {
        Self {
            list: Lock::new(List::new()),
        }
    }
}

/// Where an operation waits, and how the other side learns that somebody does.
///
/// The handshake (W3): a waiter links itself, then *raises* a flag that the other side reads with the
/// read-modify-write by which it changes the state, then looks at the state once more. Since all changes of one word
/// are ordered, either the change comes later and sees the flag, or the look sees the change.
pub(crate) trait Gate {
    fn queue(&self) -> &WaitQueue;

    /// Somebody waits. Returns whether there may be something to do already. Called under the queue's lock.
    fn raise(&self) -> bool;

    /// Nobody waits any more. Called under the queue's lock.
    fn lower(&self);

    /// Tells the first `n` waiters.
    fn notify(&self, n: usize) {
        if n == 1 {
            if let Some(waker) = take(self, State::Notified) {
                waker.wake();
            }
        } else {
            wake_each(self, State::Notified, n, u64::MAX);
        }
    }

    /// Tells everybody who waits now, in order, past wakers that panic.
    ///
    /// Who registers meanwhile (a waker may poll its task on the spot) gets a later ticket and is not told again.
    fn notify_all(&self) {
        let newcomers = self.queue().list.with(|list| list.next_ticket());
        wake_each(self, State::Called, usize::MAX, newcomers);
    }
}

/// Takes the first waiter out.
#[inline]
fn take<G: Gate + ?Sized>(gate: &G, told: State) -> Option<Waker> {
    gate.queue().list.with(|list| {
        if list.is_empty() {
            return None;
        }
        let waker = list.pop_front(told);
        if list.is_empty() {
            gate.lower();
        }
        waker
    })
}

/// Takes out and wakes up to `most` waiters with tickets before `end`, a batch of them for each hold of the lock.
fn wake_each<G: Gate + ?Sized>(gate: &G, told: State, mut most: usize, end: u64) {
    let mut batch = [const { None }; BATCH];
    let mut left = 0..0;
    past_panics(|| {
        if left.is_empty() {
            let wanted = most.min(BATCH);
            let taken = gate.queue().list.with(|list| {
                let mut taken = 0;
                while taken < wanted && list.front_ticket().is_some_and(|ticket| ticket < end) {
                    batch[taken] = list.pop_front(told);
                    taken += 1;
                }
                if taken > 0 && list.is_empty() {
                    gate.lower();
                }
                taken
            });
            most -= taken;
            left = 0..taken;
        }
        let Some(index) = left.next() else {
            return false;
        };
        if let Some(waker) = batch[index].take() {
            waker.wake();
        }
        true
    });
}

/// What a registered waiter finds when it looks after itself.
pub(super) enum Standing {
    /// Still in the list, with an up-to-date waker.
    Waits,
    /// Told meanwhile, or there may be something to do: try again.
    TryAgain,
}

/// Links `node`: a newcomer at the end, one that was told and found nothing at its old place.
///
/// # Safety
///
/// The node is not linked; it stays alive and in place until it has been told or removed (W2).
pub(super) unsafe fn enter<G: Gate>(
    gate: &G,
    node: NonNull<Node>,
    keeps_place: bool,
    waker: Waker,
) -> Standing {
    let retry = gate.queue().list.with(|list| {
        // SAFETY: the contract is the caller's.
        unsafe {
            if keeps_place {
                list.reinsert(node, waker);
            } else {
                list.push_back(node, waker);
            }
        }
        gate.raise()
    });
    if retry {
        Standing::TryAgain
    } else {
        Standing::Waits
    }
}

/// Makes sure that `node` waits with a waker for the task of `waker`.
///
/// # Safety
///
/// The node is alive and has been linked into the gate's queue.
pub(super) unsafe fn stay<G: Gate>(gate: &G, node: NonNull<Node>, waker: &Waker) -> Standing {
    let list = &gate.queue().list;
    // SAFETY: the contract is the caller's.
    let up_to_date = list.with(|list| unsafe { list.will_wake(node, waker) });
    match up_to_date {
        None => return Standing::TryAgain,
        Some(true) => return Standing::Waits,
        Some(false) => {}
    }
    // W5: cloned before the lock, the old one dropped after it.
    let waker = waker.clone();
    // SAFETY: the contract is the caller's.
    let replaced = list.with(|list| unsafe { list.replace_waker(node, waker) });
    match replaced {
        Ok(_old) => Standing::Waits,
        Err(_unused) => Standing::TryAgain,
    }
}

/// Takes `node` out of the queue. A notification that it had got and does not need goes to the next one (W4).
///
/// # Safety
///
/// The node is alive and has been linked into the gate's queue. Afterwards nobody touches it.
pub(super) unsafe fn leave<G: Gate>(gate: &G, node: NonNull<Node>) {
    // A node that has been told is out of the list, and the lock need not be taken.
    // SAFETY: the node is alive.
    let told = match unsafe { node.as_ref() }.state() {
        State::Waiting => gate.queue().list.with(|list| {
            // SAFETY: the contract is the caller's.
            let removed = unsafe { list.remove(node) };
            if removed.is_ok() && list.is_empty() {
                gate.lower();
            }
            removed
        }),
        told => Err(told),
    };
    match told {
        // W5: the waker is dropped here, after the lock.
        Ok(_waker) => {}
        Err(State::Notified) => gate.notify(1),
        Err(_) => {}
    }
}
