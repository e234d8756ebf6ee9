//! What a task does before it waits: the advice of [`Eager`](super::eager::Eager), carried out.

use core::iter;
use core::task::Poll;

use super::eager::Advice;
use super::place::Queue;
use super::queue::Gate;
use super::waiter::Operation;
use crate::sync::{GLANCES, spin_loop};

/// What has come of it.
pub(super) enum Before {
    /// The operation is done.
    Done,
    /// The task is to be polled again, once, before it waits.
    Yields,
    /// Nothing.
    Waits,
}

/// The operation of a task has been in vain for the first time.
#[inline(always)]
pub(super) fn before_waiting<O: Operation<Q>, Q: Queue>(
    op: &mut O,
    output: &mut Poll<O::Output>,
) -> Before {
    let advice = op.gate().queue().eager().advice();
    match advice {
        Advice::LookOn if looks_on(op, output, iter::repeat_n(1, GLANCES)) => Before::Done,
        Advice::Yield if O::YIELDS && begins_yield(op) => Before::Yields,
        Advice::LookOn | Advice::Yield | Advice::Wait => Before::Waits,
    }
}

/// Looks for a while whether the other side acts, after each of `pauses`.
#[inline(never)]
pub(super) fn looks_on<O: Operation<Q>, Q: Queue>(
    op: &mut O,
    output: &mut Poll<O::Output>,
    pauses: impl Iterator<Item = u32>,
) -> bool {
    for pause in pauses {
        for _ in 0..pause {
            spin_loop();
        }
        if op.glance(output) {
            op.gate().queue().eager().paid();
            return true;
        }
    }
    op.gate().queue().eager().in_vain();
    false
}

/// A yield is for who would find nothing, and has nobody in line before him, who will be told of what comes.
#[inline(always)]
fn begins_yield<O: Operation<Q>, Q: Queue>(op: &O) -> bool {
    let gate = op.gate();
    if gate.beckons() {
        return false;
    }
    let is_first = gate.queue().is_vacant();
    if is_first {
        gate.queue().eager().begins_yield();
    } else {
        gate.queue().eager().yields_later();
    }
    is_first
}

/// The task has its next turn after a yield.
#[inline(always)]
pub(super) fn ends_yield<O: Operation<Q>, Q: Queue>(op: &O) {
    let gate = op.gate();
    gate.queue().eager().ends_yield(gate.beckons());
}
