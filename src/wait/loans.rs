//! Credits on loan: what a waiter has been given and has not taken yet.
//!
//! A waiter that is given credits may never come for them: its future is kept and not polled. So that it does not keep
//! them from everybody for good, its credits are lent. Each vain attempt of somebody else is counted while anything is on
//! loan; when their patience is at its end, the oldest loan is revoked. Its waiter goes back to its place when it is
//! polled. That it was polled shows that it was only slow (those who try without end lose patience sooner than a task can
//! be woken): the others must have more patience with it the next time.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::list::List;
use crate::sync::PATIENCE;

/// How much more patience the others have with the oldest borrower; 0 when there is none.
pub(super) struct Loans(AtomicU32);

// ORDERING, for all of this file: Relaxed: loans are made and revoked under the lock, and nothing else hangs on when.
impl Loans {
    pub(super) fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Does what may `change` who is a borrower. Patience begins again with each who becomes the oldest.
    pub(super) fn across<R>(&self, list: &mut List, change: impl FnOnce(&mut List) -> R) -> R {
        let oldest = list.first_borrower();
        let result = change(list);
        if list.first_borrower() != oldest {
            self.0
                .store(list.first_borrower_late().map_or(0, patience), Relaxed);
        }
        result
    }

    /// Counts a vain attempt; true when patience has come to its end. Attempts at the same time may count as one.
    pub(super) fn asked_in_vain(&self) -> bool {
        match self.0.load(Relaxed) {
            0 => false,
            1 => true,
            patience => {
                self.0.store(patience - 1, Relaxed);
                false
            }
        }
    }

    /// Revokes the oldest loan, if there is one. Called under the lock of `list`.
    pub(super) fn revoke(&self, list: &mut List) -> bool {
        self.across(list, List::revoke_front)
    }
}

/// How many vain attempts a borrower is allowed who came too late so many times.
fn patience(late: u8) -> u32 {
    PATIENCE << (4 * late.min(4))
}
