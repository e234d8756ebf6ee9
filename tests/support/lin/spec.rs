//! The channel as a sequential object: a FIFO queue with a capacity, permits and a closed flag.

use super::history::{Action, Value};
use std::collections::VecDeque;

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub queue: VecDeque<Value>,
    pub reserved: usize,
    pub closed: bool,
}

/// What a call may plead when its answer is not the one of the plain queue. The default pleads nothing: the strict rule.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Excuse {
    /// So many places may be kept for sends and reservations that run at the same time.
    pub granted: usize,
    /// The oldest message belongs to a send that runs at the same time, so it may be claimed and not yet published.
    pub front_unpublished: bool,
    /// A place that is wanted belongs to a message whose receive runs at the same time, and may not be free yet.
    pub room_unvacated: bool,
    /// So many messages were put in by sends that run at the same time, and may not be counted yet.
    pub being_counted: usize,
}

impl State {
    /// Permits count against the capacity as messages do.
    fn used(&self) -> usize {
        self.queue.len() + self.reserved
    }

    /// The state after `action`, or `None` if a queue in this state cannot have given that answer.
    pub(crate) fn step(&self, capacity: usize, action: Action, excuse: Excuse) -> Option<State> {
        let mut next = self.clone();
        let drained = self.queue.is_empty() && self.closed && self.reserved == 0;
        // How much may have been in use, as seen by others.
        let most = self.used() + excuse.granted;
        let allowed = match action {
            Action::Push(v) => {
                next.queue.push_back(v);
                !self.closed && self.used() < capacity
            }
            Action::PermitSend(v) => {
                // A permit is room that was promised before, whether or not the channel was closed since.
                next.queue.push_back(v);
                next.reserved = self.reserved.checked_sub(1)?;
                true
            }
            Action::Full(n) => {
                n > capacity || !self.closed && (most + n > capacity || excuse.room_unvacated)
            }
            Action::SendClosed => self.closed,
            Action::Pop(v) => next.queue.pop_front() == Some(v),
            Action::PopAny => next.queue.pop_front().is_some(),
            Action::Empty => {
                (!drained || excuse.granted > 0)
                    && (self.queue.is_empty() || excuse.front_unpublished)
            }
            Action::NoMore => self.queue.is_empty() || excuse.front_unpublished,
            Action::RecvClosed => drained,
            Action::Evict(v) => {
                next.queue.pop_front() == Some(v) && !self.closed && most >= capacity
            }
            Action::SeenFull => !self.closed && most >= capacity,
            // The channel may have been closed since it was seen full.
            Action::EvictAny => next.queue.pop_front().is_some(),
            Action::NothingToEvict => {
                let no_front = self.queue.is_empty() || excuse.front_unpublished;
                !self.closed && (most >= capacity && no_front || excuse.room_unvacated)
            }
            Action::Reserve(n) => {
                next.reserved += n;
                !self.closed && self.used() + n <= capacity
            }
            Action::PermitDrop(n) => {
                next.reserved = self.reserved.checked_sub(n)?;
                true
            }
            Action::Close(first) => {
                next.closed = true;
                first != self.closed
            }
            Action::Len(n) => (self.queue.len().saturating_sub(excuse.being_counted)
                ..=self.queue.len())
                .contains(&n),
            Action::IsFull(true) => most >= capacity,
            Action::IsFull(false) => self.used() < capacity + excuse.being_counted,
            Action::IsClosed(yes) => self.closed == yes,
        };
        allowed.then_some(next)
    }
}
