//! Credits on loan: what a waiter has been given and has not taken yet.
//!
//! A waiter that is given credits may never come for them: its future is kept and not polled. So that it does not keep
//! them from everybody for good, its credits are lent. Each vain attempt of somebody else is counted while anything is on
//! loan; after `PATIENCE` of them the oldest loan is revoked. Its waiter goes back to its place when it is polled.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::list::List;
use crate::sync::PATIENCE;

/// How much more patience the others have with the borrowers; 0 when there are none.
pub(super) struct Loans(AtomicU32);

// ORDERING, for all of this file: Relaxed: loans are made and revoked under the lock, and nothing else hangs on when.
impl Loans {
    pub(super) fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// There may be one borrower more or less. Called under the lock of `list`.
    pub(super) fn note(&self, list: &List) {
        let patience = self.0.load(Relaxed);
        if list.has_borrowers() != (patience > 0) {
            let patience = if patience > 0 { 0 } else { PATIENCE };
            self.0.store(patience, Relaxed);
        }
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

    /// Revokes the oldest loan, if there is one; then patience begins again. Called under the lock of `list`.
    pub(super) fn revoke(&self, list: &mut List) -> bool {
        let revoked = list.revoke_front();
        let patience = if list.has_borrowers() { PATIENCE } else { 0 };
        self.0.store(patience, Relaxed);
        revoked
    }
}
