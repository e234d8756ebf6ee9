//! The ledger under its lock, who waits, and what happens once the lock is free.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::history::{History, Outcome};
use super::ledger::{Added, Corpse, Ledger, Receipt, Refused, Returned, Take, Tells, Watch};
use super::node::{Node, Share};
use super::{Clock, Config, DeadLetter, Expired, Id, Ids, Stats};
use crate::error::TrySendError;
use crate::mpmc;
use crate::shared::{self, Core, Guest, Rx, Tx};
use crate::sync::AtomicBool;
use crate::unwind::past_panics;
use crate::wait::{Gate, Grant, Lock, WaitQueue};

pub(super) type TxHandle<T> = shared::Handle<Chan<T>, Tx>;
pub(super) type RxHandle<T> = shared::Handle<Chan<T>, Rx>;

/// What the handles of one queue share.
pub(super) struct Chan<T> {
    ledger: Lock<Ledger<T>>,
    /// Whether a message is ready, and whether there is room: hints for those who look again and again, and would keep the lock
    /// and the clock busy.
    looks_ready: AtomicBool,
    looks_open: AtomicBool,
    clock: Arc<dyn Clock>,
    ids: Ids,
    letters: mpmc::Sender<DeadLetter<T>>,
    /// Consumers that wait for a message.
    consumers: WaitQueue,
    /// Producers that wait for room.
    producers: WaitQueue,
    /// Those who see to it that messages expire.
    keepers: WaitQueue,
}

/// The outcome of an attempt to take a message.
pub(super) enum Taken<T> {
    Message(Share<T>, Receipt),
    Empty,
    /// The caller's idea of when to look again is out of date.
    Unsure,
    Over,
}

impl<T> Chan<T> {
    pub(super) fn new(config: &Config, letters: mpmc::Sender<DeadLetter<T>>) -> Self {
        Self {
            ledger: Lock::new(Ledger::new(config)),
            looks_ready: AtomicBool::new(false),
            looks_open: AtomicBool::new(true),
            clock: config.clock.clone(),
            ids: config.ids,
            letters,
            consumers: WaitQueue::new(),
            producers: WaitQueue::new(),
            keepers: WaitQueue::new(),
        }
    }

    /// Changes the ledger.
    #[inline]
    fn with<R>(&self, change: impl FnOnce(&mut Ledger<T>) -> R) -> R {
        self.ledger.with(|ledger| {
            let result = change(ledger);
            // ORDERING: Relaxed, here and below: hints. Written under the lock, so the last one is true.
            let (ready, open) = (ledger.has_news(), ledger.has_room());
            if self.looks_ready.load(Relaxed) != ready {
                self.looks_ready.store(ready, Relaxed);
            }
            if self.looks_open.load(Relaxed) != open {
                self.looks_open.store(open, Relaxed);
            }
            result
        })
    }

    /// Whether taking a message is worth a try.
    #[inline]
    pub(super) fn looks_ready(&self) -> bool {
        self.looks_ready.load(Relaxed)
    }

    /// Whether adding a message is worth a try.
    #[inline]
    pub(super) fn looks_open(&self) -> bool {
        self.looks_open.load(Relaxed)
    }

    #[inline]
    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    // --- asking ---

    pub(super) fn stats(&self) -> Stats {
        self.ledger.with(|ledger| ledger.stats())
    }

    pub(super) fn is_closed(&self) -> bool {
        self.ledger.with(|ledger| ledger.is_closed())
    }

    pub(super) fn is_over(&self) -> bool {
        self.ledger.with(|ledger| ledger.is_over())
    }

    pub(super) fn seen(&self, id: Id) -> bool {
        self.ledger.with(|ledger| ledger.seen(id))
    }

    /// When the delivery expires.
    pub(super) fn due(&self, receipt: &Receipt) -> Result<Option<Instant>, Expired> {
        self.ledger.with(|ledger| ledger.due(receipt))
    }

    pub(super) fn watch(&self, exactly: bool) -> Watch {
        self.ledger.with(|ledger| ledger.watch(exactly))
    }

    pub(super) fn version(&self) -> u64 {
        self.ledger.with(|ledger| ledger.version())
    }

    /// A thread goes to sleep by the clock.
    pub(super) fn sleeper_comes(&self) {
        self.ledger.with(|ledger| ledger.sleepers += 1);
    }

    pub(super) fn sleeper_goes(&self) {
        self.ledger.with(|ledger| ledger.sleepers -= 1);
    }

    // --- enqueue ---

    /// Adds the message, if there is room; it is left where it is otherwise.
    pub(super) fn add(
        &self,
        message: &mut Option<T>,
        guest: impl Fn() -> Guest<Self>,
    ) -> Result<Id, Refused> {
        let added = self.add_with(message, false, guest);
        if added == Err(Refused::Full) && self.producers.asked_in_vain() {
            self.give_up_room(1);
        }
        added
    }

