//! Threads that wait for a node: to borrow it while a closure changes it, or to have it to themselves while it is borrowed.
//!
//! All three are blocking calls by nature: the value is at its place, and a `Ref` or a closure is held by somebody.

use core::task::Poll;

use super::chan::{Chan, Hold, Loan};
use super::node::{Node, Until};
use crate::sync::{CHECKED, yield_now};
use crate::wait::{Attempt, Gate, Operation, WaitQueue, done};
#[cfg(feature = "std")]
use crate::wait::{Wait, park};

/// Where threads wait for a node. The flag is in the word of the node; those who find it take it down before they tell
/// everybody here, and who comes later looks at the same word after raising it (W3).
struct TurnGate<'a, T> {
    chan: &'a Chan<T>,
    /// `None` for the current one.
    node: Option<&'a Node<T>>,
    until: Until,
}

impl<T> Gate for TurnGate<'_, T> {
    fn queue(&self) -> &WaitQueue {
        &self.chan.turns
    }

    fn raise(&self) -> bool {
        match self.node {
            Some(node) => node.want(self.until),
            None => {
                let node = self.chan.current();
                node.want(self.until) || !self.chan.is_current(node)
            }
        }
    }

    /// Only of one node could the flag be lowered here. One that stays up costs a vain look.
    fn lower(&self) {}
}

/// A node may be free, or there is a new one: those who wait look again.
pub(super) fn tell<T>(chan: &Chan<T>) {
    let gate = TurnGate {
        chan,
        node: None,
        until: Until::Readable,
    };
    gate.notify_all();
}

pub(super) struct BorrowOp<'a, T>(pub(super) &'a Chan<T>);

impl<'a, T> Operation for BorrowOp<'a, T> {
    type Output = Loan<'a, T>;

    fn attempt(&mut self, output: &mut Poll<Self::Output>) -> Attempt {
        match self.0.try_borrow() {
            Some(loan) => done(output, loan),
            None => Attempt::Blocked,
        }
    }

    fn gate(&self) -> impl Gate {
        TurnGate {
            chan: self.0,
            node: None,
            until: Until::Readable,
        }
    }
}

pub(super) struct HoldOp<'a, T>(pub(super) &'a Chan<T>);

impl<'a, T> Operation for HoldOp<'a, T> {
    type Output = Hold<'a, T>;

    fn attempt(&mut self, output: &mut Poll<Self::Output>) -> Attempt {
        match self.0.try_hold() {
            Some(hold) => done(output, hold),
            None => Attempt::Blocked,
        }
    }

    fn gate(&self) -> impl Gate {
        TurnGate {
            chan: self.0,
            node: None,
            until: Until::Unused,
        }
    }
}

pub(super) struct UnusedOp<'a, T> {
    pub(super) chan: &'a Chan<T>,
    pub(super) node: &'a Node<T>,
}

impl<T> Operation for UnusedOp<'_, T> {
    type Output = ();

    fn attempt(&mut self, output: &mut Poll<()>) -> Attempt {
        if self.node.lock() {
            done(output, ())
        } else {
            Attempt::Blocked
        }
    }

    fn gate(&self) -> impl Gate {
        TurnGate {
            chan: self.chan,
            node: Some(self.node),
            until: Until::Unused,
        }
    }
}

/// Blocks the thread until `op` is done.
fn block_on<O: Operation>(mut op: O) -> O::Output {
    #[cfg(feature = "std")]
    if !CHECKED {
        return park::block_on(Wait::new(op));
    }
    let _ = CHECKED;
    loop {
        let mut output = Poll::Pending;
        if let (Attempt::Done, Poll::Ready(output)) = (op.attempt(&mut output), output) {
            return output;
        }
        yield_now();
    }
}

#[cold]
pub(super) fn borrow<T>(chan: &Chan<T>) -> Loan<'_, T> {
    not_in_a_closure(chan.current(), "borrow");
    block_on(BorrowOp(chan))
}

/// The current value to oneself.
pub(super) fn hold<T>(chan: &Chan<T>) -> Hold<'_, T> {
    match chan.try_hold() {
        Some(hold) => hold,
        None => hold_later(chan),
    }
}

#[cold]
fn hold_later<T>(chan: &Chan<T>) -> Hold<'_, T> {
    block_on(HoldOp(chan))
}

/// Waits until nobody uses `node`, which is not current any more, and locks it.
#[cold]
pub(super) fn unused<T>(chan: &Chan<T>, node: &Node<T>) {
    block_on(UnusedOp { chan, node });
}

/// This thread is about to wait for `node`: it must not be the one that is waited for.
#[track_caller]
pub(super) fn not_in_a_closure<T>(node: &Node<T>, method: &str) {
    assert!(
        !node.is_ours(),
        "`{method}` called by a closure that modifies the value of the same channel: it would wait for ever",
    );
}
