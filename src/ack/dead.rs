//! Messages that nobody could handle.

use std::fmt;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::Instant;

use super::Id;
use super::chan::Chan;
use super::history::Attempt;
use super::ledger::Corpse;
use super::node::Node;
use crate::error::{RecvError, TryRecvError};
use crate::mpmc::{self, Recv};
use crate::shared::Guest;

/// Why a message became a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// All deliveries that it could have failed.
    Attempts,
    /// A consumer has rejected it.
    Rejected,
    /// The last consumer was gone, and no delivery held it.
    Abandoned,
}

/// A message that left the queue without an acknowledgement, and what became of its deliveries.
pub struct DeadLetter<T> {
    node: Arc<Node<T>>,
    attempts: u32,
    reason: Reason,
    history: Vec<Attempt>,
}

impl<T> DeadLetter<T> {
    pub(super) fn new(corpse: Corpse<T>) -> Self {
        let history = corpse.history.map(|history| history.attempts());
        Self {
            node: corpse.node,
            attempts: corpse.attempts,
            reason: corpse.reason,
            history: history.unwrap_or_default(),
        }
    }

    /// The name of the message.
    #[must_use]
    pub fn id(&self) -> Id {
        self.node.content().id
    }

    /// How often it was delivered.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// When it was enqueued.
    #[must_use]
    pub fn enqueued_at(&self) -> Instant {
        self.node.content().enqueued_at
    }

    /// Why it is here.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// Its deliveries in order; of more than 16 the last 16.
    #[must_use]
    pub fn history(&self) -> &[Attempt] {
        &self.history
    }

    /// Takes the message out.
    ///
    /// # Errors
    ///
    /// The letter itself, when a delivery that has expired is still held somewhere: the message can be borrowed only.
    pub fn into_inner(self) -> Result<T, Self> {
        match Arc::try_unwrap(self.node) {
            Ok(node) => match node.into_message() {
                Some(message) => Ok(message),
                None => unreachable!("a message stays while it is shared (A5)"),
            },
            Err(node) => Err(Self { node, ..self }),
        }
    }
}

impl<T> Deref for DeadLetter<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.node.content().message
    }
}

impl<T: fmt::Debug> fmt::Debug for DeadLetter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetter")
            .field("id", &self.id())
            .field("reason", &self.reason)
            .field("history", &self.history)
            .field("message", &**self)
            .finish_non_exhaustive()
    }
}

/// Receives the dead letters of a queue.
///
/// Letters wait here without a bound until they are received; they are no part of the queue any more, nor of its capacity.
/// When this is dropped, later letters are dropped as they come up, and counted as
/// [`Stats::discarded`](super::Stats::discarded). Can be cloned; each letter goes to one clone.
///
/// Created by [`queue`](super::queue).
pub struct DeadLetters<T> {
    letters: mpmc::Receiver<DeadLetter<T>>,
    chan: Guest<Chan<T>>,
}

impl<T> DeadLetters<T> {
    pub(super) fn new(letters: mpmc::Receiver<DeadLetter<T>>, chan: Guest<Chan<T>>) -> Self {
        Self { letters, chan }
    }

    /// Receives a dead letter, waiting for one. First it sees to what is due, as a dequeue does.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it is done loses nothing.
    ///
    /// # Errors
    ///
    /// [`RecvError`] when there are none left and there will not be any more: the queue is closed, and every message is
    /// acknowledged or dead.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use wakering::ack::{self, Config, Reason};
    ///
    /// let (tx, rx, dead) = ack::queue(Config::default());
    /// tx.enqueue("nonsense").await.unwrap();
    /// drop(tx);
    /// rx.dequeue().await.unwrap().reject().unwrap();
    /// let letter = dead.recv().await.unwrap();
    /// assert_eq!((*letter, letter.reason()), ("nonsense", Reason::Rejected));
    /// assert!(dead.recv().await.is_err()); // nothing is left in the queue
    /// # });
    /// ```
    pub fn recv(&self) -> Recv<'_, DeadLetter<T>> {
        self.chan.expire();
        self.letters.recv()
    }

    /// Receives a dead letter if there is one now.
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] when there is none, [`TryRecvError::Closed`] when there will not be any more.
    pub fn try_recv(&self) -> Result<DeadLetter<T>, TryRecvError> {
        self.chan.expire();
        self.letters.try_recv()
    }

    /// As [`recv`](Self::recv), blocking the thread. It does not wake up by itself when something expires.
    ///
    /// # Errors
    ///
    /// As `recv`.
    pub fn recv_blocking(&self) -> Result<DeadLetter<T>, RecvError> {
        self.chan.expire();
        self.letters.recv_blocking()
    }

    /// The dead letters that are there now.
    pub fn try_iter(&self) -> impl Iterator<Item = DeadLetter<T>> {
        std::iter::from_fn(|| self.try_recv().ok())
    }

    /// How many dead letters there are to be received.
    #[must_use]
    pub fn len(&self) -> usize {
        self.letters.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }
}

impl<T> Clone for DeadLetters<T> {
    fn clone(&self) -> Self {
        Self::new(self.letters.clone(), self.chan.clone())
    }
}

impl<T> fmt::Debug for DeadLetters<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetters")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

impl<T> UnwindSafe for DeadLetters<T> {}
impl<T> RefUnwindSafe for DeadLetters<T> {}
