//! A channel: a storage, who waits on either side of it, and what full, empty and closed mean.
//!
//! # Invariants
//!
//! - **C1** A send takes effect at its change of the storage's `tail`, a receive at its change of `head`.
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
//! | a message was sent or offered, a receiver waits (`RX_WAITS` in the replaced `tail`) | the first receiver |
//! | a message was received, a sender waits (`TX_WAITS` in the replaced `head`) | the first sender |
//! | a permit was given back | the first sender |
//! | room came up and the first sender waits for permits, or was overtaken twice | it is given the room; told when it has all |
//! | closed, from either side | all senders, all receivers, all who wait for the close |
//! | closed, and the last permit is used or given back | all receivers: some of them have nothing to wait for |

mod ahead;
mod gates;
mod overflow;
mod recv;
mod reserve;
mod send;
mod throttle;

#[cfg(all(test, wakering_loom))]
mod loom;
#[cfg(all(test, feature = "std", not(any(wakering_loom, wakering_shuttle))))]
mod tests;

pub(crate) use ahead::RoomAhead;
pub(crate) use overflow::{OnDrop, Tuning};
pub(crate) use recv::{RecvManyOp, RecvOp, recv_run};
pub(crate) use reserve::ReserveOp;
pub(crate) use send::{ClosedOp, SendManyOp, SendOp, send_now};

use alloc::boxed::Box;
use core::fmt;
use core::marker::PhantomData;

use crossbeam_utils::CachePadded;

use crate::error::TrySendError;
use crate::index::{Head, MAX_CREDITS, NoItem, NoRoom, Tail};
use crate::meeting::Meeting;
use crate::ring::Ring;
use crate::segments::Segments;
use crate::shared::{self, Core};
use crate::storage::{Either, Storage, push_reserved_or_return};
use crate::sync::yield_now;
use crate::unwind::past_panics;
use crate::wait::{Gate, Queue, WaitQueue};

use gates::{ClosedGate, NewsGate, RoomGate};
use throttle::Throttle;

/// The sending side of a [`Chan`].
pub(crate) type TxHandle<T, S = Mixed<T>, Q = WaitQueue> =
    shared::Handle<Chan<T, S, Q>, shared::Tx>;
/// The receiving side of a [`Chan`].
pub(crate) type RxHandle<T, S = Mixed<T>, Q = WaitQueue> =
    shared::Handle<Chan<T, S, Q>, shared::Rx>;

/// The storage of channels that are bounded, or not, or keep no message at all.
pub(crate) type Mixed<T> = Either<Ring<T>, Either<Segments<T>, Meeting<T>>>;

/// What the type of a channel says, without owning any of it.
type Types<T, S, Q> = fn() -> (T, S, Q);

/// What the handles of one channel share. `Q` is where receivers wait: many of them, or one.
pub(crate) struct Chan<T, S = Mixed<T>, Q = WaitQueue> {
    storage: S,
    /// Receivers that wait for a message.
    receivers: CachePadded<Q>,
    /// Senders that wait for room.
    senders: CachePadded<WaitQueue>,
    /// Those who wait for the close.
    closed: WaitQueue,
    throttle: Throttle,
    /// What makes it another channel than the default.
    tuning: Option<Box<Tuning<T>>>,
    _message: PhantomData<fn() -> T>,
}

impl<T> Chan<T> {
    /// # Panics
    ///
    /// When the slots for `capacity` messages do not fit in memory.
    pub(crate) fn bounded(capacity: usize) -> Self {
        Self::on(match capacity {
            0 => Either::Second(Either::Second(Meeting::new())),
            _ => Either::First(Ring::new(capacity)),
        })
    }

    pub(crate) fn unbounded() -> Self {
        Self::on(Either::Second(Either::First(Segments::new())))
    }
}

impl<T, S: Storage<T>, Q: Queue> Chan<T, S, Q> {
    pub(crate) fn on(storage: S) -> Self {
        Self {
            throttle: Throttle::new(storage.capacity().unwrap_or(0)),
            storage,
            receivers: CachePadded::new(Q::new()),
            senders: CachePadded::new(WaitQueue::new()),
            closed: WaitQueue::new(),
            tuning: None,
            _message: PhantomData,
        }
    }

