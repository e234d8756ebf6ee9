//! The bounded storage: a ring of slots with a sequence number each, after Dmitry Vyukov's bounded MPMC queue.
//!
//! A sender *claims* a position by one read-modify-write of the `tail` word, writes its message into the slot and
//! *publishes* it; a receiver claims by one read-modify-write of `head`, reads the message and *frees* the slot. The
//! ring knows no waker and no handle. It never waits: whoever finds a slot that another thread has claimed and not yet
//! published (or freed) looks again a bounded number of times and then says [`Busy`](NoRoom::Busy).
//!
//! There are `slots` slots, a power of two not less than the capacity, so that positions map to slots by a mask at every
//! wrap. The exact bound is kept by looking at the slot of the position *one capacity back*: position `p` may be
//! claimed when the message of `p - capacity` has been read.
//!
//! # Invariants
//!
//! - **R1** The thread whose read-modify-write moved `tail` past `p` owns the slot of `p` until it publishes.
//! - **R2** A published slot is initialised; the thread that moved `head` past `p` owns it until it frees it.
//! - **R3** Whether the channel is closed is told by `tail` alone, so a claim and a close are ordered by that word.
//! - **R4** Position arithmetic is total: positions are 40 bits wide, wrap, and stay within 2^38 of each other.
//! - **R5** With exclusive access, exactly the positions `head..tail` are initialised.
//! - **R6** No foreign code (`Clone`, `Drop`, closures, wakers) runs between claim and publish, or claim and free.
//! - **R7** Every position before `tail.end()` (taken or promised to a permit) had the slot one capacity back free when
//!   `end` moved past it. So `end <= head + capacity` always, and since `slots >= capacity`, the slot of every such
//!   position that is not published yet is free: a permit never waits for room.
//!   Whoever relied on it learns of it through `tail`: every change of `tail` is a read-modify-write, so an Acquire of
//!   it synchronises with *all* earlier Releases of it.
//!
//! The algorithm is described at <https://www.1024cores.net/home/lock-free-algorithms/queues/bounded-mpmc-queue>.

mod claim;
mod storage;

#[cfg(all(test, wakering_loom))]
mod loom;
#[cfg(all(test, feature = "std", not(any(wakering_loom, wakering_shuttle))))]
mod tests;

pub(crate) use claim::{Forced, Pop, PopRun, Push, PushRun, Replace};

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::mem::MaybeUninit;
use core::ops::Deref;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

use crate::index::{
    Distance, Index, MAX_CAPACITY, MAX_CREDITS, NoItem, NoRoom, Position, Tail, look_again,
};
use crate::sync::{AtomicU64, UnsafeCell};

struct Slot<T> {
    /// `Position::full` of the position that the slot holds, or, once that has been read, `Position::free` of the position
    /// that this made room for, one capacity on.
    stamp: AtomicU64,
    message: UnsafeCell<MaybeUninit<T>>,
}

/// A bounded multi-producer multi-consumer queue; see the module's documentation.
pub(crate) struct Ring<T> {
    index: Index,
    slots: Box<[Slot<T>]>,
    mask: usize,
    capacity: Distance,
}

// SAFETY: R1 and R2 hand each message from one thread to one other thread at a time; no `&T` is ever given out.
unsafe impl<T: Send> Send for Ring<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Ring<T> {}

impl<T> Ring<T> {
    /// A ring for `capacity` messages.
    ///
    /// # Panics
    ///
    /// When `capacity` is 0 or its slots do not fit in memory.
    pub(crate) fn new(capacity: usize) -> Self {
        Self::starting_at(capacity, Position::new(0))
    }

    /// The same, with a first position of the caller's choice: tests start near the wrap (R4).
    fn starting_at(capacity: usize, start: Position) -> Self {
        assert!(capacity > 0, "capacity must be at least 1");
        assert!(
            capacity as u64 <= MAX_CAPACITY,
            "capacity {capacity} is more than a channel can have"
        );
        let count = capacity.checked_next_power_of_two().unwrap_or(usize::MAX);
        let mut slots = Vec::new();
        if slots.try_reserve_exact(count).is_err() {
            panic!("capacity {capacity} needs {count} slots, more than memory can hold");
        }
        let mask = count - 1;
        let distance = Distance::new(capacity as u64);
        let offset = start.index(mask);
        slots.extend((0..count).map(|index| {
            // What it would have held last.
            let first = start.plus((index.wrapping_sub(offset) & mask) as u64);
            let last = first.minus(count as u64);
            Slot {
                stamp: AtomicU64::new(last.on_by(distance).free()),
                message: UnsafeCell::new(MaybeUninit::uninit()),
            }
        }));
        Self {
            index: Index::starting_at(start),
            slots: slots.into_boxed_slice(),
            mask,
            capacity: distance,
        }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity.get() as usize
    }

