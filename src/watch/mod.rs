//! Channels that hold one value: receivers see the latest, and are told when it changes. With the names and the behaviour of
//! `tokio::sync::watch`.
//!
//! **A channel is not a queue**: whoever looks seldom sees few of the values. The last one is always seen.
//!
//! Code that uses tokio's need only change the import. What differs:
//!
//! - They run on any executor.
//! - [`Sender::send`] stores the value even if there is no receiver. It returns `Err` then, as tokio's does; in it is the
//!   value before, not the new one.
//! - A [`Ref`] is not the guard of a lock: [`Sender::send`] never waits for one, and a thread may borrow twice whatever others
//!   do. Only [`Sender::send_modify`], [`Sender::send_if_modified`] and [`Sender::send_replace`] wait until the value is not
//!   borrowed, and only closures of the first two hold up whoever borrows.
//! - Beside tokio's: [`Receiver::get`], [`Receiver::poll_changed`], `blocking_changed` and `blocking_wait_for`, and
//!   `WatchStream`.
//! - With the feature `tokio-coop`, waiting takes part in tokio's cooperative budget. Without it a handle that has completed
//!   512 async operations in a row without waiting yields once.
//! - A value that was replaced while it was borrowed is dropped by whoever drops the last `Ref` to it.
//!
//! ```
//! # #[cfg(feature = "std")]
//! # futures_lite::future::block_on(async {
//! use wakering::watch;
//!
//! let (tx, mut rx) = watch::channel("starting");
//! std::thread::spawn(move || {
//!     tx.send("running").unwrap();
//!     tx.send("done").unwrap();
//! }); // the last sender is dropped, which is the end
//! let mut states = vec![*rx.borrow_and_update()];
//! while rx.changed().await.is_ok() {
//!     states.push(*rx.borrow_and_update());
//! }
//! assert_eq!(states.last(), Some(&"done")); // others may have been missed
//! # });
//! ```
//!
//! # How it works
//!
//! A value lies in a *node*. Who sends puts the new value into another node and makes that the current one; nodes are used
//! again, and freed with the channel. A node has a word that counts who borrows its value, and that says whether anybody may.
//! So memory is bounded by the number of values that are borrowed at one time, and two.

// # Invariants
//
// - **V1** A node that the channel has adopted lives as long as the channel.
// - **V2** A value is read only by those who have counted themselves into the word of its node while it was neither locked nor
//   retired, and written or taken out only by the one who has locked it. A node is locked only while nobody is counted in (or
//   from the time when it had no value); who is counted in later leaves at once.
// - **V3** The flags of nodes other than WANTED, and `current`, change under the lock of writers; except that the node of a
//   value that `send_replace` waits for is locked by that one. A node is read only by those who have found it current *after*
//   they were counted in. What is current is either readable or held by a closure.
// - **V4** Versions are compared by their distance, and step by one under the lock of writers. The version of a node is
//   written before the node is current, and that is before the word has it: so a receiver may have seen one that is ahead of
//   the word by those steps that are not finished.
// - **V5** The version, the flag of waiting receivers and the end are in one word, changed by read-modify-writes (W3). The flag
//   of threads that wait for a node is in the word of that node, in the same way.

#[cfg(feature = "std")]
mod blocking;
mod chan;
pub mod error;
mod guard;
mod node;
mod nodes;
mod ops;
mod receiver;
mod sender;
#[cfg(feature = "stream")]
mod stream;
mod turns;
mod word;

#[cfg(all(test, wakering_loom))]
mod loom;
#[cfg(all(test, not(any(wakering_loom, wakering_shuttle))))]
mod tests;

pub use guard::Ref;
pub use receiver::Receiver;
pub use sender::Sender;
#[cfg(feature = "stream")]
pub use stream::WatchStream;

use crate::shared;
use chan::Chan;
use ops::Seen;

/// Creates a channel with the value `init`, which its receiver has seen.
///
/// # Examples
///
/// ```
/// # futures_lite::future::block_on(async {
/// let (tx, mut rx) = wakering::watch::channel(1);
/// tx.send(2).unwrap();
/// tx.send(3).unwrap();
/// rx.changed().await.unwrap();
/// assert_eq!(*rx.borrow_and_update(), 3); // the latest; 2 is lost
/// # });
/// ```
pub fn channel<T>(init: T) -> (Sender<T>, Receiver<T>) {
    let (tx, rx) = shared::pair(Chan::new(init));
    let seen = Seen::all_until(tx.state().version());
    (Sender::of(tx), Receiver::of(rx, seen))
}
