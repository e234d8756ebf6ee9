//! What a claim is good for: writing or reading the slots it owns.
//!
//! A claim must be used up (R1, R2): a claimed slot that is never published blocks everything behind it. These types
//! are handled in straight lines of code without foreign calls in between (R6), hence `#[must_use]` and no `Drop`.

use core::mem::MaybeUninit;
use core::sync::atomic::Ordering::{Relaxed, Release};

use super::{Ring, Slot};
use crate::index::{Distance, Head, Position, Tail};

impl<T> Slot<T> {
    /// Writes the message of `position` and lets receivers have it.
    #[inline(always)]
    fn publish(&self, position: Position, message: T) {
        // SAFETY: R1: the caller claimed `position`, so no other thread touches the slot; R7: what it held was read.
        self.message
            .with_mut(|slot| unsafe { slot.write(MaybeUninit::new(message)) });
        // ORDERING: Release, pairs with the Acquire in `full_slot` (R2).
        self.stamp.store(position.full(), Release);
    }

    /// Reads the message out. The slot stays claimed.
    #[inline(always)]
    fn read(&self) -> T {
        // SAFETY: R2: the caller claimed this published slot; it is initialised, and read once.
        self.message
            .with(|slot| unsafe { slot.read().assume_init() })
    }

    /// Lets senders have the slot that held `position`.
    #[inline(always)]
    fn free(&self, position: Position, capacity: Distance) {
        // ORDERING: Release, pairs with the Acquire in `is_free_for`: we have read the message (R1).
        self.stamp.store(position.on_by(capacity).free(), Release);
    }
}

impl<T> Slot<T> {
    /// Lets senders have the slot that held `position`, if it still stands as it was.
    ///
    /// After an eviction the holder of a credit may have written to the slot already: `end` has moved past it. But when
    /// a credit is given back instead, `end` moves back, and the next claimer looks for the stamp.
    fn free_unless_taken(&self, position: Position, capacity: Distance) {
        let free = position.on_by(capacity).free();
        // ORDERING: Relaxed: whoever claims the slot then comes after our change of `tail` (R7), which came after our read.
        let _ = self
            .stamp
            .compare_exchange(position.full(), free, Relaxed, Relaxed);
    }
}

/// One position claimed for sending.
#[must_use]
pub(crate) struct Push<'a, T> {
    slot: &'a Slot<T>,
    tail: Tail,
}

impl<'a, T> Push<'a, T> {
    #[inline(always)]
    pub(super) fn new(ring: &'a Ring<T>, tail: Tail) -> Self {
        Self {
            slot: ring.slot(tail.position()),
            tail,
        }
    }

    /// Sends `message`; returns the senders' word as it was when the position was claimed.
    #[inline(always)]
    pub(crate) fn publish(self, message: T) -> Tail {
        self.slot.publish(self.tail.position(), message);
        self.tail
    }
}

/// Some positions in a row claimed for sending.
#[must_use]
pub(crate) struct PushRun<'a, T> {
    ring: &'a Ring<T>,
    tail: Tail,
    n: usize,
}

impl<'a, T> PushRun<'a, T> {
    pub(super) fn new(ring: &'a Ring<T>, tail: Tail, n: usize) -> Self {
        Self { ring, tail, n }
    }

    pub(crate) fn len(&self) -> usize {
        self.n
    }

    /// Sends the first [`len`](Self::len) messages of `messages`, which must have as many and must not run foreign
    /// code (R6); returns the senders' word as it was when the positions were claimed.
    pub(crate) fn publish(self, mut messages: impl FnMut() -> T) -> Tail {
        for i in 0..self.n as u64 {
            let position = self.tail.position().plus(i);
            self.ring.slot(position).publish(position, messages());
        }
        self.tail
    }
}

/// One message claimed for receiving.
#[must_use]
pub(crate) struct Pop<'a, T> {
    ring: &'a Ring<T>,
    slot: &'a Slot<T>,
    head: Head,
}

impl<'a, T> Pop<'a, T> {
    #[inline(always)]
    pub(super) fn new(ring: &'a Ring<T>, slot: &'a Slot<T>, head: Head) -> Self {
        Self { ring, slot, head }
    }

    /// Hands the message over; `into` must not run foreign code (R6). It is moved once, from slot to destination.
    /// Returns the receivers' word as it was when the message was claimed.
    #[inline(always)]
    pub(crate) fn take_into(self, into: impl FnOnce(T)) -> Head {
        into(self.slot.read());
        self.slot.free(self.head.position(), self.ring.capacity);
        self.head
    }

    pub(crate) fn take(self) -> T {
        let mut message = None;
        self.take_into(|taken| message = Some(taken));
        match message {
            Some(message) => message,
            None => unreachable!("it has been handed over"),
        }
    }
}

/// Some messages in a row claimed for receiving.
#[must_use]
pub(crate) struct PopRun<'a, T> {
    ring: &'a Ring<T>,
    head: Head,
    n: usize,
}

impl<'a, T> PopRun<'a, T> {
    pub(super) fn new(ring: &'a Ring<T>, head: Head, n: usize) -> Self {
        Self { ring, head, n }
    }

    pub(crate) fn len(&self) -> usize {
        self.n
    }

    /// Hands the messages over in order; `into` must not run foreign code (R6). Returns the receivers' word as it was
    /// when they were claimed.
    pub(crate) fn take(self, mut into: impl FnMut(T)) -> Head {
        for i in 0..self.n as u64 {
            let position = self.head.position().plus(i);
            let slot = self.ring.slot(position);
            into(slot.read());
            slot.free(position, self.ring.capacity);
        }
        self.head
    }
}

/// A position claimed whatever it takes.
#[must_use]
pub(crate) enum Forced<'a, T> {
    /// There was room.
    Push(Push<'a, T>),
    /// There was none: the oldest message makes some.
    Replace(Replace<'a, T>),
}

/// The oldest message of a full ring, claimed together with the room it leaves.
#[must_use]
pub(crate) struct Replace<'a, T> {
    pop: Pop<'a, T>,
}

impl<'a, T> Replace<'a, T> {
    pub(super) fn new(pop: Pop<'a, T>) -> Self {
        Self { pop }
    }

    /// Sends `message` into the room of the oldest, which is returned with the senders' word as it was; when the
    /// channel has been closed meanwhile, nothing is sent and `message` comes back beside the oldest.
    pub(crate) fn publish(self, message: T) -> Result<(T, Tail), (T, T)> {
        let Pop { ring, slot, head } = self.pop;
        let evicted = head.position();
        let oldest = slot.read();
        match ring.claim_in_place_of(evicted) {
            Some(push) => {
                slot.free_unless_taken(evicted, ring.capacity);
                Ok((oldest, push.publish(message)))
            }
            None => {
                slot.free(evicted, ring.capacity);
                Err((oldest, message))
            }
        }
    }
}
