//! The ring as a [`Storage`]: each claim is used up where it is made.

use super::{Forced, Ring};
use crate::index::{Head, NoItem, NoRoom, Tail};
use crate::storage::{Storage, Unforced};

impl<T> Storage<T> for Ring<T> {
    #[inline(always)]
    fn push(&self, message: impl FnOnce() -> T, then: impl FnOnce(Tail)) -> Result<(), NoRoom> {
        then(self.claim_push()?.publish(message()));
        Ok(())
    }

    #[inline(always)]
    fn glance_push(&self, message: impl FnOnce() -> T, then: impl FnOnce(Tail)) -> bool {
        Ring::glance_push(self)
            .map(|push| then(push.publish(message())))
            .is_some()
    }

    #[inline]
    fn push_run(&self, most: usize, messages: impl FnMut() -> T) -> Result<(usize, Tail), NoRoom> {
        let run = self.claim_push_run(most)?;
        let n = run.len();
        Ok((n, run.publish(messages)))
    }

    #[inline]
    fn push_reserved(
        &self,
        refused: fn(Tail) -> bool,
        message: impl FnOnce() -> T,
    ) -> Option<Tail> {
        let push = self.claim_reserved(refused)?;
        Some(push.publish(message()))
    }

    fn push_forced(&self, message: T) -> Result<(Tail, Option<T>), Unforced<T>> {
        match self.claim_forced() {
            Ok(forced) => force(forced, message),
            Err(why) => Err(Unforced {
                why,
                message,
                evicted: None,
            }),
        }
    }

    fn reserve(&self, least: usize, most: usize) -> Result<usize, NoRoom> {
        Ring::reserve(self, least, most)
    }

    #[inline(always)]
    fn pop(&self, into: impl FnOnce(T), then: impl FnOnce(Head)) -> Result<(), NoItem> {
        then(self.claim_pop()?.take_into(into));
        Ok(())
    }

    #[inline(always)]
    fn glance_pop(&self, into: impl FnOnce(T), then: impl FnOnce(Head)) -> bool {
        Ring::glance_pop(self)
            .map(|pop| then(pop.take_into(into)))
            .is_some()
    }

    #[inline]
    fn pop_run(&self, most: usize, into: impl FnMut(T)) -> Result<(usize, Head), NoItem> {
        let run = self.claim_pop_run(most)?;
        let n = run.len();
        Ok((n, run.take(into)))
    }

    fn capacity(&self) -> Option<usize> {
        Some(Ring::capacity(self))
    }

    fn load(&self) -> (usize, usize) {
        Ring::load(self)
    }

    fn has_room(&self) -> bool {
        Ring::has_room(self)
    }
}

/// Uses up a forced claim; gives `message` back when the channel has been closed since.
pub(super) fn force<T>(
    forced: Forced<'_, T>,
    message: T,
) -> Result<(Tail, Option<T>), Unforced<T>> {
    match forced {
        Forced::Push(push) => Ok((push.publish(message), None)),
        Forced::Replace(replace) => match replace.publish(message) {
            Ok((oldest, before)) => Ok((before, Some(oldest))),
            // Closed in between: the oldest is gone, as if it had been evicted just before the close.
            Err((oldest, message)) => Err(Unforced {
                why: NoRoom::Closed,
                message,
                evicted: Some(oldest),
            }),
        },
    }
}
