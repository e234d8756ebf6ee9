//! A channel: a ring, who waits on either side of it, and what full, empty and closed mean.
//!
//! # Invariants
//!
//! - **C1** A send takes effect at its change of the ring's `tail`, a receive at its change of `head`.
//! - **C2** After a close no send succeeds, and every message whose send succeeded is received or dropped. A permit
//!   that was taken before still sends, and receivers wait for it.
//! - **C3** Each message is received or dropped exactly once. When the last receiver goes, everything queued is dropped
//!   there and then, and what permits send later is dropped by them.
//! - **C4** A cancelled receive has taken nothing; a cancelled send has placed nothing.
//!
//! # Who is told of what
//!
//! | what happened | who is told |
//! |---|---|
//! | a message was sent, a receiver waits (`RX_WAITS` in the replaced `tail`) | the first receiver |
//! | a message was received, a sender waits (`TX_WAITS` in the replaced `head`) | the first sender |
//! | a permit was given back | the first sender |
//! | room came up and the first sender waits for permits, or was overtaken twice | it is given the room; told when it has all |
//! | closed, from either side | all senders, all receivers, all who wait for the close |
//! | closed, and the last permit is used or given back | all receivers: some of them have nothing to wait for |

mod gates;
mod recv;
mod reserve;
mod send;
mod throttle;

#[cfg(all(test, wakering_loom))]
mod loom;
#[cfg(all(test, feature = "std", not(any(wakering_loom, wakering_shuttle))))]
mod tests;

pub(crate) use recv::{RecvManyOp, RecvOp, recv_run};
pub(crate) use reserve::ReserveOp;
pub(crate) use send::{ClosedOp, SendManyOp, SendOp, send_run};

use core::fmt;

use crossbeam_utils::CachePadded;

use crate::index::{MAX_CREDITS, NoItem, NoRoom, Tail};
use crate::ring::{Forced, Pop, Ring};
use crate::shared::{self, Core};
use crate::sync::yield_now;
use crate::unwind::past_panics;
use crate::wait::{Gate, WaitQueue};

use gates::{ClosedGate, NewsGate, RoomGate};
use throttle::Throttle;

/// The sending side of a [`Chan`].
pub(crate) type TxHandle<T> = shared::Handle<Chan<T>, shared::Tx>;
/// The receiving side of a [`Chan`].
pub(crate) type RxHandle<T> = shared::Handle<Chan<T>, shared::Rx>;

/// What the handles of one channel share.
pub(crate) struct Chan<T> {
    ring: Ring<T>,
    /// Receivers that wait for a message.
    receivers: CachePadded<WaitQueue>,
    /// Senders that wait for room.
    senders: CachePadded<WaitQueue>,
    /// Those who wait for the close.
    closed: WaitQueue,
    throttle: Throttle,
}

impl<T> Chan<T> {
    /// # Panics
    ///
    /// When `capacity` is 0 or its slots do not fit in memory.
    pub(crate) fn new(capacity: usize) -> Self {
        Self::with_ring(Ring::new(capacity))
    }

    fn with_ring(ring: Ring<T>) -> Self {
        Self {
            throttle: Throttle::new(ring.capacity()),
            ring,
            receivers: CachePadded::new(WaitQueue::new()),
            senders: CachePadded::new(WaitQueue::new()),
            closed: WaitQueue::new(),
        }
    }

    // --- sending -------------------------------------------------------------------------------------------------

    /// Sends what `message` yields, if there is room; `message` is not called otherwise, and runs no foreign code (R6).
    #[inline(always)]
    pub(crate) fn send(&self, message: impl FnOnce() -> T) -> Result<(), NoRoom> {
        let before = self.ring.claim_push()?.publish(message());
        self.sent(before, 1);
        Ok(())
    }

    /// As `send`, at a glance: does not tell why not.
    #[inline(always)]
    pub(crate) fn glance_send(&self, message: impl FnOnce() -> T) -> bool {
        let push = self.ring.glance_push();
        let free = push.is_some();
        if let Some(push) = push {
            self.sent(push.publish(message()), 1);
        }
        free
    }