    /// One with a policy or an observer.
    ///
    /// Whoever is observed has the flags of the sleeping up at all times, so that each send and each receive comes by
    /// [`tell_receivers`](Self::tell_receivers) and [`tell_senders`](Self::tell_senders), where observers are told. So
    /// it costs those who do not ask for it not one instruction.
    pub(crate) fn tuned(storage: S, tuning: Tuning<T>) -> Self {
        let mut chan = Self::on(storage);
        if tuning.is_observed() {
            chan.throttle = Throttle::off();
            chan.storage.raise_rx();
            chan.storage.raise_tx();
        }
        chan.tuning = Some(Box::new(tuning));
        chan
    }

    // --- sending -------------------------------------------------------------------------------------------------

    /// Sends what `message` yields, if there is room; `message` is not called otherwise, and runs no foreign code (R6).
    #[inline(always)]
    pub(crate) fn send(&self, message: impl FnOnce() -> T) -> Result<(), NoRoom> {
        let sent = self.storage.push(message, |before| self.sent(before, 1));
        if let Err(why) = sent {
            self.found_no_room(why);
        }
        sent
    }

    /// As `send`, at a glance: does not tell why not.
    #[inline(always)]
    pub(crate) fn glance_send(&self, message: impl FnOnce() -> T) -> bool {
        self.storage
            .glance_push(message, |before| self.sent(before, 1))
    }

