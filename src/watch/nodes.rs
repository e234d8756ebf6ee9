//! All nodes of a channel, and which of them are spare. Guarded by the lock of writers.

use alloc::boxed::Box;
use core::ptr::{self, NonNull};

use super::node::Node;
use crate::unwind::past_panics;

pub(super) struct Nodes<T> {
    all: *mut Node<T>,
    spare: *mut Node<T>,
}

// SAFETY: it is a list of nodes, which belong to the channel; the values go where the channel goes.
unsafe impl<T: Send> Send for Nodes<T> {}

impl<T> Nodes<T> {
    pub(super) fn new() -> Self {
        Self {
            all: ptr::null_mut(),
            spare: ptr::null_mut(),
        }
    }

    /// Makes a node one of the channel's, for as long as it lives (V1).
    pub(super) fn adopt(&mut self, node: Box<Node<T>>) -> NonNull<Node<T>> {
        let node = Box::into_raw(node);
        // SAFETY: it has just been a box; its links are ours.
        unsafe { (*node).links.with_mut(|links| (*links).next = self.all) };
        self.all = node;
        // SAFETY: as above.
        unsafe { NonNull::new_unchecked(node) }
    }

    /// An empty node, locked.
    pub(super) fn take_spare(&mut self) -> Option<NonNull<Node<T>>> {
        let node = NonNull::new(self.spare)?;
        // SAFETY: V1: all nodes live.
        self.spare = unsafe { node.as_ref() }
            .links
            // SAFETY: the links are touched under our lock only.
            .with(|links| unsafe { (*links).next_spare });
        Some(node)
    }

    /// Takes the value out of a node that we have locked, and makes it a spare one.
    pub(super) fn take_out(&mut self, node: NonNull<Node<T>>) -> Option<T> {
        // SAFETY: V1: all nodes live.
        let place = unsafe { node.as_ref() };
        // SAFETY: V2: we have it locked.
        let value = unsafe { place.content_mut() }.value.take();
        place.empties();
        place
            .links
            // SAFETY: the links are touched under our lock only.
            .with_mut(|links| unsafe { (*links).next_spare = self.spare });
        self.spare = node.as_ptr();
        value
    }
}

impl<T> Drop for Nodes<T> {
    /// The channel goes: nobody borrows anything. Values whose `Ref` was forgotten are dropped here too.
    fn drop(&mut self) {
        past_panics(|| {
            let Some(node) = NonNull::new(self.all) else {
                return false;
            };
            // SAFETY: V1: it was a box, and nobody else knows of it any more.
            let node = unsafe { Box::from_raw(node.as_ptr()) };
            // SAFETY: the links are touched under our lock only.
            self.all = node.links.with(|links| unsafe { (*links).next });
            drop(node);
            true
        });
    }
}
