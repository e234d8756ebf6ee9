//! The intrusive list of a wait queue. Nothing here is shared without the queue's lock.

use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::task::Waker;

use crate::sync::{AtomicU8, UnsafeCell};

/// What has become of a waiter since it was linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    /// In the list.
    Waiting = 0,
    /// Taken out and told, alone: the notification is its to use or to pass on (W4).
    Notified = 1,
    /// Taken out and told, with everybody else: nothing is owed. Also: taken out by itself.
    Called = 2,
    /// Taken out with all the credits that it asked for: they are its to use or to give back (W7).
    Granted = 3,
    /// The same, on loan: among the borrowers, until it takes them or they are revoked (W8).
    Lent = 4,
    /// The loan was revoked: out of the list, without credits, and nothing is owed.
    Revoked = 5,
}

/// What a waiter is like, for as long as it waits.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Manner {
    /// A blocked thread.
    pub(crate) thread: bool,
    /// Its credits, at most one at a time, are lent and not given.
    pub(crate) borrows: bool,
}

/// One waiter's place in a list. It lives inside the waiting future, pinned (W2).
pub(crate) struct Node {
    state: AtomicU8,
    /// Credits that the waiter has asked for and not got yet; 0 for one that only wants to be told. It is a part of the
    /// links by right, and stands here for its size.
    missing: UnsafeCell<u32>,
    /// How often a loan was revoked before the waiter came for it. It stands here for its size, too.
    late: UnsafeCell<u8>,
    manner: Manner,
    links: UnsafeCell<Links>,
}

struct Links {
    prev: *const Node,
    next: *const Node,
    waker: Option<Waker>,
    ticket: u64,
}

impl Node {
    pub(crate) fn new(manner: Manner) -> Self {
        Self {
            state: AtomicU8::new(State::Called as u8),
            missing: UnsafeCell::new(0),
            late: UnsafeCell::new(0),
            manner,
            links: UnsafeCell::new(Links {
                prev: ptr::null(),
                next: ptr::null(),
                waker: None,
                ticket: 0,
            }),
        }
    }

    /// For the waiter itself: what has become of it. Anything but `Waiting` and `Lent` means that nobody else touches the
    /// node.
    #[inline]
    pub(crate) fn state(&self) -> State {
        // ORDERING: Acquire, pairs with the Release in `List::pop_front`: the notifier is done with the node.
        match self.state.load(Acquire) {
            0 => State::Waiting,
            1 => State::Notified,
            2 => State::Called,
            3 => State::Granted,
            4 => State::Lent,
            _ => State::Revoked,
        }
    }

    /// Whether a blocked thread waits.
    pub(crate) fn is_thread(&self) -> bool {
        self.manner.thread
    }

    /// For the waiter itself, when it is out of the list: the credits that it has asked for in vain.
    pub(crate) fn missing(&self) -> u32 {
        debug_assert!(!matches!(self.state(), State::Waiting | State::Lent));
        // SAFETY: W1: nobody else touches the links of a node that is out of the list.
        unsafe { missing(self, |missing| *missing) }
    }
}

/// Those who wait, in the order of their tickets, and those who have been lent what they waited for.
pub(crate) struct List {
    waiting: Chain,
    borrowers: Chain,
    next_ticket: u64,
}

/// Nodes in a row.
struct Chain {
    front: *const Node,
    back: *const Node,
}

// SAFETY: the nodes it points to are touched under the lock that guards the list (W1), and their wakers are Send.
unsafe impl core::marker::Send for List {}

/// Reads or changes the links of a node.
///
/// # Safety
///
/// The node is alive (W2), and the caller holds the lock of the list it belongs to (W1).
unsafe fn links<R>(node: *const Node, f: impl FnOnce(&mut Links) -> R) -> R {
    // SAFETY: by the contract the node is alive and no other thread looks at its links.
    unsafe { (*node).links.with_mut(|links| f(&mut *links)) }
}

/// Reads or changes the number of credits that a node misses.
///
/// # Safety
///
/// As `links`.
unsafe fn missing<R>(node: *const Node, f: impl FnOnce(&mut u32) -> R) -> R {
    // SAFETY: as in `links`.
    unsafe { (*node).missing.with_mut(|missing| f(&mut *missing)) }
}

impl Chain {
    const fn new() -> Self {
        Self {
            front: ptr::null(),
            back: ptr::null(),
        }
    }

    /// Links `node` behind `before`, or in front of all.
    ///
    /// # Safety
    ///
    /// The node is alive, stays where it is until it has been unlinked (W2), and is in no chain; `before` is null or in
    /// this one. The caller holds the lock (W1).
    unsafe fn insert(&mut self, before: *const Node, node: *const Node) {
        // SAFETY: W1, W2, and the contract for `node`.
        unsafe {
            let after = if before.is_null() {
                core::mem::replace(&mut self.front, node)
            } else {
                links(before, |links| core::mem::replace(&mut links.next, node))
            };
            if after.is_null() {
                self.back = node;
            } else {
                links(after, |links| links.prev = node);
            }
            links(node, |links| {
                links.prev = before;
                links.next = after;
            });
        }
    }

