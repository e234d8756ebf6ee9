//! The receiving handle.

use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::task::{Context, Poll};

use super::Ref;
use super::chan::RxHandle;
use super::error::RecvError;
use super::ops::{ChangedOp, LookOp, Seen};
use crate::wait::{LazyWaiter, Wait};

/// Sees the value of a channel, and is told of its changes.
///
/// Each receiver knows which value it has *seen*. [`changed`](Self::changed) waits until there is a newer one;
/// [`borrow`](Self::borrow) looks without having seen, [`borrow_and_update`](Self::borrow_and_update) looks and has. A new
/// receiver has seen the value that was current when it was made; a clone has seen what its original has.
///
/// It is `Unpin`. With the feature `stream` (on by default), `WatchStream` makes a `Stream` of it.
///
/// Created by [`channel`](super::channel) and [`Sender::subscribe`](super::Sender::subscribe).
pub struct Receiver<T> {
    pub(super) handle: RxHandle<T>,
    pub(super) seen: Seen,
    /// The place to wait of `poll_changed`.
    waiter: LazyWaiter,
}

impl<T> Receiver<T> {
    pub(super) fn of(handle: RxHandle<T>, seen: Seen) -> Self {
        Self {
            handle,
            seen,
            waiter: LazyWaiter::new(),
        }
    }

