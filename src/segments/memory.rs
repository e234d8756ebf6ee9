//! Where segments come from and where they go.
//!
//! Who looks into a segment without owning a slot in it does so during a *visit* (G5). A visit costs two
//! read-modify-writes: once a segment for senders, once for each row of messages for receivers.

use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use super::segment::Segment;
use crate::index::Position;
use crate::sync::{AtomicPtr, AtomicUsize};

/// How many segments are kept for later.
const SPARES: usize = 2;

pub(super) struct Memory<T> {
    /// How many visits there are at present.
    visits: AtomicUsize,
    /// Segments that nobody finds any more, but somebody may still be looking at or reading from.
    pub(super) retired: AtomicPtr<Segment<T>>,
    /// Segments with free slots, for the next that needs one.
    spares: [AtomicPtr<Segment<T>>; SPARES],
}

impl<T> Memory<T> {
    pub(super) fn new() -> Self {
        Self {
            visits: AtomicUsize::new(0),
            retired: AtomicPtr::new(ptr::null_mut()),
            spares: [(); SPARES].map(|()| AtomicPtr::new(ptr::null_mut())),
        }
    }

    /// Until the visit ends, no segment is freed or used again that can be reached now.
    pub(super) fn visit(&self) -> Visit<'_, T> {
        // ORDERING: Acquire, pairs with the Release of whoever found no visit going on and freed or reused what had
        // been retired by then: this visit does not find that any more (G5).
        self.visits.fetch_add(1, Acquire);
        Visit {
            memory: self,
            retired: ptr::null_mut(),
        }
    }

    /// A segment with free slots for the positions from `first` on, that nobody else has.
    pub(super) fn obtain(&self, first: Position) -> NonNull<Segment<T>> {
        for spare in &self.spares {
            // ORDERING: Relaxed: only a hint.
            if spare.load(Relaxed).is_null() {
                continue;
            }
            // ORDERING: Acquire, pairs with the Release in `keep`: its slots are free.
            if let Some(segment) = NonNull::new(spare.swap(ptr::null_mut(), Acquire)) {
                // SAFETY: G5: we have taken it out, so nobody else has it.
                unsafe { segment.as_ref().set_first(first) };
                return segment;
            }
        }
        Segment::new(first)
    }

    /// Takes back a segment with free slots.
    ///
    /// # Safety
    ///
    /// Nobody else has it.
    pub(super) unsafe fn keep(&self, segment: NonNull<Segment<T>>) {
        for spare in &self.spares {
            // ORDERING: Relaxed: only a hint. Release: the slots are free. Relaxed on failure: nothing was learnt.
            let kept = spare.load(Relaxed).is_null()
                && spare
                    .compare_exchange(ptr::null_mut(), segment.as_ptr(), Release, Relaxed)
                    .is_ok();
            if kept {
                return;
            }
        }
        // SAFETY: the contract is the caller's.
        unsafe { Segment::free(segment) };
    }

    /// Puts back a list of retired segments.
    fn put_back(&self, list: List<T>) {
        let (Some(top), Some(bottom)) = (NonNull::new(list.top), NonNull::new(list.bottom)) else {
            return;
        };
        // ORDERING: Relaxed: the value is not followed here.
        let mut under = self.retired.load(Relaxed);
        loop {
            // SAFETY: G5: the list is ours until it is put back.
            unsafe { bottom.as_ref().set_below(under) };
            // ORDERING: Release, pairs with the Acquire in `leave`: the links are written, and what we know of the
            // segments is passed on.
            match self
                .retired
                .compare_exchange_weak(under, top.as_ptr(), Release, Relaxed)
            {
                Ok(_) => return,
                Err(now) => under = now,
            }
        }
    }

    /// Frees all that is kept here.
    ///
    /// # Safety
    ///
    /// There is no visit, and nobody owns a slot in a retired segment.
    pub(super) unsafe fn free_all(&self) {
        // ORDERING: Relaxed, here and below: the caller has exclusive access.
        let mut retired = self.retired.swap(ptr::null_mut(), Relaxed);
        while let Some(segment) = NonNull::new(retired) {
            // SAFETY: the contract is the caller's; each segment is in one list, once (G5).
            unsafe {
                retired = segment.as_ref().below();
                Segment::free(segment);
            }
        }
        for spare in &self.spares {
            if let Some(segment) = NonNull::new(spare.swap(ptr::null_mut(), Relaxed)) {
                // SAFETY: as above.
                unsafe { Segment::free(segment) };
            }
        }
    }
}

/// Retired segments in the hands of one thread.
struct List<T> {
    top: *mut Segment<T>,
    bottom: *mut Segment<T>,
}

impl<T> List<T> {
    fn new() -> Self {
        Self {
            top: ptr::null_mut(),
            bottom: ptr::null_mut(),
        }
    }

    /// # Safety
    ///
    /// The segment is the caller's.
    unsafe fn push(&mut self, segment: NonNull<Segment<T>>) {
        // SAFETY: the contract is the caller's.
        unsafe { segment.as_ref().set_below(self.top) };
        if self.bottom.is_null() {
            self.bottom = segment.as_ptr();
        }
        self.top = segment.as_ptr();
    }
}

/// While it lasts, segments that can be reached stay.
pub(super) struct Visit<'a, T> {
    memory: &'a Memory<T>,
    /// What this visit has retired.
    retired: *mut Segment<T>,
}

impl<T> Visit<'_, T> {
    /// Nobody finds `segment` any more.
    ///
    /// # Safety
    ///
    /// It is called once for a segment, by the thread that took it out of the second of the two places (G3).
    pub(super) unsafe fn retire(&mut self, segment: NonNull<Segment<T>>) {
        // SAFETY: G5: who retires a segment owns the list that it is in.
        unsafe { segment.as_ref().set_below(self.retired) };
        self.retired = segment.as_ptr();
    }
}

impl<T> Drop for Visit<'_, T> {
    fn drop(&mut self) {
        let memory = self.memory;
        // ORDERING: Relaxed: only a hint; the next visit has another look.
        let others = if memory.retired.load(Relaxed).is_null() {
            ptr::null_mut()
        } else {
            // ORDERING: Acquire, pairs with the Release in `put_back`.
            memory.retired.swap(ptr::null_mut(), Acquire)
        };
        // ORDERING: AcqRel: with Acquire, what other visits looked at they looked at before this; with Release, later
        // visits know what we know: that the segments we hold cannot be reached.
        let alone = memory.visits.fetch_sub(1, AcqRel) == 1;
        let mut left = List::new();
        for mut list in [self.retired, others] {
            while let Some(segment) = NonNull::new(list) {
                // SAFETY: G5: the lists are ours. Nobody but us has a segment that was retired before a moment without
                // visits and whose slots have all been read (G4).
                unsafe {
                    list = segment.as_ref().below();
                    if alone && Segment::is_read(segment) {
                        Segment::reset(segment);
                        memory.keep(segment);
                    } else {
                        left.push(segment);
                    }
                }
            }
        }
        memory.put_back(left);
    }
}
