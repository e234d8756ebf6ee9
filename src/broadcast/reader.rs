//! What a receiver is: a position of its own, and how it moves on.

use core::task::Poll;

use super::chan::Chan;
use super::error::RecvError;
use super::position::{Cursor, Position, Tail};
use super::slot::{Loan, Slot, Taken};
use crate::shared::Guest;
use crate::sync::{SPINS, spin_loop};
use crate::wait::{Attempt, Gate, Operation, Streak, done};

/// A counted receiver of the channel.
pub(super) struct Reader<T> {
    pub(super) chan: Guest<Chan<T>>,
    /// The next message to receive.
    pub(super) next: Cursor,
    /// Where `tail` stood when it was last looked at.
    known: Position,
}

/// Why there is no message.
pub(super) enum Nothing {
    Empty,
    /// Another receiver is cloning the next one.
    Busy,
    Closed,
    /// So many have been overwritten.
    Lagged(u64),
}

impl<T> Reader<T> {
    pub(super) fn new(chan: Guest<Chan<T>>) -> Self {
        let next = chan.subscribe();
        Self {
            next,
            known: next.position,
            chan,
        }
    }

    /// How many messages it has not received, those among them that have been overwritten.
    pub(super) fn behind(&self) -> u64 {
        self.chan.tail().position().since(self.next.position)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.chan.tail_or_end().has(Tail::CLOSED)
    }

    /// Closed, and nothing left to receive.
    #[cfg(feature = "stream")]
    pub(super) fn is_finished(&self) -> bool {
        let tail = self.chan.tail_or_end();
        tail.has(Tail::CLOSED) && tail.position() == self.next.position
    }

    pub(super) fn gate(&self) -> impl Gate {
        self.chan.news(self.next.position)
    }

    /// Received it.
    #[inline(always)]
    pub(super) fn step(&mut self) {
        self.next = self.next.next(self.chan.capacity());
    }

    /// The next message has been overwritten: goes on to the oldest that is left. Says how many were missed.
    #[cold]
    fn catch_up(&mut self) -> u64 {
        // The lock of the slot orders this after the turns before the one in which it was overwritten; that one may not
        // have moved `tail` yet.
        let tail = self.chan.tail().position();
        let behind = tail.since(self.next.position);
        let missed = behind.saturating_sub(self.chan.capacity() as u64).max(1);
        self.next = self.next.ahead(missed, self.chan.capacity());
        self.known = tail;
        missed
    }
}

impl<T: Clone> Reader<T> {
    /// Takes the next message. Never waits.
    #[inline]
    pub(super) fn take(&mut self) -> Result<T, Nothing> {
        if self.next.position == self.known {
            let tail = self.chan.tail_or_end();
            self.known = tail.position();
            if self.next.position == self.known {
                return Err(if tail.has(Tail::CLOSED) {
                    Nothing::Closed
                } else {
                    Nothing::Empty
                });
            }
        }
        self.take_sent()
    }

    /// The next message has been sent.
    #[inline]
    fn take_sent(&mut self) -> Result<T, Nothing> {
        let mut looks = 0;
        loop {
            match self.chan.slot(self.next).take(self.next.position) {
                Taken::Last(message) => {
                    self.step();
                    self.chan.finished(None, true);
                    return Ok(message);
                }
                Taken::Lent(loan) => {
                    let at = self.next;
                    // Before the clone, which may panic: then it has been received as well.
                    self.step();
                    let borrowed = Borrowed {
                        chan: &self.chan,
                        slot: self.chan.slot(at),
                        loan: Some(loan),
                    };
                    return Ok(borrowed.cloned());
                }
                Taken::Busy if looks < SPINS => {
                    looks += 1;
                    spin_loop();
                }
                Taken::Busy => return Err(Nothing::Busy),
                Taken::Gone => return Err(Nothing::Lagged(self.catch_up())),
            }
        }
    }
}

impl<T> Drop for Reader<T> {
    fn drop(&mut self) {
        self.chan.leave(self.next);
    }
}

/// A message that is lent to us, and is given back whatever its `Clone` does (B8: no lock is held meanwhile).
struct Borrowed<'a, T> {
    chan: &'a Chan<T>,
    slot: &'a Slot<T>,
    loan: Option<Loan<T>>,
}

impl<T: Clone> Borrowed<'_, T> {
    #[inline(always)]
    fn cloned(self) -> T {
        match &self.loan {
            Some(loan) => self.slot.look(loan, T::clone),
            None => unreachable!("it is lent until it is dropped"),
        }
    }
}

impl<T> Drop for Borrowed<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(loan) = self.loan.take() {
            let (message, freed) = self.slot.give_back(loan);
            self.chan.finished(message, freed);
        }
    }
}

/// Receives one message.
pub(super) struct RecvOp<'a, T>(pub(super) &'a mut Reader<T>);

impl<T: Clone> Operation for RecvOp<'_, T> {
    type Output = Result<T, RecvError>;

    #[inline(always)]
    fn attempt(&mut self, output: &mut Poll<Self::Output>) -> Attempt {
        match self.0.take() {
            Ok(message) => done(output, Ok(message)),
            Err(Nothing::Empty) => Attempt::Blocked,
            Err(Nothing::Busy) => Attempt::Busy,
            Err(Nothing::Closed) => done(output, Err(RecvError::Closed)),
            Err(Nothing::Lagged(n)) => done(output, Err(RecvError::Lagged(n))),
        }
    }

    fn gate(&self) -> impl Gate {
        self.0.gate()
    }

    fn streak(&self) -> Option<&Streak> {
        Some(self.0.chan.streak())
    }
}

/// Waits, for all one knows: how a receiver gives up its place in the queue, whatever `T` is.
pub(super) struct GoneOp<'a, T>(pub(super) &'a Reader<T>);

impl<T> Operation for GoneOp<'_, T> {
    type Output = ();

    fn attempt(&mut self, _output: &mut Poll<()>) -> Attempt {
        Attempt::Blocked
    }

    fn gate(&self) -> impl Gate {
        self.0.gate()
    }
}
