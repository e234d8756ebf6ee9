//! The unbounded storage: slots in segments, which are linked as they are needed.
//!
//! As in the ring, a sender *claims* a position by one read-modify-write of the `tail` word, writes its message into
//! the slot and *publishes* it; a receiver claims by one read-modify-write of `head` and reads. Neither waits for
//! another thread: whoever comes to the end of a segment links the next one, and all that stand there help. A receiver
//! that finds the oldest message claimed and not yet published looks again a bounded number of times and then says
//! [`Busy`](NoItem::Busy).
//!
//! # Where the segments are
//!
//! `back` points to the segment that senders write to, `front` to the one that receivers read from. Both go on by one
//! segment at a time, each when its word has come to the end of the segment: so `back` is the segment of the tail's
//! position or the one before, `front` likewise, and the parity of a segment, kept in the pointer, tells which. A
//! thread that moves a word from a position knows that the pointer it had read is the right one, since neither can have
//! changed in between; only then does it follow the pointer.
//!
//! # How a receiver knows that a message is there
//!
//! The slot tells; but a receiver does not own it yet, and the segment may be gone. So what it looks at is not the slot
//! but `ready`, outside of the segments: the end of a row of published messages that somebody has seen. Beyond it, a
//! receiver looks at the slots themselves, in a visit (G5), and moves `ready` to the end of the row that it has seen.
//!
//! With one receiver ([`One`]), the slot is looked at at once, and `head` is a number that only the receiver writes.
//!
//! # Invariants
//!
//! R3, R4 and R6 of `ring` hold here too.
//!
//! - **G1** The thread whose read-modify-write moved `tail` past `p` owns the slot of `p` for writing, until it
//!   publishes.
//! - **G2** A published slot is initialised; the thread that moved `head` past `p` owns it for reading, until it marks
//!   it read. `head` moves past published slots only.
//! - **G3** For a position `p` of segment `s`, while `tail` stands at `p`, `back` is `s`, or, if `p` is the first of
//!   `s` and nobody has moved past it, the segment before `s`. The same holds for `head` and `front`. Moves of the
//!   words are Releases, and whoever advances a pointer or uses one has acquired the word: so nobody sees a pointer
//!   that is too old or too new for the position that it moves. No word moves over the end of a segment and past the
//!   first position of the next in one step. `front` does not pass `back`.
//! - **G4** A segment is in the row from when it is linked until `front` leaves it. Who owns a slot in it may use it:
//!   the last touch of a sender is publishing, the last touch of a receiver is marking the slot read. So a segment that
//!   is out of the row and whose slots have all been read is nobody's, but for visits.
//! - **G5** Who looks into a segment without owning a slot in it is on a visit: it registers, then reads `back` or
//!   `front`, and goes on from there. Retired segments are used again or freed only by a thread that held them while
//!   there was no other visit. A visit that began earlier had ended by then; one that begins later acquires what that
//!   thread knew, finds `back` and `front` beyond the segment, and cannot reach it. For the same reason the exchanges
//!   that advance the pointers, made on visits, never mistake a segment for the one that was there before it at the
//!   same address.
//! - **G6** What is before `ready` has been published, as seen by whoever stored it. `ready` may be behind, or fall back
//!   when stores overtake each other; it is never wrong.
//! - **G7** With exclusive access, exactly the positions `head..tail` are initialised, and every segment is reached
//!   once: in the row from `front` on, among the retired, or among the spares.
//! - **G8** With one receiver, all that moves `head` and `front` is done by one thread at a time, which sees what the one
//!   before it has done. So the segment of `front` stays where it is for as long as that thread does not leave it, and a
//!   message that is there stays there.

mod memory;
mod one;
mod pop;
mod push;
mod segment;

#[cfg(all(test, wakering_loom))]
mod loom;
#[cfg(all(test, feature = "std", not(any(wakering_loom, wakering_shuttle))))]
mod tests;

use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;

use crossbeam_utils::CachePadded;

use crate::index::{Head, Index, MAX_CREDITS, NoItem, NoRoom, Position, Tail, look_again};
use crate::storage::{Storage, Unforced, taken};
use crate::sync::AtomicU64;
use crate::unwind::past_panics;

use memory::Memory;
pub(crate) use one::One;
pub(crate) use pop::Many;
use segment::{Place, Segment};

/// How often the pause after a lost exchange has been doubled when it is made for the first time. No message waits for
/// room here, and so nothing is lost while senders, or receivers, are kept off longer: whoever has the word runs a longer
/// burst.
const FIRST_PAUSE: u32 = 4;

/// An unbounded queue for any number of senders, and for the receivers that `R` tells; see the module's documentation.
pub(crate) struct Segments<T, R: Receivers = Many> {
    index: Index,
    back: CachePadded<Place<T>>,
    front: CachePadded<Front<T>>,
    owns: PhantomData<(Segment<T>, R)>,
}

struct Front<T> {
    place: Place<T>,
    /// Where a row of published messages ends, which began at or before the head of its time (G6).
    ready: AtomicU64,
    /// Here since receivers use it more often than senders do.
    memory: Memory<T>,
}

/// Who receives, and how.
pub(crate) trait Receivers: Sized {
    /// See [`Storage::pop`].
    fn pop<T>(segments: &Segments<T, Self>, into: impl FnOnce(T)) -> Result<Head, NoItem>;

    /// See [`Storage::glance_pop`].
    fn glance_pop<T>(segments: &Segments<T, Self>, into: impl FnOnce(T)) -> Option<Head>;

