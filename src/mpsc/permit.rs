//! Room kept for messages to come.

use core::fmt;
use core::iter::FusedIterator;
use core::mem;
use core::panic::{RefUnwindSafe, UnwindSafe};

use super::{Sender, TxHandle};

/// Room for one message. Dropping it gives the room back.
///
/// Created by [`Sender::reserve`] and [`Sender::try_reserve`].
pub struct Permit<'a, T> {
    handle: &'a TxHandle<T>,
}

impl<'a, T> Permit<'a, T> {
    pub(super) fn new(handle: &'a TxHandle<T>) -> Self {
        Self { handle }
    }

    /// Sends a message. This never waits.
    ///
    /// It works after [`Receiver::close`](super::Receiver::close) too: the receiver waits for permits that were out by
    /// then. When there is no receiver any more, the message is dropped at once.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakering::mpsc;
    ///
    /// let (tx, mut rx) = mpsc::channel(1);
    /// let permit = tx.try_reserve().unwrap();
    /// rx.close();
    /// permit.send("still");
    /// assert_eq!(rx.try_recv(), Ok("still"));
    /// assert_eq!(rx.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
    /// ```
    pub fn send(self, value: T) {
        let handle = self.handle;
        mem::forget(self);
        handle.send_reserved(value);
    }
}

impl<T> Drop for Permit<'_, T> {
    fn drop(&mut self) {
        self.handle.unreserve(1);
    }
}

/// Room for some messages, to be taken as single [`Permit`]s. Dropping it gives back what has not been taken.
///
/// Created by [`Sender::reserve_many`] and [`Sender::try_reserve_many`].
pub struct PermitIterator<'a, T> {
    handle: &'a TxHandle<T>,
    n: usize,
}

impl<'a, T> PermitIterator<'a, T> {
    pub(super) fn new(handle: &'a TxHandle<T>, n: usize) -> Self {
        Self { handle, n }
    }
}

impl<'a, T> Iterator for PermitIterator<'a, T> {
    type Item = Permit<'a, T>;

    fn next(&mut self) -> Option<Permit<'a, T>> {
        self.n = self.n.checked_sub(1)?;
        Some(Permit::new(self.handle))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.n, Some(self.n))
    }
}

impl<T> ExactSizeIterator for PermitIterator<'_, T> {}
impl<T> FusedIterator for PermitIterator<'_, T> {}

impl<T> Drop for PermitIterator<'_, T> {
    fn drop(&mut self) {
        self.handle.unreserve(self.n);
    }
}

/// Room for one message, with a sender of its own. Dropping it gives the room back and drops the sender.
///
/// Created by [`Sender::reserve_owned`] and [`Sender::try_reserve_owned`].
pub struct OwnedPermit<T> {
    /// `None` only while it is being used up.
    sender: Option<Sender<T>>,
}

impl<T> OwnedPermit<T> {
    pub(super) fn new(sender: Sender<T>) -> Self {
        Self {
            sender: Some(sender),
        }
    }

    fn take(mut self) -> Sender<T> {
        match self.sender.take() {
            Some(sender) => sender,
            None => unreachable!("only `take` takes it"),
        }
    }

    fn sender(&self) -> &Sender<T> {
        match &self.sender {
            Some(sender) => sender,
            None => unreachable!("only `take` takes it"),
        }
    }

    /// Sends a message as [`Permit::send`] does, and returns the sender.
    pub fn send(self, value: T) -> Sender<T> {
        let sender = self.take();
        sender.handle.send_reserved(value);
        sender
    }

    /// Gives the room back and returns the sender.
    pub fn release(self) -> Sender<T> {
        let sender = self.take();
        sender.handle.unreserve(1);
        sender
    }

    /// Whether two permits belong to the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.sender().same_channel(other.sender())
    }

    /// Whether the permit belongs to the channel of `sender`.
    pub fn same_channel_as_sender(&self, sender: &Sender<T>) -> bool {
        self.sender().same_channel(sender)
    }
}

impl<T> Drop for OwnedPermit<T> {
    fn drop(&mut self) {
        if let Some(sender) = &self.sender {
            sender.handle.unreserve(1);
        }
    }
}

impl<T> fmt::Debug for Permit<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Permit").field(self.handle).finish()
    }
}

impl<T> fmt::Debug for PermitIterator<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermitIterator")
            .field("channel", self.handle)
            .field("left", &self.n)
            .finish()
    }
}

impl<T> fmt::Debug for OwnedPermit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnedPermit").field(&self.sender).finish()
    }
}

impl<T> UnwindSafe for Permit<'_, T> {}
impl<T> RefUnwindSafe for Permit<'_, T> {}
impl<T> UnwindSafe for PermitIterator<'_, T> {}
impl<T> RefUnwindSafe for PermitIterator<'_, T> {}
impl<T> UnwindSafe for OwnedPermit<T> {}
impl<T> RefUnwindSafe for OwnedPermit<T> {}
