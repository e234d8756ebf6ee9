//! What the handles of one channel share: the slots, whose turn it is, and who waits.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crossbeam_utils::CachePadded;

use super::position::{Cursor, Position, Tail};
use super::slot::{Delivery, NotPlaced, Slot};
use crate::shared::Core;
use crate::sync::AtomicU64;
use crate::unwind::past_panics;
use crate::wait::{Gate, Lock, WaitQueue};

pub(super) struct Chan<T> {
    tail: CachePadded<AtomicU64>,
    turn: CachePadded<Lock<Turn>>,
    /// Receivers that wait for a message.
    receivers: CachePadded<WaitQueue>,
    /// Senders that wait until the oldest message has been seen by all.
    senders: CachePadded<WaitQueue>,
    /// Those who wait until there is no receiver.
    closed: WaitQueue,
    slots: Box<[Slot<T>]>,
}

/// What senders, and receivers that come and go, do one after the other (B1, B2).
struct Turn {
    receivers: usize,
    /// The slot of the next message. Its position is in `tail`.
    index: usize,
}

/// Why a message was not sent.
pub(super) enum Refused {
    NoReceivers,
    /// Somebody has not seen the oldest message, and it was not to be overwritten.
    Full,
}

/// The outcome of a turn.
enum Outcome {
    /// Sent, to so many receivers, when `tail` was this.
    Sent(Tail, usize),
    Refused(Refused),
    NeedsPlace,
}

impl<T> Chan<T> {
    /// # Panics
    ///
    /// When `capacity` is 0 or its slots do not fit in memory.
    #[track_caller]
    pub(super) fn new(capacity: usize) -> Self {
        Self::starting_at(capacity, Position::new(0))
    }

