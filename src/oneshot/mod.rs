//! Channels for one message, with the names and the behaviour of `tokio::sync::oneshot`.
//!
//! [`channel`] makes a [`Sender`], whose [`send`](Sender::send) never waits, and a [`Receiver`], which *is* the future of
//! the message. Code that uses tokio's need only change the import. What differs:
//!
//! - They run on any executor, and no blocking call panics.
//! - The blocking receive has forms with a time limit.
//! - [`Receiver`] is a `FusedFuture`, and has [`is_closed`](Receiver::is_closed).
//! - A [`closed`](Sender::closed) that is dropped while it waits leaves no waker behind.
//! - Neither handle needs `T: Debug` for its own `Debug`.
//!
//! A channel is one allocation, which the second of the two handles frees; waiting allocates nothing. It cannot be used
//! again: whether the message was sent, or the sender was dropped without sending, is told apart once and for all by `Ok`
//! and `Err`.
//!
//! ```
//! # #[cfg(feature = "std")]
//! # futures_lite::future::block_on(async {
//! use wakering::oneshot;
//!
//! let (tx, rx) = oneshot::channel();
//! std::thread::spawn(move || tx.send(6 * 7));
//! assert_eq!(rx.await, Ok(42));
//!
//! let (tx, rx) = oneshot::channel::<u32>();
//! drop(tx);
//! assert!(rx.await.is_err(), "dropped without sending");
//! # });
//! ```
//!
//! To wait for a message and for other things in a loop, wait for `&mut rx`: what is dropped then is a reference, and the
//! message is not lost.
//!
//! # Invariants
//!
//! The two sides share a [node](node::Node): a state of one byte, a cell for the message, a cell for the waker of each
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
//!   the node. No foreign code runs between ending and that, and a side ends and lets go by one read-modify-write when
//!   nobody waits.

#[cfg(feature = "std")]
mod blocking;
pub mod error;
mod node;
mod receiver;
mod sender;

#[cfg(all(test, wakering_loom))]
mod loom;
#[cfg(all(test, not(any(wakering_loom, wakering_shuttle))))]
mod tests;

pub use receiver::Receiver;
pub use sender::Sender;

/// Creates a channel for one message.
///
/// One allocation holds the message and all else.
///
/// # Examples
///
/// ```
/// use wakering::oneshot;
///
/// let (tx, mut rx) = oneshot::channel();
/// assert_eq!(tx.send("done"), Ok(()));
/// assert_eq!(rx.try_recv(), Ok("done"));
/// ```
#[inline]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (tx, rx) = node::Hold::pair();
    (Sender::new(tx), Receiver::new(rx))
}
