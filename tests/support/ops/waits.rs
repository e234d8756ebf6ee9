//! The waiting half of the model: who waits for messages or the close since when, and who has to have been told. For
//! senders see [`line`](super::line).
//!
//! Checked after every operation:
//!
//! - wakes come in the order of registration, within each of the two lists; a waiter that was told, found nothing and
//!   waits on keeps its first place (but a close tells everybody, and whoever has to wait on after it, because permits
//!   are still out, comes anew in any order);
//! - nobody sleeps who has something to do (*obligations*): of those who wait for messages, as many have been told as
//!   there are messages (or all of them, if there are fewer waiters); the end of the channel is told to everybody.
//!
//! *Told* means: woken since the last poll. Who has been told and is not polled counts as told. That is the contract of
//! wakers, and one message can then be held up by one idle waiter; it cannot hold up two.

use std::collections::BTreeMap;

use super::watcher::WakerId;

/// A future of the program, or the waiter inside a `Receiver`.
pub type TaskId = u32;

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Receivers: a message, or the end.
    Messages,
    /// `closed()`.
    Close,
}

#[derive(Debug)]
struct Waiter {
    list: List,
    /// When it registered in this list first; `None` after a close.
    place: Option<u64>,
    told: bool,
    waker: WakerId,
}

impl Waiter {
    fn is_before(&self, place: Option<u64>) -> bool {
        self.place
            .zip(place)
            .is_some_and(|(own, other)| own < other)
    }
}

/// How many of a list must have been told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    All,
    AtLeast(usize),
}

#[derive(Debug, Default)]
pub struct Waits {
    waiters: BTreeMap<TaskId, Waiter>,
    next_place: u64,
}

impl Waits {
    /// `task` has been polled, and waits in `list`. `closed`: the channel is.
    pub fn enter(&mut self, task: TaskId, list: List, waker: WakerId, closed: bool) {
        let place = match self.waiters.get(&task) {
            _ if closed => None,
            Some(waiter) if waiter.list == list => waiter.place,
            _ => {
                self.next_place += 1;
                Some(self.next_place)
            }
        };
        let waiter = Waiter {
            list,
            place,
            told: false,
            waker,
        };
        self.waiters.insert(task, waiter);
    }

    /// `task` does not wait any more.
    pub fn leave(&mut self, task: TaskId) {
        self.waiters.remove(&task);
    }

    /// Whether `task` has been told since it was polled.
    pub fn is_told(&self, task: TaskId) -> bool {
        self.waiters.get(&task).is_some_and(|waiter| waiter.told)
    }

    /// Who waits in `list`.
    pub fn count(&self, list: List) -> usize {
        let waiters = self.waiters.values();
        waiters.filter(|waiter| waiter.list == list).count()
    }

    /// Takes note of the wakes of one operation, in order; returns how many waiters of `list` were told for each list.
    ///
    /// Wakers that belong to nobody who waits were woken in the operation that ended their wait.
    pub fn hear(&mut self, log: &[WakerId]) -> Result<(), String> {
        for &waker in log {
            let woken = self.waiters.values_mut().find(|w| w.waker == waker);
            let Some(woken) = woken else { continue };
            woken.told = true;
            let (list, place) = (woken.list, woken.place);
            let passed_over = |w: &&Waiter| w.list == list && w.is_before(place) && !w.told;
            if let Some(earlier) = self.waiters.values().find(passed_over) {
                return Err(format!(
                    "waker {waker} was woken before waker {}, which waits for {list:?} for longer",
                    earlier.waker
                ));
            }
        }
        Ok(())
    }

    /// Checks that as many of `list` have been told as is `due`.
    pub fn check(&self, list: List, due: Due) -> Result<(), String> {
        let waiters = self.waiters.values().filter(|w| w.list == list);
        let told = waiters.filter(|w| w.told).count();
        let waiting = self.count(list);
        let least = match due {
            Due::All => waiting,
            Due::AtLeast(n) => n.min(waiting),
        };
        if told >= least {
            return Ok(());
        }
        Err(format!(
            "of {waiting} that wait for {list:?} only {told} have been told, but {due:?} must"
        ))
    }
}
