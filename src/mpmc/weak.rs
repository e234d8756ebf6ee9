//! Handles that do not keep a channel open.

use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

use super::{Receiver, Sender};
use crate::chan::Chan;
use crate::shared::{Rx, Tx, WeakHandle};

/// A [`Sender`] that does not keep the channel open. Created by [`Sender::downgrade`].
pub struct WeakSender<T> {
    handle: WeakHandle<Chan<T>, Tx>,
}

impl<T> WeakSender<T> {
    pub(super) fn new(handle: WeakHandle<Chan<T>, Tx>) -> Self {
        Self { handle }
    }

    /// A sender, unless the channel is closed or the last sender is gone.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = wakering::bounded::<u8>(1);
    /// let weak = tx.downgrade();
    /// assert!(weak.upgrade().is_some());
    /// drop(tx);
    /// assert!(weak.upgrade().is_none());
    /// ```
    pub fn upgrade(&self) -> Option<Sender<T>> {
        if self.handle.core().is_closed() {
            return None;
        }
        self.handle.upgrade().map(Sender::new)
    }
}

/// A [`Receiver`] that does not keep the channel open. Created by [`Receiver::downgrade`].
pub struct WeakReceiver<T> {
    handle: WeakHandle<Chan<T>, Rx>,
}

impl<T> WeakReceiver<T> {
    pub(super) fn new(handle: WeakHandle<Chan<T>, Rx>) -> Self {
        Self { handle }
    }

    /// A receiver, unless the channel is closed or the last receiver is gone.
    pub fn upgrade(&self) -> Option<Receiver<T>> {
        if self.handle.core().is_closed() {
            return None;
        }
        self.handle.upgrade().map(Receiver::new)
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        Self::new(self.handle.clone())
    }
}

impl<T> Clone for WeakReceiver<T> {
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

impl<T> fmt::Debug for WeakReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WeakReceiver")
            .field(self.handle.core())
            .finish()
    }
}

impl<T> UnwindSafe for WeakSender<T> {}
impl<T> RefUnwindSafe for WeakSender<T> {}
impl<T> UnwindSafe for WeakReceiver<T> {}
impl<T> RefUnwindSafe for WeakReceiver<T> {}
