//! Channels with any number of senders and receivers, in which every receiver gets every message, with the names and the
//! behaviour of `tokio::sync::broadcast`.
//!
//! Code that uses tokio's need only change the import. The channel keeps the last `capacity` messages. A receiver that
//! is slower than that is told [`Lagged`](error::RecvError::Lagged) how many it has missed, and goes on with the oldest
//! that is left: it holds up nobody. What differs from tokio's:
//!
//! - They run on any executor, and no blocking call panics.
//! - The capacity is what was asked for. tokio rounds it up to a power of two.
//! - A message is cloned outside of every lock, and the last receiver gets the message itself.
//! - [`Sender::send_lossless`] waits for the slowest receiver instead of overwriting what it has not seen.
//! - A [`Receiver`] is a `Stream` (feature `stream`) in which a lag is an item, [`Receiver::poll_recv`] is there for
//!   hand-written futures, and the blocking calls have forms with a time limit.
//!
//! ```
//! # futures_lite::future::block_on(async {
//! use wakering::broadcast;
//!
//! let (tx, mut rx1) = broadcast::channel(16);
//! let mut rx2 = tx.subscribe();
//! tx.send("hello").unwrap();
//! drop(tx);
//! assert_eq!(rx1.recv().await, Ok("hello"));
//! assert_eq!(rx2.recv().await, Ok("hello"));
//! assert_eq!(rx2.recv().await, Err(broadcast::error::RecvError::Closed));
//! # });
//! ```
//!
//! A receiver that lags:
//!
//! ```
//! use wakering::broadcast::{self, error::TryRecvError};
//!
//! let (tx, mut rx) = broadcast::channel(2);
//! for n in 1..=5 {
//!     tx.send(n).unwrap(); // never waits
//! }
//! assert_eq!(rx.try_recv(), Err(TryRecvError::Lagged(3)));
//! assert_eq!(rx.try_recv(), Ok(4));
//! assert_eq!(rx.try_recv(), Ok(5));
//! ```
//!
//! # Limits
//!
//! Two receivers never clone one message at the same time, since `T` need not be `Sync`. One that finds its next message
//! being cloned by another looks again for a while; then a task yields and tries again, and `try_recv` says
//! [`Empty`](error::TryRecvError::Empty). So a `Clone` that takes long holds up those who want the same message, and
//! nobody else; a `Clone` that waits for another receiver to get the same message waits for ever.
//!
//! A receiver that is leaked (`mem::forget`) counts as one that is slow for ever.

// # Invariants
//
// - **B1** Positions are given to messages in the order of the senders' turns. In its turn a sender places its message
//   and then moves `tail`; so whoever sees that `tail` has moved past a position finds its slot written, or overwritten.
// - **B2** The number of receivers and the position at which a new one begins change and are read in a turn: a message
//   is counted for exactly those receivers that begin at its position or before.
// - **B3** `remaining` of a slot is the number of receivers that have not finished with its message: received it,
//   skipped it, or gone. There is a message exactly while it is above 0. Whoever takes it to 0 takes the message out.
// - **B4** A message is lent to one receiver at a time, which may look at it without the slot's lock. Nobody else touches
//   the place where it lies until it is given back. A lent message counts its borrower as remaining.
// - **B5** A sender that overwrites a lent message leaves it to the borrower, with the place where it lies, and puts its
//   own in a new place. The borrower finds another position in the slot when it gives it back.
// - **B6** Who has not finished a message has not finished any later one: `remaining` does not fall from a position to the
//   next. So the oldest message is the first to be finished.
// - **B7** `tail` changes by read-modify-writes only; its flags are raised and lowered under the lock of the queue that
//   they speak of.
// - **B8** No foreign code (`Clone` and `Drop` of messages, wakers) runs in a turn or under the lock of a slot.
//
// Locks are taken in the order: queue of waiters, turn, slot.

#[cfg(feature = "std")]
mod blocking;
mod chan;
pub mod error;
mod lossless;
mod position;
mod reader;
mod receiver;
mod sender;
mod slot;
mod weak;

#[cfg(all(test, wakering_loom))]
mod loom;
#[cfg(all(test, feature = "std", not(any(wakering_loom, wakering_shuttle))))]
mod tests;

pub use lossless::SendLossless;
pub use receiver::Receiver;
pub use sender::Sender;
pub use weak::WeakSender;

/// Creates a channel that keeps the last `capacity` messages for each of its receivers.
///
/// `capacity` is exact. One allocation holds the state of the channel, a second one its slots, each of the size of `T`
/// plus a few words.
///
/// # Panics
///
/// When `capacity` is 0, or more than memory can hold.
///
/// # Examples
///
/// ```
/// use wakering::broadcast;
///
/// let (tx, mut rx) = broadcast::channel(3);
/// assert_eq!(tx.send('a').unwrap(), 1); // so many receivers will see it
/// assert_eq!(rx.try_recv(), Ok('a'));
/// ```
#[track_caller]
pub fn channel<T: Clone>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let tx = Sender::new(capacity);
    let rx = tx.subscribe();
    (tx, rx)
}
