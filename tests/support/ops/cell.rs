//! Where the one receiver of an `mpsc` channel waits, for the model: `src/wait/cell.rs`.
//!
//! Only the latest waker is kept, whichever method or future has left it. It is woken by the first message or end that
//! comes after it, once, and never when nothing has come. This is foretold exactly, too.

use std::collections::BTreeSet;

use super::waits::TaskId;
use super::watcher::WakerId;

#[derive(Debug, Default)]
pub struct Cell {
    waker: Option<WakerId>,
    /// Those who have waited and are not done: their drop takes out the waker, whoever's it is.
    waiting: BTreeSet<TaskId>,
    /// Who registered last, if that has been told and has not looked since.
    told: Option<TaskId>,
    /// Who registered last.
    latest: Option<TaskId>,
    /// Each waker that was ever left here.
    known: BTreeSet<WakerId>,
    /// The wakes of the operation that is being done, in order.
    woken: Vec<WakerId>,
}

impl Cell {
    /// `task` has been polled and waits.
    pub fn register(&mut self, task: TaskId, waker: WakerId) {
        self.waker = Some(waker);
        self.waiting.insert(task);
        self.told = None;
        self.latest = Some(task);
        self.known.insert(waker);
    }

    /// `task` has been polled and does not wait any more.
    pub fn is_done(&mut self, task: TaskId) {
        self.waiting.remove(&task);
        if self.told == Some(task) {
            self.told = None;
        }
    }

    /// `task` goes, done or not.
    pub fn leave(&mut self, task: TaskId) {
        if self.waiting.contains(&task) {
            self.waker = None;
            self.is_done(task);
        }
    }

    /// A message has come, or the end.
    pub fn tell(&mut self) {
        if let Some(waker) = self.waker.take() {
            self.woken.push(waker);
            self.told = self.latest;
        }
    }

    pub fn is_told(&self, task: TaskId) -> bool {
        self.told == Some(task)
    }

    pub fn waker(&self) -> Option<WakerId> {
        self.waker
    }

    /// Compares the wakes of one operation with what they should be. `something`: there is a message or the end.
    pub fn hear(&mut self, log: &[WakerId], something: bool) -> Result<(), String> {
        let want = std::mem::take(&mut self.woken);
        let mut got = log.to_vec();
        got.retain(|waker| self.known.contains(waker));
        if got != want {
            return Err(format!(
                "of the receiver's wakers {got:?} were woken, instead of {want:?}"
            ));
        }
        match self.waker {
            // About the model itself.
            Some(waker) if something => Err(format!("the receiver sleeps ({waker}), with work")),
            _ => Ok(()),
        }
    }
}
