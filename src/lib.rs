//! Channels for programs that mix async tasks and threads.
//!
//! [`bounded`] makes a channel that holds so many messages and no more, [`unbounded`] one that holds any number, with
//! any number of [`Sender`]s and [`Receiver`]s; each message goes to one receiver. One that holds none (`bounded(0)`) hands
//! each message over from a sender that waits. The same handles are awaited by
//! tasks, on any executor, and block plain threads. The futures use `core::task` and nothing else: there is no timer, no
//! runtime and no thread behind them.
//!
//! # Examples
//!
//! Threads:
//!
//! ```
//! # #[cfg(feature = "std")] {
//! let (tx, rx) = wakering::bounded(2);
//! std::thread::spawn(move || {
//!     for n in 1..=3 {
//!         tx.send_blocking(n).unwrap(); // sleeps while two messages are queued
//!     }
//! }); // the last sender is dropped, which closes the channel
//! assert_eq!(rx.iter().sum::<i32>(), 6); // the end comes after what was sent
//! # }
//! ```
//!
//! Tasks:
//!
//! ```
//! # use futures_lite::future;
//! # future::block_on(async {
//! let (tx, rx) = wakering::bounded(2);
//! let produce = async move {
//!     for n in 1..=3 {
//!         tx.send(n).await.unwrap(); // waits while two messages are queued
//!     }
//! };
//! let consume = async move {
//!     let mut sum = 0;
//!     while let Ok(n) = rx.recv().await {
//!         sum += n;
//!     }
//!     sum
//! };
//! assert_eq!(future::zip(produce, consume).await.1, 6);
//! # });
//! ```
//!
//! One side may be a task and the other a thread. A [`Queue`] is both ends in one handle.
//!
//! Other channels have the names of the modules of `tokio::sync`:
//!
//! - [`mpsc`]: one receiver;
//! - [`oneshot`]: one message;
//! - [`broadcast`]: every receiver gets every message;
//! - [`watch`]: one value, of which the latest counts.
//!
//! And there is `ack`: a queue whose messages are delivered until they are acknowledged.
//!
//! # Which method
//!
//! | | in a task | in a thread | without waiting |
//! |---|---|---|---|
//! | send | [`send`](Sender::send) | `send_blocking` | [`try_send`](Sender::try_send) |
//! | send, with a time limit | [`send_with`](Sender::send_with) any timer future | `send_timeout`, `send_deadline` | |
//! | send many | [`send_many`](Sender::send_many) | `send_many_blocking` | [`try_send_many`](Sender::try_send_many) |
//! | send, and drop the oldest if full | | | [`force_send`](Sender::force_send) |
//! | send, by another policy if full | all of these, with a channel of [`Builder::overflow`] | | |
//! | get room first | [`reserve`](Sender::reserve), [`reserve_many`](Sender::reserve_many), [`reserve_owned`](Sender::reserve_owned) | | [`try_reserve`](Sender::try_reserve), ... |
//! | receive | [`recv`](Receiver::recv) | `recv_blocking`, `iter` | [`try_recv`](Receiver::try_recv), [`try_iter`](Receiver::try_iter), [`drain`](Receiver::drain) |
//! | receive, with a time limit | [`recv_with`](Receiver::recv_with) any timer future | `recv_timeout`, `recv_deadline` | |
//! | receive many | [`recv_many`](Receiver::recv_many) | `recv_many_blocking` | [`try_recv_many`](Receiver::try_recv_many) |
//!
//! [`send_owned`](Sender::send_owned) and [`recv_owned`](Receiver::recv_owned) give futures that own a handle, to be
//! stored or spawned. A [`Builder`] makes channels that refuse or drop messages when they are full ([`Overflow`]), or that
//! tell an [`Observer`], such as [`Counters`], what goes through. A [`Receiver`] is a `Stream`; with the feature `sink`, a sender gives a `Sink`. Both sides can
//! [`close`](Sender::close) the channel, and [`closed`](Sender::closed) waits for that.
//!
//! # Guarantees
//!
//! - **Exact bound.** Messages and permits together never exceed the capacity.
//! - **Order.** First in, first out, for the channel as a whole.
//! - **Cancel safety.** Every future can be dropped at any time. A dropped receive has lost no message; a dropped send
//!   has not sent, and [`Send::cancel`] takes its message back. (At capacity 0, unless a receiver was faster.)
//! - **Exact close.** After a close no send succeeds. Every message whose send succeeded is received or dropped;
//!   receivers get what is queued, wait for permits that are still out, and then see the end. When the last receiver
//!   goes, what is queued is dropped at once.
//! - **No lost wake-up.** A notification is used by the waiter it was given to, or passed on.
//! - **Waiting allocates nothing.** A future carries its own place in the queue. (A receiver that is polled as a
//!   stream, and a sink, allocate once, when they first wait; so does a thread that first sleeps.)
//! - **Foreign code** (wakers, `Drop`, timers) never runs under a lock or in the middle of an operation. It may use
//!   the same channel, and it may panic.
//! - **Fairness.** Waiters are told in the order in which they began to wait; a single send that was overtaken twice
//!   is given room of its own as soon as its turn comes. A handle that has completed 512 async operations in a row
//!   without waiting yields to the executor once.
//!
//! Limits: all slots of a bounded channel are allocated up front, and their number is the capacity rounded up to a power of two. Targets
//! without 64-bit atomics are not supported. `try_*` may say empty or full while another thread is stopped in the
//! middle of an operation. Blocking calls in a task block the executor's thread.
//!
//! The reasons, the proofs and their limits are in the directory `docs` of the repository: `architecture.md`,
//! `patterns.md`, `cancel-safety.md`, `fairness.md`, `memory-ordering.md`, `verification.md`, `performance.md`; `migration.md` says
//! what to change in code that uses another crate.
//!
//! # Features
//!
//! | feature | default | gives |
//! |---|---|---|
//! | `std` | yes | blocking calls and iterators; without it the crate needs `core` and `alloc` only |
//! | `stream` | yes | `Receiver: Stream + FusedStream`, in `mpsc` and `broadcast` too; `watch::WatchStream: Stream` |
//! | `uuid` | no | UUIDs for the messages of `ack` |
//! | `sink` | no | `Sender::sink` and `Sender::into_sink`; `mpsc::PollSender: Sink` |
//! | `tokio-time` | no | `mpsc::Sender::send_timeout`, by tokio's timer |
//! | `tokio-coop` | no | in tasks of tokio, waiting takes part in tokio's cooperative budget, and the rule of 512 operations does not apply |
//!
//! The library needs Rust 1.85 or later.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

// In the order of dependence: a room names only rooms above it.
mod sync;
mod unwind;
mod error;
mod overflow;
mod index;
mod wait;
mod storage;
mod observe;
mod ring;
mod segments;
mod meeting;
mod shared;
mod chan;
#[cfg(feature = "sink")]
mod sink;
pub mod mpmc;
pub mod mpsc;
pub mod broadcast;
pub mod oneshot;
pub mod watch;
pub mod queue;
mod builder;
#[cfg(feature = "std")]
pub mod ack;
#[cfg(feature = "stream")]
mod stream;

pub use builder::Builder;
pub use error::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
pub use mpmc::*;
pub use observe::{Counters, Observer, Snapshot};
pub use overflow::Overflow;
pub use queue::Queue;

/// The examples of these documents compile and run.
#[cfg(all(doctest, feature = "std"))]
mod documents {
    #[doc = include_str!("../README.md")]
    mod readme {}
    #[doc = include_str!("../docs/cancel-safety.md")]
    mod cancel_safety {}
    #[doc = include_str!("../docs/patterns.md")]
    mod patterns {}
}
