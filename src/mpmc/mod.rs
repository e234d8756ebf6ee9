//! Channels with any number of senders and receivers; each message goes to one receiver.
//!
//! The same handles serve async tasks on any executor and plain threads. The names are those of the `async-channel`
//! crate: code that uses it need only change the import.
//!
//! ```
//! # #[cfg(feature = "std")] {
//! let (tx, rx) = wakering::bounded(2);
//! std::thread::spawn(move || {
//!     for n in 1..=3 {
//!         tx.send_blocking(n).unwrap(); // waits while two messages are queued
//!     }
//! });
//! assert_eq!(rx.iter().sum::<i32>(), 6); // ends when the last sender is gone
//! # }
//! ```

mod futures;
mod iter;
mod permit;
mod receiver;
mod sender;
mod weak;

pub use futures::{
    Closed, Recv, RecvMany, RecvOwned, RecvWith, Reserve, ReserveMany, ReserveOwned, Send,
    SendMany, SendOwned, SendWith,
};
pub use iter::{Drain, TryIter};
#[cfg(feature = "std")]
pub use iter::{IntoIter, Iter};
pub use permit::{OwnedPermit, Permit, PermitIterator};
pub use receiver::Receiver;
pub use sender::Sender;
pub use weak::{WeakReceiver, WeakSender};

#[cfg(feature = "sink")]
pub use crate::sink::{OwnedSendSink, SendSink};

use crate::chan::Chan;
use crate::shared;

/// Creates a channel that holds at most `capacity` messages at a time.
///
/// The bound is exact, whatever the number of handles. One allocation holds the state of the channel, a second one its
/// slots: `capacity` rounded up to a power of two, each of the size of `T` plus a sequence number.
///
/// # Panics
///
/// When `capacity` is 0, or more than memory can hold.
///
/// # Examples
///
/// ```
/// use wakering::TrySendError;
///
/// let (tx, rx) = wakering::bounded(1);
/// assert_eq!(tx.try_send("first"), Ok(()));
/// assert_eq!(tx.try_send("second"), Err(TrySendError::Full("second")));
/// assert_eq!(rx.try_recv(), Ok("first"));
/// ```
#[must_use]
#[track_caller]
pub fn bounded<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    of(Chan::bounded(capacity))
}

/// Creates a channel that holds any number of messages.
///
/// A send never waits: [`Sender::send`] is done when it is first polled, [`Sender::try_send`] never says `Full`, and
/// [`Sender::force_send`] never evicts. Nothing keeps senders from filling the memory faster than receivers empty it;
/// where they might, use [`bounded`].
///
/// Messages are kept in segments of some dozens, made as they are needed. One is made with the channel and two are kept
/// for later; the others are freed as soon as they are empty.
///
/// Permits ([`Sender::reserve`]) are there too: a message sent by one is delivered even if the channel is closed in
/// between. At most 2,097,151 of them can be out at a time, which is the one thing that can make a reservation wait.
///
/// # Panics
///
/// Sending panics when 2^38 messages are queued.
///
/// # Examples
///
/// ```
/// let (tx, rx) = wakering::unbounded();
/// for n in 0..1000 {
///     tx.try_send(n).unwrap();
/// }
/// assert_eq!((tx.len(), tx.capacity(), tx.is_full()), (1000, None, false));
/// assert_eq!(rx.try_iter().sum::<i32>(), 499_500);
/// ```
#[must_use]
pub fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    of(Chan::unbounded())
}

/// The first handles of a channel.
#[inline]
pub(crate) fn of<T>(chan: Chan<T>) -> (Sender<T>, Receiver<T>) {
    let (tx, rx) = shared::pair(chan);
    (Sender::new(tx), Receiver::new(rx))
}