    /// # Safety
    ///
    /// The node is in this chain, and the caller holds the lock (W1).
    unsafe fn unlink(&mut self, node: *const Node) {
        // SAFETY: W1, W2: the node and its neighbours are alive and under our lock.
        unsafe {
            let (prev, next) = links(node, |links| (links.prev, links.next));
            if prev.is_null() {
                self.front = next;
            } else {
                links(prev, |links| links.next = next);
            }
            if next.is_null() {
                self.back = prev;
            } else {
                links(next, |links| links.prev = prev);
            }
        }
    }
}

impl List {
    pub(crate) const fn new() -> Self {
        Self {
            waiting: Chain::new(),
            borrowers: Chain::new(),
            next_ticket: 0,
        }
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.front.is_null()
    }

    /// The ticket that the next newcomer gets.
    pub(crate) fn next_ticket(&self) -> u64 {
        self.next_ticket
    }

    /// Links a newcomer, which asks for `credits`, at the end.
    ///
    /// # Safety
    ///
    /// The node is not linked, and stays where it is until it has been taken out again (W2).
    pub(crate) unsafe fn push_back(&mut self, node: NonNull<Node>, waker: Waker, credits: u32) {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        // SAFETY: passed on.
        unsafe {
            links(node.as_ptr(), |links| links.ticket = ticket);
            node.as_ref().late.with_mut(|late| *late = 0);
            self.insert(self.waiting.back, node, waker, credits);
        }
    }

    /// Links a node that was here before at its old place (W6).
    ///
    /// # Safety
    ///
    /// As `push_back`, and the node has been in this list.
    pub(crate) unsafe fn reinsert(&mut self, node: NonNull<Node>, waker: Waker, credits: u32) {
        // SAFETY: the node is alive and ours; the nodes of the list are alive (W2) and under our lock (W1).
        unsafe {
            let ticket = links(node.as_ptr(), |links| links.ticket);
            let mut before = ptr::null();
            let mut after = self.waiting.front;
            while !after.is_null() {
                let (its_ticket, next) = links(after, |links| (links.ticket, links.next));
                if its_ticket > ticket {
                    break;
                }
                before = after;
                after = next;
            }
            self.insert(before, node, waker, credits);
        }
    }

    /// Lets `node` wait behind `before`, or in front of all.
    ///
    /// # Safety
    ///
    /// As `push_back`; `before` is null or waits.
    unsafe fn insert(
        &mut self,
        before: *const Node,
        node: NonNull<Node>,
        waker: Waker,
        credits: u32,
    ) {
        let node = node.as_ptr().cast_const();
        // SAFETY: W1, W2, and the contract for `node`.
        unsafe {
            self.waiting.insert(before, node);
            let old = links(node, |links| links.waker.replace(waker));
            debug_assert!(old.is_none(), "W1: an unlinked node has no waker");
            missing(node, |missing| *missing = credits);
            // ORDERING: Relaxed: the owner wrote it, and others look under the lock.
            (*node).state.store(State::Waiting as u8, Relaxed);
        }
    }

    /// The ticket of the first waiter.
    pub(crate) fn front_ticket(&self) -> Option<u64> {
        // SAFETY: W1, W2.
        self.front(|node| unsafe { links(node, |links| links.ticket) })
    }

    /// How many credits the first waiter still asks for.
    pub(crate) fn front_missing(&self) -> Option<u32> {
        // SAFETY: W1, W2.
        self.front(|node| unsafe { missing(node, |missing| *missing) })
    }

    /// Whether the first waiter is a blocked thread.
    pub(crate) fn front_is_thread(&self) -> bool {
        // SAFETY: W2. The field never changes while the node is linked.
        self.front(|node| unsafe { (*node).is_thread() })
            .unwrap_or(false)
    }

    /// Gives the first waiter `credits` of those that it asks for.
    pub(crate) fn credit_front(&mut self, credits: u32) {
        // SAFETY: W1, W2.
        self.front(|node| unsafe { missing(node, |missing| *missing -= credits) });
    }

    /// Takes the first waiter's waker, while the waiter stays in the list.
    pub(crate) fn take_front_waker(&mut self) -> Option<Waker> {
        // SAFETY: W1, W2.
        self.front(|node| unsafe { links(node, |links| links.waker.take()) })
            .flatten()
    }

    /// The first waiter.
    pub(crate) fn front_node(&self) -> Option<NonNull<Node>> {
        NonNull::new(self.waiting.front.cast_mut())
    }

