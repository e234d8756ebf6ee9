//! When each slot is due, and which is due first.
//!
//! Each slot has at most one *armed* entry in the heap, which is not later than the time at which the slot is due. It is
//! looked at when it comes to the top, and not before: a slot that is put off, or is not due any more, costs nothing until
//! then. So a message that is acknowledged in time touches the heap about once per visibility timeout and slot, not once
//! per delivery. An entry that is not armed any more (a slot was to be due earlier) is left where it is, and they are
//! cleared away when the heap is full.
//!
//! All operations are O(log n), amortised: each step of [`Timers::next`] is paid for by the `set` that made the entry stale.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

/// When a slot is due; in one instant, in the order of the second part.
pub(super) type Key = (Instant, u64);

pub(super) struct Timers {
    slots: Vec<Timer>,
    heap: BinaryHeap<Reverse<(Key, usize)>>,
    /// So many entries are room for; twice what can be armed, so that clearing away the others pays.
    limit: usize,
}

#[derive(Clone, Copy, Default)]
struct Timer {
    /// When the slot is due; `None`: never.
    due: Option<Key>,
    /// The entry that counts, not later than `due`.
    armed: Option<Key>,
}

impl Timers {
    /// For `capacity` slots. Nothing is allocated later (see `add_slot`).
    pub(super) fn new(capacity: usize) -> Self {
        let limit = 2 * capacity + 2;
        Self {
            slots: Vec::with_capacity(capacity),
            heap: BinaryHeap::with_capacity(limit),
            limit,
        }
    }

    /// One more slot, within the capacity.
    pub(super) fn add_slot(&mut self) {
        self.slots.push(Timer::default());
    }

    /// When `slot` is due.
    #[inline]
    pub(super) fn due(&self, slot: usize) -> Option<Key> {
        self.slots[slot].due
    }

    #[inline]
    pub(super) fn clear(&mut self, slot: usize) {
        self.slots[slot].due = None;
    }

    /// `slot` is due at `key`. Says whether that is earlier than anything in the heap: whoever sleeps until the next slot is
    /// due does not know of it.
    #[inline]
    pub(super) fn set(&mut self, slot: usize, key: Key) -> bool {
        let timer = &mut self.slots[slot];
        timer.due = Some(key);
        if timer.armed.is_some_and(|armed| armed <= key) {
            return false;
        }
        let first = self.heap.peek().is_none_or(|Reverse(top)| key < top.0);
        self.arm(slot, key);
        first
    }

    fn arm(&mut self, slot: usize, key: Key) {
        if self.heap.len() == self.limit {
            let slots = &self.slots;
            self.heap
                .retain(|Reverse((key, slot))| slots[*slot].armed == Some(*key));
        }
        self.slots[slot].armed = Some(key);
        self.heap.push(Reverse((key, slot)));
    }

    /// Whether something may be due at `now`.
    #[inline]
    pub(super) fn may_be_due(&self, now: Instant) -> bool {
        self.not_before().is_some_and(|at| at <= now)
    }

    /// Nothing is due before that; `None`: nothing is due ever. As `next`, at a glance.
    #[inline]
    pub(super) fn not_before(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((key, _))| key.0)
    }

    /// The slot that is due first, and when.
    pub(super) fn next(&mut self) -> Option<(Key, usize)> {
        self.next_until(None)
    }

    /// As `next`, if that is not after `now`. The slot is not due any more then.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<(Key, usize)> {
        let (key, slot) = self.next_until(Some(now))?;
        self.heap.pop();
        self.slots[slot] = Timer::default();
        Some((key, slot))
    }

    fn next_until(&mut self, end: Option<Instant>) -> Option<(Key, usize)> {
        loop {
            let &Reverse((key, slot)) = self.heap.peek()?;
            if end.is_some_and(|end| key.0 > end) {
                return None;
            }
            let timer = self.slots[slot];
            if timer.armed == Some(key) && timer.due == Some(key) {
                return Some((key, slot));
            }
            self.heap.pop();
            if timer.armed == Some(key) {
                self.slots[slot].armed = None;
                if let Some(due) = timer.due {
                    self.arm(slot, due);
                }
            }
        }
    }
}

#[cfg(all(test, not(any(wakering_loom, wakering_shuttle))))]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(start: Instant, n: u64) -> Instant {
        start + Duration::from_secs(n)
    }

    #[test]
    fn the_order_is_that_of_the_true_times() {
        let start = Instant::now();
        let mut timers = Timers::new(3);
        (0..3).for_each(|_| timers.add_slot());
        assert!(timers.set(0, (at(start, 5), 0)));
        assert!(!timers.set(1, (at(start, 10), 1)));
        assert!(!timers.set(0, (at(start, 20), 2))); // put off
        assert!(timers.set(2, (at(start, 4), 3)));
        timers.clear(2);
        assert!(!timers.set(2, (at(start, 20), 1)));
        let due: Vec<_> = std::iter::from_fn(|| timers.pop_due(at(start, 30))).collect();
        assert_eq!(
            due,
            [
                ((at(start, 10), 1), 1),
                ((at(start, 20), 1), 2),
                ((at(start, 20), 2), 0)
            ]
        );
        assert!(timers.heap.is_empty());
    }

    #[test]
    fn the_heap_never_grows() {
        let start = Instant::now();
        let mut timers = Timers::new(4);
        (0..4).for_each(|_| timers.add_slot());
        let room = timers.heap.capacity();
        for n in 0..10_000 {
            // Ever earlier: each leaves an entry behind.
            timers.set(n as usize % 4, (at(start, 20_000 - n), n));
            assert!(timers.heap.len() <= timers.limit);
        }
        assert_eq!(timers.heap.capacity(), room);
        let due: Vec<_> = std::iter::from_fn(|| timers.pop_due(at(start, 20_000))).collect();
        assert_eq!(due.len(), 4);
        assert!(due.is_sorted());
    }
}
