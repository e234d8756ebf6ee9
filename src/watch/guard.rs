//! A borrowed value.

use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;
use core::panic::{RefUnwindSafe, UnwindSafe};

use super::chan::Loan;
use super::ops::Seen;
use super::word::Version;

/// A borrowed value of a channel: what was current when it was borrowed, for as long as this is held.
///
/// It is not a guard of a lock: senders do not wait for it ([`send`](super::Sender::send) puts the next value elsewhere),
/// and a thread may hold several. A value that was replaced is dropped when the last `Ref` to it is. What does wait for it are
/// [`send_modify`](super::Sender::send_modify), [`send_if_modified`](super::Sender::send_if_modified) and
/// [`send_replace`](super::Sender::send_replace), which must have the value to themselves.
///
/// As in tokio it cannot be sent to another thread, so that it is not kept across an `.await` by mistake.
pub struct Ref<'a, T> {
    loan: Loan<'a, T>,
    has_changed: bool,
    /// It stays in its thread.
    _local: PhantomData<*const ()>,
}

// SAFETY: a shared reference to it gives shared references to the value, and nothing else.
unsafe impl<T: Sync> Sync for Ref<'_, T> {}

impl<T: RefUnwindSafe> UnwindSafe for Ref<'_, T> {}
impl<T: RefUnwindSafe> RefUnwindSafe for Ref<'_, T> {}

impl<'a, T> Ref<'a, T> {
    #[inline(always)]
    pub(super) fn of(loan: Loan<'a, T>, seen: &Seen) -> Self {
        let has_changed = seen.lacks(loan.version());
        Self::new(loan, has_changed)
    }

    #[inline(always)]
    pub(super) fn new(loan: Loan<'a, T>, has_changed: bool) -> Self {
        Self {
            loan,
            has_changed,
            _local: PhantomData,
        }
    }

    #[inline(always)]
    pub(super) fn version(&self) -> Version {
        self.loan.version()
    }

    /// Whether the receiver had not yet seen this value when it was borrowed.
    ///
    /// Always false for one that was borrowed from a [`Sender`](super::Sender).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = wakering::watch::channel("hello");
    /// assert!(!rx.borrow_and_update().has_changed());
    /// tx.send("goodbye").unwrap();
    /// assert!(rx.borrow_and_update().has_changed());
    /// assert!(!rx.borrow_and_update().has_changed());
    /// ```
    pub fn has_changed(&self) -> bool {
        self.has_changed
    }
}

impl<T> Deref for Ref<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        self.loan.value()
    }
}

impl<T: fmt::Debug> fmt::Debug for Ref<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ref")
            .field("value", &**self)
            .field("has_changed", &self.has_changed)
            .finish()
    }
}
