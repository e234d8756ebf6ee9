//! A message in its node, and who may look at it (A5).

use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::time::Instant;

use super::Id;
use super::chan::Chan;
use crate::shared::Guest;
use crate::sync::{AtomicUsize, UnsafeCell};

/// A message, shared by its slot and by all deliveries of it. Used again once nobody looks at it any more.
///
/// It keeps the queue alive, so that deliveries need not: one count for both. So a queue and its slots keep each other
/// alive, until the last consumer goes and clears the slots (see `Ledger::purge`).
pub(super) struct Node<T> {
    pub(super) chan: Guest<Chan<T>>,
    /// How many deliveries may look at the message.
    viewers: AtomicUsize,
    content: UnsafeCell<Option<Content<T>>>,
}

pub(super) struct Content<T> {
    pub(super) id: Id,
    pub(super) enqueued_at: Instant,
    pub(super) message: T,
}

/// A delivery's share of a message.
pub(super) struct Share<T>(Arc<Node<T>>);

// SAFETY: A5: contents are borrowed by several threads, and moved in and out by one that has them to itself.
unsafe impl<T: Send + Sync> Send for Node<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Node<T> {}

impl<T> UnwindSafe for Node<T> {}
impl<T> RefUnwindSafe for Node<T> {}

impl<T> Node<T> {
    pub(super) fn empty(chan: Guest<Chan<T>>) -> Arc<Self> {
        Arc::new(Self {
            chan,
            viewers: AtomicUsize::new(0),
            content: UnsafeCell::new(None),
        })
    }

    /// For a delivery. Called under the lock.
    #[inline]
    pub(super) fn share(self: &Arc<Self>) -> Share<T> {
        // ORDERING: Relaxed: who counts does so under the same lock.
        self.viewers.fetch_add(1, Relaxed);
        Share(self.clone())
    }

    /// For who delivers it, has it delivered, or has it as a dead letter: not for one that acknowledges it.
    #[inline]
    pub(super) fn content(&self) -> &Content<T> {
        // SAFETY: A5: it is written and taken out only while nobody looks.
        match self.content.with(|content| unsafe { &*content }) {
            Some(content) => content,
            None => unreachable!("a message stays while it is shared (A5)"),
        }
    }

    /// Puts a message in.
    ///
    /// # Safety
    ///
    /// A5: the caller holds the lock, and the node is that of a free slot.
    #[inline]
    pub(super) unsafe fn fill(&self, content: Content<T>) {
        // SAFETY: by the contract nobody looks: a delivery that has acknowledged the message before does not any more, and
        // others had left the node to themselves.
        let before = self
            .content
            .with_mut(|place| unsafe { (*place).replace(content) });
        debug_assert!(before.is_none());
    }

    /// Takes the message out, if one delivery has it to itself.
    ///
    /// # Safety
    ///
    /// A5: the caller holds the lock, and is that delivery, or acts for it; it does not look any more.
    #[inline]
    pub(super) unsafe fn take(&self) -> Option<Content<T>> {
        // ORDERING: Acquire, pairs with the Release of `Share::drop`: what others have read is read.
        if self.viewers.load(Acquire) != 1 {
            return None;
        }
        // SAFETY: by the contract, and nobody else looks: viewers are added under the lock.
        self.content.with_mut(|place| unsafe { (*place).take() })
    }

    pub(super) fn into_message(self) -> Option<T> {
        // SAFETY: it is ours alone.
        let content = self.content.with_mut(|place| unsafe { (*place).take() });
        content.map(|content| content.message)
    }
}

impl<T> Deref for Share<T> {
    type Target = Node<T>;

    #[inline]
    fn deref(&self) -> &Node<T> {
        &self.0
    }
}

impl<T> Drop for Share<T> {
    #[inline]
    fn drop(&mut self) {
        // ORDERING: Release, pairs with the Acquire in `Node::take`.
        self.0.viewers.fetch_sub(1, Release);
    }
}
