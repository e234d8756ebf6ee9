//! The value and its versions: how it is read, replaced, and changed in place.

use alloc::boxed::Box;
use core::fmt;
use core::mem;
use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::node::Node;
use super::nodes::Nodes;
use super::turns;
use super::word::{State, Version, Word};
use crate::shared::{self, Core, Rx, Tx};
use crate::sync::AtomicPtr;
use crate::unwind::past_panics;
use crate::wait::{Gate, Lock, WaitQueue};

pub(super) type TxHandle<T> = shared::Handle<Chan<T>, Tx>;
pub(super) type RxHandle<T> = shared::Handle<Chan<T>, Rx>;

pub(super) struct Chan<T> {
    word: Word,
    /// The node of the current value.
    current: AtomicPtr<Node<T>>,
    /// The lock of writers: values, and the flags of nodes, change hands under it.
    nodes: Lock<Nodes<T>>,
    /// Receivers that wait for a change.
    pub(super) news: WaitQueue,
    /// Senders that wait until all receivers are gone.
    pub(super) closed: WaitQueue,
    /// Threads that wait for a node.
    pub(super) turns: WaitQueue,
}

// SAFETY: values are moved in and out on any thread.
unsafe impl<T: Send> Send for Chan<T> {}
// SAFETY: values are also borrowed by several threads at once.
unsafe impl<T: Send + Sync> Sync for Chan<T> {}

/// A value has been replaced.
struct Replaced<'a, T> {
    old: Old<'a, T>,
    before: State,
    wanted: bool,
}

/// What is to be had of a value that was replaced.
enum Old<'a, T> {
    Taken(Option<T>),
    /// It is still in use.
    Used(&'a Node<T>),
}

impl<T> Chan<T> {
    pub(super) fn new(init: T) -> Self {
        let mut nodes = Nodes::new();
        let node = nodes.adopt(Box::new(Node::new()));
        {
            // SAFETY: V1.
            let node = unsafe { node.as_ref() };
            // SAFETY: V2: a new node is locked, and nobody knows it yet.
            unsafe { node.content_mut() }.value = Some(init);
            node.unlock();
        }
        Self {
            word: Word::new(),
            current: AtomicPtr::new(node.as_ptr()),
            nodes: Lock::new(nodes),
            news: WaitQueue::new(),
            closed: WaitQueue::new(),
            turns: WaitQueue::new(),
        }
    }

    #[inline(always)]
    pub(super) fn state(&self) -> State {
        self.word.load()
    }

    pub(super) fn word(&self) -> &Word {
        &self.word
    }

    /// The node that is current, or was not long ago.
    #[inline(always)]
    pub(super) fn current(&self) -> &Node<T> {
        // ORDERING: Acquire, pairs with the Release in `put`: a node that was new then is there.
        let node = self.current.load(Acquire);
        // SAFETY: V1: a node that was ever current lives as long as the channel.
        unsafe { &*node }
    }

    /// Whether `node` is current. Asked by those who have changed its word, and have seen by that whatever made it so.
    #[inline(always)]
    pub(super) fn is_current(&self, node: &Node<T>) -> bool {
        // ORDERING: Relaxed: see above.
        ptr::eq(self.current.load(Relaxed), node)
    }

    // --- reading ---

