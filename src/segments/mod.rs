//! The unbounded storage: slots in segments, which are linked as they are needed.
//!
//! As in the ring, a sender *claims* a position by one read-modify-write of the `tail` word, writes its message into the
//! slot and *publishes* it; a receiver claims by one read-modify-write of `head` and reads. Neither waits for another
//! thread: whoever comes to the end of a segment links the next one, and all that stand there help. A receiver
//! that finds the oldest message claimed and not yet published looks again a bounded number of times and then says
//! [`Busy`](NoItem::Busy).
//!
//! # Where the segments are
//!
//! `back` points to the segment that senders write to, `front` to the one that receivers read from. Both go on by one
//! segment at a time, each when its word has come to the end of the segment: so `back` is the segment of the tail's
//! position or the one before, `front` likewise, and the parity of a segment, kept in the pointer, tells which. A thread
//! that moves a word from a position knows that the pointer it had read is the right one, since neither can have
//! changed in between; only then does it follow the pointer.
//!
//! # How a receiver knows that a message is there
//!
//! The slot tells; but a receiver does not own it yet, and the segment may be gone. So what it looks at is not the slot but
//! two announcements outside of the segments: `newest`, where each sender leaves the position of its message after
//! it has published it, and `ready`, the end of a row of published messages that somebody has seen. Where both are silent
//! the receiver looks at the slots themselves, in a visit (G5), and announces what it has seen.
//!
//! # Invariants
//!
//! R3, R4 and R6 of `ring` hold here too.
//!
//! - **G1** The thread whose read-modify-write moved `tail` past `p` owns the slot of `p` for writing, until it publishes.
//! - **G2** A published slot is initialised; the thread that moved `head` past `p` owns it for reading, until it marks it
//!   read. `head` moves past published slots only.
//! - **G3** For a position `p` of segment `s`, while `tail` stands at `p`, `back` is `s`, or, if `p` is the first of `s`
//!   and nobody has moved past it, the segment before `s`. The same holds for `head` and `front`. Moves of the words are
//!   Releases, and whoever advances a pointer or uses one has acquired the word: so nobody sees a pointer that
//!   is too old or too new for the position that it moves. No word moves over the end of a segment and past the first position
//!   of the next in one step. `front` does not pass `back`.
//! - **G4** A segment is in the row from when it is linked until `front` leaves it. Who owns a slot in it may use it: the last
//!   touch of a sender is publishing, the last touch of a receiver is marking the slot read. So a segment that is out of
//!   the row and whose slots have all been read is nobody's, but for visits.
//! - **G5** Who looks into a segment without owning a slot in it is on a visit: it registers, then reads `back` or `front`, and
//!   goes on from there. Retired segments are used again or freed only by a thread that held them while there was no
//!   other visit. A visit that began earlier had ended by then; one that begins later acquires what that thread knew,
//!   finds `back` and `front` beyond the segment, and cannot reach it. For the same reason the exchanges that advance
//!   the pointers, made on visits, never mistake a segment for the one that was there before it at the same address.
//! - **G6** What is announced has been published: a position in `newest` by the thread that published it, one
//!   before `ready` as seen by whoever stored it. Announcements may be lost, late or missing, never wrong.
//! - **G7** With exclusive access, exactly the positions `head..tail` are initialised, and every segment is reached once:
//!   in the row from `front` on, among the retired, or among the spares.

mod memory;
mod segment;

#[cfg(all(test, wakering_loom))]
mod loom;
#[cfg(all(test, feature = "std", not(any(wakering_loom, wakering_shuttle))))]
mod tests;

use core::array;
use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crossbeam_utils::CachePadded;

use crate::index::{
    Head, Index, MAX_CAPACITY, MAX_CREDITS, NoItem, NoRoom, Position, Tail, look_again,
};
use crate::sync::{ANNOUNCED, AtomicU64, SEGMENT};
use crate::unwind::past_panics;

use memory::Memory;
use segment::{Marked, Place, Segment, Slot, left_from};

/// An unbounded multi-producer multi-consumer queue; see the module's documentation.
pub(crate) struct Segments<T> {
    index: Index,
    back: CachePadded<Place<T>>,
    front: CachePadded<Front<T>>,
    /// The position of the message that was last published at each of these places, with the lowest bit set (G6).
    newest: CachePadded<[AtomicU64; ANNOUNCED]>,
    memory: Memory<T>,
    owns: PhantomData<Segment<T>>,
}

