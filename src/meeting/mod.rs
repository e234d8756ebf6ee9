//! The storage of capacity 0: it keeps no message, and senders and receivers meet.
//!
//! A send stands in line with its message in its own future (`wait::Offer`). A receiver takes the message of the first in
//! line out of there, in its own poll; with that the send is done. There is no moment at which a message is with neither.
//!
//! # The words
//!
//! The position of `tail` is the number of offers; `head` stays where it is. So an offer is placed by the same
//! read-modify-write that shows whether receivers wait, and whether the channel is closed; and the ends of waits are
//! what they are for other storages (`Index::has_news`).
//!
//! # Invariants
//!
//! - **M1** Until the close, the position of `tail` is the length of the line, whenever its lock is free. (A close empties
//!   the line and leaves the position as it is: nobody counts any more.)
//! - **M2** An offer is taken by the change of `tail` that takes it out of the count, under the lock of the line, and only
//!   if that change finds the channel open. So after a close none is taken, and every send that stands in line has its
//!   message still.
//! - **M3** Nothing waits in the line but sends with offers of `T`: every other operation on a channel without room is
//!   done at once.

#[cfg(all(test, wakering_loom))]
mod loom;

use core::marker::PhantomData;
use core::ops::Deref;

use crate::index::{Head, Index, NoItem, NoRoom, Position, Tail};
use crate::storage::{Storage, Unforced};
use crate::wait::{WaitQueue, take_offer};

pub(crate) struct Meeting<T> {
    index: Index,
    line: WaitQueue,
    /// It hands messages from one thread to another.
    _message: PhantomData<T>,
}

// SAFETY: messages are taken from the futures of senders by the thread that receives them: they are sent, never shared.
unsafe impl<T: Send> Send for Meeting<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Meeting<T> {}

const START: Position = Position::new(0);

impl<T> Meeting<T> {
    pub(crate) fn new() -> Self {
        Self {
            index: Index::starting_at(START),
            line: WaitQueue::new(),
            _message: PhantomData,
        }
    }

    /// Why nothing can be placed here.
    fn why_no_room(&self) -> NoRoom {
        if self.tail().is_closed() {
            self.closed()
        } else {
            NoRoom::Full
        }
    }

    /// Why there is nothing to take.
    fn why_no_item(&self) -> NoItem {
        match self.why_no_room() {
            NoRoom::Closed => NoItem::Closed,
            NoRoom::Full | NoRoom::Busy => NoItem::Empty,
        }
    }

    /// Takes the first offer and tells its sender, after that.
    #[inline(never)]
    fn take(&self, place: &mut Option<T>) -> Result<Head, NoItem> {
        if self.at_hand() == 0 || self.tail().is_closed() {
            return Err(self.why_no_item());
        }
        let is_open = || !self.remove_offer().is_closed();
        // SAFETY: M3; `T: Send`, or else no two threads have handles of this channel.
        match unsafe { take_offer(&self.line, is_open, |message| *place = Some(message)) } {
            None => Err(self.why_no_item()),
            Some(sender) => {
                if let Some(sender) = sender {
                    sender.wake();
                }
                // Nobody is to be told of room.
                Ok(Head::starting_at(START))
            }
        }
    }
}

impl<T> Deref for Meeting<T> {
    type Target = Index;

    #[inline(always)]
    fn deref(&self) -> &Index {
        &self.index
    }
}

impl<T> Storage<T> for Meeting<T> {
    fn push(&self, _: impl FnOnce() -> T, _: impl FnOnce(Tail)) -> Result<(), NoRoom> {
        Err(self.why_no_room())
    }

    fn glance_push(&self, _: impl FnOnce() -> T, _: impl FnOnce(Tail)) -> bool {
        false
    }

    fn push_run(&self, _: usize, _: impl FnMut() -> T) -> Result<(usize, Tail), NoRoom> {
        Err(self.why_no_room())
    }

    fn push_reserved(&self, _: fn(Tail) -> bool, _: impl FnOnce() -> T) -> Option<Tail> {
        unreachable!("there are no credits")
    }

    fn push_forced(&self, message: T) -> Result<(Tail, Option<T>), Unforced<T>> {
        Err(Unforced {
            why: self.why_no_room(),
            message,
            evicted: None,
        })
    }

    fn reserve(&self, _: usize, _: usize) -> Result<usize, NoRoom> {
        Err(self.why_no_room())
    }

    #[inline(always)]
    fn pop(&self, into: impl FnOnce(T), then: impl FnOnce(Head)) -> Result<(), NoItem> {
        let mut message = None;
        let taken = self.take(&mut message);
        message.map(into);
        taken.map(then)
    }

    #[inline(always)]
    fn glance_pop(&self, into: impl FnOnce(T), then: impl FnOnce(Head)) -> bool {
        self.pop(into, then).is_ok()
    }

    /// One after another.
    fn pop_run(&self, most: usize, mut into: impl FnMut(T)) -> Result<(usize, Head), NoItem> {
        let mut n = 0;
        let why_not = loop {
            if n == most {
                break self.why_no_item();
            }
            match self.pop(&mut into, drop) {
                Ok(()) => n += 1,
                Err(why) => break why,
            }
        };
        if n > 0 {
            Ok((n, Head::starting_at(START)))
        } else {
            Err(why_not)
        }
    }

    fn capacity(&self) -> Option<usize> {
        Some(0)
    }

    fn load(&self) -> (usize, usize) {
        (0, 0)
    }

    fn has_room(&self) -> bool {
        self.tail().is_closed()
    }

    fn at_hand(&self) -> usize {
        self.tail().position().ahead_of(START) as usize
    }

    #[cfg(feature = "stream")]
    fn is_finished(&self) -> bool {
        self.is_closed()
    }

    fn line(&self) -> Option<&WaitQueue> {
        Some(&self.line)
    }

    fn raise_tx(&self) -> bool {
        self.add_offer().is_closed()
    }

    fn leaves(&self) {
        self.remove_offer();
    }
}
