//! Receiving by any number of threads: knowing what is there, moving `head`, reading, and leaving a segment.

use core::ptr::NonNull;
use core::sync::atomic::Ordering::{Acquire, Release};

use super::FIRST_PAUSE;
use super::memory::Visit;
use super::segment::{Marked, Segment, Slot};
use super::{Receivers, Segments};
use crate::index::{Head, NoItem, Position, look_again};
use crate::storage::taken;

/// Any number of receivers.
#[derive(Debug)]
pub(crate) enum Many {}

impl Receivers for Many {
    #[inline(always)]
    fn pop<T>(segments: &Segments<T>, into: impl FnOnce(T)) -> Result<Head, NoItem> {
        let (head, _, front) = segments.claim_pop(1)?;
        // SAFETY: G3: `front` is the segment of the position; G4: it stays until the message is read; G2.
        unsafe { Slot::take_into(front.slot(head.position()), into) };
        Ok(head)
    }

    #[inline(always)]
    fn glance_pop<T>(segments: &Segments<T>, into: impl FnOnce(T)) -> Option<Head> {
        let head = segments.acquire_head();
        let front = segments.front.place.load();
        if !front.may_hold(head.position()) || segments.ready_from(head.position()) == 0 {
            return None;
        }
        // ORDERING: Release: `front` was read before this (G3).
        if segments.exchange_head(head, 1, Release).is_err() {
            let (head, message) = segments.pop_late()?;
            into(message);
            return Some(head);
        }
        // SAFETY: as in `pop`.
        unsafe { Slot::take_into(front.slot(head.position()), into) };
        Some(head)
    }

    fn pop_run<T>(
        segments: &Segments<T>,
        most: usize,
        mut into: impl FnMut(T),
    ) -> Result<(usize, Head), NoItem> {
        if most == 0 {
            return Err(segments.why_nothing_is_taken());
        }
        let mut taken: Option<(usize, Head)> = None;
        loop {
            let (before, flags) = taken.unwrap_or((0, Head::starting_at(Position::new(0))));
            let limit = most - before;
            let (head, n, front) = match segments.claim_pop(limit) {
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
}

impl<T, R: Receivers> Segments<T, R> {
    /// For a run of no messages.
    pub(super) fn why_nothing_is_taken(&self) -> NoItem {
        self.nothing_at(self.head()).unwrap_or(NoItem::Busy)
    }

    /// Leaves the segment of `front` for the `next` one, which begins at `position`.
    pub(super) fn leave(
        &self,
        visit: &mut Visit<'_, T>,
        front: Marked<T>,
        next: NonNull<Segment<T>>,
        position: Position,
    ) {
        if self.front.place.advance(front, next, position) {
            // SAFETY: `front` was the second place that it was in; who took it out there is this call alone.
            unsafe { visit.retire(front.segment()) };
        }
    }
}

impl<T> Segments<T> {
    /// The way on of a glance that another receiver has overtaken: no part of its code, as `push_late`, and no part of what
    /// it does with the message.
    #[cold]
    #[inline(never)]
    fn pop_late(&self) -> Option<(Head, T)> {
        self.head_after(&mut { FIRST_PAUSE });
        let mut message = None;
        let head = Many::pop(self, |popped| message = Some(popped)).ok()?;
        Some((head, taken(&mut message)))
    }

    /// Claims as many messages as are known to be there in one segment, at most `most`.
    ///
    /// Returns the word that was replaced, the number, and the segment.
    #[inline(always)]
    pub(super) fn claim_pop(&self, most: usize) -> Result<(Head, usize, Marked<T>), NoItem> {
        let mut failures = FIRST_PAUSE;
        let mut head = self.acquire_head();
        loop {
            let front = self.front.place.load();
            let n = if front.may_hold(head.position()) {
                self.ready_from(head.position()).min(most)
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

    /// How many messages from `position` on are known to be published. While `head` stands there, they are in one segment.
    #[inline(always)]
    fn ready_from(&self, position: Position) -> usize {
        // ORDERING: Acquire, pairs with the Release in `look`: who stored it has acquired the messages.
        let ready = Position::from_raw(self.front.ready.load(Acquire)).ahead_of(position);
        // One that is far away is an old one, which nobody has replaced for a long time.
        if 0 < ready && ready <= Segment::<T>::LEN as i64 {
            ready as usize
        } else {
            0
        }
    }

    /// The message at `head` is not known to be there, or `front` does not fit: mends that, or tells why there is none.
    #[inline(never)]
    pub(super) fn look(&self, head: Head) -> Result<(), NoItem> {
        if let Some(why) = self.nothing_at(head) {
            return Err(why);
        }
        let mut visit = self.front.memory.visit();
        let position = self.acquire_head().position();
        // Others may have taken all there was. Acquired: a tail beyond the end of a segment says that there is a next one,
        // and that `back` has left the first.
        if self.acquire_tail().position().ahead_of(position) <= 0 {
            return Ok(());
        }
        let front = self.front.place.load();
        let mut segment = front.segment();
        // SAFETY: G5: this is a visit. So it is below, for the next segment too.
        let (end, next) = unsafe { (segment.as_ref().end(), segment.as_ref().next()) };
        if end == position {
            let Some(next) = next else {
                unreachable!("G3: the tail has passed the end of the segment");
            };
            self.leave(&mut visit, front, next, position);
            segment = next;
        }
        // SAFETY: as above.
        let within = position.ahead_of(unsafe { segment.as_ref() }.first());
        if within < 0 || within >= Segment::<T>::LEN as i64 {
            return Ok(());
        }
        let mut spins = 0;
        loop {
            // SAFETY: as above.
            let full = unsafe { Segment::full_from(segment, position) };
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
}