    /// Sends up to `most` (at least 1) messages that `messages` yields; says how many. It runs no foreign code (R6).
    pub(crate) fn send_run(
        &self,
        most: usize,
        messages: impl FnMut() -> T,
    ) -> Result<usize, NoRoom> {
        let run = self.ring.claim_push_run(most)?;
        let n = run.len();
        let before = run.publish(messages);
        self.sent(before, n);
        Ok(n)
    }

    /// Sends even when full, and hands out the message that had to go: the oldest, or the new one itself where none
    /// can be evicted. `Err` gives the message back from a closed channel.
    pub(crate) fn force_send(&self, message: T) -> Result<Option<T>, T> {
        let (before, evicted) = match self.ring.claim_forced() {
            Ok(Forced::Push(push)) => (push.publish(message), None),
            Ok(Forced::Replace(replace)) => match replace.publish(message) {
                Ok((oldest, before)) => (before, Some(oldest)),
                // Closed in between: the oldest is gone, as if it had been evicted just before the close.
                Err((_oldest, message)) => return Err(message),
            },
            Err(NoRoom::Closed) => return Err(message),
            Err(NoRoom::Full | NoRoom::Busy) => return Ok(Some(message)),
        };
        self.sent(before, 1);
        Ok(evicted)
    }

    /// `n` messages went in when `tail` was `before`.
    #[inline(always)]
    fn sent(&self, before: Tail, n: usize) {
        if before.rx_waits() {
            self.tell_receivers(n);
        }
    }

    #[inline(never)]
    fn tell_receivers(&self, n: usize) {
        self.news().notify(n);
    }

    #[inline(never)]
    fn tell_senders(&self, n: usize) {
        self.room().notify(n);
    }

    // --- permits -------------------------------------------------------------------------------------------------

    /// Takes exactly `n` credits, or none.
    pub(crate) fn try_reserve(&self, n: usize) -> Result<(), NoRoom> {
        if n == 0 {
            return if self.is_closed() {
                Err(NoRoom::Closed)
            } else {
                Ok(())
            };
        }
        if n > self.max_reserve() {
            return Err(NoRoom::Full);
        }
        self.ring.reserve(n, n).map(drop)
    }

    /// How many credits one reservation can be for.
    pub(crate) fn max_reserve(&self) -> usize {
        self.capacity().min(MAX_CREDITS)
    }

    /// Sends by a credit. Without receivers, the message is dropped here (C3).
    pub(crate) fn send_reserved(&self, message: T) {
        match self.ring.claim_reserved(Tail::is_abandoned) {
            Some(push) => self.sent_reserved(push.publish(message)),
            None => {
                self.unreserve(1);
                drop(message);
            }
        }
    }

    /// Sends by a credit that was given to a waiting send. Closed, it gives the message back (C2).
    pub(crate) fn send_granted(&self, message: T) -> Result<(), T> {
        match self.ring.claim_reserved(Tail::is_closed) {
            Some(push) => {
                self.sent_reserved(push.publish(message));
                Ok(())
            }
            None => {
                self.unreserve(1);
                Err(message)
            }
        }
    }

    fn sent_reserved(&self, before: Tail) {
        if before.redeemed().is_final() {
            self.news().notify_all();
        } else {
            self.sent(before, 1);
        }
    }

    /// Gives `n` credits back.
    pub(crate) fn unreserve(&self, n: usize) {
        if n == 0 {
            return;
        }
        if self.ring.unreserve(n).is_final() {
            self.news().notify_all();
        } else {
            // The flag of waiting senders is not in the word that changed: look under the lock (W3).
            self.room().notify(n);
        }
    }

    // --- receiving -----------------------------------------------------------------------------------------------

    /// Takes the oldest message. `into` runs no foreign code (R6).
    #[inline(always)]
    pub(crate) fn recv(&self, into: impl FnOnce(T)) -> Result<(), NoItem> {
        match self.ring.claim_pop() {
            Ok(pop) => {
                self.take(pop, into);
                Ok(())
            }
            Err(why) => {
                self.found_nothing(why);
                Err(why)
            }
        }
    }

