//! A segment: some slots in a row, and the link to the segment after it.

use alloc::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};
use core::slice;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::index::Position;
use crate::sync::{AtomicPtr, AtomicU8, UnsafeCell, slots_of_a_segment};

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

    #[inline(always)]
    pub(super) fn is_full(&self) -> bool {
        // ORDERING: Acquire, pairs with the Release in `write` (G2).
        self.state.load(Acquire) == FULL
    }

    fn is_read(&self) -> bool {
        // ORDERING: Acquire, pairs with the Release in `take_into` (G4).
        self.state.load(Acquire) == READ
    }
}

/// The slots of [`LEN`](Self::LEN) positions, the first of which is a multiple of that.
///
/// This is the head of a segment. The slots come after it in memory, and are reached by a pointer to all of it only.
pub(super) struct Segment<T> {
    first: UnsafeCell<Position>,
    /// The segment of the positions that follow; null until there is one. It is set once.
    next: AtomicPtr<Segment<T>>,
    /// The next one of a list of retired segments; belongs to who owns the list.
    below: UnsafeCell<*mut Segment<T>>,
    owns: PhantomData<Slot<T>>,
}

// Functions that reach the slots take a pointer. They have in common:
//
// # Safety
//
// It came from `new`, and the segment is there for as long as the function runs.
impl<T> Segment<T> {
    /// How many slots it has, a power of two.
    pub(super) const LEN: usize = slots_of_a_segment(size_of::<Slot<T>>());

    /// Of a segment with its slots, and where they begin.
    const LAYOUT: (Layout, usize) = {
        let Ok(slots) = Layout::array::<Slot<T>>(Self::LEN) else {
            panic!("a message is larger than memory");
        };
        let Ok(whole) = Layout::new::<Self>().extend(slots) else {
            panic!("a message is larger than memory");
        };
        whole
    };

    /// A segment of free slots. It aborts when there is no memory, as `Vec` does.
    pub(super) fn new(first: Position) -> NonNull<Self> {
        // SAFETY: the head alone is larger than nothing.
        let memory = unsafe { alloc(Self::LAYOUT.0) };
        let Some(segment) = NonNull::new(memory.cast::<Self>()) else {
            handle_alloc_error(Self::LAYOUT.0);
        };
        // SAFETY: the memory is ours and has this layout, and all of it is written before it is anybody else's.
        unsafe {
            segment.write(Self {
                first: UnsafeCell::new(first),
                next: AtomicPtr::new(ptr::null_mut()),
                below: UnsafeCell::new(ptr::null_mut()),
                owns: PhantomData,
            });
            for index in 0..Self::LEN {
                Self::slot(segment, index).write(Slot {
                    state: AtomicU8::new(EMPTY),
                    message: UnsafeCell::new(MaybeUninit::uninit()),
                });
            }
        }
        segment
    }

    /// # Safety
    ///
    /// As above, and `index` is less than `LEN`.
    #[inline(always)]
    unsafe fn slot(segment: NonNull<Self>, index: usize) -> NonNull<Slot<T>> {
        // SAFETY: the slots are part of the same allocation, at that offset.
        unsafe {
            segment
                .byte_add(Self::LAYOUT.1)
                .cast::<Slot<T>>()
                .add(index)
        }
    }

    /// # Safety
    ///
    /// As above, for as long as the slots are used.
    unsafe fn slots<'a>(segment: NonNull<Self>) -> &'a [Slot<T>] {
        // SAFETY: the slots are initialised, and shared references to them are all there is.
        unsafe { slice::from_raw_parts(Self::slot(segment, 0).as_ptr(), Self::LEN) }
    }

    /// The place of `position` in its segment.
    #[inline(always)]
    pub(super) const fn offset(position: Position) -> usize {
        position.index(Self::LEN - 1)
    }

    /// How far it is from `position` to the end of its segment.
    #[inline(always)]
    pub(super) const fn left_from(position: Position) -> usize {
        Self::LEN - Self::offset(position)
    }

    /// Whether the segment of `position` is an even or an odd one.
    #[inline(always)]
    const fn parity(position: Position) -> usize {
        position.index(Self::LEN) >> Self::LEN.trailing_zeros()
    }

    /// Gives the memory back. Messages are left alone.
    ///
    /// # Safety
    ///
    /// It came from `new`, and nobody else has it.
    pub(super) unsafe fn free(segment: NonNull<Self>) {
        // SAFETY: the contract is the caller's; it is gone with this.
        unsafe {
            ptr::slice_from_raw_parts_mut(Self::slot(segment, 0).as_ptr(), Self::LEN)
                .drop_in_place();
            segment.drop_in_place();
            dealloc(segment.as_ptr().cast(), Self::LAYOUT.0);
        }
    }

    /// Makes the slots before `start` look as if messages had been read from them.
    ///
    /// # Safety
    ///
    /// As above, and nobody else has the segment.
    pub(super) unsafe fn skip_to(segment: NonNull<Self>, start: Position) {
        // SAFETY: the contract is the caller's.
        for slot in unsafe { &Self::slots(segment)[..Self::offset(start)] } {
            // ORDERING: Relaxed: the segment is not shared yet.
            slot.state.store(READ, Relaxed);
        }
    }

    /// Makes the slots free again.
    ///
    /// # Safety
    ///
    /// As above, and nobody else has the segment.
    pub(super) unsafe fn reset(segment: NonNull<Self>) {
        // SAFETY: the contract is the caller's.
        let (head, slots) = unsafe { (segment.as_ref(), Self::slots(segment)) };
        // Nothing is done to the cells. A model checker is told that they are ours alone.
        head.first.with_mut(|_| ());
        for slot in slots {
            slot.message.with_mut(|_| ());
            // ORDERING: Relaxed: whoever hands the segment on publishes this with it.
            slot.state.store(EMPTY, Relaxed);
        }
        head.next.store(ptr::null_mut(), Relaxed);
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
        self.first().plus(Self::LEN as u64)
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
    ///
    /// # Safety
    ///
    /// As above.
    pub(super) unsafe fn full_from(segment: NonNull<Self>, position: Position) -> usize {
        // SAFETY: the contract is the caller's.
        unsafe { &Self::slots(segment)[Self::offset(position)..] }
            .iter()
            .take_while(|slot| slot.is_full())
            .count()
    }

    /// # Safety
    ///
    /// As above.
    pub(super) unsafe fn is_read(segment: NonNull<Self>) -> bool {
        // SAFETY: the contract is the caller's.
        unsafe { Self::slots(segment) }.iter().all(Slot::is_read)
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
        let parity = Segment::<T>::parity(first);
        Self(segment.as_ptr().map_addr(|addr| addr | parity))
    }

    /// Whether the segment may be that of `position`: its parity is right.
    #[inline(always)]
    pub(super) fn may_hold(self, position: Position) -> bool {
        (self.0.addr() ^ Segment::<T>::parity(position)) & 1 == 0
    }

    /// The slot of `position`.
    ///
    /// # Safety
    ///
    /// It is the segment of that position, and it is there.
    #[inline(always)]
    pub(super) unsafe fn slot(self, position: Position) -> *const Slot<T> {
        // SAFETY: the contract is the caller's.
        unsafe { Segment::slot(self.segment(), Segment::<T>::offset(position)).as_ptr() }
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