    /// As `add`, with room that the caller was given.
    pub(super) fn add_granted(
        &self,
        message: &mut Option<T>,
        guest: impl Fn() -> Guest<Self>,
    ) -> Result<Id, Refused> {
        let added = self.add_with(message, true, guest);
        if added.is_err() {
            self.give_up_room(1);
        }
        added
    }

    #[inline]
    fn add_with(
        &self,
        message: &mut Option<T>,
        granted: bool,
        guest: impl Fn() -> Guest<Self>,
    ) -> Result<Id, Refused> {
        let now = self.now();
        let id = self.ids.prepare();
        let mut spare = None;
        loop {
            let added = self.with(|ledger| ledger.add(now, id, message, &mut spare, granted));
            match added {
                Added::Done(id, tells) => {
                    self.tell(tells);
                    return Ok(id);
                }
                Added::NeedsNode => spare = Some(Node::empty(guest())),
                Added::Refused(why) => return Err(why),
            }
        }
    }

    pub(super) fn give_up_room(&self, granted: usize) {
        let tells = self.with(|ledger| ledger.give_up_room(granted));
        self.tell(tells);
    }

    // --- delivery ---

    /// Takes the first message that is ready, after what is due.
    #[inline]
    pub(super) fn take(&self, known: Option<u64>) -> Taken<T> {
        let now = self.now();
        loop {
            match self.with(|ledger| ledger.take(now, known)) {
                Take::Taken(node, receipt, tells) => {
                    if !tells.nobody() {
                        // The message goes back if a waker panics.
                        let held = Held(self, receipt);
                        self.tell(tells);
                        std::mem::forget(held);
                    }
                    return Taken::Message(node, receipt);
                }
                Take::Due => self.expire_at(now),
                Take::Empty => return Taken::Empty,
                Take::Unsure => return Taken::Unsure,
                Take::Over => return Taken::Over,
            }
        }
    }

    /// Sees to all that is due.
    pub(super) fn expire(&self) {
        self.expire_at(self.now());
    }

    #[cold]
    fn expire_at(&self, now: Instant) {
        let mut spare = None;
        past_panics(|| {
            spare.get_or_insert_with(|| Box::new(History::new()));
            match self.with(|ledger| ledger.expire(now, &mut spare)) {
                Some(returned) => {
                    self.settle(returned);
                    true
                }
                None => false,
            }
        });
    }

    // --- the end of a delivery ---

    #[inline]
    pub(super) fn ack(&self, receipt: &Receipt, own: &Share<T>) -> Result<(), Expired> {
        let mut remains = self.with(|ledger| ledger.ack(receipt, own))?;
        let tells = std::mem::take(&mut remains.tells);
        if tells.nobody() {
            drop(remains);
        } else {
            self.tell_and_drop(tells, remains);
        }
        Ok(())
    }

    /// What is left of a message may be anything with a `Drop`, which may panic, as wakers may.
    #[inline(never)]
    fn tell_and_drop<R>(&self, tells: Tells, remains: R) {
        let (mut tells, mut remains) = (Some(tells), Some(remains));
        past_panics(|| {
            match tells.take() {
                Some(tells) => self.tell(tells),
                None => {
                    drop(remains.take());
                    return false;
                }
            }
            true
        });
    }

    pub(super) fn give_back(
        &self,
        receipt: &Receipt,
        outcome: Outcome,
        delay: Option<Duration>,
    ) -> Result<(), Expired> {
        let now = self.now();
        let mut spare = Some(Box::new(History::new()));
        let returned =
            self.with(|ledger| ledger.give_back(receipt, now, outcome, delay, &mut spare))?;
        self.settle(returned);
        Ok(())
    }

    pub(super) fn extend(&self, receipt: &Receipt, time: Duration) -> Result<(), Expired> {
        let now = self.now();
        let tells = self
            .ledger
            .with(|ledger| ledger.extend(receipt, now, time))?;
        self.tell(tells);
        Ok(())
    }

    /// Sends a dead letter, if there is one, and tells whoever is to be told, past panics.
    fn settle(&self, returned: Returned<T>) {
        let Returned { corpse, tells } = returned;
        let Some(corpse) = corpse else {
            return self.tell(tells);
        };
        let (mut corpse, mut tells) = (Some(corpse), Some(tells));
        let mut unsent = None;
        let mut step = 0;
        past_panics(|| {
            step += 1;
            match step {
                1 => unsent = corpse.take().and_then(|corpse| self.post(corpse)),
                // Also if a waker has panicked: the letter had been sent.
                2 => {
                    let discarded = unsent.is_some();
                    let last = self.with(|ledger| ledger.left(discarded));
                    self.tell(last);
                }
                3 => self.tell(tells.take().unwrap_or_default()),
                4 => drop(unsent.take()),
                _ => return false,
            }
            true
        });
    }