    /// Borrows the current value; `None` while a closure changes it.
    #[inline(always)]
    pub(super) fn try_borrow(&self) -> Option<Loan<'_, T>> {
        loop {
            let loan = Loan {
                chan: self,
                node: self.current(),
            };
            let may_read = loan.node.enter();
            // Without the second look a node could be read that is about to become current, and is not yet (V3).
            if self.is_current(loan.node) {
                if may_read {
                    return Some(loan);
                }
                if loan.node.is_locked() {
                    return None;
                }
            }
        }
    }

    /// Borrows the current value, waiting for a closure that changes it.
    #[inline(always)]
    pub(super) fn borrow(&self) -> Loan<'_, T> {
        match self.try_borrow() {
            Some(loan) => loan,
            None => turns::borrow(self),
        }
    }

    #[cold]
    fn left(&self, node: &Node<T>, last: bool, wanted: bool) {
        if wanted {
            node.hear();
            turns::tell(self);
        }
        if last {
            let value = self
                .nodes
                .with(|nodes| node.reclaim().then(|| nodes.take_out(NonNull::from(node))));
            drop(value);
        }
    }

    // --- replacing ---

    /// Makes `value` the current one and tells receivers. Never waits. Returns the value before, unless it is in use.
    #[inline]
    pub(super) fn send(&self, value: T) -> Option<T> {
        let replaced = self.put(value, true);
        let old = match replaced.old {
            Old::Taken(old) => old,
            Old::Used(_) => None,
        };
        self.tell(replaced.before, replaced.wanted, old)
    }

    /// As `send`, and waits until nobody uses the value before.
    #[track_caller]
    pub(super) fn replace(&self, value: T) -> T {
        turns::not_in_a_closure(self.current(), "send_replace");
        let old = match self.replace_later(value) {
            Ok(kept) => {
                turns::unused(self, kept.node);
                kept.take_out()
            }
            Err(old) => old,
        };
        match old {
            Some(old) => old,
            None => unreachable!("a node that is not spare has a value"),
        }
    }

    /// Replaces the value, and keeps the one before where it is, if it is in use.
    pub(super) fn replace_later(&self, value: T) -> Result<Kept<'_, T>, Option<T>> {
        let Replaced {
            old,
            before,
            wanted,
        } = self.put(value, false);
        let old = match old {
            Old::Taken(old) => Err(old),
            Old::Used(node) => Ok(Kept { chan: self, node }),
        };
        self.tell(before, wanted, old)
    }

    #[inline]
    fn put(&self, value: T, retires: bool) -> Replaced<'_, T> {
        let mut value = Some(value);
        let mut new = None;
        loop {
            let replaced = self.nodes.with(|nodes| {
                let node = nodes
                    .take_spare()
                    .or_else(|| new.take().map(|new| nodes.adopt(new)))?;
                Some(self.put_into(nodes, node, value.take(), retires))
            });
            match replaced {
                Some(replaced) => return replaced,
                // Not under the lock: an allocator may be anybody's.
                None => new = Some(Box::new(Node::new())),
            }
        }
    }

    /// Under the lock.
    #[inline(always)]
    fn put_into(
        &self,
        nodes: &mut Nodes<T>,
        node: NonNull<Node<T>>,
        value: Option<T>,
        retires: bool,
    ) -> Replaced<'_, T> {
        // SAFETY: V1.
        let new: &Node<T> = unsafe { node.as_ref() };
        // SAFETY: V2: a spare node is locked, and the list's.
        let content = unsafe { new.content_mut() };
        content.value = value;
        content.version = self.word.latest().next();
        new.unlock();
        // ORDERING: Relaxed: it changes under this lock only.
        let old = self.current.load(Relaxed);
        // ORDERING: Release, pairs with the Acquire in `current`.
        self.current.store(node.as_ptr(), Release);
        let before = self.word.step();
        // SAFETY: V1.
        let old: &Node<T> = unsafe { &*old };
        let parted = old.part(retires);
        Replaced {
            old: if parted.taken {
                Old::Taken(nodes.take_out(NonNull::from(old)))
            } else {
                Old::Used(old)
            },
            before,
            wanted: parted.wanted,
        }
    }

    /// Tells those who wait for the change that was made, and returns `old`, which may be anything with a `Drop`.
    #[inline(always)]
    fn tell<R>(&self, before: State, wanted: bool, old: R) -> R {
        if before.receiver_waits() || wanted {
            self.tell_waiting(before.receiver_waits(), wanted, old)
        } else {
            old
        }
    }

    #[inline(never)]
    fn tell_waiting<R>(&self, receivers: bool, wanted: bool, old: R) -> R {
        if wanted {
            turns::tell(self);
        }
        let mut old = Spared(Some(old));
        if receivers {
            super::ops::tell(self);
        }
        match old.0.take() {
            Some(old) => old,
            None => unreachable!("it has just been put there"),
        }
    }

    // --- changing in place ---

    /// The current value, to oneself, if nobody uses it.
    pub(super) fn try_hold(&self) -> Option<Hold<'_, T>> {
        self.nodes.with(|_| {
            // Nobody else makes another one current meanwhile.
            let node = self.current();
            // Not made before it is locked: a hold that is dropped unlocks.
            node.lock().then(|| Hold { chan: self, node })
        })
    }

    /// Says whether the closure has changed the value, as the closure says.
    #[track_caller]
    pub(super) fn modify(&self, modify: impl FnOnce(&mut T) -> bool) -> bool {
        turns::not_in_a_closure(self.current(), "send_modify");
        turns::hold(self).change(modify)
    }

    /// Ends a hold. Returns what is to be told and dropped.
    fn unhold(&self, node: &Node<T>, modified: bool) -> (Option<State>, bool, Option<T>) {
        node.unmark_owner();
        self.nodes.with(|nodes| {
            if node.is_retired() {
                return (None, false, nodes.take_out(NonNull::from(node)));
            }
            let mut before = None;
            // If it was replaced meanwhile, the change came before that, and nobody has seen it.
            let counts = modified && self.is_current(node);
            if counts {
                // SAFETY: V2: we have it locked.
                unsafe { node.content_mut() }.version = self.word.latest().next();
            }
            let wanted = node.unlock();
            if counts {
                before = Some(self.word.step());
            }
            (before, wanted, None)
        })
    }
}

