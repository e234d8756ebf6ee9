//! A segment: some slots in a row, and the link to the segment after it.

use alloc::boxed::Box;
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::index::Position;
use crate::sync::{AtomicPtr, AtomicU8, SEGMENT, UnsafeCell};

/// The slot waits for its message.
const EMPTY: u8 = 0;
/// The message has been written.
const FULL: u8 = 1;
/// The message has been read, and nobody touches the slot any more.
const READ: u8 = 2;

pub(super) struct Slot<T> {
    state: AtomicU8,
    message: UnsafeCell<MaybeUninit<T>>,
}

// By pointer, not by reference, where the slot may be gone before the function returns.
impl<T> Slot<T> {
    /// Writes the message.
    ///
    /// # Safety
    ///
    /// The caller owns the slot for writing (G1).
    #[inline(always)]
    pub(super) unsafe fn write(slot: *const Self, message: T) {
        // SAFETY: G1: no other thread touches the message; G4: the slot is there up to the store.
        unsafe {
            (*slot)
                .message
                .with_mut(|place| place.write(MaybeUninit::new(message)));
            // ORDERING: Release, pairs with the Acquire in `is_full` (G2).
            (*slot).state.store(FULL, Release);
        }
    }

    /// Reads the message out.
    ///
    /// # Safety
    ///
    /// The caller owns the slot for reading (G2).
    #[inline(always)]
    pub(super) unsafe fn take_into(slot: *const Self, into: impl FnOnce(T)) {
        // SAFETY: G2: the message is initialised, and read once; G4: the slot is there up to the store.
        unsafe {
            into((*slot).message.with(|place| place.read().assume_init()));
            // ORDERING: Release, pairs with the Acquire in `is_read` (G4).
            (*slot).state.store(READ, Release);
        }
    }

    fn is_full(&self) -> bool {
        // ORDERING: Acquire, pairs with the Release in `write` (G2).
        self.state.load(Acquire) == FULL
    }

    fn is_read(&self) -> bool {
        // ORDERING: Acquire, pairs with the Release in `take_into` (G4).
        self.state.load(Acquire) == READ
    }
}

/// The slots of [`SEGMENT`] positions, the first of which is a multiple of [`SEGMENT`].
pub(super) struct Segment<T> {
    first: UnsafeCell<Position>,
    /// The segment of the positions that follow; null until there is one. It is set once.
    next: AtomicPtr<Segment<T>>,
    /// The next one of a list of retired segments; belongs to who owns the list.
    below: UnsafeCell<*mut Segment<T>>,
    slots: [Slot<T>; SEGMENT],
}

impl<T> Segment<T> {
    /// A segment of free slots. It aborts when there is no memory, as `Vec` does.
    pub(super) fn new(first: Position) -> NonNull<Self> {
        // In place: a large segment must not pass through the stack.
        let mut memory = Box::<Self>::new_uninit();
        let segment = memory.as_mut_ptr();
        // SAFETY: the memory is ours, and every field is written before it is anybody else's.
        unsafe {
            (&raw mut (*segment).first).write(UnsafeCell::new(first));
            (&raw mut (*segment).next).write(AtomicPtr::new(ptr::null_mut()));
            (&raw mut (*segment).below).write(UnsafeCell::new(ptr::null_mut()));
            let slots = (&raw mut (*segment).slots).cast::<Slot<T>>();
            for index in 0..SEGMENT {
                slots.add(index).write(Slot {
                    state: AtomicU8::new(EMPTY),
                    message: UnsafeCell::new(MaybeUninit::uninit()),
                });
            }
            NonNull::new_unchecked(Box::into_raw(memory).cast())
        }
    }

    /// Gives the memory back. Messages are left alone.
    ///
    /// # Safety
    ///
    /// It came from `new`, and nobody else has it.
    pub(super) unsafe fn free(segment: NonNull<Self>) {
        // SAFETY: the contract is the caller's.
        drop(unsafe { Box::from_raw(segment.as_ptr()) });
    }

    /// Makes the slots before `start` look as if messages had been read from them.
    ///
    /// # Safety
    ///
    /// Nobody else has the segment.
    pub(super) unsafe fn skip_to(&self, start: Position) {
        for slot in &self.slots[..offset(start)] {
            // ORDERING: Relaxed: the segment is not shared yet.
            slot.state.store(READ, Relaxed);
        }
    }

    /// Makes the slots free again.
    ///
    /// # Safety
    ///
    /// Nobody else has the segment.
    pub(super) unsafe fn reset(&self) {
        // Nothing is done to the cells. A model checker is told that they are ours alone.
        self.first.with_mut(|_| ());
        for slot in &self.slots {
            slot.message.with_mut(|_| ());
            // ORDERING: Relaxed: whoever hands the segment on publishes this with it.
            slot.state.store(EMPTY, Relaxed);
        }
        self.next.store(ptr::null_mut(), Relaxed);
    }

