//! What becomes of a message for which there is no room, when its send does not wait; and sends by force.
//!
//! Foreign code (the drop of a message, the callback for it) comes last: the channel has been put right and those who
//! wait have been told.

#[cfg(all(test, wakering_loom))]
mod loom;

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::sync::atomic::Ordering::Relaxed;

use super::Chan;
use crate::error::TrySendError;
use crate::index::NoRoom;
use crate::observe::{Observer, tell};
use crate::overflow::Overflow;
use crate::storage::{Storage, Unforced};
use crate::sync::AtomicU64;
use crate::unwind::past_panics;
use crate::wait::Queue;

/// Gets the messages that are dropped.
pub(crate) type OnDrop<T> = Box<dyn Fn(T) + Send + Sync>;

/// What makes a channel another one than the default.
pub(crate) struct Tuning<T> {
    overflow: Overflow,
    on_drop: Option<OnDrop<T>>,
    /// How many messages the policy has dropped.
    dropped: AtomicU64,
    observer: Option<Arc<dyn Observer>>,
}

impl<T> Tuning<T> {
    pub(crate) fn new(
        overflow: Overflow,
        on_drop: Option<OnDrop<T>>,
        observer: Option<Arc<dyn Observer>>,
    ) -> Self {
        Self {
            overflow,
            on_drop,
            dropped: AtomicU64::new(0),
            observer,
        }
    }

    pub(super) fn is_observed(&self) -> bool {
        self.observer.is_some()
    }

    fn may_drop(&self) -> bool {
        matches!(self.overflow, Overflow::DropNewest | Overflow::DropOldest)
    }

    #[cold]
    fn observe(&self, what: impl FnOnce(&dyn Observer)) {
        if let Some(observer) = &self.observer {
            tell(&**observer, what);
        }
    }

    /// The policy drops `message`.
    fn drops(&self, message: T) {
        // ORDERING: Relaxed: a number.
        self.dropped.fetch_add(1, Relaxed);
        self.observe(|observer| observer.dropped(1));
        match &self.on_drop {
            Some(on_drop) => on_drop(message),
            None => drop(message),
        }
    }
}

impl<T, S: Storage<T>, Q: Queue> Chan<T, S, Q> {
    /// Whether a send that finds no room waits for some.
    #[inline]
    pub(crate) fn waits_for_room(&self) -> bool {
        self.tuning
            .as_ref()
            .is_none_or(|tuning| tuning.overflow == Overflow::Wait)
    }

    pub(super) fn is_observed(&self) -> bool {
        self.tuning
            .as_ref()
            .is_some_and(|tuning| tuning.is_observed())
    }

    /// Tells the observer, if there is one.
    #[inline(always)]
    pub(super) fn observe(&self, what: impl FnOnce(&dyn Observer)) {
        if let Some(tuning) = &self.tuning {
            tuning.observe(what);
        }
    }

    /// `message` was not sent: if for want of room, does what the policy says. `Full` gives it back when that is to wait,
    /// or to reject.
    #[cold]
    pub(crate) fn overflow(&self, why: NoRoom, message: T) -> Result<(), (NoRoom, T)> {
        let (NoRoom::Full, Some(tuning)) = (why, &self.tuning) else {
            return Err((why, message));
        };
        match tuning.overflow {
            Overflow::Wait | Overflow::Reject => Err((NoRoom::Full, message)),
            Overflow::DropNewest => {
                self.drop_newest(tuning, message);
                Ok(())
            }
            Overflow::DropOldest => match self.push_forced(message, |old| tuning.drops(old)) {
                Ok(()) => Ok(()),
                // There is nothing to evict: permits hold all the room.
                Err((NoRoom::Full, message)) => {
                    self.drop_newest(tuning, message);
                    Ok(())
                }
                Err(refused) => Err(refused),
            },
        }
    }

    /// As `overflow`, for a call that never waits, not even for another thread to finish what it is in the middle of: where
    /// messages may be dropped, its own one is.
    #[cold]
    #[inline(never)]
    pub(super) fn not_sent(&self, why: NoRoom, message: T) -> Result<(), TrySendError<T>> {
        match (self.overflow(why, message), &self.tuning) {
            (Ok(()), _) => Ok(()),
            (Err((NoRoom::Closed, message)), _) => Err(TrySendError::Closed(message)),
            (Err((NoRoom::Busy, message)), Some(tuning)) if tuning.may_drop() => {
                self.drop_newest(tuning, message);
                Ok(())
            }
            (Err((NoRoom::Full | NoRoom::Busy, message)), _) => Err(TrySendError::Full(message)),
        }
    }

    /// It counts as sent, and as dropped.
    fn drop_newest(&self, tuning: &Tuning<T>, message: T) {
        let depth = self.len();
        tuning.observe(|observer| observer.sent(1, depth));
        tuning.drops(message);
    }

    /// Sends even when full, and hands out the message that had to go: the oldest, or the new one itself where none
    /// can be evicted. `Err` gives the message back from a closed channel.
    pub(crate) fn force_send(&self, message: T) -> Result<Option<T>, T> {
        let mut evicted = None;
        match self.push_forced(message, |old| evicted = Some(old)) {
            Ok(()) => {}
            Err((NoRoom::Closed, message)) => return Err(message),
            Err((_, message)) => return Ok(Some(message)),
        }
        if evicted.is_some() {
            self.observe(|observer| observer.received(1));
        }
        Ok(evicted)
    }

    /// Sends `message`, if need be at the expense of the oldest one, which `evicted` gets. It may get one though the send
    /// is refused: when the channel is closed in between.
    fn push_forced(&self, message: T, evicted: impl FnOnce(T)) -> Result<(), (NoRoom, T)> {
        match self.storage.push_forced(message) {
            Ok((before, oldest)) => {
                let mut oldest = oldest.map(|oldest| (evicted, oldest));
                let mut step = 0;
                past_panics(|| {
                    step += 1;
                    match step {
                        1 => self.sent(before, 1),
                        2 => {
                            if let Some((evicted, oldest)) = oldest.take() {
                                evicted(oldest);
                            }
                        }
                        _ => return false,
                    }
                    true
                });
                Ok(())
            }
            Err(Unforced {
                why,
                message,
                evicted: oldest,
            }) => {
                self.found_no_room(why);
                if let Some(oldest) = oldest {
                    evicted(oldest);
                }
                Err((why, message))
            }
        }
    }

    /// How many messages the policy has dropped.
    pub(crate) fn dropped(&self) -> u64 {
        // ORDERING: Relaxed: a number.
        self.tuning
            .as_ref()
            .map_or(0, |tuning| tuning.dropped.load(Relaxed))
    }
}