    /// The same, with a first position of the caller's choice: tests start near the wrap.
    #[track_caller]
    pub(super) fn starting_at(capacity: usize, start: Position) -> Self {
        assert!(capacity > 0, "broadcast channel capacity cannot be zero");
        let mut slots = Vec::new();
        if slots.try_reserve_exact(capacity).is_err() {
            panic!("broadcast channel capacity {capacity} is more than memory can hold");
        }
        // Never the position of a message that somebody looks for: those are ahead of the start.
        slots.resize_with(capacity, || Slot::new(start.plus(u64::MAX)));
        Self {
            tail: CachePadded::new(AtomicU64::new(Tail::starting_at(start).bits())),
            turn: CachePadded::new(Lock::new(Turn {
                receivers: 0,
                index: 0,
            })),
            receivers: CachePadded::new(WaitQueue::new()),
            senders: CachePadded::new(WaitQueue::new()),
            closed: WaitQueue::new(),
            slots: slots.into_boxed_slice(),
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.slots.len()
    }

    #[inline(always)]
    pub(super) fn slot(&self, cursor: Cursor) -> &Slot<T> {
        &self.slots[cursor.index]
    }

    #[inline(always)]
    pub(super) fn tail(&self) -> Tail {
        // ORDERING: Relaxed: what is concluded from it is ordered by the lock of a slot or of a queue, see there.
        Tail::from_bits(self.tail.load(Relaxed))
    }

    /// As `tail`, for those who report the end.
    #[inline(always)]
    pub(super) fn tail_or_end(&self) -> Tail {
        // ORDERING: Acquire, pairs with the Release in `senders_gone`: whoever is told of the end sees what was done
        // before it.
        Tail::from_bits(self.tail.load(Acquire))
    }

    // --- sending -------------------------------------------------------------------------------------------------

    /// Sends to all receivers there are, and says how many. `overwrites`: even if somebody has not seen the oldest message.
    #[inline]
    pub(super) fn send(&self, message: T, overwrites: bool) -> Result<usize, (Refused, T)> {
        let mut delivery = Delivery {
            message: Some(message),
            evicted: None,
            spare: None,
        };
        loop {
            match self
                .turn
                .with(|turn| self.act(turn, &mut delivery, overwrites))
            {
                Outcome::Sent(before, receivers) => {
                    match delivery.evicted {
                        None if before.has(Tail::RX_WAITS) => self.tell_receivers(),
                        None => {}
                        evicted => self.after_eviction(before, evicted),
                    }
                    return Ok(receivers);
                }
                Outcome::NeedsPlace => delivery.bring_place(),
                Outcome::Refused(why) => match delivery.message {
                    Some(message) => return Err((why, message)),
                    None => unreachable!("what was not placed is still there"),
                },
            }
        }
    }

    #[inline(always)]
    fn act(&self, turn: &mut Turn, delivery: &mut Delivery<T>, overwrites: bool) -> Outcome {
        if turn.receivers == 0 {
            return Outcome::Refused(Refused::NoReceivers);
        }
        let end = self.end(turn);
        match self
            .slot(end)
            .put(end.position, turn.receivers, delivery, overwrites)
        {
            Err(NotPlaced::Full) => return Outcome::Refused(Refused::Full),
            Err(NotPlaced::NeedsPlace) => return Outcome::NeedsPlace,
            Ok(()) => {}
        }
        turn.index = end.next(self.capacity()).index;
        // ORDERING: Relaxed: whoever sees it and then takes the lock of the slot takes it after us (B1): if it were before
        // us, it would have been before this change too.
        let before = Tail::from_bits(self.tail.fetch_add(Tail::STEP, Relaxed));
        Outcome::Sent(before, turn.receivers)
    }

    #[inline(never)]
    fn after_eviction(&self, before: Tail, mut evicted: Option<T>) {
        let mut step = 0;
        past_panics(|| {
            step += 1;
            match step {
                1 if before.has(Tail::RX_WAITS) => self.tell_receivers(),
                1 => {}
                2 => drop(evicted.take()),
                _ => return false,
            }
            true
        });
    }

    #[inline(never)]
    fn tell_receivers(&self) {
        self.news(Position::new(0)).notify_all();
    }

    /// Where the next message goes.
    #[inline(always)]
    fn end(&self, turn: &Turn) -> Cursor {
        Cursor {
            position: self.tail().position(),
            index: turn.index,
        }
    }

    // --- receivers -----------------------------------------------------------------------------------------------

    /// One more receiver: where it begins.
    pub(super) fn subscribe(&self) -> Cursor {
        self.turn.with(|turn| {
            // It cannot overflow: each receiver counts in the `Arc` too, which aborts before.
            turn.receivers += 1;
            self.end(turn)
        })
    }

    /// A receiver goes that would have received from `next` on.
    pub(super) fn leave(&self, next: Cursor) {
        let (end, last) = self.turn.with(|turn| {
            turn.receivers -= 1;
            (self.tail().position(), turn.receivers == 0)
        });
        let lost = end
            .since(next.position)
            .saturating_sub(self.capacity() as u64);
        let mut next = next.ahead(lost, self.capacity());
        let mut tells = if last { 0..2 } else { 0..0 };
        past_panics(|| {
            if next.position != end {
                let slot = self.slot(next);
                let position = next.position;
                next = next.next(self.capacity());
                if let Some(message) = slot.skip(position) {
                    self.finished(Some(message), true);
                }
                return true;
            }
            match tells.next() {
                Some(0) => self.no_receivers().notify_all(),
                Some(_) => self.room().notify_all(),
                None => return false,
            }
            true
        });
    }

    /// A receiver has finished with a message. `freed`: and nobody else wants it.
    #[inline]
    pub(super) fn finished(&self, message: Option<T>, freed: bool) {
        let mut message = message;
        let tells = freed && self.tail().has(Tail::TX_WAITS);
        if !tells && message.is_none() {
            return;
        }
        let mut step = 0;
        past_panics(|| {
            step += 1;
            match step {
                1 if tells => self.room().notify(1),
                1 => {}
                2 => drop(message.take()),
                _ => return false,
            }
            true
        });
    }

    // --- asking --------------------------------------------------------------------------------------------------

    pub(super) fn subscribers(&self) -> usize {
        self.turn.with(|turn| turn.receivers)
    }

    /// Whether all have finished with the newest message, and so with all (B6).
    pub(super) fn is_empty(&self) -> bool {
        self.turn.with(|turn| {
            let newest = match turn.index {
                0 => self.capacity() - 1,
                index => index - 1,
            };
            !self.slots[newest].is_wanted()
        })
    }

    /// How many messages some receiver has not finished with. They are the newest ones (B6).
    pub(super) fn len(&self) -> usize {
        self.turn.with(|turn| {
            let capacity = self.capacity();
            let mut finished = 0;
            let mut end = capacity;
            while finished < end {
                let middle = finished + (end - finished) / 2;
                let index = turn.index + middle;
                let index = if index < capacity {
                    index
                } else {
                    index - capacity
                };
                if self.slots[index].is_wanted() {
                    end = middle;
                } else {
                    finished = middle + 1;
                }
            }
            capacity - finished
        })
    }

    // --- waiting -------------------------------------------------------------------------------------------------

    /// Where a receiver waits whose next message is `next`.
    pub(super) fn news(&self, next: Position) -> NewsGate<'_, T> {
        NewsGate(self, next)
    }

