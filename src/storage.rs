//! What a channel asks of the place where its messages are kept, and a choice of two such places.
//!
//! Messages go in and come out by closures, so that a message is moved once, between its owner and its slot. They run
//! no foreign code (R6).

use core::ops::Deref;

use crate::index::{Head, Index, NoItem, NoRoom, Tail};
use crate::wait::WaitQueue;

/// A queue of messages on the two words of an [`Index`], to which it derefs.
///
/// It knows no waker and no handle, and no call waits. Words that are returned are those that the call replaced.
pub(crate) trait Storage<T>: Deref<Target = Index> {
    /// Sends what `message` yields, if there is room; `message` is not called otherwise.
    ///
    /// What follows on its going in is done by `then`, which is told of the word: a choice of storages hands it on to each of
    /// them, so that their ways need not meet in between.
    fn push(&self, message: impl FnOnce() -> T, then: impl FnOnce(Tail)) -> Result<(), NoRoom>;

    /// As `push`, at a glance, for when it is expected to succeed: does not tell why not, and so need not look at what
    /// receivers write.
    fn glance_push(&self, message: impl FnOnce() -> T, then: impl FnOnce(Tail)) -> bool;

    /// Sends the first of `messages`, in a row: at most `most` (at least 1), and as many as there is room for. An
    /// unbounded storage may take fewer than it has room for.
    fn push_run(&self, most: usize, messages: impl FnMut() -> T) -> Result<(usize, Tail), NoRoom>;

    /// Sends by a credit of the caller's, unless `refused`. The credit is the caller's still, then.
    fn push_reserved(&self, refused: fn(Tail) -> bool, message: impl FnOnce() -> T)
    -> Option<Tail>;

    /// Sends at once, perhaps at the expense of the oldest message, which is returned. Gives the message back when
    /// nothing can be evicted, or when the channel is closed.
    fn push_forced(&self, message: T) -> Result<(Tail, Option<T>), Unforced<T>>;

    /// Takes credits: at least `least` (not 0) and at most `most`, or none.
    fn reserve(&self, least: usize, most: usize) -> Result<usize, NoRoom>;

    /// Takes the oldest message. `then` is as with `push`.
    fn pop(&self, into: impl FnOnce(T), then: impl FnOnce(Head)) -> Result<(), NoItem>;

    /// As `pop`, at a glance, for when it is expected to succeed: does not tell why not, and so need not look at what
    /// senders write, but for the message.
    fn glance_pop(&self, into: impl FnOnce(T), then: impl FnOnce(Head)) -> bool;

    /// Takes up to `most` of the oldest messages. With 0 it only tells why not.
    fn pop_run(&self, most: usize, into: impl FnMut(T)) -> Result<(usize, Head), NoItem>;

    /// `None`: any number.
    fn capacity(&self) -> Option<usize>;

    /// Messages sent and not received, credits given out and not used, at one moment between call and return.
    ///
    /// Under contention that lasts for dozens of attempts, the last look stands, held within the capacity.
    fn load(&self) -> (usize, usize);

    /// Whether a sender has something to do: room, or the end.
    fn has_room(&self) -> bool;

    /// How many messages a receiver would find, more or less.
    fn at_hand(&self) -> usize {
        self.load().0
    }

    /// Closed, and nothing will be received any more.
    #[cfg(feature = "stream")]
    fn is_finished(&self) -> bool {
        self.deref().is_finished()
    }

    /// Where sends stand in line with their messages, if none are kept here (see `meeting`). Nothing else waits there.
    fn line(&self) -> Option<&WaitQueue> {
        None
    }

    /// A sender waits, and from now on receivers know. Says whether it seems to have something to do already.
    fn raise_tx(&self) -> bool {
        self.deref().raise_tx();
        self.has_room()
    }

    /// A sender has stopped waiting by itself.
    fn leaves(&self) {}
}

/// A message that could not be sent by force.
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(crate) struct Unforced<T> {
    pub(crate) why: NoRoom,
    pub(crate) message: T,
    /// It had made room already, and then the channel was closed.
    pub(crate) evicted: Option<T>,
}

/// Sends `message` by a credit, or gives it back.
#[inline(always)]
pub(crate) fn push_reserved_or_return<T>(
    storage: &impl Storage<T>,
    refused: fn(Tail) -> bool,
    message: T,
) -> Result<Tail, T> {
    let mut message = Some(message);
    let sent = storage.push_reserved(refused, || taken(&mut message));
    sent.ok_or_else(|| taken(&mut message))
}

