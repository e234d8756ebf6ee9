//! One message in, one message out: the ways that messages go.
//!
//! A storage that is [to be called](Storage::called) is called here, with all that follows on a message's going in or out:
//! what comes back is whether it did.

use super::Chan;
use crate::index::{NoItem, NoRoom};
use crate::storage::Storage;
use crate::wait::Queue;

impl<T, S: Storage<T>, Q: Queue> Chan<T, S, Q> {
    // --- sending -------------------------------------------------------------------------------------------------

    /// Sends what `message` yields, if there is room; `message` is not called otherwise, and runs no foreign code (R6).
    #[inline(always)]
    pub(crate) fn send(&self, message: impl FnOnce() -> T) -> Result<(), NoRoom> {
        self.send_to(&self.storage, message)
    }

    /// As `send`, at a glance: does not tell why not.
    #[inline(always)]
    pub(crate) fn glance_send(&self, message: impl FnOnce() -> T) -> bool {
        self.glance_send_to(&self.storage, message)
    }

    #[inline(always)]
    fn send_to(
        &self,
        storage: &impl Storage<T>,
        message: impl FnOnce() -> T,
    ) -> Result<(), NoRoom> {
        if let Some(called) = storage.called() {
            return self.send_called(called, message);
        }
        match storage.push(message) {
            Ok(before) => {
                self.sent(before, 1);
                Ok(())
            }
            Err(why) => {
                self.found_no_room(why);
                Err(why)
            }
        }
    }

    #[inline(never)]
    fn send_called(
        &self,
        storage: &impl Storage<T>,
        message: impl FnOnce() -> T,
    ) -> Result<(), NoRoom> {
        self.send_to(storage, message)
    }

    #[inline(always)]
    fn glance_send_to(&self, storage: &impl Storage<T>, message: impl FnOnce() -> T) -> bool {
        if let Some(called) = storage.called() {
            return self.glance_send_called(called, message);
        }
        let before = storage.glance_push(message);
        let free = before.is_some();
        if let Some(before) = before {
            self.sent(before, 1);
        }
        free
    }

    #[inline(never)]
    fn glance_send_called(&self, storage: &impl Storage<T>, message: impl FnOnce() -> T) -> bool {
        self.glance_send_to(storage, message)
    }

    // --- receiving -----------------------------------------------------------------------------------------------

    /// Takes the oldest message. `into` runs no foreign code (R6).
    #[inline(always)]
    pub(crate) fn recv(&self, into: impl FnOnce(T)) -> Result<(), NoItem> {
        self.recv_from(&self.storage, into)
    }

    /// As `recv`, at a glance: does not tell why not.
    #[inline(always)]
    pub(crate) fn glance_recv(&self, into: impl FnOnce(T)) -> bool {
        self.glance_recv_from(&self.storage, into)
    }

    #[inline(always)]
    fn recv_from(&self, storage: &impl Storage<T>, into: impl FnOnce(T)) -> Result<(), NoItem> {
        if let Some(called) = storage.called() {
            let mut message = None;
            let received = self.recv_called(called, &mut message);
            message.map(into);
            return received;
        }
        match storage.pop(into) {
            Ok(head) => {
                self.took(head);
                Ok(())
            }
            Err(why) => {
                self.found_nothing(why);
                Err(why)
            }
        }
    }

    #[inline(never)]
    fn recv_called(&self, storage: &impl Storage<T>, place: &mut Option<T>) -> Result<(), NoItem> {
        self.recv_from(storage, |message| *place = Some(message))
    }

    #[inline(always)]
    fn glance_recv_from(&self, storage: &impl Storage<T>, into: impl FnOnce(T)) -> bool {
        if let Some(called) = storage.called() {
            let mut message = None;
            let seen = self.glance_recv_called(called, &mut message);
            message.map(into);
            return seen;
        }
        let head = storage.glance_pop(into);
        let seen = head.is_some();
        if let Some(head) = head {
            self.took(head);
        }
        seen
    }

    #[inline(never)]
    fn glance_recv_called(&self, storage: &impl Storage<T>, place: &mut Option<T>) -> bool {
        self.glance_recv_from(storage, |message| *place = Some(message))
    }
}
