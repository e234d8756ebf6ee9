//! Channels with any number of senders and one receiver, with the names and the behaviour of `tokio::sync::mpsc`.
//!
//! Code that uses tokio's need only change the import. What differs:
//!
//! - They run on any executor, and no blocking call panics.
//! - [`Receiver`] and [`UnboundedReceiver`] are a `Stream` and a `FusedStream`. [`PollSender`] is here, and allocates
//!   nothing for a message.
//! - The blocking calls have forms with a time limit, [`Sender::send_with`] takes any timer, and
//!   `Sender::send_timeout` is there with the feature `tokio-time`.
//! - With the feature `tokio-coop`, waiting takes part in tokio's cooperative budget. Without it a handle that has
//!   completed 512 async operations in a row without waiting yields once.
//! - [`channel`] allocates all slots up front.
//!
//! `docs/migration.md` of the repository has the whole list.
//!
//! ```
//! # #[cfg(feature = "std")]
//! # futures_lite::future::block_on(async {
//! use wakering::mpsc;
//!
//! let (tx, mut rx) = mpsc::channel(2);
//! std::thread::spawn(move || {
//!     for n in 1..=3 {
//!         tx.blocking_send(n).unwrap(); // waits while two messages are queued
//!     }
//! }); // the last sender is dropped, which closes the channel
//! let mut sum = 0;
//! while let Some(n) = rx.recv().await {
//!     sum += n;
//! }
//! assert_eq!(sum, 6);
//! # });
//! ```

#[cfg(feature = "std")]
mod blocking;
pub mod error;
mod permit;
mod poll_sender;
mod receiver;
mod rx;
mod sender;
mod unbounded;
mod weak;

#[cfg(all(test, wakering_loom))]
mod loom;

pub use permit::{OwnedPermit, Permit, PermitIterator};
pub use poll_sender::PollSender;
pub use receiver::Receiver;
pub use sender::Sender;
pub use unbounded::{UnboundedReceiver, UnboundedSender, WeakUnboundedSender};
pub use weak::WeakSender;

use crate::chan;
use crate::ring::Ring;
use crate::segments::{One, Segments};
use crate::shared;
use crate::wait::WaitCell;
use rx::Rx;

/// A channel with messages in an `S` and one receiver.
pub(crate) type Chan<T, S> = chan::Chan<T, S, WaitCell>;

/// How senders reach a channel.
type TxHandle<T, S = Ring<T>> = chan::TxHandle<T, S, WaitCell>;

/// The storage of a channel without a bound.
pub(crate) type Unbound<T> = Segments<T, One>;

/// Such a storage, for a channel of this face.
pub(crate) fn unbound<T>() -> Unbound<T> {
    // SAFETY: who receives is the one receiver, which has `&mut self` for it, and after it the thread that drops it and what is
    // left.
    unsafe { Segments::for_one() }
}

/// A capacity that there is.
fn bound(capacity: Option<usize>) -> usize {
    match capacity {
        Some(capacity) => capacity,
        None => unreachable!("a ring is bounded"),
    }
}

/// Creates a channel that holds at most `buffer` messages at a time.
///
/// The bound is exact, whatever the number of senders. One allocation holds the state of the channel, a second one its
/// slots: `buffer` rounded up to a power of two, each of the size of `T` plus a sequence number.
///
/// # Panics
///
/// When `buffer` is 0, or more than memory can hold.
///
/// # Examples
///
/// ```
/// use wakering::mpsc::{self, error::TrySendError};
///
/// let (tx, mut rx) = mpsc::channel(1);
/// assert_eq!(tx.try_send("first"), Ok(()));
/// assert_eq!(tx.try_send("second"), Err(TrySendError::Full("second")));
/// assert_eq!(rx.try_recv(), Ok("first"));
/// ```
#[track_caller]
pub fn channel<T>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    assert!(buffer > 0, "mpsc bounded channel requires buffer > 0");
    of(Chan::on(Ring::new(buffer)))
}

/// The first handles of a channel.
pub(crate) fn of<T>(chan: Chan<T, Ring<T>>) -> (Sender<T>, Receiver<T>) {
    let (tx, rx) = shared::pair(chan);
    (Sender::new(tx), Receiver::new(Rx::new(rx)))
}

/// Creates a channel that holds any number of messages.
///
/// A send never waits. Nothing keeps senders from filling the memory faster than the receiver empties it; where they
/// might, use [`channel`].
///
/// Messages are kept in segments, which are made as they are needed and freed when they are empty, but for a few.
///
/// # Examples
///
/// ```
/// use wakering::mpsc;
///
/// let (tx, mut rx) = mpsc::unbounded_channel();
/// for n in 1..=100 {
///     tx.send(n).unwrap();
/// }
/// assert_eq!(rx.len(), 100);
/// assert_eq!(rx.try_recv(), Ok(1));
/// ```
pub fn unbounded_channel<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    unbounded_of(Chan::on(unbound()))
}

/// Likewise without a bound.
pub(crate) fn unbounded_of<T>(
    chan: Chan<T, Unbound<T>>,
) -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let (tx, rx) = shared::pair(chan);
    (
        UnboundedSender::new(tx),
        UnboundedReceiver::new(Rx::new(rx)),
    )
}
