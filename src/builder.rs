//! Channels that are not the default ones.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;

use crate::chan::{Chan, OnDrop, Tuning};
use crate::observe::Observer;
use crate::overflow::Overflow;
use crate::queue::Queue;
use crate::ring::Ring;
use crate::segments::Segments;
use crate::storage::{Either, Storage};
use crate::wait;
use crate::{mpmc, mpsc};

/// Makes a channel with a policy for when it is full, or with an observer.
///
/// A channel that is made without one of them is that of [`bounded`](crate::bounded) or [`unbounded`](crate::unbounded):
/// what is not asked for costs nothing.
///
/// # Examples
///
/// The latest readings of a sensor, of which a slow reader may miss the older ones:
///
/// ```
/// use wakering::{Builder, Overflow};
///
/// let (tx, rx) = Builder::new(2).overflow(Overflow::DropOldest).build();
/// for reading in 1..=5 {
///     tx.try_send(reading).unwrap(); // never `Full`
/// }
/// assert_eq!(tx.dropped(), 3);
/// assert_eq!(rx.drain().collect::<Vec<_>>(), [4, 5]);
/// ```
#[must_use = "a builder does nothing until a channel is built"]
pub struct Builder<T> {
    /// `None`: any number of messages.
    capacity: Option<usize>,
    overflow: Overflow,
    on_drop: Option<OnDrop<T>>,
    observer: Option<Arc<dyn Observer>>,
}

impl<T> Builder<T> {
    /// For a channel that holds at most `capacity` messages at a time.
    pub fn new(capacity: usize) -> Self {
        Self::with(Some(capacity))
    }

    /// For a channel that holds any number of messages. It is never full, so its [`Overflow`] does not matter.
    pub fn unbounded() -> Self {
        Self::with(None)
    }

    fn with(capacity: Option<usize>) -> Self {
        Self {
            capacity,
            overflow: Overflow::default(),
            on_drop: None,
            observer: None,
        }
    }

    /// What a send does when the channel is full.
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// What gets the messages that are dropped by [`DropNewest`](Overflow::DropNewest) and
    /// [`DropOldest`](Overflow::DropOldest); without it they are just dropped.
    ///
    /// It is called by the send that has caused the drop, after all else: the message of that send is in the
    /// channel, receivers have been told, and no lock is held. So it may use the channel, also to send (and so,
    /// perhaps, to be called again). When it panics, the panic comes out of that send, and nothing else is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakering::{Builder, Overflow};
    ///
    /// let (late_tx, late) = wakering::unbounded();
    /// let (tx, rx) = Builder::new(1)
    ///     .overflow(Overflow::DropNewest)
    ///     .on_drop(move |message| late_tx.try_send(message).unwrap())
    ///     .build();
    /// tx.try_send("first").unwrap();
    /// tx.try_send("second").unwrap();
    /// assert_eq!((rx.try_recv(), late.try_recv()), (Ok("first"), Ok("second")));
    /// ```
    pub fn on_drop(mut self, callback: impl Fn(T) + Send + Sync + 'static) -> Self {
        self.on_drop = Some(Box::new(callback));
        self
    }

    /// Who is told what happens in the channel.
    pub fn observer(mut self, observer: Arc<impl Observer + 'static>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Makes a channel of [`mpmc`]: any number of receivers.
    ///
    /// # Panics
    ///
    /// When the capacity is 0, or more than memory can hold. (A rendezvous, [`bounded(0)`](crate::bounded), has neither a
    /// policy nor an observer.)
    #[must_use]
    #[track_caller]
    pub fn build(self) -> (mpmc::Sender<T>, mpmc::Receiver<T>) {
        let storage = match self.capacity {
            Some(capacity) => Either::First(ring(capacity)),
            None => Either::Second(Either::First(Segments::new())),
        };
        mpmc::of(self.chan(storage))
    }

    /// Makes a bounded channel of [`mpsc`]: one receiver.
    ///
    /// # Panics
    ///
    /// As [`build`](Self::build); and after [`unbounded`](Self::unbounded), which goes with
    /// [`build_mpsc_unbounded`](Self::build_mpsc_unbounded).
    #[must_use]
    #[track_caller]
    pub fn build_mpsc(self) -> (mpsc::Sender<T>, mpsc::Receiver<T>) {
        let Some(capacity) = self.capacity else {
            panic!("`build_mpsc` of a builder without a bound: use `build_mpsc_unbounded`");
        };
        mpsc::of(self.chan(ring(capacity)))
    }

    /// Makes an unbounded channel of [`mpsc`].
    ///
    /// # Panics
    ///
    /// When a capacity was given.
    #[must_use]
    #[track_caller]
    pub fn build_mpsc_unbounded(self) -> (mpsc::UnboundedSender<T>, mpsc::UnboundedReceiver<T>) {
        assert!(
            self.capacity.is_none(),
            "`build_mpsc_unbounded` of a builder with a bound: use `build_mpsc`"
        );
        mpsc::unbounded_of(self.chan(mpsc::unbound()))
    }

    /// Makes a [`Queue`].
    ///
    /// # Panics
    ///
    /// As [`build`](Self::build).
    #[must_use]
    #[track_caller]
    pub fn build_queue(self) -> Queue<T> {
        Queue::of(self.build())
    }

    fn chan<S: Storage<T>, Q: wait::Queue>(self, storage: S) -> Chan<T, S, Q> {
        match (self.overflow, self.observer) {
            (Overflow::Wait, None) => Chan::on(storage),
            (overflow, observer) => {
                Chan::tuned(storage, Tuning::new(overflow, self.on_drop, observer))
            }
        }
    }
}

#[track_caller]
fn ring<T>(capacity: usize) -> Ring<T> {
    assert!(capacity > 0, "capacity must be at least 1");
    Ring::new(capacity)
}

impl<T> fmt::Debug for Builder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("capacity", &self.capacity)
            .field("overflow", &self.overflow)
            .field("on_drop", &self.on_drop.is_some())
            .field("observer", &self.observer.is_some())
            .finish()
    }
}
