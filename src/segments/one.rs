//! Receiving by one thread at a time: nothing has to be claimed, and the segment stays while it is looked at (G8).

use core::sync::atomic::Ordering::Relaxed;

use super::segment::Slot;
use super::{Receivers, Segments};
use crate::index::{Head, NoItem, Position, look_again};

/// One receiver.
#[derive(Debug)]
pub(crate) enum One {}

impl<T> Segments<T, One> {
    /// As `new`, for one receiver.
    ///
    /// # Safety
    ///
    /// G8: of the calls that receive (`pop`, `glance_pop` and `pop_run`) one happens after the other.
    pub(crate) unsafe fn for_one() -> Self {
        Self::starting_at(Position::new(0))
    }

    /// The slot at `head`, where it stands now, if its message has been published.
    #[inline(always)]
    fn full_slot(&self, head: Head) -> Option<*const Slot<T>> {
        let front = self.front.place.load();
        // SAFETY: G8: the segment stays. If it is not that of the position, this has come to its end: all its slots are read.
        unsafe {
            let slot = front.slot(head.position());
            (*slot).is_full().then_some(slot)
        }
    }

    /// There is no message at `head` in the segment of `front`: goes on to the next one, or tells why there is none.
    #[inline(never)]
    fn look(&self, head: Head, looks: &mut u32) -> Result<(), NoItem> {
        if let Some(why) = self.nothing_at(head) {
            return Err(why);
        }
        let position = head.position();
        let front = self.front.place.load();
        if front.may_hold(position) {
            // Claimed, and not yet published.
            return if look_again(looks) {
                Err(NoItem::Busy)
            } else {
                Ok(())
            };
        }
        let mut visit = self.front.memory.visit();
        // A tail beyond the end of a segment says that there is a next one, and that `back` has left the first.
        self.acquire_tail();
        // SAFETY: G8.
        let Some(next) = (unsafe { front.segment().as_ref() }).next() else {
            unreachable!("G3: the tail has passed the end of the segment");
        };
        self.leave(&mut visit, front, next, position);
        // ORDERING: Relaxed: nobody looks at it. It is kept from being far behind, which would be far ahead one day.
        self.front.ready.store(position.raw(), Relaxed);
        Ok(())
    }
}

impl Receivers for One {
    #[inline(always)]
    fn pop<T>(segments: &Segments<T, Self>, into: impl FnOnce(T)) -> Result<Head, NoItem> {
        let mut looks = 0;
        let head = segments.head();
        loop {
            if let Some(slot) = segments.full_slot(head) {
                // SAFETY: G8: it is the slot of the oldest message, which nobody else takes.
                unsafe { Slot::take_into(slot, into) };
                segments.store_head(head.taken(1));
                return Ok(head);
            }
            segments.look(head, &mut looks)?;
        }
    }

    #[inline(always)]
    fn glance_pop<T>(segments: &Segments<T, Self>, into: impl FnOnce(T)) -> Option<Head> {
        let head = segments.head();
        let slot = segments.full_slot(head)?;
        // SAFETY: as in `pop`.
        unsafe { Slot::take_into(slot, into) };
        segments.store_head(head.taken(1));
        Some(head)
    }

    fn pop_run<T>(
        segments: &Segments<T, Self>,
        most: usize,
        mut into: impl FnMut(T),
    ) -> Result<(usize, Head), NoItem> {
        if most == 0 {
            return Err(segments.why_nothing_is_taken());
        }
        let first = segments.head();
        let mut looks = 0;
        let mut taken = 0;
        loop {
            let head = first.taken(taken as u64);
            if let Some(slot) = segments.full_slot(head) {
                // SAFETY: as in `pop`.
                unsafe { Slot::take_into(slot, &mut into) };
                taken += 1;
                segments.store_head(first.taken(taken as u64));
                if taken == most {
                    return Ok((taken, first));
                }
            } else if let Err(why) = segments.look(head, &mut looks) {
                return if taken > 0 {
                    Ok((taken, first))
                } else {
                    Err(why)
                };
            }
        }
    }
}
