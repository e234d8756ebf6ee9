//! Whether to look a few times more before waiting.
//!
//! When the other side runs on another processor, what is waited for comes sooner than a task can be put to sleep and
//! woken. When it runs on the same thread, it cannot come before this task lets go of that thread. So who was told by
//! another thread the last time looks on for a while the next time; who was told by its own thread never does. And
//! looking on in vain, as on a busy machine, doubles the number of waits until it is tried again.
//!
//! All of it is a heuristic in relaxed variables: races lose counts, no more.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

use crate::sync::thread_tag;

/// What the waiters of one queue have learnt.
pub(crate) struct Eager {
    /// The thread that told a waiter last.
    teller: AtomicUsize,
    /// So many more waits until looking on is tried; `NEVER` while waiters are told by their own thread.
    pause: AtomicU32,
    /// The pause after the last vain try, if none has paid since.
    last_pause: AtomicU32,
}

const NEVER: u32 = u32::MAX;
const LONGEST_PAUSE: u32 = 256;

// ORDERING, for all of this file: Relaxed, since nothing hangs on these variables but how soon a waiter registers.
impl Eager {
    pub(super) fn new() -> Self {
        Self {
            teller: AtomicUsize::new(0),
            pause: AtomicU32::new(NEVER),
            last_pause: AtomicU32::new(0),
        }
    }

    /// This thread tells a waiter.
    pub(super) fn tells(&self) {
        self.teller.store(thread_tag(), Relaxed);
    }

    /// A waiter runs on this thread, having been told.
    pub(super) fn told(&self) {
        if self.teller.load(Relaxed) != thread_tag() {
            self.told_by_another();
        } else if self.pause.load(Relaxed) != NEVER {
            self.pause.store(NEVER, Relaxed);
        }
    }

    /// Another thread has acted while this one waited.
    pub(super) fn told_by_another(&self) {
        if self.pause.load(Relaxed) == NEVER {
            self.pause.store(self.last_pause.load(Relaxed), Relaxed);
        }
    }

    /// Somebody would have to wait: whether it should look on before that.
    pub(super) fn looks_on(&self) -> bool {
        match self.pause.load(Relaxed) {
            0 => true,
            NEVER => false,
            pause => {
                self.pause.store(pause - 1, Relaxed);
                false
            }
        }
    }

    /// Looking on has spared a wait.
    pub(super) fn paid(&self) {
        if self.last_pause.load(Relaxed) != 0 {
            self.last_pause.store(0, Relaxed);
        }
    }

    /// Looking on was in vain.
    pub(super) fn in_vain(&self) {
        let pause = (self.last_pause.load(Relaxed) * 2 + 1).min(LONGEST_PAUSE);
        self.last_pause.store(pause, Relaxed);
        self.pause.store(pause, Relaxed);
    }
}
