//! Sending: moving `tail`, writing, and going on to the next segment.

use core::sync::atomic::Ordering::{Relaxed, Release};

use super::segment::{Marked, Segment, Slot};
use super::{FIRST_PAUSE, Receivers, Segments};
use crate::index::{MAX_CAPACITY, MAX_CREDITS, NoRoom, Position, Tail};

impl<T, R: Receivers> Segments<T, R> {
    /// Sends what `message` yields; it is not called when the channel is closed, and runs no foreign code (R6).
    #[inline(always)]
    pub(crate) fn push(&self, message: impl FnOnce() -> T) -> Result<Tail, NoRoom> {
        match self.claim_push(Tail::is_closed, |tail| tail.taken(1)) {
            Some((tail, back)) => {
                self.publish(back, tail.position(), message());
                Ok(tail)
            }
            None => Err(self.closed()),
        }
    }

    /// As `push`, at a glance: not beyond the end of a segment.
    #[inline(always)]
    pub(crate) fn glance_push(&self, message: impl FnOnce() -> T) -> Option<Tail> {
        let tail = self.acquire_tail();
        let back = self.back.load();
        if tail.is_closed() || !back.may_hold(tail.position()) {
            return None;
        }
        // ORDERING: Release: `back` was read before this (G3).
        if self.exchange_tail(tail, tail.taken(1), Release).is_err() {
            return self.push_late(message);
        }
        self.publish(back, tail.position(), message());
        Some(tail)
    }

    /// The way on of a glance that another sender has overtaken: no part of its code, which calls nothing else.
    #[cold]
    #[inline(never)]
    fn push_late(&self, message: impl FnOnce() -> T) -> Option<Tail> {
        self.tail_after(&mut { FIRST_PAUSE });
        self.push(message).ok()
    }

    /// Sends the first of `messages`: at most `most` (at least 1), and as many as the segment has slots left.
    pub(crate) fn push_run(
        &self,
        most: usize,
        mut messages: impl FnMut() -> T,
    ) -> Result<(usize, Tail), NoRoom> {
        let fit = |tail: Tail| most.min(Segment::<T>::left_from(tail.position()));
        match self.claim_push(Tail::is_closed, |tail| tail.taken(fit(tail) as u64)) {
            Some((tail, back)) => {
                let n = fit(tail);
                for i in 0..n as u64 {
                    self.publish(back, tail.position().plus(i), messages());
                }
                Ok((n, tail))
            }
            None => Err(self.closed()),
        }
    }

    /// Sends by a credit of the caller's, unless `refused`. The credit is the caller's still, then.
    #[inline]
    pub(crate) fn push_reserved(
        &self,
        refused: fn(Tail) -> bool,
        message: impl FnOnce() -> T,
    ) -> Option<Tail> {
        let (tail, back) = self.claim_push(refused, Tail::redeemed)?;
        self.publish(back, tail.position(), message());
        Some(tail)
    }

    /// Takes credits: at least `least` (not 0) and at most `most`, or none.
    pub(crate) fn reserve(&self, least: usize, most: usize) -> Result<usize, NoRoom> {
        let mut failures = FIRST_PAUSE;
        let mut tail = self.tail();
        loop {
            if tail.is_closed() {
                return Err(self.closed());
            }
            let n = most.min(MAX_CREDITS - tail.credits());
            if n < least {
                return Err(NoRoom::Full);
            }
            // ORDERING: Relaxed: a credit is a number and no more; no position is reached.
            match self.exchange_tail(tail, tail.promised(n), Relaxed) {
                Ok(()) => return Ok(n),
                Err(_) => tail = self.tail_after(&mut failures),
            }
        }
    }

    /// Moves `tail` as `step` says, within the segment of its position, unless `refused`.
    ///
    /// Returns the word that was replaced and the segment of its position.
    #[inline(always)]
    pub(super) fn claim_push(
        &self,
        refused: impl Fn(Tail) -> bool,
        step: impl Fn(Tail) -> Tail,
    ) -> Option<(Tail, Marked<T>)> {
        let mut failures = FIRST_PAUSE;
        let mut tail = self.acquire_tail();
        loop {
            if refused(tail) {
                return None;
            }
            let back = self.back.load();
            if back.may_hold(tail.position()) {
                // ORDERING: Release: `back` was read before this (G3).
                match self.exchange_tail(tail, step(tail), Release) {
                    Ok(()) => return Some((tail, back)),
                    Err(_) => {
                        self.tail_after(&mut failures);
                    }
                }
            } else {
                self.go_on();
            }
            tail = self.acquire_tail();
        }
    }

    /// Writes the message of `position`, which the caller has claimed, and lets receivers have it.
    #[inline(always)]
    pub(super) fn publish(&self, back: Marked<T>, position: Position, message: T) {
        // SAFETY: G3: `back` is the segment of the position; G4: it stays until the message is read; G1.
        unsafe { Slot::write(back.slot(position), message) };
    }

    /// `back` did not fit the tail's position: advances it if it is too old.
    ///
    /// No thread depends on another one here: who comes first links the segment, who comes next advances `back`.
    #[cold]
    #[inline(never)]
    pub(super) fn go_on(&self) {
        let _visit = self.front.memory.visit();
        let tail = self.acquire_tail().position();
        assert!(
            tail.ahead_of(self.head().position()) < MAX_CAPACITY as i64,
            "more messages than positions can count"
        );
        let back = self.back.load();
        // SAFETY: G5: this is a visit.
        let segment = unsafe { back.segment().as_ref() };
        if segment.end() != tail {
            return;
        }
        let next = segment.next().unwrap_or_else(|| {
            let new = self.front.memory.obtain(tail);
            match segment.link(new) {
                Ok(()) => new,
                Err(there) => {
                    // SAFETY: G5: it has not been linked, so nobody else has it.
                    unsafe { self.front.memory.keep(new) };
                    there
                }
            }
        });
        // On failure somebody else has done it (G5).
        self.back.advance(back, next, tail);
    }
}
