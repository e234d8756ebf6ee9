//! Who is alive: handles, their counts, weak handles, and what happens when the last one of a side goes.
//!
//! # Invariants
//!
//! - **S1** Each side is gone exactly once: its count never rises again from 0, unless the channel lets it
//!   ([`Handle::opposite`]). Then the side is gone each time that the count falls to 0.
//! - **S2** The core is freed after the last handle of any kind.

use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

use crate::sync::{Arc, AtomicUsize};
use crate::wait::Streak;

/// What a channel does when a side is gone.
pub(crate) trait Core {
    fn senders_gone(&self);
    fn receivers_gone(&self);
}

/// A core and the number of handles on each of its sides.
pub(crate) struct Shared<C> {
    core: C,
    senders: Counts,
    receivers: Counts,
}

/// How many handles a side has.
pub(crate) struct Counts {
    /// Those that keep the side alive.
    strong: AtomicUsize,
    /// Those that do not.
    weak: AtomicUsize,
}

impl Counts {
    fn one() -> Self {
        Self {
            strong: AtomicUsize::new(1),
            weak: AtomicUsize::new(0),
        }
    }

    fn none() -> Self {
        Self {
            strong: AtomicUsize::new(0),
            weak: AtomicUsize::new(0),
        }
    }

    // ORDERING: Relaxed, both: a number that may be old when it arrives.

    fn strong(&self) -> usize {
        self.strong.load(Relaxed)
    }

    fn weak(&self) -> usize {
        self.weak.load(Relaxed)
    }
}

/// A side of a channel.
pub(crate) trait End {
    fn counts<C>(shared: &Shared<C>) -> &Counts;
    fn gone<C: Core>(core: &C);
}

/// The sending side.
pub(crate) enum Tx {}
/// The receiving side.
pub(crate) enum Rx {}

impl End for Tx {
    fn counts<C>(shared: &Shared<C>) -> &Counts {
        &shared.senders
    }

    fn gone<C: Core>(core: &C) {
        core.senders_gone();
    }
}

impl End for Rx {
    fn counts<C>(shared: &Shared<C>) -> &Counts {
        &shared.receivers
    }

    fn gone<C: Core>(core: &C) {
        core.receivers_gone();
    }
}

/// A counted handle of one side.
pub(crate) struct Handle<C: Core, E: End> {
    shared: Arc<Shared<C>>,
    streak: Streak,
    end: PhantomData<E>,
}

/// A handle that keeps neither side alive.
pub(crate) struct WeakHandle<C, E: End> {
    shared: Arc<Shared<C>>,
    end: PhantomData<E>,
}

/// One handle for each side of a new channel.
pub(crate) fn pair<C: Core>(core: C) -> (Handle<C, Tx>, Handle<C, Rx>) {
    let shared = Arc::new(Shared {
        core,
        senders: Counts::one(),
        receivers: Counts::one(),
    });
    (Handle::counted(shared.clone()), Handle::counted(shared))
}

/// A handle of neither side, for channels that count one of their sides themselves. It keeps the memory.
pub(crate) struct Guest<C> {
    shared: Arc<Shared<C>>,
    streak: Streak,
}

/// The first sender of a channel that counts its receivers itself.
pub(crate) fn sender<C: Core>(core: C) -> Handle<C, Tx> {
    Handle::counted(Arc::new(Shared {
        core,
        senders: Counts::one(),
        receivers: Counts::none(),
    }))
}

impl<C: Core, E: End> Handle<C, E> {
    /// A handle for which one has been added to the count.
    fn counted(shared: Arc<Shared<C>>) -> Self {
        Self {
            shared,
            streak: Streak::default(),
            end: PhantomData,
        }
    }

    pub(crate) fn streak(&self) -> &Streak {
        &self.streak
    }

    pub(crate) fn sender_count(&self) -> usize {
        self.shared.senders.strong()
    }

    pub(crate) fn receiver_count(&self) -> usize {
        self.shared.receivers.strong()
    }

    /// How many weak handles the sending side has.
    pub(crate) fn weak_sender_count(&self) -> usize {
        self.shared.senders.weak()
    }

    /// Whether side `F` has no handle now. What its handles have done before they went is seen, if so.
    pub(crate) fn has_none<F: End>(&self) -> bool {
        // ORDERING: Acquire, pairs with the AcqRel in `drop`.
        F::counts(&self.shared).strong.load(Acquire) == 0
    }

