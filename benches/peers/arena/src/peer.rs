//! What a competitor provides: one small trait for tasks, one for threads.
//!
//! The traits hand out the competitor's own futures, unwrapped, so that the loops in `workload`
//! compile to what a user of the crate would write.

use crate::cells::Shape;
use crate::message::Message;
use std::fmt::Debug;

/// What a channel promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// The bound is exact, a cancelled send has not sent, a cancelled receive loses nothing.
    Strict,
    /// At least one of the promises of the strict class is missing.
    Loose,
}

/// How many handles a channel may have at each end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Mpmc,
    Mpsc,
    Spsc,
}

impl Kind {
    /// Whether a channel of this kind can have the ends of `shape`.
    pub fn allows(self, shape: Shape) -> bool {
        match self {
            Kind::Mpmc => true,
            Kind::Mpsc => shape.receivers == 1,
            Kind::Spsc => shape.senders == 1 && shape.receivers == 1,
        }
    }
}

/// The name and class of a competitor.
pub trait Peer: 'static {
    const NAME: &'static str;
    const CLASS: Class;
    const KIND: Kind;
}

/// Whether channels have a capacity: a type, since the handles of those that have none may be
/// others.
pub trait Bound: Copy + Send + 'static {
    /// Whether tasks that send yield now and then, since no full channel ever stops them.
    const SENDERS_YIELD: bool;
}

/// The capacity of a channel that has one.
#[derive(Clone, Copy)]
pub struct Bounded(pub usize);

/// In place of the capacity of a channel that has none.
#[derive(Clone, Copy)]
pub struct Unbounded;

impl Bound for Bounded {
    const SENDERS_YIELD: bool = false;
}

impl Bound for Unbounded {
    const SENDERS_YIELD: bool = true;
}

/// A channel whose ends are tasks.
pub trait TaskPeer<B: Bound>: Peer {
    type Sender<T: Message>: Send + 'static;
    type Receiver<T: Message>: Send + 'static;

    /// Opens a channel with the ends of `shape`, which `Peer::KIND` allows.
    fn open<T: Message>(bound: B, shape: Shape) -> Ends<Self::Sender<T>, Self::Receiver<T>>;

    /// The crate's send future, or what it sends with at once.
    fn send<T: Message>(
        sender: &mut Self::Sender<T>,
        message: T,
    ) -> impl Future<Output = Result<(), impl Debug>> + Send;

    /// The crate's receive future.
    fn recv<T: Message>(
        receiver: &mut Self::Receiver<T>,
    ) -> impl Future<Output = impl Received<T>> + Send;
}

/// A channel whose ends are threads.
pub trait ThreadPeer<B: Bound>: Peer {
    type Sender<T: Message>: Send + 'static;
    type Receiver<T: Message>: Send + 'static;

    /// Opens a channel with the ends of `shape`, which `Peer::KIND` allows.
    fn open<T: Message>(bound: B, shape: Shape) -> Ends<Self::Sender<T>, Self::Receiver<T>>;

    /// Sends, blocking while the channel is full.
    fn send<T: Message>(sender: &mut Self::Sender<T>, message: T) -> Result<(), impl Debug>;

    /// Receives, blocking while the channel is empty.
    fn recv<T: Message>(receiver: &mut Self::Receiver<T>) -> impl Received<T>;
}

/// What a receive call gives: a message, or nothing once the channel is closed and drained.
pub trait Received<T> {
    fn message(self) -> Option<T>;
}

impl<T> Received<T> for Option<T> {
    fn message(self) -> Option<T> {
        self
    }
}

impl<T, E> Received<T> for Result<T, E> {
    fn message(self) -> Option<T> {
        self.ok()
    }
}

/// All handles of one channel.
pub struct Ends<S, R> {
    pub senders: Vec<S>,
    pub receivers: Vec<R>,
}

impl<S, R> Ends<S, R> {
    /// The ends of a channel whose senders and receivers can be cloned.
    pub fn mpmc((sender, receiver): (S, R), shape: Shape) -> Self
    where
        S: Clone,
        R: Clone,
    {
        Self {
            senders: vec![sender; shape.senders],
            receivers: vec![receiver; shape.receivers],
        }
    }

    /// The ends of a channel whose senders can be cloned.
    pub fn mpsc((sender, receiver): (S, R), shape: Shape) -> Self
    where
        S: Clone,
    {
        Self {
            senders: vec![sender; shape.senders],
            receivers: vec![receiver],
        }
    }

    /// The ends of a channel with exactly two handles.
    pub fn spsc((sender, receiver): (S, R), _: Shape) -> Self {
        Self {
            senders: vec![sender],
            receivers: vec![receiver],
        }
    }

    /// The only sender and the only receiver.
    pub fn pair(mut self) -> (S, R) {
        let pair = self.senders.pop().zip(self.receivers.pop());
        pair.expect("a channel has at least one handle on each side")
    }
}