    fn front<R>(&self, f: impl FnOnce(*const Node) -> R) -> Option<R> {
        let front = self.waiting.front;
        (!front.is_null()).then(|| f(front))
    }

    /// Takes the first waiter out and marks it as told. The caller owes a call of the waker, without the lock.
    pub(crate) fn pop_front(&mut self, told: State) -> Option<Waker> {
        let node = self.front_node()?;
        // SAFETY: W1, W2: linked nodes are alive.
        unsafe {
            let waker = self.unlink(node);
            // ORDERING: Release, pairs with the Acquire in `Node::state`. This is the last touch: the waiter may be
            // gone from here on (W2).
            node.as_ref().state.store(told as u8, Release);
            waker
        }
    }

    /// Takes the first waiter, which has all the credits that it asked for, out of those who wait. As `pop_front`.
    pub(crate) fn grant_front(&mut self) -> Option<Waker> {
        let node = self.front_node()?;
        // SAFETY: W2.
        if !unsafe { node.as_ref() }.manner.borrows {
            return self.pop_front(State::Granted);
        }
        // SAFETY: W1, W2: linked nodes are alive, and this one stays linked.
        unsafe {
            let waker = self.unlink(node);
            self.borrowers.insert(self.borrowers.back, node.as_ptr());
            // ORDERING: Relaxed: the waiter goes by way of `remove`, under the lock.
            node.as_ref().state.store(State::Lent as u8, Relaxed);
            waker
        }
    }

    /// Takes the credit back from the first borrower.
    pub(crate) fn revoke_front(&mut self) -> bool {
        let Some(node) = NonNull::new(self.borrowers.front.cast_mut()) else {
            return false;
        };
        // SAFETY: W1, W2: linked nodes are alive.
        unsafe {
            self.borrowers.unlink(node.as_ptr());
            missing(node.as_ptr(), |missing| *missing = 1);
            node.as_ref()
                .late
                .with_mut(|late| *late = (*late).saturating_add(1));
            // ORDERING: Release, as in `pop_front`: the last touch.
            node.as_ref().state.store(State::Revoked as u8, Release);
        }
        true
    }

    /// Who has had something on loan for longest; null for nobody. For comparing only.
    pub(crate) fn first_borrower(&self) -> *const Node {
        self.borrowers.front
    }

    /// How often a loan of the first borrower was revoked before this one.
    pub(crate) fn first_borrower_late(&self) -> Option<u8> {
        let node = NonNull::new(self.borrowers.front.cast_mut())?;
        // SAFETY: W1, W2: linked nodes are alive.
        Some(unsafe { node.as_ref().late.with(|late| *late) })
    }

    /// Takes `node` out unless somebody else has done so. Says what it was, and hands out its waker.
    ///
    /// # Safety
    ///
    /// The node is alive and has been linked into this list.
    pub(crate) unsafe fn remove(&mut self, node: NonNull<Node>) -> (State, Option<Waker>) {
        // SAFETY: the contract, and W1 once the state says that it is linked.
        unsafe {
            let state = node.as_ref().state();
            let waker = match state {
                State::Waiting => self.unlink(node),
                State::Lent => {
                    self.borrowers.unlink(node.as_ptr());
                    None
                }
                told => return (told, None),
            };
            // ORDERING: Relaxed: only the owner looks from here on, and it is the caller.
            (*node.as_ptr()).state.store(State::Called as u8, Relaxed);
            (state, waker)
        }
    }

    /// Gives the waiting `node` another waker and returns the old one; gives `waker` back where it is told already.
    ///
    /// # Safety
    ///
    /// As `remove`.
    pub(crate) unsafe fn replace_waker(
        &mut self,
        node: NonNull<Node>,
        waker: Waker,
    ) -> Result<Option<Waker>, Waker> {
        // SAFETY: as in `remove`.
        unsafe {
            match node.as_ref().state() {
                State::Waiting => Ok(links(node.as_ptr(), |links| links.waker.replace(waker))),
                _ => Err(waker),
            }
        }
    }

    /// Whether the waiting `node` would wake the same task as `waker`; `None` where it is told already.
    ///
    /// # Safety
    ///
    /// As `remove`.
    pub(crate) unsafe fn will_wake(&mut self, node: NonNull<Node>, waker: &Waker) -> Option<bool> {
        // SAFETY: as in `remove`.
        unsafe {
            match node.as_ref().state() {
                State::Waiting => Some(links(node.as_ptr(), |links| {
                    links.waker.as_ref().is_some_and(|own| own.will_wake(waker))
                })),
                _ => None,
            }
        }
    }

    /// # Safety
    ///
    /// The node waits.
    unsafe fn unlink(&mut self, node: NonNull<Node>) -> Option<Waker> {
        // SAFETY: the contract.
        unsafe {
            self.waiting.unlink(node.as_ptr());
            links(node.as_ptr(), |links| links.waker.take())
        }
    }
}
