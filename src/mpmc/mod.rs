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
/// # Capacity 0
///
/// makes a *rendezvous* channel, which keeps no message: a send is done when a receiver has its message, and not before.
/// Until then the message is with the sender, which *offers* it, and waits; receivers take offers in the order in which
/// they were made.
///
/// - Dropping or cancelling a send withdraws its offer, unless a receiver has taken it meanwhile: then it has been sent.
///   A receiver takes a message in its own poll or call, so one that is dropped has taken none.
/// - Every way to receive takes offers: [`recv`](Receiver::recv), [`try_recv`](Receiver::try_recv),
///   [`recv_many`](Receiver::recv_many), [`drain`](Receiver::drain), iterators, the stream.
/// - Only what waits can offer: [`try_send`](Sender::try_send) always says `Full`, even while a receiver waits, as nobody
///   but that receiver could take the message. [`force_send`](Sender::force_send) gives its own message back.
///   [`send_many`](Sender::send_many) offers one message after another.
/// - There is no room to be kept: every [`reserve`](Sender::reserve) fails at once, as for more than the capacity.
/// - After a close, no offer is taken. Offers go back to their senders with the error, and so they do when the last
///   receiver goes. A send that is done is never undone.
/// - `len` is 0, and `is_empty` and `is_full` are true, whoever waits.
///
/// # Panics
///
/// When `capacity` is more than memory can hold.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "std")] {
/// let (tx, rx) = wakering::bounded(0);
/// let worker = std::thread::spawn(move || rx.recv_blocking());
/// tx.send_blocking("now").unwrap(); // the worker has it when this returns
/// assert_eq!(worker.join().unwrap(), Ok("now"));
/// # }
/// ```
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
