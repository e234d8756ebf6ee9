//! What to try before waiting: to look a few times more, or to let others run once.
//!
//! To sleep and to be woken is the dearest thing that a task does here, and often what it waits for is about to come.
//!
//! *Apart.* When the other side runs on another processor, what is waited for comes sooner than a task can be put to sleep
//! and woken. So who was told by another thread the last time looks on for a while the next time.
//!
//! *Together.* When the other side runs on the same thread, looking on is in vain: it cannot act before this task lets go of
//! the thread. But it is in line there, and will have acted when this task has its next turn. So a task yields: it asks to be
//! polled again and registers only then, if it has still to wait. Tasks of one thread that wait for each other in turn never
//! sleep in this way. A message costs two polls, as before, but nobody registers and nobody has to be told. Executors of
//! several threads answer a yield by waking another one up, which costs more than that saves: so it ends when somebody has been
//! told by another thread.
//!
//! What was tried in vain is tried again after twice as many waits as the last time. All of it is a heuristic in relaxed
//! variables: races lose counts, no more.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

use crate::sync::{FIRST_YIELD, thread_tag};

/// What the waiters of one queue have learnt.
pub(crate) struct Eager {
    /// The thread that told a waiter last.
    teller: AtomicUsize,
    /// How many more waits until something is tried, shifted by one; and `TOGETHER` or not.
    next: AtomicU32,
    /// The pause after the last vain look, if none has paid since.
    looks: AtomicU32,
    /// The pause after the last vain yield, if none has paid since.
    yields: AtomicU32,
}

/// What somebody who has to wait should do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Advice {
    LookOn,
    Yield,
    Wait,
}

/// The lowest bit of `next`.
const TOGETHER: u32 = 1;
/// Together, but not always: nothing is tried.
const NEITHER: u32 = u32::MAX;

const LONGEST_WITHOUT_LOOK: u32 = 256;
const LONGEST_WITHOUT_YIELD: u32 = 4096;

const fn together(pause: u32) -> u32 {
    pause << 1 | TOGETHER
}

const fn apart(pause: u32) -> u32 {
    pause << 1
}

// ORDERING, for all of this file: Relaxed, since nothing hangs on these variables but how soon a waiter registers.
impl Eager {
    pub(super) fn new() -> Self {
        Self {
            teller: AtomicUsize::new(0),
            next: AtomicU32::new(together(FIRST_YIELD)),
            looks: AtomicU32::new(0),
            yields: AtomicU32::new(0),
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
        } else if self.is_apart() {
            self.next.store(NEITHER, Relaxed);
        }
    }

    /// Another thread has acted while this one waited.
    pub(super) fn told_by_another(&self) {
        if !self.is_apart() {
            self.next.store(apart(self.looks.load(Relaxed)), Relaxed);
        }
    }

    fn is_apart(&self) -> bool {
        self.next.load(Relaxed) & TOGETHER == 0
    }

    /// Somebody would have to wait.
    #[inline]
    pub(super) fn advice(&self) -> Advice {
        match self.next.load(Relaxed) {
            0 => Advice::LookOn,
            TOGETHER => Advice::Yield,
            NEITHER => Advice::Wait,
            next => {
                self.next.store(next - 2, Relaxed);
                Advice::Wait
            }
        }
    }

    /// Looking on has spared a wait.
    pub(super) fn paid(&self) {
        if self.looks.load(Relaxed) != 0 {
            self.looks.store(0, Relaxed);
        }
    }

    /// Looking on was in vain.
    pub(super) fn in_vain(&self) {
        let pause = (self.looks.load(Relaxed) * 2 + 1).min(LONGEST_WITHOUT_LOOK);
        self.looks.store(pause, Relaxed);
        self.next.store(apart(pause), Relaxed);
    }

    /// A task yields: it will be told by itself, so to speak.
    pub(super) fn begins_yield(&self) {
        self.tells();
    }

    /// A task that has yielded has its next turn, and is done or has to wait.
    pub(super) fn ends_yield(&self, is_done: bool) {
        self.told();
        if is_done {
            if self.yields.load(Relaxed) != 0 {
                self.yields.store(0, Relaxed);
            }
        } else if self.next.load(Relaxed) == TOGETHER {
            let pause = (self.yields.load(Relaxed) * 2 + FIRST_YIELD).min(LONGEST_WITHOUT_YIELD);
            self.yields.store(pause, Relaxed);
            self.next.store(together(pause), Relaxed);
        }
    }

    /// Others are in line, who are told of what comes and should find it.
    pub(super) fn yields_later(&self) {
        self.next.store(together(FIRST_YIELD), Relaxed);
    }
}