/// The message of a caller that wants it back if it is not sent.
#[inline(always)]
pub(crate) fn taken<T>(message: &mut Option<T>) -> T {
    match message.take() {
        Some(message) => message,
        None => unreachable!("it is taken once"),
    }
}

/// One of two storages. This is the one place that looks which.
///
/// Glances at either are inlined where they are used. What is done after a glance in vain is inlined for the first one, and
/// called for the second: its code there, and its sight of their variables, cost the first some percent of its speed.
pub(crate) enum Either<A, B> {
    First(A),
    Second(B),
}

/// Does the same with either.
macro_rules! either {
    ($self:ident, $storage:ident => $act:expr) => {
        match $self {
            Self::First($storage) => $act,
            Self::Second($storage) => $act,
        }
    };
}

#[inline(never)]
fn push_called<T>(
    storage: &impl Storage<T>,
    message: impl FnOnce() -> T,
    then: impl FnOnce(Tail),
) -> Result<(), NoRoom> {
    storage.push(message, then)
}

#[inline(never)]
fn pop_called<T>(
    storage: &impl Storage<T>,
    place: &mut Option<T>,
    then: impl FnOnce(Head),
) -> Result<(), NoItem> {
    storage.pop(|message| *place = Some(message), then)
}

impl<A: Deref<Target = Index>, B: Deref<Target = Index>> Deref for Either<A, B> {
    type Target = Index;

    #[inline(always)]
    fn deref(&self) -> &Index {
        either!(self, storage => storage)
    }
}

impl<T, A: Storage<T>, B: Storage<T>> Storage<T> for Either<A, B> {
    #[inline(always)]
    fn push(&self, message: impl FnOnce() -> T, then: impl FnOnce(Tail)) -> Result<(), NoRoom> {
        match self {
            Self::First(storage) => storage.push(message, then),
            Self::Second(storage) => push_called(storage, message, then),
        }
    }

    #[inline(always)]
    fn glance_push(&self, message: impl FnOnce() -> T, then: impl FnOnce(Tail)) -> bool {
        either!(self, storage => storage.glance_push(message, then))
    }

    #[inline]
    fn push_run(&self, most: usize, messages: impl FnMut() -> T) -> Result<(usize, Tail), NoRoom> {
        either!(self, storage => storage.push_run(most, messages))
    }

    #[inline]
    fn push_reserved(
        &self,
        refused: fn(Tail) -> bool,
        message: impl FnOnce() -> T,
    ) -> Option<Tail> {
        either!(self, storage => storage.push_reserved(refused, message))
    }

    fn push_forced(&self, message: T) -> Result<(Tail, Option<T>), Unforced<T>> {
        either!(self, storage => storage.push_forced(message))
    }

    fn reserve(&self, least: usize, most: usize) -> Result<usize, NoRoom> {
        either!(self, storage => storage.reserve(least, most))
    }

    #[inline(always)]
    fn pop(&self, into: impl FnOnce(T), then: impl FnOnce(Head)) -> Result<(), NoItem> {
        match self {
            Self::First(storage) => storage.pop(into, then),
            Self::Second(storage) => {
                let mut message = None;
                let popped = pop_called(storage, &mut message, then);
                message.map(into);
                popped
            }
        }
    }

    #[inline(always)]
    fn glance_pop(&self, into: impl FnOnce(T), then: impl FnOnce(Head)) -> bool {
        either!(self, storage => storage.glance_pop(into, then))
    }

    #[inline]
    fn pop_run(&self, most: usize, into: impl FnMut(T)) -> Result<(usize, Head), NoItem> {
        either!(self, storage => storage.pop_run(most, into))
    }

    fn capacity(&self) -> Option<usize> {
        either!(self, storage => storage.capacity())
    }

    fn load(&self) -> (usize, usize) {
        either!(self, storage => storage.load())
    }

    fn has_room(&self) -> bool {
        either!(self, storage => storage.has_room())
    }

    fn at_hand(&self) -> usize {
        either!(self, storage => storage.at_hand())
    }

    #[cfg(feature = "stream")]
    fn is_finished(&self) -> bool {
        either!(self, storage => Storage::is_finished(storage))
    }

    #[inline(always)]
    fn line(&self) -> Option<&WaitQueue> {
        either!(self, storage => storage.line())
    }

    #[inline(always)]
    fn raise_tx(&self) -> bool {
        either!(self, storage => Storage::raise_tx(storage))
    }

    #[inline(always)]
    fn leaves(&self) {
        either!(self, storage => storage.leaves());
    }
}