    /// See [`Storage::pop_run`]. They are taken in as many steps as they are in segments. The head returned has the flags of
    /// all steps.
    fn pop_run<T>(
        segments: &Segments<T, Self>,
        most: usize,
        into: impl FnMut(T),
    ) -> Result<(usize, Head), NoItem>;
}

// SAFETY: G1 and G2 hand each message from one thread to one other thread at a time; no `&T` is ever given out.
unsafe impl<T: Send, R: Receivers> Send for Segments<T, R> {}
// SAFETY: as above.
unsafe impl<T: Send, R: Receivers> Sync for Segments<T, R> {}

impl<T> Segments<T> {
    /// An empty storage with one segment: nothing is left to be made by the first send.
    pub(crate) fn new() -> Self {
        Self::starting_at(Position::new(0))
    }
}

impl<T, R: Receivers> Segments<T, R> {
    /// An empty storage, with a first position of the caller's choice: tests start near the wrap (R4).
    fn starting_at(start: Position) -> Self {
        let first = start.minus(Segment::<T>::offset(start) as u64);
        let segment = Segment::new(first);
        // SAFETY: the segment is new.
        unsafe { Segment::skip_to(segment, start) };
        Self {
            index: Index::starting_at(start),
            back: CachePadded::new(Place::new(segment, first)),
            front: CachePadded::new(Front {
                place: Place::new(segment, first),
                ready: AtomicU64::new(start.raw()),
                memory: Memory::new(),
            }),
            owns: PhantomData,
        }
    }
}

impl<T, R: Receivers> Storage<T> for Segments<T, R> {
    #[inline(always)]
    fn push(&self, message: impl FnOnce() -> T, then: impl FnOnce(Tail)) -> Result<(), NoRoom> {
        Segments::push(self, message).map(then)
    }

    #[inline(always)]
    fn glance_push(&self, message: impl FnOnce() -> T, then: impl FnOnce(Tail)) -> bool {
        Segments::glance_push(self, message).map(then).is_some()
    }

    #[inline]
    fn push_run(&self, most: usize, messages: impl FnMut() -> T) -> Result<(usize, Tail), NoRoom> {
        Segments::push_run(self, most, messages)
    }

    #[inline]
    fn push_reserved(
        &self,
        refused: fn(Tail) -> bool,
        message: impl FnOnce() -> T,
    ) -> Option<Tail> {
        Segments::push_reserved(self, refused, message)
    }

    fn push_forced(&self, message: T) -> Result<(Tail, Option<T>), Unforced<T>> {
        let mut message = Some(message);
        match Segments::push(self, || taken(&mut message)) {
            Ok(tail) => Ok((tail, None)),
            Err(why) => Err(Unforced {
                why,
                message: taken(&mut message),
                evicted: None,
            }),
        }
    }

    fn reserve(&self, least: usize, most: usize) -> Result<usize, NoRoom> {
        Segments::reserve(self, least, most)
    }

    #[inline(always)]
    fn pop(&self, into: impl FnOnce(T), then: impl FnOnce(Head)) -> Result<(), NoItem> {
        R::pop(self, into).map(then)
    }

    #[inline(always)]
    fn glance_pop(&self, into: impl FnOnce(T), then: impl FnOnce(Head)) -> bool {
        R::glance_pop(self, into).map(then).is_some()
    }

    #[inline]
    fn pop_run(&self, most: usize, into: impl FnMut(T)) -> Result<(usize, Head), NoItem> {
        R::pop_run(self, most, into)
    }

    fn capacity(&self) -> Option<usize> {
        None
    }

    fn load(&self) -> (usize, usize) {
        let mut tail = self.tail();
        let mut looks = 0;
        loop {
            let messages = tail.position().ahead_of(self.head().position());
            let now = self.tail();
            if now == tail || look_again(&mut looks) {
                return (messages.max(0) as usize, tail.credits());
            }
            tail = now;
        }
    }

    /// Only a reservation needs any: of numbers for its credits.
    fn has_room(&self) -> bool {
        let tail = self.tail();
        tail.is_closed() || tail.credits() < MAX_CREDITS
    }
}

impl<T, R: Receivers> Deref for Segments<T, R> {
    type Target = Index;

    #[inline(always)]
    fn deref(&self) -> &Index {
        &self.index
    }
}

impl<T, R: Receivers> Drop for Segments<T, R> {
    fn drop(&mut self) {
        // Channels drain their storage when the last receiver goes; this is for a storage on its own. G7: with
        // exclusive access nothing is in flight, so `pop` finds every message there is.
        struct Row<'a, T, R: Receivers>(&'a Segments<T, R>);

        impl<T, R: Receivers> Drop for Row<'_, T, R> {
            fn drop(&mut self) {
                let mut row = Some(self.0.front.place.load().segment());
                while let Some(segment) = row {
                    // SAFETY: G7: exclusive access, and each segment is reached once.
                    unsafe {
                        row = segment.as_ref().next();
                        Segment::free(segment);
                    }
                }
                // SAFETY: as above.
                unsafe { self.0.front.memory.free_all() };
            }
        }

        let row = Row(self);
        if core::mem::needs_drop::<T>() {
            past_panics(|| {
                let mut message = None;
                row.0.pop(|taken| message = Some(taken), drop).is_ok()
            });
        }
    }
}

impl<T, R: Receivers> fmt::Debug for Segments<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segments")
            .field("tail", &self.tail())
            .field("head", &self.head())
            .finish()
    }
}