struct Front<T> {
    place: Place<T>,
    /// Where a row of published messages ends, which began at or before the head of its time (G6).
    ready: AtomicU64,
}

// SAFETY: G1 and G2 hand each message from one thread to one other thread at a time; no `&T` is ever given out.
unsafe impl<T: Send> Send for Segments<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Segments<T> {}

impl<T> Segments<T> {
    pub(crate) fn new() -> Self {
        Self::starting_at(Position::new(0))
    }

    /// The same, with a first position of the caller's choice: tests start near the wrap (R4).
    fn starting_at(start: Position) -> Self {
        let first = start.minus(segment::offset(start) as u64);
        let segment = Segment::new(first);
        // SAFETY: the segment is new.
        unsafe { segment.as_ref().skip_to(start) };
        Self {
            index: Index::starting_at(start),
            back: CachePadded::new(Place::new(segment, first)),
            front: CachePadded::new(Front {
                place: Place::new(segment, first),
                ready: AtomicU64::new(start.raw()),
            }),
            newest: CachePadded::new(array::from_fn(|_| AtomicU64::new(0))),
            memory: Memory::new(),
            owns: PhantomData,
        }
    }

    // --- sending -------------------------------------------------------------------------------------------------

    /// Sends what `message` yields; it is not called when the channel is closed, and runs no foreign code (R6).
    #[inline(always)]
    pub(crate) fn push(&self, message: impl FnOnce() -> T) -> Result<Tail, NoRoom> {
        match self.claim_push(Tail::is_closed, |tail| tail.taken(1)) {
            Some((tail, back)) => {
                self.publish(back, tail.position(), message());
                Ok(tail)
            }
            None => Err(self.closed()),
        }
    }

    /// Sends the first of `messages`: at most `most` (at least 1), and as many as the segment has slots left.
    pub(crate) fn push_run(
        &self,
        most: usize,
        mut messages: impl FnMut() -> T,
    ) -> Result<(usize, Tail), NoRoom> {
        let fit = |tail: Tail| most.min(left_from(tail.position()));
        match self.claim_push(Tail::is_closed, |tail| tail.taken(fit(tail) as u64)) {
            Some((tail, back)) => {
                let n = fit(tail);
                for i in 0..n as u64 {
                    self.publish(back, tail.position().plus(i), messages());
                }
                Ok((n, tail))
            }
            None => Err(self.closed()),
        }
    }

    /// Sends by a credit of the caller's, unless `refused`. The credit is the caller's still, then.
    #[inline]
    pub(crate) fn push_reserved(
        &self,
        refused: fn(Tail) -> bool,
        message: impl FnOnce() -> T,
    ) -> Option<Tail> {
        let (tail, back) = self.claim_push(refused, Tail::redeemed)?;
        self.publish(back, tail.position(), message());
        Some(tail)
    }

    /// Takes credits: at least `least` (not 0) and at most `most`, or none.
    pub(crate) fn reserve(&self, least: usize, most: usize) -> Result<usize, NoRoom> {
        let mut failures = 0;
        let mut tail = self.tail();
        loop {
            if tail.is_closed() {
                return Err(self.closed());
            }
            let n = most.min(MAX_CREDITS - tail.credits());
            if n < least {
                return Err(NoRoom::Full);
            }
            // ORDERING: Relaxed: a credit is a number and no more; no position is reached.
            match self.exchange_tail(tail, tail.promised(n), Relaxed) {
                Ok(()) => return Ok(n),
                Err(_) => tail = self.tail_after(&mut failures),
            }
        }
    }

    /// Moves `tail` as `step` says, within the segment of its position, unless `refused`.
    ///
    /// Returns the word that was replaced and the segment of its position.
    #[inline(always)]
    fn claim_push(
        &self,
        refused: impl Fn(Tail) -> bool,
        step: impl Fn(Tail) -> Tail,
    ) -> Option<(Tail, Marked<T>)> {
        let mut failures = 0;
        let mut tail = self.acquire_tail();
        loop {
            if refused(tail) {
                return None;
            }
            let back = self.back.load();
            if back.may_hold(tail.position()) {
                // ORDERING: Release: `back` was read before this (G3).
                match self.exchange_tail(tail, step(tail), Release) {
                    Ok(()) => return Some((tail, back)),
                    Err(_) => {
                        self.tail_after(&mut failures);
                    }
                }
            } else {
                self.go_on();
            }
            tail = self.acquire_tail();
        }
    }

