//! A channel as one clonable handle with both ends, with the names of the crate `tokio-mpmc`.
//!
//! Every [`Queue`] sends and receives; [`channel`] makes the same with an end for each side. They are the channels of
//! [`mpmc`](crate::mpmc) by other names: the same guarantees, and the same limits. Code that uses `tokio-mpmc` need only
//! change the import. What differs:
//!
//! - They run on any executor, and block plain threads.
//! - Waiters are never stranded, a close is never missed, and the counts never wrap.
//! - A [`Sender`] whose receivers are all gone is told so, instead of filling the channel and waiting for ever.
//! - [`Queue`] can be cloned whatever the messages are.
//!
//! The errors of `tokio-mpmc` have no place for a message, so [`Queue::send`] drops the one that it refuses. All other
//! calls give it back; so does the `send` of [`Queue::sender`].
//!
//! ```
//! # futures_lite::future::block_on(async {
//! use wakering::Queue;
//!
//! let queue = Queue::new(2);
//! queue.send("one").await?;
//! queue.send("two").await?;
//! queue.close();
//! assert_eq!(queue.receive().await?, Some("one"));
//! assert_eq!(queue.receive().await?, Some("two"));
//! assert_eq!(queue.receive().await?, None); // closed, and nothing left
//! # Ok::<(), wakering::queue::QueueError>(())
//! # }).unwrap();
//! ```

#[cfg(feature = "std")]
mod blocking;
mod error;
mod split;
mod whole;

pub use error::{ChannelError, ChannelResult, QueueError, QueueResult};
pub use split::{Receiver, Sender, channel};
pub use whole::Queue;
