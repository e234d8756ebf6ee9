//! Who looks on at a channel, and a set of counters that does.

mod counters;

pub use counters::{Counters, Snapshot};

use crate::unwind::contained;

/// Is told what happens in a channel. Attached by [`Builder::observer`](crate::Builder::observer); [`Counters`] is one.
///
/// Each method is called after the fact, on the thread that did it, outside of all locks; so calls of several threads may
/// overtake each other, and a receive be told of before its send is. They may use the channel. They should be
/// quick, since the caller waits for them.
///
/// A panic of an observer ends where it was called (the panic hook has seen it): the operation goes on. Without the
/// feature `std` panics cannot be caught: there it goes on unwinding, and a message that was just received is dropped.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use wakering::{Builder, Observer};
///
/// /// The most messages that were ever queued.
/// #[derive(Default)]
/// struct Peak(AtomicUsize);
///
/// impl Observer for Peak {
///     fn sent(&self, _n: usize, depth: usize) {
///         self.0.fetch_max(depth, Ordering::Relaxed);
///     }
/// }
///
/// let peak = Arc::new(Peak::default());
/// let (tx, rx) = Builder::new(8).observer(peak.clone()).build();
/// for n in 0..5 {
///     tx.try_send(n).unwrap();
/// }
/// rx.drain().count();
/// assert_eq!(peak.0.load(Ordering::Relaxed), 5);
/// ```
pub trait Observer: Send + Sync {
    /// `n` messages went in, by whatever call; `depth` were queued shortly after. A message that
    /// [`DropNewest`](crate::Overflow::DropNewest) drops is told of here too, and then as dropped.
    fn sent(&self, n: usize, depth: usize) {
        let _ = (n, depth);
    }

    /// `n` messages were received, or handed back by `force_send`. What is dropped with the last receiver is told
    /// of nowhere.
    fn received(&self, n: usize) {
        let _ = n;
    }

    /// `n` messages were dropped because of the channel's [`Overflow`](crate::Overflow).
    fn dropped(&self, n: usize) {
        let _ = n;
    }

    /// A sender, or whoever reserves, began to wait for room.
    fn sender_waits(&self) {}

    /// A receiver began to wait for a message.
    fn receiver_waits(&self) {}
}

/// Tells an observer, whose panic ends here.
pub(crate) fn tell(observer: &dyn Observer, what: impl FnOnce(&dyn Observer)) {
    contained(|| what(observer));
}
