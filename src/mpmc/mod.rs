//! Channels with any number of senders and receivers; each message goes to one receiver.
//!
//! The same handles serve async tasks on any executor and plain threads. The names are those of the `async-channel`
//! crate: code that uses its bounded channels need only change the import.
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
    let (tx, rx) = shared::pair(Chan::new(capacity));
    (Sender::new(tx), Receiver::new(rx))
}