    /// A handle for side `F`, which may have none: for channels that can be opened again (S1).
    pub(crate) fn opposite<F: End>(&self) -> Handle<C, F> {
        // ORDERING: Relaxed: as in `clone`.
        F::counts(&self.shared).strong.fetch_add(1, Relaxed);
        Handle::counted(self.shared.clone())
    }

    pub(crate) fn same_channel<F: End>(&self, other: &Handle<C, F>) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    pub(crate) fn guest(&self) -> Guest<C> {
        Guest::of(self.shared.clone())
    }

    pub(crate) fn downgrade(&self) -> WeakHandle<C, E> {
        WeakHandle::counted(self.shared.clone())
    }
}

impl<C: Core, E: End> Deref for Handle<C, E> {
    type Target = C;

    #[inline(always)]
    fn deref(&self) -> &C {
        &self.shared.core
    }
}

impl<C: Core, E: End> Clone for Handle<C, E> {
    fn clone(&self) -> Self {
        let shared = self.shared.clone();
        // ORDERING: Relaxed: the handle we have keeps the count above 0. The count cannot overflow, since the
        // reference count of the `Arc`, which is no smaller, aborts before it does.
        E::counts(&shared).strong.fetch_add(1, Relaxed);
        Self::counted(shared)
    }
}

impl<C: Core, E: End> Drop for Handle<C, E> {
    fn drop(&mut self) {
        // ORDERING: AcqRel: whoever closes for the last one has seen what the others did before they left, and passes
        // it on with the close.
        if E::counts(&self.shared).strong.fetch_sub(1, AcqRel) == 1 {
            E::gone(&self.shared.core);
        }
    }
}

impl<C, E: End> WeakHandle<C, E> {
    fn counted(shared: Arc<Shared<C>>) -> Self {
        // ORDERING: Relaxed: nothing hangs on it. It cannot overflow, as in `Handle::clone`.
        E::counts(&shared).weak.fetch_add(1, Relaxed);
        Self {
            shared,
            end: PhantomData,
        }
    }

    pub(crate) fn core(&self) -> &C {
        &self.shared.core
    }

    /// How many counted handles the side of this one has.
    pub(crate) fn strong_count(&self) -> usize {
        E::counts(&self.shared).strong()
    }

    /// How many weak handles the side of this one has, this one among them.
    pub(crate) fn weak_count(&self) -> usize {
        E::counts(&self.shared).weak()
    }
}

impl<C: Core, E: End> WeakHandle<C, E> {
    /// A counted handle, unless the last one has gone (S1).
    pub(crate) fn upgrade(&self) -> Option<Handle<C, E>> {
        let count = &E::counts(&self.shared).strong;
        // ORDERING: Relaxed: as in `Handle::clone`, with the loop to never step up from 0.
        let mut now = count.load(Relaxed);
        while now != 0 {
            match count.compare_exchange_weak(now, now + 1, Relaxed, Relaxed) {
                Ok(_) => return Some(Handle::counted(self.shared.clone())),
                Err(actual) => now = actual,
            }
        }
        None
    }
}

impl<C, E: End> Clone for WeakHandle<C, E> {
    fn clone(&self) -> Self {
        Self::counted(self.shared.clone())
    }
}

impl<C, E: End> Drop for WeakHandle<C, E> {
    fn drop(&mut self) {
        // ORDERING: Relaxed, as above.
        E::counts(&self.shared).weak.fetch_sub(1, Relaxed);
    }
}

impl<C> Guest<C> {
    fn of(shared: Arc<Shared<C>>) -> Self {
        Self {
            shared,
            streak: Streak::default(),
        }
    }

    pub(crate) fn streak(&self) -> &Streak {
        &self.streak
    }

    pub(crate) fn sender_count(&self) -> usize {
        self.shared.senders.strong()
    }

    pub(crate) fn weak_sender_count(&self) -> usize {
        self.shared.senders.weak()
    }

    pub(crate) fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl<C> Deref for Guest<C> {
    type Target = C;

    #[inline(always)]
    fn deref(&self) -> &C {
        &self.shared.core
    }
}

impl<C> Clone for Guest<C> {
    fn clone(&self) -> Self {
        Self::of(self.shared.clone())
    }
}

impl<C: Core + fmt::Debug, E: End> fmt::Debug for Handle<C, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.core.fmt(f)
    }
}