    /// Borrows the current value. It does not count as seen.
    ///
    /// A [`Ref`] holds up nobody who sends, so it may be held for long, and a thread may hold several. (tokio's is the guard of
    /// a lock: a thread that borrows twice while another one wants to send is stuck.) This waits only while a closure
    /// changes the value in place ([`send_modify`](super::Sender::send_modify)); such closures in turn wait for a `Ref`.
    ///
    /// # Panics
    ///
    /// When it is called by a closure that modifies the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = wakering::watch::channel("hello");
    /// let first = rx.borrow();
    /// tx.send("goodbye").unwrap();
    /// assert_eq!((*first, *rx.borrow()), ("hello", "goodbye"));
    /// ```
    #[track_caller]
    #[inline]
    pub fn borrow(&self) -> Ref<'_, T> {
        Ref::of(self.handle.borrow(), &self.seen)
    }

    /// Borrows the current value, which counts as seen. Waits and panics as [`borrow`](Self::borrow).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = wakering::watch::channel(1);
    /// tx.send(2).unwrap();
    /// assert_eq!(*rx.borrow_and_update(), 2);
    /// assert_eq!(rx.has_changed(), Ok(false));
    /// ```
    #[track_caller]
    #[inline]
    pub fn borrow_and_update(&mut self) -> Ref<'_, T> {
        let value = Ref::of(self.handle.borrow(), &self.seen);
        self.seen.catch_up(value.version());
        value
    }

    /// A clone of the current value. It does not count as seen. Waits and panics as [`borrow`](Self::borrow).
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        T::clone(&self.borrow())
    }

    /// A clone of the current value, which counts as seen. Waits and panics as [`borrow`](Self::borrow).
    #[track_caller]
    pub fn get_and_update(&mut self) -> T
    where
        T: Clone,
    {
        T::clone(&self.borrow_and_update())
    }

    /// Whether there is a value that has not been seen.
    ///
    /// # Errors
    ///
    /// [`RecvError`] when all senders are gone, even if the last value has not been seen.
    pub fn has_changed(&self) -> Result<bool, RecvError> {
        let state = self.handle.state();
        if state.is_closed() {
            return Err(RecvError::new());
        }
        Ok(self.seen.lacks(state.version()))
    }

    /// Whether all senders are gone.
    pub fn is_closed(&self) -> bool {
        self.handle.state().is_closed()
    }

    /// Counts the current value as not seen: the next [`changed`](Self::changed) is done at once.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, mut rx) = wakering::watch::channel(());
    /// rx.mark_changed();
    /// assert_eq!(rx.has_changed(), Ok(true));
    /// ```
    pub fn mark_changed(&mut self) {
        self.seen.forget();
    }

    /// Counts the current value as seen.
    pub fn mark_unchanged(&mut self) {
        self.seen.catch_up(self.handle.state().version());
    }

    /// Waits until there is a value that has not been seen, which then counts as seen.
    ///
    /// It is done at once if there is one already. Several changes count as one: **values in between are lost**. The last
    /// value before the end is not.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped before it is done, no value counts as seen by it.
    ///
    /// # Errors
    ///
    /// [`RecvError`] when all senders are gone and the last value has been seen.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = wakering::watch::channel("hello");
    /// tx.send("goodbye").unwrap();
    /// drop(tx);
    /// assert!(rx.changed().await.is_ok());
    /// assert_eq!(*rx.borrow(), "goodbye");
    /// assert!(rx.changed().await.is_err());
    /// # });
    /// ```
    #[inline]
    pub fn changed(&mut self) -> impl Future<Output = Result<(), RecvError>> {
        Wait::new(ChangedOp::new(&self.handle, &mut self.seen))
    }

    /// Polls for a value that has not been seen, as [`changed`](Self::changed) does: for hand-written futures.
    ///
    /// When it is pending, the waker of `cx` is called for the next change or the end. Only the waker of the latest call is.
    /// The first time that it has to wait it allocates a place for that, which is used again.
    pub fn poll_changed(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), RecvError>> {
        let mut op = ChangedOp::new(&self.handle, &mut self.seen);
        self.waiter.poll(&mut op, cx)
    }

    /// Waits for a value with which `f` is true, and borrows it: the very one that `f` was called with.
    ///
    /// `f` is called with the current value, seen or not, and then with those that come, as far as this is polled in time to
    /// see them. All of them count as seen.
    ///
    /// While a closure changes the value in place ([`send_modify`](super::Sender::send_modify)), this does not block its
    /// thread, but is polled again and again.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing; values that `f` was called with count as seen.
    ///
    /// # Errors
    ///
    /// [`RecvError`] when all senders are gone and `f` is false with the last value.
    ///
    /// # Panics
    ///
    /// The future panics when `f` does. Nothing is locked or lost by that; the value counts as seen.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = wakering::watch::channel(0);
    /// let count = async {
    ///     for n in 1..=10 {
    ///         tx.send(n).unwrap();
    ///         futures_lite::future::yield_now().await;
    ///     }
    /// };
    /// let wait = async { *rx.wait_for(|n| *n >= 7).await.unwrap() };
    /// assert!(futures_lite::future::zip(count, wait).await.1 >= 7);
    /// # });
    /// ```
    pub fn wait_for<'a>(
        &'a mut self,
        mut f: impl FnMut(&T) -> bool,
    ) -> impl Future<Output = Result<Ref<'a, T>, RecvError>> {
        Wait::new(LookOp::new(
            &self.handle,
            &mut self.seen,
            true,
            move |value: Ref<'a, T>| f(&value).then_some(value),
        ))
    }

    /// Polls for the clone of a value that has not been seen.
    #[cfg(feature = "stream")]
    pub(super) fn poll_value(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>>
    where
        T: Clone,
    {
        let mut op = LookOp::new(&self.handle, &mut self.seen, false, |value: Ref<'_, T>| {
            Some(T::clone(&value))
        });
        self.waiter.poll(&mut op, cx).map(Result::ok)
    }

    /// How many receivers there are.
    pub fn receiver_count(&self) -> usize {
        self.handle.receiver_count()
    }

    /// How many senders there are.
    pub fn sender_count(&self) -> usize {
        self.handle.sender_count()
    }

    /// Whether two receivers belong to the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.handle.same_channel(&other.handle)
    }
}

impl<T> Clone for Receiver<T> {
    /// A receiver that has seen what this one has. It does not wait, even if this one does.
    fn clone(&self) -> Self {
        Self::of(self.handle.clone(), self.seen)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut op = ChangedOp::new(&self.handle, &mut self.seen);
        self.waiter.cancel(&mut op);
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("handle", &self.handle)
            .field("seen", &self.seen)
            .finish()
    }
}

impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}
