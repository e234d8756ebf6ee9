//! A place for one value, and the word that says who may touch it.

use core::ptr;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use super::word::Version;
use crate::sync::{AtomicU64, AtomicUsize, UnsafeCell, thread_tag};

/// Nobody may borrow: the node is empty, or one thread has the value to itself.
const LOCKED: u64 = 1;
/// The value has been replaced: who leaves last takes it out.
const RETIRED: u64 = 2;
/// Somebody waits until it is free.
const WANTED: u64 = 4;
/// One borrower. 61 bits of them: no program lives long enough to forget so many.
const ONE: u64 = 8;

const FLAGS: u64 = ONE - 1;

/// Who must be out of a node before it serves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// For a borrower: nobody has it to itself.
    Readable,
    /// For one who wants it to itself: nobody borrows it either.
    Unused,
}

impl Until {
    fn holds(self, word: u64) -> bool {
        match self {
            Self::Readable => word & LOCKED == 0,
            Self::Unused => word & LOCKED == 0 && word < ONE,
        }
    }
}

/// What a borrower that leaves has left to do.
pub(super) struct Left {
    /// The value was replaced, and nobody seems to be left: take it out.
    pub(super) last: bool,
    /// Somebody waits for the node.
    pub(super) wanted: bool,
}

/// What became of a node whose value was replaced.
pub(super) struct Parted {
    /// Nobody borrows it: it is locked, and the caller's.
    pub(super) taken: bool,
    /// Somebody waits for it, who should look at the new one.
    pub(super) wanted: bool,
}

pub(super) struct Node<T> {
    word: AtomicU64,
    /// The thread that has the value to itself for a closure; 0 when there is none or it cannot be told.
    owner: AtomicUsize,
    content: UnsafeCell<Content<T>>,
    /// Touched under the lock of the list only.
    pub(super) links: UnsafeCell<Links<T>>,
}

pub(super) struct Content<T> {
    pub(super) version: Version,
    /// `None` in spare nodes, and nowhere else.
    pub(super) value: Option<T>,
}

pub(super) struct Links<T> {
    /// The next of all nodes.
    pub(super) next: *mut Node<T>,
    /// The next of the spare ones.
    pub(super) next_spare: *mut Node<T>,
}

impl<T> Node<T> {
    /// An empty one.
    pub(super) fn new() -> Self {
        Self {
            word: AtomicU64::new(LOCKED),
            owner: AtomicUsize::new(0),
            content: UnsafeCell::new(Content {
                version: Version::START,
                value: None,
            }),
            links: UnsafeCell::new(Links {
                next: ptr::null_mut(),
                next_spare: ptr::null_mut(),
            }),
        }
    }

    /// # Safety
    ///
    /// The node is borrowed, or locked by the caller, for the life of the reference (V2).
    #[inline(always)]
    pub(super) unsafe fn content(&self) -> &Content<T> {
        // SAFETY: the contract is the caller's.
        self.content.with(|content| unsafe { &*content })
    }

    /// # Safety
    ///
    /// The node is locked by the caller, for the life of the reference (V2).
    #[allow(clippy::mut_from_ref, reason = "as a lock")]
    #[inline(always)]
    pub(super) unsafe fn content_mut(&self) -> &mut Content<T> {
        // SAFETY: the contract is the caller's.
        self.content.with_mut(|content| unsafe { &mut *content })
    }

    /// Counts a borrower, and says whether it may read. In either case it must [`leave`](Self::leave).
    #[inline(always)]
    pub(super) fn enter(&self) -> bool {
        // ORDERING: Acquire, pairs with the Release in `unlock`: the value is seen, and so is every change of `current`
        // before it; and with the Release in `part`: who finds the node retired sees the next one.
        self.word.fetch_add(ONE, Acquire) & (LOCKED | RETIRED) == 0
    }

    #[inline(always)]
    pub(super) fn leave(&self) -> Left {
        // ORDERING: Release, pairs with the Acquire of whoever has the value to itself next (`part`, `lock`, `reclaim`):
        // we have read before that.
        let was = self.word.fetch_sub(ONE, Release);
        let last = was & !FLAGS == ONE && was & LOCKED == 0;
        Left {
            last: last && was & RETIRED != 0,
            wanted: last && was & WANTED != 0,
        }
    }

