//! The events of a channel that one can wait for, and how each is announced (W3).

use super::Chan;
use crate::index::NoRoom;
use crate::storage::Storage;
use crate::wait::{Gate, Grant, Queue, WaitQueue};

/// Receivers wait here for a message or the end.
pub(crate) struct NewsGate<'a, T, S, Q>(pub(super) &'a Chan<T, S, Q>);

impl<T, S: Storage<T>, Q: Queue> Gate<Q> for NewsGate<'_, T, S, Q> {
    fn queue(&self) -> &Q {
        &self.0.receivers
    }

    fn raise(&self) -> bool {
        if Q::LOCKS {
            self.0.storage.raise_rx();
        } else {
            self.0.storage.raise_rx_anew();
        }
        self.0.storage.has_news()
    }

    fn lower(&self) {
        if !self.0.is_observed() {
            self.0.storage.lower_rx();
        }
    }

    fn beckons(&self) -> bool {
        self.0.storage.has_news()
    }

    fn waits(&self) {
        self.0.observe(|observer| observer.receiver_waits());
    }

    fn catches_up(&self) {
        self.0.storage.acquire_tail();
    }
}

/// Senders wait here for room or the close.
pub(crate) struct RoomGate<'a, T, S, Q>(pub(super) &'a Chan<T, S, Q>);

impl<T, S: Storage<T>, Q: Queue> Gate for RoomGate<'_, T, S, Q> {
    fn queue(&self) -> &WaitQueue {
        self.0.storage.line().unwrap_or(&self.0.senders)
    }

    fn raise(&self) -> bool {
        Storage::raise_tx(&self.0.storage)
    }

    fn lower(&self) {
        if !self.0.is_observed() {
            self.0.storage.lower_tx();
        }
    }

    fn beckons(&self) -> bool {
        self.0.storage.has_room() || !self.0.waits_for_room()
    }

    fn waits(&self) {
        self.0.observe(|observer| observer.sender_waits());
    }

    fn leaves(&self) {
        self.0.storage.leaves();
    }

    fn tells(&self) {
        if self.0.throttle.is_on() {
            self.0.storage.raise_told();
        }
    }

    fn heard(&self) -> bool {
        self.0.throttle.is_on() && self.0.storage.lower_told() && self.0.storage.has_room()
    }

    fn grant(&self, most: u32) -> Grant {
        match self.0.storage.reserve(1, most as usize) {
            Ok(credits) => Grant::Some(credits as u32),
            Err(NoRoom::Full | NoRoom::Closed) => Grant::Nothing,
            Err(NoRoom::Busy) => Grant::Busy,
        }
    }
}

/// Anybody waits here for the close. No flag: a close always takes the lock of this queue after it set its bit, so a
/// waiter that links itself earlier is found, and one that links itself later sees the bit.
pub(crate) struct ClosedGate<'a, T, S, Q>(pub(super) &'a Chan<T, S, Q>);

impl<T, S: Storage<T>, Q: Queue> Gate for ClosedGate<'_, T, S, Q> {
    fn queue(&self) -> &WaitQueue {
        &self.0.closed
    }

    fn raise(&self) -> bool {
        self.0.is_closed()
    }

    fn lower(&self) {}
}