impl<T> Core for Chan<T> {
    fn senders_gone(&self) {
        self.word.close();
        super::ops::tell(self);
    }

    /// They may come back: whoever waits for this looks at their number.
    fn receivers_gone(&self) {
        super::ops::ClosedGate::of(self).notify_all();
    }
}

impl<T> fmt::Debug for Chan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chan")
            .field("state", &self.state())
            .finish()
    }
}

/// Is dropped past panics, when a waker panics.
struct Spared<R>(Option<R>);

impl<R> Drop for Spared<R> {
    fn drop(&mut self) {
        if self.0.is_some() {
            past_panics(|| {
                drop(self.0.take());
                false
            });
        }
    }
}

/// A node that is borrowed, or about to be.
pub(super) struct Loan<'a, T> {
    chan: &'a Chan<T>,
    node: &'a Node<T>,
}

impl<T> Loan<'_, T> {
    #[inline(always)]
    pub(super) fn version(&self) -> Version {
        // SAFETY: V2: borrowed.
        unsafe { self.node.content() }.version
    }

    #[inline(always)]
    pub(super) fn value(&self) -> &T {
        // SAFETY: V2: borrowed for as long as we are.
        match &unsafe { self.node.content() }.value {
            Some(value) => value,
            None => unreachable!("a node that is not locked has a value"),
        }
    }
}

impl<T> Drop for Loan<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        let left = self.node.leave();
        if left.last || left.wanted {
            self.chan.left(self.node, left.last, left.wanted);
        }
    }
}

/// The value to oneself, at its place.
pub(super) struct Hold<'a, T> {
    chan: &'a Chan<T>,
    node: &'a Node<T>,
}

impl<T> Hold<'_, T> {
    /// Lets `change` have the value, and tells receivers if it says that it has changed it.
    pub(super) fn change(self, change: impl FnOnce(&mut T) -> bool) -> bool {
        self.node.mark_owner();
        // SAFETY: V2: we have it locked.
        let modified = match &mut unsafe { self.node.content_mut() }.value {
            Some(value) => change(value),
            None => unreachable!("a node that was current has a value"),
        };
        self.end(modified);
        modified
    }

    fn end(self, modified: bool) {
        let (chan, node) = (self.chan, self.node);
        mem::forget(self);
        let (before, wanted, old) = chan.unhold(node, modified);
        if let Some(before) = before {
            drop(chan.tell(before, wanted, old));
        } else {
            if wanted {
                turns::tell(chan);
            }
            drop(old);
        }
    }
}

impl<T> Drop for Hold<'_, T> {
    /// A closure has panicked: the value stays as it left it, and receivers are not told.
    fn drop(&mut self) {
        let (_, wanted, old) = self.chan.unhold(self.node, false);
        if wanted {
            turns::tell(self.chan);
        }
        drop(old);
    }
}

/// The node of a value that was replaced and is wanted back.
pub(super) struct Kept<'a, T> {
    chan: &'a Chan<T>,
    pub(super) node: &'a Node<T>,
}

impl<T> Kept<'_, T> {
    /// The node has been locked.
    pub(super) fn take_out(self) -> Option<T> {
        let (chan, node) = (self.chan, self.node);
        mem::forget(self);
        chan.nodes.with(|nodes| nodes.take_out(NonNull::from(node)))
    }
}

impl<T> Drop for Kept<'_, T> {
    /// A waker has panicked: nobody wants the value back any more.
    fn drop(&mut self) {
        let old = self.chan.nodes.with(|nodes| {
            let parted = self.node.part(true);
            parted
                .taken
                .then(|| nodes.take_out(NonNull::from(self.node)))
        });
        drop(old);
    }
}