    /// As `recv`, at a glance: does not tell why not.
    #[inline(always)]
    pub(crate) fn glance_recv(&self, into: impl FnOnce(T)) -> bool {
        let pop = self.ring.glance_pop();
        let seen = pop.is_some();
        if let Some(pop) = pop {
            self.take(pop, into);
        }
        seen
    }

    #[inline(always)]
    fn take(&self, pop: Pop<'_, T>, into: impl FnOnce(T)) {
        let head = pop.head();
        pop.take_into(into);
        if self.throttle.lets_one(head) {
            self.tell_senders(1);
        }
    }

    /// Takes up to `most` of the oldest messages. `into` runs no foreign code (R6).
    pub(crate) fn recv_run(&self, most: usize, into: impl FnMut(T)) -> Result<usize, NoItem> {
        match self.ring.claim_pop_run(most) {
            Ok(run) => {
                let (n, head) = (run.len(), run.head());
                run.take(into);
                let tells = self.throttle.lets(head, n);
                if tells > 0 {
                    self.tell_senders(tells);
                }
                Ok(n)
            }
            Err(why) => {
                self.found_nothing(why);
                Err(why)
            }
        }
    }

    /// A receiver that finds the channel empty tells a sender that still waits, throttled or not: those that were told may
    /// never look.
    #[inline]
    fn found_nothing(&self, why: NoItem) {
        if why == NoItem::Empty && self.throttle.is_on() && self.ring.head().tx_waits() {
            self.tell_senders(1);
        }
    }

    // --- closing -------------------------------------------------------------------------------------------------

    /// No more sends; true when this call made it so.
    pub(crate) fn close(&self) -> bool {
        let first = !self.ring.close().is_closed();
        if first {
            self.tell_everybody();
        }
        first
    }

    fn tell_everybody(&self) {
        let mut step = 0;
        past_panics(|| {
            step += 1;
            match step {
                1 => self.news().notify_all(),
                2 => self.room().notify_all(),
                3 => self.closed_gate().notify_all(),
                _ => return false,
            }
            true
        });
    }

    /// Drops everything queued (C3). Called once no receiver is left and the ring is abandoned.
    fn discard(&self) {
        past_panics(|| match self.ring.claim_pop() {
            Ok(pop) => {
                drop(pop.take());
                true
            }
            // A sender is between claim and publish: a few instructions, unless it is preempted just there.
            Err(NoItem::Busy) => {
                yield_now();
                true
            }
            Err(NoItem::Empty | NoItem::Closed) => false,
        });
    }

    // --- asking --------------------------------------------------------------------------------------------------

    pub(crate) fn is_closed(&self) -> bool {
        self.ring.is_closed()
    }

    pub(crate) fn capacity(&self) -> usize {
        self.ring.capacity()
    }

    pub(crate) fn len(&self) -> usize {
        self.ring.load().0
    }

    pub(crate) fn is_full(&self) -> bool {
        let (messages, credits) = self.ring.load();
        messages + credits == self.capacity()
    }

    /// Closed, and nothing left to receive now or later.
    #[cfg(feature = "stream")]
    pub(crate) fn is_finished(&self) -> bool {
        self.ring.is_finished()
    }

    // --- waiting -------------------------------------------------------------------------------------------------

    pub(crate) fn news(&self) -> NewsGate<'_, T> {
        NewsGate(self)
    }

    pub(crate) fn room(&self) -> RoomGate<'_, T> {
        RoomGate(self)
    }

    pub(crate) fn closed_gate(&self) -> ClosedGate<'_, T> {
        ClosedGate(self)
    }
}

impl<T> Core for Chan<T> {
    fn senders_gone(&self) {
        self.close();
    }

    fn receivers_gone(&self) {
        let first = !self.ring.abandon().is_closed();
        let mut step = 0;
        past_panics(|| {
            step += 1;
            match step {
                1 => self.discard(),
                2 if first => self.tell_everybody(),
                _ => return false,
            }
            true
        });
    }
}

impl<T> fmt::Debug for Chan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chan")
            .field("capacity", &self.capacity())
            .field("len", &self.len())
            .field("closed", &self.is_closed())
            .finish()
    }
}