    /// Whether somebody has the value to itself, or there is none.
    pub(super) fn is_locked(&self) -> bool {
        // ORDERING: Relaxed: a hint.
        self.word.load(Relaxed) & LOCKED != 0
    }

    /// Takes the node to oneself if nobody borrows it. Says whether it did.
    pub(super) fn lock(&self) -> bool {
        // ORDERING: Relaxed: the exchange confirms it.
        let mut word = self.word.load(Relaxed);
        while Until::Unused.holds(word) && word & RETIRED == 0 {
            // ORDERING: Acquire, pairs with the Release in `leave`: borrowers have read before we write; and in `unlock`:
            // what the last one wrote is seen.
            match self
                .word
                .compare_exchange(word, word | LOCKED, Acquire, Relaxed)
            {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// Lets borrowers in. Says whether somebody waits for that.
    #[inline(always)]
    pub(super) fn unlock(&self) -> bool {
        // ORDERING: Release, pairs with the Acquire in `enter` and `lock`: the value is complete.
        self.word.fetch_and(!(LOCKED | WANTED), Release) & WANTED != 0
    }

    /// The value has been replaced (V3). If it is in use, `retires` says whether the last one to leave takes it out; else
    /// the caller waits for it.
    #[inline(always)]
    pub(super) fn part(&self, retires: bool) -> Parted {
        let retired = if retires { RETIRED } else { 0 };
        // ORDERING: Relaxed: the exchange confirms it.
        let mut word = self.word.load(Relaxed);
        loop {
            let taken = Until::Unused.holds(word);
            let flags = if taken { LOCKED } else { retired };
            // ORDERING: Release, pairs with the Acquire in `enter` and `want`: who finds the node replaced sees the next one.
            // Acquire, pairs with the Release in `leave`: borrowers have read before the value is taken out.
            match self
                .word
                .compare_exchange_weak(word, word & !WANTED | flags, AcqRel, Relaxed)
            {
                Ok(_) => {
                    return Parted {
                        taken,
                        wanted: word & WANTED != 0,
                    };
                }
                Err(now) => word = now,
            }
        }
    }

    /// Takes a retired node to oneself if nobody borrows it any more. Says whether it did.
    pub(super) fn reclaim(&self) -> bool {
        // ORDERING: Relaxed: the exchange confirms it.
        let mut word = self.word.load(Relaxed);
        while word & RETIRED != 0 && Until::Unused.holds(word) {
            // ORDERING: Acquire, pairs with the Release in `leave`: borrowers have read before the value is taken out.
            match self.word.compare_exchange(word, LOCKED, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// A node that we have locked is spare from now on.
    pub(super) fn empties(&self) {
        // ORDERING: Relaxed: we have it locked, and nobody reads it.
        self.word.fetch_and(!(RETIRED | WANTED), Relaxed);
    }

    /// Those who wait are about to be told.
    pub(super) fn hear(&self) {
        // ORDERING: Relaxed: who wants it later looks at this same word.
        self.word.fetch_and(!WANTED, Relaxed);
    }

    /// A node that we have locked: whether its value was replaced, to be taken out by us.
    pub(super) fn is_retired(&self) -> bool {
        // ORDERING: Relaxed: asked under the lock under which it is set.
        self.word.load(Relaxed) & RETIRED != 0
    }

    /// Somebody waits for it. Says whether it need not.
    pub(super) fn want(&self, until: Until) -> bool {
        // ORDERING: Acquire, pairs with the Release in `part`: if the node has been replaced already, the next one is seen.
        until.holds(self.word.fetch_or(WANTED, Acquire))
    }

    // ORDERING, for both: Relaxed: a thread asks for its own mark only.

    /// This thread runs a closure with the value.
    pub(super) fn mark_owner(&self) {
        self.owner.store(thread_tag(), Relaxed);
    }

    pub(super) fn unmark_owner(&self) {
        self.owner.store(0, Relaxed);
    }

    /// Whether it is this thread that runs a closure with the value, for certain.
    pub(super) fn is_ours(&self) -> bool {
        let me = thread_tag();
        me != 0 && self.owner.load(Relaxed) == me
    }
}
