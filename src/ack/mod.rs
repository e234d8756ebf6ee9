//! A queue whose messages are delivered until they are acknowledged: at-least-once delivery within a process.
//!
//! A [`Consumer`] gets a message as a [`Delivery`], for a limited time. When it says [`ack`](Delivery::ack), the message is
//! done with. When it says anything else, or nothing (it panics, is cancelled, hangs, forgets), the message is delivered
//! again, to anybody, and after [`Config::max_attempts`] deliveries it becomes a dead letter. So work is done at least once;
//! who must not do it twice can ask whether a message was [`seen`](Consumer::seen) to be acknowledged.
//!
//! Nothing outlives the process: this is for workers that fail, not for machines that do.
//!
//! ```
//! use wakering::ack::{self, Config};
//!
//! let (tx, rx, dead) = ack::queue(Config { max_attempts: 3, ..Config::default() });
//! for job in ["easy", "hard", "hopeless"] {
//!     tx.enqueue_blocking(job).unwrap();
//! }
//! drop(tx);
//! while let Ok(job) = rx.dequeue_blocking() {
//!     match (*job, job.attempts()) {
//!         ("easy", _) | ("hard", 2) => job.ack().unwrap(),
//!         _ => drop(job), // as a panic would: it comes back
//!     }
//! } // everything is acknowledged or dead
//! let letter = dead.recv_blocking().unwrap();
//! assert_eq!((*letter, letter.attempts()), ("hopeless", 3));
//! ```
//!
//! # The states of a message
//!
//! ```text
//!                          ┌──────── delay over ─────────── delayed
//!                          ▼                                   ▲
//!   enqueue ──────────► ready ── dequeue ──► in flight ────────┤ nack_after
//!                          ▲                     │             │
//!                          ├─ nack, dropped, ────┼──► acked    │
//!                          │  panicked, expired  │   (ack)     │
//!                          │                     │             │
//!                          └─ attempts left? ────┴─ no ──► dead letter
//!                                                   (or reject)
//! ```
//!
//! | in flight, and then | attempts are left | that was the last one |
//! |---|---|---|
//! | `ack` in time | acked | acked |
//! | `nack`, dropped, dropped by a panic, not settled in time | ready, at the end of the line | dead |
//! | `nack_after(delay)` | delayed, then ready | dead |
//! | `reject` | dead | dead |
//! | anything of these but `ack`, and no consumer is left | dead | dead |
//!
//! What a delivery says after it has expired does nothing, and the answer is [`Expired`]. It expires when its time is up *and*
//! somebody comes to see to it (see below): until then nobody else can have the message, and it is not too late to acknowledge it, or to take more
//! time by [`extend`](Delivery::extend).
//!
//! # Time
//!
//! There is no timer and no thread behind a queue: what is due is seen to when somebody comes. Every dequeue does that before
//! it takes a message, and so does receiving dead letters; a thread that is blocked in a dequeue wakes up by itself.
//! Tasks that wait cannot: have a task run [`Consumer::run_expiry`] with the executor's own sleep, or call
//! [`Consumer::expire`] now and then; [`Consumer::next_expiry`] says when it pays.
//!
//! The clock is read for each enqueue and each delivery, which is a good part of what they cost. For tests there is
//! [`MockClock`]; a [`Clock`] that a task sets every millisecond is as exact as most timeouts need.
//!
//! # Order
//!
//! Messages are first delivered in the order in which they were enqueued. One that comes back goes to the end of the line, so
//! that it holds nobody up; what is due at a time comes back in the order of the times at which it was due.
//!
//! # Bounds
//!
//! The capacity counts what is ready, in flight and delayed: `enqueue` waits until something is acknowledged or dies. Dead
//! letters have left; they wait without a bound for whoever receives them. A delivery that is held after it has expired
//! keeps its message in memory, and nothing else. Every operation takes O(log n), amortised; acknowledged in time, O(1).
//!
//! # Closing
//!
//! After [`close`](Producer::close), or when the last producer is gone, nothing is enqueued any more. Consumers go on until
//! every message is acknowledged or dead, and see the end then. When the last consumer is gone, the queue is closed,
//! and what is ready or delayed becomes dead letters at once; what is in flight can still be acknowledged.
//!
//! # Invariants
//!
//! - **A1** Each message that was enqueued is in one place: ready, in flight, delayed, acknowledged or dead. The ledger is
//!   changed under one lock only, and each operation takes effect there, at once.
//! - **A2** A message in flight has one owner: the delivery whose lease is that of its slot. Leases are never used twice. What another delivery says is
//!   not heard.
//! - **A3** A message becomes ready at the end of the line.
//! - **A4** ready + in flight + delayed + room set aside for producers <= capacity.
//! - **A5** A message is shared by its slot and by the deliveries of it, which are made under the lock. It is taken out of its node, or dropped,
//!   only by who has the last share that looks at it: who acknowledges looks no more. The node of a free slot is empty.
//! - **A6** Under the lock nothing is allocated or dropped, no clock is read and no waker is touched: no foreign code runs.
//! - **A7** The queue is over when it is closed, no message is in it, and no dead letter is on its way. Then everybody is told, and
//!   the dead letters are closed; none comes after that.
//! - **A8** Whoever sleeps by the clock wakes up no later than the first message is due, or is told that the time has changed:
//!   nothing is due before the first entry of the heap, and whoever adds an earlier one tells them.

mod chan;
mod clock;
mod config;
mod consumer;
mod dead;
mod delivery;
mod error;
mod expiry;
mod history;
mod id;
mod ledger;
mod node;
mod ops;
mod producer;
mod seen;
mod stats;
mod timers;

#[cfg(all(test, wakering_loom))]
mod loom;

pub use clock::{Clock, MockClock, SystemClock};
pub use config::Config;
pub use consumer::Consumer;
pub use dead::{DeadLetter, DeadLetters, Reason};
pub use delivery::Delivery;
pub use error::Expired;
pub use history::{Attempt, Outcome};
pub use id::{Id, Ids};
pub use ops::{Dequeue, Enqueue};
pub use producer::Producer;
pub use stats::Stats;

pub use crate::error::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};

use crate::{mpmc, shared};
use chan::Chan;

/// Creates a queue: the handles that enqueue, dequeue, and receive what could not be handled.
///
/// Who does not care for dead letters drops the third one; they are counted then, and dropped as they come up.
///
/// # Panics
///
/// When the capacity, the visibility timeout or the greatest number of attempts is 0, or the capacity more than memory can
/// hold.
///
/// # Examples
///
/// See the [module](self).
#[must_use]
#[track_caller]
pub fn queue<T>(config: Config) -> (Producer<T>, Consumer<T>, DeadLetters<T>) {
    config.check();
    let (letters, dead) = mpmc::unbounded();
    let (tx, rx) = shared::pair(Chan::new(&config, letters));
    let dead = DeadLetters::new(dead, tx.guest());
    (Producer::new(tx), Consumer::new(rx), dead)
}
