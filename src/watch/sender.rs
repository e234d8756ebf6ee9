//! The sending handle.

use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

use super::chan::TxHandle;
use super::error::SendError;
use super::ops::{ClosedOp, Seen};
use super::{Receiver, Ref, channel};
use crate::wait::Wait;

/// Changes the value of a channel.
///
/// Senders are cloned to send from several places. When the last one is dropped, receivers are told of the end, and can still
/// borrow the last value.
///
/// Created by [`channel`].
pub struct Sender<T> {
    pub(super) handle: TxHandle<T>,
}

impl<T> Sender<T> {
    pub(super) fn of(handle: TxHandle<T>) -> Self {
        Self { handle }
    }

    /// A channel with the value `init` and no receiver. [`subscribe`](Self::subscribe) makes receivers.
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = wakering::watch::Sender::new(1);
    /// assert!(tx.is_closed());
    /// assert_eq!(*tx.subscribe().borrow(), 1);
    /// ```
    pub fn new(init: T) -> Self {
        channel(init).0
    }

    /// Replaces the value and tells all receivers.
    ///
    /// Never waits, whoever borrows the value before: that one stays where it is until the last [`Ref`] to it is dropped,
    /// and is dropped then. A closure that is changing the value in place just now ([`send_modify`](Self::send_modify))
    /// counts as if it had come before.
    ///
    /// **A channel keeps the latest value only.** Receivers see what is current when they look; values in between are lost.
    /// Do not use it as a queue.
    ///
    /// # Errors
    ///
    /// **The value is stored in any case**, and whoever subscribes later finds it. That is not so in tokio, where a send
    /// without receivers changes nothing and hands its argument back.
    ///
    /// [`SendError`] when there is no receiver. As in tokio it says that nobody was told, and has a `T` in it; since the new
    /// value is in the channel, that is the one *before*. When somebody borrows the one before just now (by
    /// [`Sender::borrow`]), it cannot be handed out, and the answer is `Ok`.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakering::watch::{self, error::SendError};
    ///
    /// let (tx, rx) = watch::channel(1);
    /// assert_eq!(tx.send(2), Ok(()));
    /// assert_eq!(*rx.borrow(), 2);
    ///
    /// drop(rx);
    /// assert_eq!(tx.send(3), Err(SendError(2))); // nobody was told
    /// assert_eq!(*tx.subscribe().borrow(), 3); // and it is there
    /// ```
    #[inline]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        match self.handle.send(value) {
            Some(old) if self.handle.receiver_count() == 0 => Err(SendError(old)),
            _ => Ok(()),
        }
    }

    /// Changes the value in place, and tells all receivers.
    ///
    /// Without receivers too.
    ///
    /// # Blocking
    ///
    /// The value must not be borrowed meanwhile. So this waits until nobody holds a [`Ref`] to it, and whoever borrows it
    /// waits for the closure. Those who borrow are always preferred: a thread can borrow twice while another one waits here,
    /// and a crowd that always borrows can hold this up without end. A blocked thread sleeps (without the feature `std` it
    /// spins).
    ///
    /// **Do not call this while the same thread holds a `Ref` of this channel**: it waits for ever. [`send`](Self::send)
    /// never waits.
    ///
    /// # Panics
    ///
    /// When `modify` panics: the value stays as it left it, receivers are not told, and the channel is as usable as before.
    ///
    /// When it is called by a closure that modifies the same channel; so does [`borrow`](Self::borrow) there. (Without the
    /// feature `std` they wait for ever.)
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = wakering::watch::channel(vec![1]);
    /// tx.send_modify(|numbers| numbers.push(2));
    /// assert_eq!(*rx.borrow(), [1, 2]);
    /// ```
    #[track_caller]
    pub fn send_modify<F>(&self, modify: F)
    where
        F: FnOnce(&mut T),
    {
        self.handle.modify(|value| {
            modify(value);
            true
        });
    }

    /// As [`send_modify`](Self::send_modify), where the closure says whether it has changed the value. If not, receivers are
    /// not told. Returns what the closure returns.
    ///
    /// # Panics
    ///
    /// As `send_modify`.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = wakering::watch::channel(5);
    /// let raise_to = |level| {
    ///     tx.send_if_modified(|value| {
    ///         let is_higher = level > *value;
    ///         if is_higher {
    ///             *value = level;
    ///         }
    ///         is_higher
    ///     })
    /// };
    /// assert!(!raise_to(4));
    /// assert_eq!(rx.has_changed(), Ok(false));
    /// assert!(raise_to(6));
    /// assert!(rx.borrow_and_update().has_changed());
    /// ```
    #[track_caller]
    pub fn send_if_modified<F>(&self, modify: F) -> bool
    where
        F: FnOnce(&mut T) -> bool,
    {
        self.handle.modify(modify)
    }

    /// Replaces the value, tells all receivers, and returns the value before.
    ///
    /// Without receivers too.
    ///
    /// # Blocking
    ///
    /// The new value is there at once. The one before may still be borrowed; then this waits, as
    /// [`send_modify`](Self::send_modify) does, until the last [`Ref`] to it is dropped. Nobody can borrow it any more, so
    /// that is a matter of those who hold it already. **Do not call this while the same thread holds a `Ref` to the current
    /// value**: it waits for ever.
    ///
    /// # Panics
    ///
    /// When it is called by a closure that modifies the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = wakering::watch::Sender::new("old");
    /// assert_eq!(tx.send_replace("new"), "old");
    /// assert_eq!(*tx.borrow(), "new");
    /// ```
    #[track_caller]
    pub fn send_replace(&self, value: T) -> T {
        self.handle.replace(value)
    }

    /// Borrows the current value.
    ///
    /// Does not wait, unless a closure changes the value in place just now ([`send_modify`](Self::send_modify)).
    ///
    /// # Panics
    ///
    /// When it is called by a closure that modifies the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = wakering::watch::Sender::new(1);
    /// let old = tx.borrow();
    /// let _ = tx.send(2);
    /// assert_eq!((*old, *tx.borrow()), (1, 2));
    /// ```
    #[track_caller]
    pub fn borrow(&self) -> Ref<'_, T> {
        Ref::new(self.handle.borrow(), false)
    }

    /// A clone of the current value. Waits and panics as [`borrow`](Self::borrow).
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        T::clone(&self.borrow())
    }

    /// Waits until there is no receiver.
    ///
    /// A channel may get receivers again ([`subscribe`](Self::subscribe)). This is done when it finds none at a time when it
    /// looks: at the first poll, or when it is polled after the last one has gone. If a new one came before that, it goes on
    /// waiting. And when it is done there may be a new one.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future has no effect.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = wakering::watch::channel(());
    /// drop(rx);
    /// tx.closed().await;
    /// # });
    /// ```
    pub fn closed(&self) -> impl Future<Output = ()> {
        Wait::new(ClosedOp::new(&self.handle))
    }

    /// Whether there is no receiver now.
    pub fn is_closed(&self) -> bool {
        self.receiver_count() == 0
    }

    /// A new receiver, which has seen the current value: it waits for the next one. Opens the channel again if it was closed.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let tx = wakering::watch::Sender::new(1);
    /// let mut rx = tx.subscribe();
    /// assert_eq!((*rx.borrow(), rx.has_changed()), (1, Ok(false)));
    /// tx.send(2).unwrap();
    /// rx.changed().await.unwrap();
    /// # });
    /// ```
    pub fn subscribe(&self) -> Receiver<T> {
        let seen = Seen::all_until(self.handle.state().version());
        Receiver::of(self.handle.opposite(), seen)
    }

    /// How many receivers there are.
    pub fn receiver_count(&self) -> usize {
        self.handle.receiver_count()
    }

    /// How many senders there are.
    pub fn sender_count(&self) -> usize {
        self.handle.sender_count()
    }

    /// Whether two senders belong to the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.handle.same_channel(&other.handle)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self::of(self.handle.clone())
    }
}

impl<T: Default> Default for Sender<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sender").field(&self.handle).finish()
    }
}

impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}
