//! A storage that is looked on at.

use alloc::sync::Arc;
use core::ops::Deref;

use super::{Observer, tell};
use crate::index::{Head, Index, NoItem, NoRoom, Tail};
use crate::storage::{Storage, Unforced};

/// A storage, and who is told what goes in and comes out. Each call does its work first, all of it, and tells then.
pub(crate) struct Observed<S> {
    storage: S,
    observer: Arc<dyn Observer>,
}

impl<S> Observed<S> {
    pub(crate) fn new(storage: S, observer: Arc<dyn Observer>) -> Self {
        Self { storage, observer }
    }

    fn sent<T>(&self, n: usize)
    where
        S: Storage<T>,
    {
        let depth = self.storage.load().0;
        tell(&*self.observer, |observer| observer.sent(n, depth));
    }

    fn received(&self, n: usize) {
        tell(&*self.observer, |observer| observer.received(n));
    }
}

impl<S: Deref<Target = Index>> Deref for Observed<S> {
    type Target = Index;

    fn deref(&self) -> &Index {
        &self.storage
    }
}

impl<T, S: Storage<T>> Storage<T> for Observed<S> {
    fn push(&self, message: impl FnOnce() -> T) -> Result<Tail, NoRoom> {
        let before = self.storage.push(message)?;
        self.sent(1);
        Ok(before)
    }

    fn glance_push(&self, message: impl FnOnce() -> T) -> Option<Tail> {
        let before = self.storage.glance_push(message)?;
        self.sent(1);
        Some(before)
    }

    fn push_run(&self, most: usize, messages: impl FnMut() -> T) -> Result<(usize, Tail), NoRoom> {
        let (n, before) = self.storage.push_run(most, messages)?;
        self.sent(n);
        Ok((n, before))
    }

    fn push_reserved(
        &self,
        refused: fn(Tail) -> bool,
        message: impl FnOnce() -> T,
    ) -> Option<Tail> {
        let before = self.storage.push_reserved(refused, message)?;
        self.sent(1);
        Some(before)
    }

    /// Of what is evicted, the caller tells: it knows what becomes of it.
    fn push_forced(&self, message: T) -> Result<(Tail, Option<T>), Unforced<T>> {
        let sent = self.storage.push_forced(message)?;
        self.sent(1);
        Ok(sent)
    }

    fn reserve(&self, least: usize, most: usize) -> Result<usize, NoRoom> {
        self.storage.reserve(least, most)
    }

    fn pop(&self, into: impl FnOnce(T)) -> Result<Head, NoItem> {
        let head = self.storage.pop(into)?;
        self.received(1);
        Ok(head)
    }

    fn glance_pop(&self, into: impl FnOnce(T)) -> Option<Head> {
        let head = self.storage.glance_pop(into)?;
        self.received(1);
        Some(head)
    }

    fn pop_run(&self, most: usize, into: impl FnMut(T)) -> Result<(usize, Head), NoItem> {
        let (n, head) = self.storage.pop_run(most, into)?;
        if n > 0 {
            self.received(n);
        }
        Ok((n, head))
    }

    /// Nobody has received it.
    fn discard(&self, into: impl FnOnce(T)) -> Result<Head, NoItem> {
        self.storage.pop(into)
    }

    fn capacity(&self) -> Option<usize> {
        self.storage.capacity()
    }

    fn load(&self) -> (usize, usize) {
        self.storage.load()
    }

    fn has_room(&self) -> bool {
        self.storage.has_room()
    }
}