    /// Sends `message`, or does with it what the policy says, or gives it back. Never waits.
    #[inline(always)]
    pub(crate) fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        let mut message = Some(message);
        let sent = self.send(|| match message.take() {
            Some(message) => message,
            None => unreachable!("called once"),
        });
        match (sent, message) {
            (Err(why), Some(message)) => self.not_sent(why, message),
            (_, None) | (Ok(()), _) => Ok(()),
        }
    }

    /// Sends up to `most` (at least 1) messages that `messages` yields; says how many. It runs no foreign code (R6).
    pub(crate) fn send_run(
        &self,
        most: usize,
        messages: impl FnMut() -> T,
    ) -> Result<usize, NoRoom> {
        match self.storage.push_run(most, messages) {
            Ok((n, before)) => {
                self.sent(before, n);
                Ok(n)
            }
            Err(why) => {
                self.found_no_room(why);
                Err(why)
            }
        }
    }

    /// `n` messages went in when `tail` was `before`.
    #[inline(always)]
    fn sent(&self, before: Tail, n: usize) {
        if before.rx_waits() {
            self.tell_receivers(n);
        }
    }

    /// A send has come to stand in line with its message.
    pub(crate) fn offered(&self) {
        self.sent(self.storage.tail(), 1);
    }

    /// Whether sends hand their messages over to receivers, and nothing is kept in between.
    pub(crate) fn is_meeting(&self) -> bool {
        self.storage.line().is_some()
    }

    #[inline(never)]
    fn tell_receivers(&self, n: usize) {
        self.observe(|observer| observer.sent(n, self.len()));
        self.news().notify(n);
    }

    #[inline(never)]
    fn tell_senders(&self, n: usize) {
        self.observe(|observer| observer.received(n));
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
        match self.storage.reserve(n, n) {
            Ok(_) => Ok(()),
            Err(why) => {
                self.found_no_room(why);
                Err(why)
            }
        }
    }

    /// As `try_reserve`, at a glance: does not tell why not.
    pub(crate) fn glance_reserve(&self, n: usize) -> bool {
        (1..=self.max_reserve()).contains(&n) && self.storage.reserve(n, n).is_ok()
    }

    /// Room that is lent to a waiting send, which does not come for it, is not kept from the others for good.
    #[inline]
    fn found_no_room(&self, why: NoRoom) {
        if why == NoRoom::Full && self.senders.asked_in_vain() {
            self.unreserve(1);
        }
    }

    /// How many credits one reservation can be for.
    pub(crate) fn max_reserve(&self) -> usize {
        self.capacity().map_or(MAX_CREDITS, |n| n.min(MAX_CREDITS))
    }

    /// Sends by a credit. Without receivers, the message is dropped here (C3).
    pub(crate) fn send_reserved(&self, message: T) {
        match push_reserved_or_return(&self.storage, Tail::is_abandoned, message) {
            Ok(before) => self.sent_reserved(before),
            Err(message) => {
                self.unreserve(1);
                drop(message);
            }
        }
    }

    /// Sends by a credit that was given to a waiting send. Closed, it gives the message back (C2).
    pub(crate) fn send_granted(&self, message: T) -> Result<(), T> {
        match push_reserved_or_return(&self.storage, Tail::is_closed, message) {
            Ok(before) => {
                self.sent_reserved(before);
                Ok(())
            }
            Err(message) => {
                self.unreserve(1);
                Err(message)
            }
        }
    }

    fn sent_reserved(&self, before: Tail) {
        if before.redeemed().is_final() {
            self.observe(|observer| observer.sent(1, self.len()));
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
        if self.storage.unreserve(n).is_final() {
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
        let received = self.storage.pop(into, |head| self.took(head));
        if let Err(why) = received {
            self.found_nothing(why);
        }
        received
    }

    /// As `recv`, at a glance: does not tell why not.
    #[inline(always)]
    pub(crate) fn glance_recv(&self, into: impl FnOnce(T)) -> bool {
        self.storage.glance_pop(into, |head| self.took(head))
    }

    /// A message was taken when `head` stood there.
    #[inline(always)]
    fn took(&self, head: Head) {
        if self.throttle.lets_one(head) {
            self.tell_senders(1);
        }
    }

    /// Takes up to `most` of the oldest messages. `into` runs no foreign code (R6).
    pub(crate) fn recv_run(&self, most: usize, into: impl FnMut(T)) -> Result<usize, NoItem> {
        match self.storage.pop_run(most, into) {
            Ok((n, head)) => {
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
        if why == NoItem::Empty && self.throttle.is_on() && self.storage.head().tx_waits() {
            self.tell_senders(1);
        }
    }

    // --- closing -------------------------------------------------------------------------------------------------

    /// No more sends; true when this call made it so.
    pub(crate) fn close(&self) -> bool {
        let first = !self.storage.close().is_closed();
        if first {
            self.revoke_loans();
            self.tell_everybody();
        }
        first
    }

    /// Closed: a send that was lent room, and does not come for it, must not hold up the end.
    fn revoke_loans(&self) {
        let credits = self.senders.revoke_all();
        if credits > 0 {
            // Receivers are about to be told of the end anyhow.
            self.storage.unreserve(credits);
        }
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

    /// Drops everything queued (C3). Called once no receiver is left and the storage is abandoned.
    fn discard(&self) {
        let pop = || {
            let mut message = None;
            let popped = self.storage.pop(|taken| message = Some(taken), drop);
            popped.map(|()| message)
        };
        past_panics(|| match pop() {
            Ok(message) => {
                drop(message);
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
        self.storage.is_closed()
    }

    pub(crate) fn capacity(&self) -> Option<usize> {
        self.storage.capacity()
    }

    pub(crate) fn len(&self) -> usize {
        self.storage.load().0
    }

    /// How many messages there are to be received.
    pub(crate) fn at_hand(&self) -> usize {
        self.storage.at_hand()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.available() == Some(0)
    }

    /// For how many messages there is room now; `None`: for any number.
    pub(crate) fn available(&self) -> Option<usize> {
        let (messages, credits) = self.storage.load();
        Some(self.capacity()? - messages - credits)
    }

    /// Closed, and nothing left to receive now or later.
    #[cfg(feature = "stream")]
    pub(crate) fn is_finished(&self) -> bool {
        Storage::is_finished(&self.storage)
    }

    // --- waiting -------------------------------------------------------------------------------------------------

    pub(crate) fn news(&self) -> NewsGate<'_, T, S, Q> {
        NewsGate(self)
    }

    pub(crate) fn room(&self) -> RoomGate<'_, T, S, Q> {
        RoomGate(self)
    }

    pub(crate) fn closed_gate(&self) -> ClosedGate<'_, T, S, Q> {
        ClosedGate(self)
    }
}

#[cfg(all(test, feature = "std", not(any(wakering_loom, wakering_shuttle))))]
impl<T> Chan<T> {
    fn ring(&self) -> &Ring<T> {
        match &self.storage {
            Either::First(ring) => ring,
            Either::Second(_) => panic!("not bounded"),
        }
    }
}

impl<T, S: Storage<T>, Q: Queue> Core for Chan<T, S, Q> {
    fn senders_gone(&self) {
        self.close();
    }

    fn receivers_gone(&self) {
        let first = !self.storage.abandon().is_closed();
        if first {
            self.revoke_loans();
        }
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

impl<T, S: Storage<T>, Q: Queue> fmt::Debug for Chan<T, S, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chan")
            .field("capacity", &self.capacity())
            .field("len", &self.len())
            .field("closed", &self.is_closed())
            .finish()
    }
}