    /// Writes the message of `position`, which the caller has claimed, and lets receivers have it.
    #[inline(always)]
    fn publish(&self, back: Marked<T>, position: Position, message: T) {
        // SAFETY: G3: `back` is the segment of the position; G4: it stays until the message is read; G1.
        unsafe { Slot::write(back.slot(position), message) };
        // Now the segment may be gone.
        // ORDERING: Release, pairs with the Acquire in `is_announced`: the message is written.
        self.newest[position.index(ANNOUNCED - 1)].store(position.full(), Release);
    }

    /// `back` did not fit the tail's position: advances it if it is too old.
    ///
    /// No thread depends on another one here: who comes first links the segment, who comes next advances `back`.
    #[cold]
    #[inline(never)]
    fn go_on(&self) {
        let _visit = self.memory.visit();
        let tail = self.acquire_tail().position();
        assert!(
            tail.ahead_of(self.head().position()) < MAX_CAPACITY as i64,
            "more messages than positions can count"
        );
        let back = self.back.load();
        // SAFETY: G5: this is a visit.
        let segment = unsafe { back.segment().as_ref() };
        if segment.end() != tail {
            return;
        }
        let next = segment.next().unwrap_or_else(|| {
            let new = self.memory.obtain(tail);
            match segment.link(new) {
                Ok(()) => new,
                Err(there) => {
                    // SAFETY: G5: it has not been linked, so nobody else has it.
                    unsafe { self.memory.keep(new) };
                    there
                }
            }
        });
        // On failure somebody else has done it (G5).
        self.back.advance(back, next, tail);
    }

    // --- receiving -----------------------------------------------------------------------------------------------

    /// Takes the oldest message. `into` runs no foreign code (R6).
    #[inline(always)]
    pub(crate) fn pop(&self, into: impl FnOnce(T)) -> Result<Head, NoItem> {
        let announced = |position| usize::from(self.is_announced(position));
        let (head, _, front) = self.claim_pop(announced)?;
        // SAFETY: G3: `front` is the segment of the position; G4: it stays until the message is read; G2.
        unsafe { Slot::take_into(front.slot(head.position()), into) };
        Ok(head)
    }

    /// Takes the oldest messages, at most `most`, as far as they are published in a row. With 0 it only tells why not.
    ///
    /// They are taken in as many steps as they are in segments. The head returned has the flags of all steps.
    pub(crate) fn pop_run(
        &self,
        most: usize,
        mut into: impl FnMut(T),
    ) -> Result<(usize, Head), NoItem> {
        if most == 0 {
            let nothing = self.nothing_at(self.head());
            return Err(nothing.unwrap_or(NoItem::Busy));
        }
        let mut taken: Option<(usize, Head)> = None;
        loop {
            let (before, flags) = taken.unwrap_or((0, Head::starting_at(Position::new(0))));
            let limit = most - before;
            let announced = |first| self.announced_from(first, limit);
            let (head, n, front) = match self.claim_pop(announced) {
                Ok(claimed) => claimed,
                Err(why) => return taken.ok_or(why),
            };
            for i in 0..n as u64 {
                // SAFETY: as in `pop`, for each position: while one of them is not read, the segment stays.
                unsafe { Slot::take_into(front.slot(head.position().plus(i)), &mut into) };
            }
            let so_far = (before + n, head.with_flags_of(flags));
            if so_far.0 == most {
                return Ok(so_far);
            }
            taken = Some(so_far);
        }
    }

    /// Claims as many messages as `announced` says are announced from a position on in its segment.
    ///
    /// Returns the word that was replaced, the number, and the segment.
    #[inline(always)]
    fn claim_pop(
        &self,
        announced: impl Fn(Position) -> usize,
    ) -> Result<(Head, usize, Marked<T>), NoItem> {
        let mut failures = 0;
        let mut head = self.acquire_head();
        loop {
            let front = self.front.place.load();
            let n = if front.may_hold(head.position()) {
                announced(head.position())
            } else {
                0
            };
            if n > 0 {
                // ORDERING: Release: `front` was read before this (G3).
                match self.exchange_head(head, n as u64, Release) {
                    Ok(()) => return Ok((head, n, front)),
                    Err(_) => {
                        self.head_after(&mut failures);
                    }
                }
            } else {
                self.look(head)?;
            }
            head = self.acquire_head();
        }
    }