    /// Sends a dead letter, and gives it back if nobody can receive it.
    fn post(&self, corpse: Corpse<T>) -> Option<DeadLetter<T>> {
        let letter = DeadLetter::new(corpse);
        self.letters
            .try_send(letter)
            .err()
            .map(TrySendError::into_inner)
    }

    // --- telling ---

    #[inline]
    fn tell(&self, tells: Tells) {
        if !tells.nobody() {
            self.tell_some(&tells);
        }
    }

    #[inline(never)]
    fn tell_some(&self, tells: &Tells) {
        let mut step = 0;
        past_panics(|| {
            step += 1;
            match step {
                1 if tells.over || tells.sleepers => self.news().notify_all(),
                1 if tells.consumer => self.news().notify(1),
                2 if tells.closed => self.refuse_all(),
                2 if tells.producer => self.room().notify(1),
                3 if tells.over || tells.keepers => self.alarm().notify_all(),
                4 if tells.over => {
                    self.letters.close();
                }
                1..=4 => {}
                _ => return false,
            }
            true
        });
    }

    /// Closed: producers have nothing to wait for.
    fn refuse_all(&self) {
        let credits = self.producers.revoke_all();
        if credits > 0 {
            let _told_anyhow = self.with(|ledger| ledger.give_up_room(credits));
        }
        self.room().notify_all();
    }

    /// True if this call has closed it.
    pub(super) fn close(&self) -> bool {
        match self.with(Ledger::close) {
            Ok(tells) => {
                self.tell(tells);
                true
            }
            Err(()) => false,
        }
    }

    pub(super) fn news(&self) -> NewsGate<'_, T> {
        NewsGate(self)
    }

    pub(super) fn room(&self) -> RoomGate<'_, T> {
        RoomGate(self)
    }

    pub(super) fn alarm(&self) -> AlarmGate<'_, T> {
        AlarmGate(self)
    }
}

/// A message that was taken and is not with its owner yet.
struct Held<'a, T>(&'a Chan<T>, Receipt);

impl<T> Drop for Held<'_, T> {
    fn drop(&mut self) {
        // It cannot be said to be late to anybody.
        let _ = self.0.give_back(&self.1, Outcome::Panicked, None);
    }
}

impl<T> Core for Chan<T> {
    fn senders_gone(&self) {
        self.close();
    }

    fn receivers_gone(&self) {
        self.ledger.with(Ledger::abandon);
        let mut closed = false;
        let mut next = 0;
        past_panics(|| {
            if !closed {
                closed = true;
                self.close();
                return true;
            }
            match self.with(|ledger| ledger.bury(&mut next)) {
                Some(returned) => self.settle(returned),
                None => return false,
            }
            true
        });
        let mut next = 0;
        while let Some(node) = self.with(|ledger| ledger.purge(&mut next)) {
            drop(node);
        }
    }
}

impl<T> fmt::Debug for Chan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("closed", &self.is_closed())
            .field("stats", &self.stats())
            .finish()
    }
}

/// Consumers wait here for a message or the end.
pub(super) struct NewsGate<'a, T>(&'a Chan<T>);

impl<T> Gate for NewsGate<'_, T> {
    fn queue(&self) -> &WaitQueue {
        &self.0.consumers
    }

    fn raise(&self) -> bool {
        self.0.ledger.with(|ledger| {
            ledger.consumers_wait = true;
            // A thread may have to look at the clock anew.
            ledger.has_news() || ledger.sleepers > 0
        })
    }

    fn lower(&self) {
        self.0.ledger.with(|ledger| ledger.consumers_wait = false);
    }
}

/// Producers wait here for room or the close.
pub(super) struct RoomGate<'a, T>(&'a Chan<T>);

impl<T> Gate for RoomGate<'_, T> {
    fn queue(&self) -> &WaitQueue {
        &self.0.producers
    }

    fn raise(&self) -> bool {
        self.0.ledger.with(|ledger| {
            ledger.producers_wait = true;
            ledger.has_room()
        })
    }

    fn lower(&self) {
        self.0.ledger.with(|ledger| ledger.producers_wait = false);
    }

    fn grant(&self, most: u32) -> Grant {
        match self.0.with(|ledger| ledger.grant(most as usize)) {
            0 => Grant::Nothing,
            granted => Grant::Some(granted as u32),
        }
    }
}

/// Keepers of the time wait here until something is due earlier than they know, or the end.
pub(super) struct AlarmGate<'a, T>(&'a Chan<T>);

impl<T> Gate for AlarmGate<'_, T> {
    fn queue(&self) -> &WaitQueue {
        &self.0.keepers
    }

    fn raise(&self) -> bool {
        self.0.ledger.with(|ledger| ledger.keepers_wait = true);
        // Only the waiter knows what it knows.
        true
    }

    fn lower(&self) {
        self.0.ledger.with(|ledger| ledger.keepers_wait = false);
    }
}
