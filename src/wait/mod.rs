//! Who sleeps and who wakes them.
//!
//! [`WaitQueue`] is an intrusive FIFO list of raw wakers under a one-byte lock; [`Waiter`] is a place in it, inside the
//! waiting future; [`Wait`] is the one future made of an [`Operation`] and its waiter. Waiting allocates nothing.
//! Before it waits, a task does what [`eager`] advises.
//! [`WaitCell`] is in the queue's place where only one can wait: it holds the waker itself, and [`OneWaiter`] knows no more
//! than whether it waits. [`Queue`] and [`Place`] are what the two have in common.
//!
//! # Invariants
//!
//! - **W1** A node is linked exactly while it is in the list, and its links change only under the list's lock.
//! - **W2** A linked node is pinned and alive: the waiter unlinks it before it goes. The notifier's last touch of a
//!   node is the Release store of its state, so a waiter that sees it may go without the lock.
//! - **W3** A waiter registers, raises its flag, and looks once more; whoever changes the state learns of the flag by
//!   the same read-modify-write (or takes the lock): one of them sees the other. While somebody waits, the flag is up.
//!   See [`Gate`]. A cell has no lock: there the flag is raised by a Release each time, and who has found it acquires the
//!   word before it looks into the cell.
//! - **W4** A notification is used once: by the waiter it was given to, or passed on by a waiter that is dropped or was
//!   served otherwise.
//! - **W5** No foreign code (waking, cloning or dropping a waker) runs under a lock.
//! - **W6** Waiters are told in the order of their first registration: one that was told and found nothing goes back to
//!   its old place. (One that was told with everybody else, by a close, and has still to wait goes to the end.)
//! - **W7** A waiter may ask for credits instead of being told to look. Whoever notifies gives them to the first waiter as
//!   they come up and takes it out when it has all. They are its own from then on: used by its operation, or given back.
//! - **W8** Credits on loan are either with a node among the borrowers, or taken by its waiter, or revoked; which of them
//!   is decided under the lock, once. Who revokes gives them back.
//! - **W9** The waker in a cell is touched by the holder of the place only; who holds it is decided by one exchange.
//! - **W10** An [`Offer`] is touched under the lock of the queue while its waiter's node is in the list, and by its own
//!   operation while it is not.

mod before;
mod cell;
mod eager;
mod lazy;
mod list;
mod loans;
mod lock;
mod offer;
mod one;
mod op;
#[cfg(feature = "std")]
pub(crate) mod park;
mod place;
mod queue;
mod streak;
mod then;
mod timed;
mod waiter;

#[cfg(all(test, wakering_loom))]
mod loom;
#[cfg(all(test, not(any(wakering_loom, wakering_shuttle))))]
mod tests;

pub(crate) use cell::WaitCell;
pub(crate) use lazy::LazyWaiter;
pub(crate) use lock::Lock;
pub(crate) use offer::{Offer, take_offer};
pub(crate) use one::OneWaiter;
pub(crate) use op::{Wait, project_wait};
pub(crate) use place::{Place, Queue};
pub(crate) use queue::{Gate, Grant, WaitQueue};
pub(crate) use streak::{Streak, Turn};
pub(crate) use then::Then;
pub(crate) use timed::{Expired, Timed};
pub(crate) use waiter::{Attempt, Operation, done};