    /// Whether the message of `position` is known to be published.
    #[inline(always)]
    fn is_announced(&self, position: Position) -> bool {
        self.is_ready(position) > 0 || self.is_among_newest(position)
    }

    /// How many messages from `position` on, to the end of its segment and at most `most`, are known to be published.
    fn announced_from(&self, position: Position, most: usize) -> usize {
        let most = most.min(left_from(position));
        let ready = self.is_ready(position);
        if ready > 0 {
            return ready.min(most);
        }
        (0..most as u64)
            .take_while(|&i| self.is_among_newest(position.plus(i)))
            .count()
    }

    /// How many messages from `position` on are known by `ready` to be published.
    #[inline(always)]
    fn is_ready(&self, position: Position) -> usize {
        // ORDERING: Acquire, pairs with the Release in `look`: who stored it has acquired the messages.
        let ready = Position::from_raw(self.front.ready.load(Acquire)).ahead_of(position);
        // One that is far away is an old one, which nobody has replaced for a long time.
        if 0 < ready && ready <= SEGMENT as i64 {
            ready as usize
        } else {
            0
        }
    }

    #[inline(always)]
    fn is_among_newest(&self, position: Position) -> bool {
        // ORDERING: Acquire, pairs with the Release in `publish`.
        self.newest[position.index(ANNOUNCED - 1)].load(Acquire) == position.full()
    }

    /// The message at `head` is not announced, or `front` does not fit: mends that, or tells why there is none.
    #[inline(never)]
    fn look(&self, head: Head) -> Result<(), NoItem> {
        if let Some(why) = self.nothing_at(head) {
            return Err(why);
        }
        let mut visit = self.memory.visit();
        let position = self.acquire_head().position();
        let front = self.front.place.load();
        let mut segment = front.segment();
        // SAFETY: G5, here and below: this is a visit.
        if unsafe { segment.as_ref() }.end() == position {
            // Acquired: a tail beyond the position says that there is a next segment, and that `back` has left this one.
            if self.acquire_tail().position().ahead_of(position) <= 0 {
                return Ok(());
            }
            let Some(next) = (unsafe { segment.as_ref() }).next() else {
                unreachable!("G3: the tail has passed the end of the segment");
            };
            if self.front.place.advance(front, next, position) {
                // SAFETY: `front` was the second place that it was in; who took it out there is this call alone.
                unsafe { visit.retire(segment) };
            }
            segment = next;
        }
        // SAFETY: as above.
        let segment = unsafe { segment.as_ref() };
        let within = position.ahead_of(segment.first());
        if within < 0 || within >= SEGMENT as i64 {
            return Ok(());
        }
        let mut spins = 0;
        loop {
            let full = segment.full_from(position);
            if full > 0 {
                let ready = position.plus(full as u64);
                // ORDERING: Release: we have acquired the messages (G6).
                self.front.ready.store(ready.raw(), Release);
                return Ok(());
            }
            if self.head().position() != position {
                return Ok(());
            }
            if look_again(&mut spins) {
                return Err(NoItem::Busy);
            }
        }
    }

    // --- asking --------------------------------------------------------------------------------------------------

    /// Messages sent and not received, credits given out and not used, at one moment between call and return.
    ///
    /// Under contention that lasts for dozens of attempts, the last look stands.
    pub(crate) fn load(&self) -> (usize, usize) {
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

    /// Whether a sender has something to do: room, or the end.
    pub(crate) fn has_room(&self) -> bool {
        let tail = self.tail();
        tail.is_closed() || tail.credits() < MAX_CREDITS
    }
}

impl<T> Deref for Segments<T> {
    type Target = Index;

    #[inline(always)]
    fn deref(&self) -> &Index {
        &self.index
    }
}

impl<T> Drop for Segments<T> {
    fn drop(&mut self) {
        // Channels drain their storage when the last receiver goes; this is for a storage on its own. G7: with
        // exclusive access nothing is in flight, so `pop` finds every message there is.
        struct Row<'a, T>(&'a Segments<T>);

        impl<T> Drop for Row<'_, T> {
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
                unsafe { self.0.memory.free_all() };
            }
        }

        let row = Row(self);
        if core::mem::needs_drop::<T>() {
            past_panics(|| {
                let mut message = None;
                row.0.pop(|taken| message = Some(taken)).is_ok()
            });
        }
    }
}

impl<T> fmt::Debug for Segments<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segments")
            .field("tail", &self.tail())
            .field("head", &self.head())
            .finish()
    }
}