    /// Says which positions a free segment is for.
    ///
    /// # Safety
    ///
    /// Nobody else has the segment.
    pub(super) unsafe fn set_first(&self, first: Position) {
        // SAFETY: the contract is the caller's.
        self.first.with_mut(|place| unsafe { *place = first });
    }

    pub(super) fn first(&self) -> Position {
        // SAFETY: G5: it changes only while nobody can reach the segment.
        self.first.with(|first| unsafe { *first })
    }

    /// The first position after this segment.
    pub(super) fn end(&self) -> Position {
        self.first().plus(SEGMENT as u64)
    }

    pub(super) fn next(&self) -> Option<NonNull<Self>> {
        // ORDERING: Acquire, pairs with the Release in `link`: the segment is initialised.
        NonNull::new(self.next.load(Acquire))
    }

    /// Makes `next` the segment after this one, unless there is one: then that is the error.
    pub(super) fn link(&self, next: NonNull<Self>) -> Result<(), NonNull<Self>> {
        // ORDERING: Release: the segment is initialised. Acquire on failure, as in `next`.
        match self
            .next
            .compare_exchange(ptr::null_mut(), next.as_ptr(), Release, Acquire)
        {
            Ok(_) => Ok(()),
            Err(there) => Err(NonNull::new(there).unwrap_or(next)),
        }
    }

    /// How many positions in a row are full, from `position` to the end of the segment.
    pub(super) fn full_from(&self, position: Position) -> usize {
        self.slots[offset(position)..]
            .iter()
            .take_while(|slot| slot.is_full())
            .count()
    }

    pub(super) fn is_read(&self) -> bool {
        self.slots.iter().all(Slot::is_read)
    }

    /// # Safety
    ///
    /// The caller owns the list that the segment is in or will be in.
    pub(super) unsafe fn below(&self) -> *mut Self {
        // SAFETY: the contract is the caller's.
        self.below.with(|below| unsafe { *below })
    }

    /// # Safety
    ///
    /// As for `below`.
    pub(super) unsafe fn set_below(&self, segment: *mut Self) {
        // SAFETY: the contract is the caller's.
        self.below.with_mut(|below| unsafe { *below = segment });
    }
}

/// The place of `position` in its segment.
#[inline(always)]
pub(super) const fn offset(position: Position) -> usize {
    position.index(SEGMENT - 1)
}

/// How far it is from `position` to the end of its segment.
#[inline(always)]
pub(super) const fn left_from(position: Position) -> usize {
    SEGMENT - offset(position)
}

/// Whether the segment of `position` is an even or an odd one.
#[inline(always)]
const fn parity(position: Position) -> usize {
    position.index(SEGMENT) >> SEGMENT.trailing_zeros()
}

/// A pointer to a segment, with the parity of the segment in its lowest bit.
pub(super) struct Marked<T>(*mut Segment<T>);

impl<T> Clone for Marked<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Marked<T> {}

impl<T> Marked<T> {
    fn new(segment: NonNull<Segment<T>>, first: Position) -> Self {
        Self(segment.as_ptr().map_addr(|addr| addr | parity(first)))
    }

    /// Whether the segment may be that of `position`: its parity is right.
    #[inline(always)]
    pub(super) fn may_hold(self, position: Position) -> bool {
        (self.0.addr() ^ parity(position)) & 1 == 0
    }

    /// The slot of `position`.
    ///
    /// # Safety
    ///
    /// It is the segment of that position, and it is there.
    #[inline(always)]
    pub(super) unsafe fn slot(self, position: Position) -> *const Slot<T> {
        // SAFETY: the contract is the caller's.
        unsafe { &raw const (*self.segment().as_ptr()).slots[offset(position)] }
    }

    #[inline(always)]
    pub(super) fn segment(self) -> NonNull<Segment<T>> {
        // SAFETY: made from a pointer that is not null.
        unsafe { NonNull::new_unchecked(self.0.map_addr(|addr| addr & !1)) }
    }
}

/// Where one of the sides has got to in the row of segments (G3).
pub(super) struct Place<T>(AtomicPtr<Segment<T>>);

impl<T> Place<T> {
    pub(super) fn new(segment: NonNull<Segment<T>>, first: Position) -> Self {
        Self(AtomicPtr::new(Marked::new(segment, first).0))
    }

    #[inline(always)]
    pub(super) fn load(&self) -> Marked<T> {
        // ORDERING: Acquire, pairs with the Release in `advance`: the segment is initialised.
        Marked(self.0.load(Acquire))
    }

    /// Goes on from `from` to `next`, whose first position is `first`; true if it was this call that did.
    pub(super) fn advance(
        &self,
        from: Marked<T>,
        next: NonNull<Segment<T>>,
        first: Position,
    ) -> bool {
        // ORDERING: Release: the segment is initialised, which this thread has done or acquired, and the position
        // that this follows has been reached (G3).
        self.0
            .compare_exchange(from.0, Marked::new(next, first).0, Release, Relaxed)
            .is_ok()
    }
}
