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

// What the two sides share, and the invariants O1 to O4, are in `node`.

#[cfg(feature = "std")]
mod blocking;
pub mod error;
mod node;
mod receiver;
mod sender;

#[cfg(all(test, wakering_loom))]
mod loom;
#[cfg(all(test, feature = "std", not(any(wakering_loom, wakering_shuttle))))]
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
