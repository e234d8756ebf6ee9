//! Senders that do not keep a channel open.

use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

use super::{Chan, Sender};
use crate::ring::Ring;
use crate::shared::{Tx, WeakHandle};

/// A [`Sender`] that does not keep the channel open. Created by [`Sender::downgrade`].
pub struct WeakSender<T> {
    handle: WeakHandle<Chan<T, Ring<T>>, Tx>,
}

impl<T> WeakSender<T> {
    pub(super) fn new(handle: WeakHandle<Chan<T, Ring<T>>, Tx>) -> Self {
        Self { handle }
    }

    /// A sender, unless the last one is gone.
    ///
    /// Also after the receiver has closed the channel, as long as there are senders; such a sender sends nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = wakering::mpsc::channel::<u8>(1);
    /// let weak = tx.downgrade();
    /// assert!(weak.upgrade().is_some());
    /// drop(tx);
    /// assert!(weak.upgrade().is_none());
    /// ```
    pub fn upgrade(&self) -> Option<Sender<T>> {
        self.handle.upgrade().map(Sender::new)
    }

    /// How many senders there are.
    pub fn strong_count(&self) -> usize {
        self.handle.strong_count()
    }

    /// How many weak senders there are, this one among them.
    pub fn weak_count(&self) -> usize {
        self.handle.weak_count()
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        Self::new(self.handle.clone())
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WeakSender")
            .field(self.handle.core())
            .finish()
    }
}

impl<T> UnwindSafe for WeakSender<T> {}
impl<T> RefUnwindSafe for WeakSender<T> {}