    pub(super) fn room(&self) -> RoomGate<'_, T> {
        RoomGate(self)
    }

    pub(super) fn no_receivers(&self) -> NoReceiversGate<'_, T> {
        NoReceiversGate(self)
    }

    /// Raises `flag`; returns a value of `tail` with it.
    fn raise(&self, flag: u64) -> Tail {
        let tail = self.tail();
        if tail.has(flag) {
            return tail;
        }
        // ORDERING: Relaxed: it is lowered under the lock that we hold. A send that replaces a later value of `tail` has the
        // flag in it; an earlier one has moved the position that is looked at.
        Tail::from_bits(self.tail.fetch_or(flag, Relaxed))
    }

    fn lower(&self, flag: u64) {
        // ORDERING: Relaxed, as in `raise`.
        self.tail.fetch_and(!flag, Relaxed);
    }
}

/// Receivers wait here for a message or the end.
pub(super) struct NewsGate<'a, T>(&'a Chan<T>, Position);

impl<T> Gate for NewsGate<'_, T> {
    fn queue(&self) -> &WaitQueue {
        &self.0.receivers
    }

    fn raise(&self) -> bool {
        let tail = self.0.raise(Tail::RX_WAITS);
        tail.position() != self.1 || tail.has(Tail::CLOSED)
    }

    fn lower(&self) {
        self.0.lower(Tail::RX_WAITS);
    }
}

/// Senders wait here until all have seen the oldest message, or there is no receiver.
///
/// The flag is not in the word that changes: whoever finishes a message looks at the flag *after* it had the lock of the
/// slot, and a waiter looks at the slot under that lock after it has raised the flag. The lock orders the two (W3).
pub(super) struct RoomGate<'a, T>(&'a Chan<T>);

impl<T> Gate for RoomGate<'_, T> {
    fn queue(&self) -> &WaitQueue {
        &self.0.senders
    }

    fn raise(&self) -> bool {
        self.0.raise(Tail::TX_WAITS);
        self.0
            .turn
            .with(|turn| turn.receivers == 0 || !self.0.slots[turn.index].is_wanted())
    }

    fn lower(&self) {
        self.0.lower(Tail::TX_WAITS);
    }
}

/// Anybody waits here until there is no receiver. No flag: whoever takes the number to 0 always takes the lock of this queue
/// afterwards, so a waiter that links itself earlier is found, and one that links itself later sees the 0.
pub(super) struct NoReceiversGate<'a, T>(&'a Chan<T>);

impl<T> Gate for NoReceiversGate<'_, T> {
    fn queue(&self) -> &WaitQueue {
        &self.0.closed
    }

    fn raise(&self) -> bool {
        self.0.subscribers() == 0
    }

    fn lower(&self) {}
}

impl<T> Core for Chan<T> {
    fn senders_gone(&self) {
        // ORDERING: Release, pairs with the Acquire in `tail_or_end`.
        let before = Tail::from_bits(self.tail.fetch_or(Tail::CLOSED, Release));
        if before.has(Tail::RX_WAITS) {
            self.tell_receivers();
        }
    }

    /// Receivers are counted in turns (B2), not by their handles.
    fn receivers_gone(&self) {}
}

impl<T> fmt::Debug for Chan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chan")
            .field("capacity", &self.capacity())
            .field("len", &self.len())
            .field("receivers", &self.subscribers())
            .field("closed", &self.tail().has(Tail::CLOSED))
            .finish()
    }
}