    // --- claiming ------------------------------------------------------------------------------------------------

    /// Claims the next position for one message if it looks free. Does not tell why not, and so looks at nothing that
    /// receivers write but the slot.
    #[inline(always)]
    pub(crate) fn glance_push(&self) -> Option<Push<'_, T>> {
        let mut failures = 0;
        let mut tail = self.tail();
        while !tail.is_closed() && self.is_free_for(tail.end()) {
            // ORDERING: AcqRel, as in `extend`.
            match self.exchange_tail(tail, tail.taken(1), AcqRel) {
                Ok(()) => return Some(Push::new(self, tail)),
                Err(_) => tail = self.tail_after(&mut failures),
            }
        }
        None
    }

    /// Claims the oldest message if there seems to be one. Does not tell why not, and so looks at nothing that senders
    /// write but the slot.
    #[inline(always)]
    pub(crate) fn glance_pop(&self) -> Option<Pop<'_, T>> {
        let mut failures = 0;
        let mut head = self.head();
        while let Some(slot) = self.full_slot(head.position()) {
            // ORDERING: Relaxed, as in `claim_pop`.
            match self.exchange_head(head, 1, Relaxed) {
                Ok(()) => return Some(Pop::new(self, slot, head)),
                Err(_) => head = self.head_after(&mut failures),
            }
        }
        None
    }

    /// Claims the next position for one message.
    #[inline(always)]
    pub(crate) fn claim_push(&self) -> Result<Push<'_, T>, NoRoom> {
        let (tail, _) = self.extend(1, |_| 1, |tail, _| tail.taken(1))?;
        Ok(Push::new(self, tail))
    }

    /// Claims up to `most` (at least 1) positions in a row.
    pub(crate) fn claim_push_run(&self, most: usize) -> Result<PushRun<'_, T>, NoRoom> {
        let (tail, n) = self.extend(1, |_| most, |tail, n| tail.taken(n as u64))?;
        Ok(PushRun::new(self, tail, n))
    }

    /// Takes credits, room that nobody else can take: at least `least` (not 0) and at most `most`, or none.
    pub(crate) fn reserve(&self, least: usize, most: usize) -> Result<usize, NoRoom> {
        let limit = |tail: Tail| most.min(MAX_CREDITS - tail.credits());
        let (_, n) = self.extend(least, limit, Tail::promised)?;
        Ok(n)
    }

    /// Turns a credit of the caller's into a position, unless `refused`. The credit is the caller's still, then.
    #[inline]
    pub(crate) fn claim_reserved(&self, refused: fn(Tail) -> bool) -> Option<Push<'_, T>> {
        let mut tail = self.tail();
        loop {
            if refused(tail) {
                return None;
            }
            // ORDERING: Acquire, as in `extend`: the slot of this position was seen free by whoever took the credit
            // that stood first (R7). No Release is owed: this thread adds no knowledge of free slots.
            match self.exchange_tail(tail, tail.redeemed(), Acquire) {
                Ok(()) => return Some(Push::new(self, tail)),
                Err(now) => tail = now,
            }
        }
    }

    /// Claims the oldest message.
    #[inline(always)]
    pub(crate) fn claim_pop(&self) -> Result<Pop<'_, T>, NoItem> {
        let (mut spins, mut failures) = (0, 0);
        let mut head = self.head();
        loop {
            if let Some(slot) = self.full_slot(head.position()) {
                // ORDERING: Relaxed: the exchange elects one owner (R2) and nothing more. The stamp brought the message
                // here, and the stamp of the freed slot will tell the next sender.
                match self.exchange_head(head, 1, Relaxed) {
                    Ok(()) => return Ok(Pop::new(self, slot, head)),
                    Err(_) => head = self.head_after(&mut failures),
                }
            } else if let Some(why) = self.why_no_item(head, &mut spins) {
                return Err(why);
            } else {
                head = self.head_again(head, &mut spins);
            }
        }
    }

    /// Claims up to `most` of the oldest messages: those in a row that are published. With 0 it only tells why not.
    pub(crate) fn claim_pop_run(&self, most: usize) -> Result<PopRun<'_, T>, NoItem> {
        let (mut spins, mut failures) = (0, 0);
        let mut head = self.head();
        loop {
            let first = head.position();
            let n = (0..most as u64)
                .take_while(|&i| self.full_slot(first.plus(i)).is_some())
                .count();
            if n > 0 {
                // ORDERING: Relaxed, as in `claim_pop`.
                match self.exchange_head(head, n as u64, Relaxed) {
                    Ok(()) => return Ok(PopRun::new(self, head, n)),
                    Err(_) => head = self.head_after(&mut failures),
                }
            } else if let Some(why) = self.why_no_item(head, &mut spins) {
                return Err(why);
            } else {
                head = self.head_again(head, &mut spins);
            }
        }
    }

    /// Claims a position even when the ring is full, then at the expense of the oldest message.
    ///
    /// `Full` when there is nothing to evict: permits hold all of the capacity. `Busy` when the oldest message is still
    /// being written, or the receiver that made room has not let go of it.
    pub(crate) fn claim_forced(&self) -> Result<Forced<'_, T>, NoRoom> {
        let mut spins = 0;
        loop {
            match self.claim_push() {
                Ok(push) => return Ok(Forced::Push(push)),
                Err(NoRoom::Full) => {}
                Err(other) => return Err(other),
            }
            // Full once more, with both words at hand: the eviction below must be of the message that stands exactly
            // one capacity before `end` (see `claim_in_place_of`).
            let tail = self.tail();
            let head = self.head();
            let full = tail.end().ahead_of(head.position()) >= self.capacity.get() as i64;
            if full && tail.credits() == self.capacity() {
                return Err(NoRoom::Full);
            }
            if !full {
                continue;
            }
            if let Some(slot) = self.full_slot(head.position()) {
                // ORDERING: Relaxed, as in `claim_pop`.
                if self.exchange_head(head, 1, Relaxed).is_ok() {
                    return Ok(Forced::Replace(Replace::new(Pop::new(self, slot, head))));
                }
            } else if self.head().position() == head.position() && look_again(&mut spins) {
                // The oldest message is still being written.
                return Err(NoRoom::Busy);
            }
        }
    }

    /// Claims the next position for the holder of the unfreed slot of `evicted`; refused when closed.
    ///
    /// The full ring that led to the eviction had `end == evicted + capacity`. Nobody moves `end` beyond that while the
    /// slot is not freed, and up to there R7 has been established. So there is nothing to look at: only `tail` moves.
    fn claim_in_place_of(&self, evicted: Position) -> Option<Push<'_, T>> {
        let mut tail = self.tail();
        loop {
            if tail.is_closed() {
                return None;
            }
            debug_assert!(
                tail.end().ahead_of(evicted) <= self.capacity.get() as i64,
                "R7"
            );
            // ORDERING: Acquire, as in `extend`. Release: this moves `end` past the slot of `evicted`; whoever gets to
            // write there relies on it (R7) and must come after our read of it.
            match self.exchange_tail(tail, tail.taken(1), AcqRel) {
                Ok(()) => return Some(Push::new(self, tail)),
                Err(now) => tail = now,
            }
        }
    }

    /// Moves `end` over free slots, as `step` says: at least `least` (not 0) of them, at most `limit`.
    ///
    /// Returns the word that was replaced and the number of slots.
    #[inline(always)]
    fn extend(
        &self,
        least: usize,
        limit: impl Fn(Tail) -> usize,
        step: impl Fn(Tail, usize) -> Tail,
    ) -> Result<(Tail, usize), NoRoom> {
        let (mut spins, mut failures) = (0, 0);
        let mut tail = self.tail();
        loop {
            if tail.is_closed() {
                return Err(self.closed());
            }
            let end = tail.end();
            let most = limit(tail);
            let n = if most == 1 {
                usize::from(self.is_free_for(end))
            } else {
                (0..most as u64)
                    .take_while(|&i| self.is_free_for(end.plus(i)))
                    .count()
            };
            if n >= least {
                // ORDERING: Release hands our sight of free slots to later claimers (R7), Acquire takes theirs: with
                // credits, or a capacity that is not a power of two, the slot we write to is not the one we looked at.
                match self.exchange_tail(tail, step(tail, n), AcqRel) {
                    Ok(()) => return Ok((tail, n)),
                    Err(_) => tail = self.tail_after(&mut failures),
                }
            } else if most < least {
                return Err(NoRoom::Full);
            } else if let Some(why) = self.why_no_room(end.plus(least as u64 - 1), &mut spins) {
                return Err(why);
            } else {
                tail = self.tail_again(tail, &mut spins);
            }
        }
    }

    /// Whether the message one capacity before `position` has been read, so that `position` is within the bound (R7).
    #[inline(always)]
    fn is_free_for(&self, position: Position) -> bool {
        let slot = self.slot(position.back_by(self.capacity));
        // ORDERING: Acquire, pairs with the Release in `free`: the reader is done with the slot before we write (R1).
        slot.stamp.load(Acquire) == position.free()
    }

    /// The slot of `position`, if its message is published.
    #[inline(always)]
    fn full_slot(&self, position: Position) -> Option<&Slot<T>> {
        let slot = self.slot(position);
        // ORDERING: Acquire, pairs with the Release in `publish`: the message is written before we read it (R2).
        let is_full = slot.stamp.load(Acquire) == position.full();
        is_full.then_some(slot)
    }

    /// Not all slots up to that of `wanted` were free: tells why, or `None` to look again.
    ///
    /// `wanted` comes from a `tail` that was read before `head` is. As `head` never falls, the position was beyond the
    /// bound when `tail` was read if it is now. Values may be stale, but never staler than what happened before this
    /// call.
    #[cold]
    fn why_no_room(&self, wanted: Position, spins: &mut u32) -> Option<NoRoom> {
        if wanted.ahead_of(self.head().position()) >= self.capacity.get() as i64 {
            return Some(NoRoom::Full);
        }
        look_again(spins).then_some(NoRoom::Busy)
    }

    // --- asking --------------------------------------------------------------------------------------------------

    /// Messages sent and not received, credits given out and not used, at one moment between call and return.
    ///
    /// Under contention that lasts for dozens of attempts, the last look stands, held within the capacity.
    pub(crate) fn load(&self) -> (usize, usize) {
        let mut tail = self.tail();
        let mut looks = 0;
        loop {
            let messages = tail.position().ahead_of(self.head().position());
            let now = self.tail();
            if now == tail || look_again(&mut looks) {
                let messages = (messages.max(0) as u64).min(self.capacity.get()) as usize;
                return (messages, tail.credits().min(self.capacity() - messages));
            }
            tail = now;
        }
    }

    /// Whether a sender has something to do: room, or the end.
    pub(crate) fn has_room(&self) -> bool {
        let tail = self.tail();
        tail.is_closed() || tail.end().ahead_of(self.head().position()) < self.capacity.get() as i64
    }

    // --- the steps that the above is made of ---------------------------------------------------------------------

    #[inline(always)]
    fn slot(&self, position: Position) -> &Slot<T> {
        let index = position.index(self.mask);
        debug_assert!(index < self.slots.len());
        // SAFETY: R4: the index is at most `mask`, and there are `mask + 1` slots.
        unsafe { self.slots.get_unchecked(index) }
    }
}

impl<T> Deref for Ring<T> {
    type Target = Index;

    #[inline(always)]
    fn deref(&self) -> &Index {
        &self.index
    }
}

impl<T> Drop for Ring<T> {
    fn drop(&mut self) {
        // Channels drain their ring when the last receiver goes; this is for a ring on its own. R5: with exclusive
        // access nothing is in flight, so `claim_pop` finds every message there is.
        if core::mem::needs_drop::<T>() {
            while let Ok(pop) = self.claim_pop() {
                drop(pop.take());
            }
        }
    }
}

impl<T> fmt::Debug for Ring<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring")
            .field("tail", &self.tail())
            .field("head", &self.head())
            .field("capacity", &self.capacity())
            .finish()
    }
}
