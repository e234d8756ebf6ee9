//! The state of a queue, as it is under the lock: a sequential machine that is told the time.
//!
//! It runs no foreign code, allocates nothing and drops no message: what it needs is brought along, and what is left over
//! is handed out (A6).

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::history::{Attempt, History, Outcome};
use super::node::{Content, Node, Share};
use super::seen::Seen;
use super::timers::Timers;
use super::{Config, Expired, Id, Reason, Stats};

/// What a delivery has to show for itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Receipt {
    slot: usize,
    /// Unique in the queue (A2).
    lease: u64,
    pub(super) attempts: u32,
    pub(super) delivered_at: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Free,
    Ready,
    InFlight,
    Delayed,
}

struct Slot<T> {
    state: State,
    attempts: u32,
    /// The number of the delivery, or the like: for the order of what is due at the same time.
    lease: u64,
    delivered_at: Option<Instant>,
    node: Option<Arc<Node<T>>>,
    history: Option<Box<History>>,
}

/// Who is to be told, once the lock is free.
#[derive(Debug, Default)]
#[must_use]
pub(super) struct Tells {
    /// There is a message for a consumer that waits.
    pub(super) consumer: bool,
    /// There is room for a producer that waits.
    pub(super) producer: bool,
    /// Those who sleep by the clock look at it anew.
    pub(super) sleepers: bool,
    pub(super) keepers: bool,
    /// Nothing is enqueued any more.
    pub(super) closed: bool,
    /// Nothing is delivered any more.
    pub(super) over: bool,
}

impl Tells {
    #[inline]
    pub(super) fn nobody(&self) -> bool {
        let Self {
            consumer,
            producer,
            sleepers,
            keepers,
            closed,
            over,
        } = self;
        !(*consumer | *producer | *sleepers | *keepers | *closed | *over)
    }
}

/// Why there is no place for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    Full,
    Closed,
}

/// The outcome of `add`.
pub(super) enum Added {
    Done(Id, Tells),
    /// Bring a node along.
    NeedsNode,
    Refused(Refused),
}

/// The outcome of `take`.
pub(super) enum Take<T> {
    Taken(Share<T>, Receipt, Tells),
    /// Something may be due: see `expire` first.
    Due,
    Empty,
    /// What the caller knows of times is out of date.
    Unsure,
    Over,
}

/// What is left of a message that was acknowledged.
pub(super) struct Remains<T> {
    _content: Option<Content<T>>,
    _node: Option<Arc<Node<T>>>,
    _history: Option<Box<History>>,
    pub(super) tells: Tells,
}

/// A message that leaves as a dead letter. It counts as leaving until `left` is called (A7).
pub(super) struct Corpse<T> {
    pub(super) node: Arc<Node<T>>,
    pub(super) attempts: u32,
    pub(super) reason: Reason,
    pub(super) history: Option<Box<History>>,
}

/// A delivery has ended without an acknowledgement.
pub(super) struct Returned<T> {
    pub(super) corpse: Option<Corpse<T>>,
    pub(super) tells: Tells,
}

/// What those who sleep by the clock know.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watch {
    pub(super) next: Option<Instant>,
    pub(super) version: u64,
    pub(super) over: bool,
}

pub(super) struct Ledger<T> {
    capacity: usize,
    timeout: Duration,
    max_attempts: u32,
    slots: Vec<Slot<T>>,
    free: Vec<usize>,
    ready: VecDeque<usize>,
    timers: Timers,
    seen: Seen,
    in_flight: usize,
    delayed: usize,
    /// Room that was given to producers that wait.
    granted: usize,
    /// Corpses that are on their way.
    leaving: usize,
    leases: u64,
    /// Goes on whenever something becomes due earlier than those who sleep by the clock know.
    version: u64,
    stats: Stats,
    closed: bool,
    /// No consumer will come any more.
    abandoned: bool,
    /// Somebody waits, at each gate (W3), and threads that sleep by the clock.
    pub(super) consumers_wait: bool,
    pub(super) producers_wait: bool,
    pub(super) keepers_wait: bool,
    pub(super) sleepers: usize,
}

impl<T> Ledger<T> {
    pub(super) fn new(config: &Config) -> Self {
        let capacity = config.capacity;
        Self {
            capacity,
            timeout: config.visibility_timeout,
            max_attempts: config.max_attempts,
            slots: Vec::with_capacity(capacity),
            free: Vec::with_capacity(capacity),
            ready: VecDeque::with_capacity(capacity),
            timers: Timers::new(capacity),
            seen: Seen::new(config.window),
            in_flight: 0,
            delayed: 0,
            granted: 0,
            leaving: 0,
            leases: 0,
            version: 0,
            stats: Stats::default(),
            closed: false,
            abandoned: false,
            consumers_wait: false,
            producers_wait: false,
            keepers_wait: false,
            sleepers: 0,
        }
    }

    // --- asking ---

    pub(super) fn stats(&self) -> Stats {
        Stats {
            ready: self.ready.len(),
            in_flight: self.in_flight,
            delayed: self.delayed,
            ..self.stats
        }
    }

    fn live(&self) -> usize {
        self.ready.len() + self.in_flight + self.delayed
    }

    fn room(&self) -> usize {
        self.capacity - self.live() - self.granted
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Nothing will be delivered any more, nor become a dead letter.
    pub(super) fn is_over(&self) -> bool {
        self.closed && self.live() == 0 && self.leaving == 0
    }

    pub(super) fn has_news(&self) -> bool {
        !self.ready.is_empty() || self.is_over()
    }

    pub(super) fn has_room(&self) -> bool {
        self.closed || self.room() > 0
    }

    pub(super) fn seen(&self, id: Id) -> bool {
        self.seen.contains(id)
    }

    pub(super) fn due(&self, receipt: &Receipt) -> Result<Option<Instant>, Expired> {
        self.check(receipt)?;
        Ok(self.timers.due(receipt.slot).map(|(at, _)| at))
    }

    /// `exactly`: else the time may be too early. To know it exactly, entries of what was settled in time are cleared away,
    /// and will have to be made again: not for those who may have to wait for an instant only.
    pub(super) fn watch(&mut self, exactly: bool) -> Watch {
        let next = if exactly {
            self.timers.next().map(|((at, _), _)| at)
        } else {
            self.timers.not_before()
        };
        Watch {
            next,
            version: self.version,
            over: self.is_over(),
        }
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    // --- enqueue ---

    /// Takes room for up to `most` messages.
    pub(super) fn grant(&mut self, most: usize) -> usize {
        let granted = if self.closed {
            0
        } else {
            self.room().min(most)
        };
        self.granted += granted;
        granted
    }

    pub(super) fn give_up_room(&mut self, granted: usize) -> Tells {
        self.granted -= granted;
        Tells {
            producer: self.producers_wait && granted > 0,
            ..Tells::default()
        }
    }

    /// Adds `message`, which is taken if it is done; with room that was `granted`, or other.
    pub(super) fn add(
        &mut self,
        now: Instant,
        id: Option<Id>,
        message: &mut Option<T>,
        spare: &mut Option<Arc<Node<T>>>,
        granted: bool,
    ) -> Added {
        if self.closed {
            return Added::Refused(Refused::Closed);
        }
        if !granted && self.room() == 0 {
            return Added::Refused(Refused::Full);
        }
        let slot = match self.free.last() {
            Some(&slot) => slot,
            None => self.add_slot(),
        };
        let place = &mut self.slots[slot];
        if place.node.is_none() {
            place.node = spare.take();
        }
        let Some(node) = &place.node else {
            return Added::NeedsNode;
        };
        let Some(message) = message.take() else {
            unreachable!("a message is added once");
        };
        let id = id.unwrap_or_else(|| Id::counted(self.stats.enqueued));
        let content = Content {
            id,
            enqueued_at: now,
            message,
        };
        // SAFETY: A5: the slot is free, and the ledger is under the lock.
        unsafe { node.fill(content) };
        place.state = State::Ready;
        place.attempts = 0;
        self.free.pop();
        self.granted -= usize::from(granted);
        self.stats.enqueued += 1;
        self.ready.push_back(slot);
        let tells = Tells {
            consumer: self.consumers_wait,
            ..Tells::default()
        };
        Added::Done(id, tells)
    }

    /// A new slot, which is free.
    fn add_slot(&mut self) -> usize {
        let slot = self.slots.len();
        self.slots.push(Slot {
            state: State::Free,
            attempts: 0,
            lease: 0,
            delivered_at: None,
            node: None,
            history: None,
        });
        self.timers.add_slot();
        self.free.push(slot);
        slot
    }

    // --- delivery ---

    /// Delivers the first message that is ready. `known`: the version of what the caller knows of times.
    pub(super) fn take(&mut self, now: Instant, known: Option<u64>) -> Take<T> {
        if self.timers.may_be_due(now) {
            return Take::Due;
        }
        let Some(slot) = self.ready.pop_front() else {
            return if self.is_over() {
                Take::Over
            } else if known.is_some_and(|known| known != self.version) {
                Take::Unsure
            } else {
                Take::Empty
            };
        };
        self.leases += 1;
        let lease = self.leases;
        let place = &mut self.slots[slot];
        debug_assert_eq!(place.state, State::Ready);
        place.state = State::InFlight;
        place.lease = lease;
        place.delivered_at = Some(now);
        place.attempts = place.attempts.saturating_add(1);
        let receipt = Receipt {
            slot,
            lease,
            attempts: place.attempts,
            delivered_at: now,
        };
        let Some(share) = place.node.as_ref().map(Node::share) else {
            unreachable!("a message that is ready is there");
        };
        self.in_flight += 1;
        self.stats.delivered += 1;
        self.stats.redelivered += u64::from(receipt.attempts > 1);
        let tells = match now.checked_add(self.timeout) {
            Some(due) => self.set_due(slot, due),
            None => Tells::default(),
        };
        Take::Taken(share, receipt, tells)
    }

    /// `slot` is due at `due`, in the order of its lease.
    fn set_due(&mut self, slot: usize, due: Instant) -> Tells {
        let lease = self.slots[slot].lease;
        if !self.timers.set(slot, (due, lease)) {
            return Tells::default();
        }
        self.version += 1;
        Tells {
            sleepers: self.sleepers > 0,
            keepers: self.keepers_wait,
            ..Tells::default()
        }
    }

    /// Whether the message is that of `receipt` still (A2).
    #[inline]
    fn check(&self, receipt: &Receipt) -> Result<(), Expired> {
        let place = &self.slots[receipt.slot];
        if place.state == State::InFlight && place.lease == receipt.lease {
            Ok(())
        } else {
            Err(Expired)
        }
    }

    // --- the end of a delivery ---

    /// `own` is the delivery's share of the message, which it does not look at any more.
    #[inline]
    pub(super) fn ack(&mut self, receipt: &Receipt, own: &Share<T>) -> Result<Remains<T>, Expired> {
        self.check(receipt)?;
        self.timers.clear(receipt.slot);
        self.seen.add(own.content().id);
        let place = &mut self.slots[receipt.slot];
        // SAFETY: A5: the ledger is under the lock, and this acts for the delivery.
        let content = unsafe { own.take() };
        // With a delivery that has expired and is held still, the message goes when that goes, and its node with it.
        let node = if content.is_none() || self.abandoned {
            place.node.take()
        } else {
            None
        };
        let history = place.history.take();
        self.in_flight -= 1;
        self.stats.acked += 1;
        Ok(Remains {
            _content: content,
            _node: node,
            _history: history,
            tells: self.free(receipt.slot),
        })
    }

    /// The message of `slot` is gone.
    fn free(&mut self, slot: usize) -> Tells {
        self.slots[slot].state = State::Free;
        self.free.push(slot);
        Tells {
            producer: self.producers_wait,
            over: self.is_over(),
            ..Tells::default()
        }
    }

    /// The delivery gives its message back, for `delay` from now if there is one.
    pub(super) fn give_back(
        &mut self,
        receipt: &Receipt,
        now: Instant,
        outcome: Outcome,
        delay: Option<Duration>,
        spare: &mut Option<Box<History>>,
    ) -> Result<Returned<T>, Expired> {
        self.check(receipt)?;
        self.timers.clear(receipt.slot);
        Ok(self.failed(receipt.slot, now, outcome, delay, spare))
    }

    /// One message whose time has come becomes ready, or dies. `None`: nothing is due.
    pub(super) fn expire(
        &mut self,
        now: Instant,
        spare: &mut Option<Box<History>>,
    ) -> Option<Returned<T>> {
        let ((at, _), slot) = self.timers.pop_due(now)?;
        Some(match self.slots[slot].state {
            State::InFlight => self.failed(slot, at, Outcome::Expired, None, spare),
            State::Delayed => {
                self.delayed -= 1;
                let tells = self.make_ready_of(slot);
                self.returned(tells)
            }
            State::Free | State::Ready => unreachable!("it is not due"),
        })
    }

    /// The delivery of the message of `slot`, which is in flight, has failed.
    fn failed(
        &mut self,
        slot: usize,
        at: Instant,
        outcome: Outcome,
        delay: Option<Duration>,
        spare: &mut Option<Box<History>>,
    ) -> Returned<T> {
        self.in_flight -= 1;
        let count = match outcome {
            Outcome::Nacked => &mut self.stats.nacked,
            Outcome::Rejected => &mut self.stats.rejected,
            Outcome::Expired => &mut self.stats.expired,
            Outcome::Dropped | Outcome::Panicked => &mut self.stats.dropped,
        };
        *count += 1;
        let place = &mut self.slots[slot];
        if place.history.is_none() {
            place.history = spare.take();
        }
        if let (Some(history), Some(delivered_at)) = (&mut place.history, place.delivered_at) {
            history.add(Attempt {
                delivered_at,
                ended_at: at,
                outcome,
            });
        }
        if outcome == Outcome::Rejected {
            return self.die(slot, Reason::Rejected);
        }
        if place.attempts >= self.max_attempts {
            return self.die(slot, Reason::Attempts);
        }
        if self.abandoned {
            return self.die(slot, Reason::Abandoned);
        }
        match delay {
            Some(delay) if !delay.is_zero() => {
                place.state = State::Delayed;
                self.delayed += 1;
                let tells = match at.checked_add(delay) {
                    Some(due) => self.set_due(slot, due),
                    None => Tells::default(),
                };
                self.returned(tells)
            }
            _ => {
                let tells = self.make_ready_of(slot);
                self.returned(tells)
            }
        }
    }

    /// To the end of the line (A3).
    fn make_ready_of(&mut self, slot: usize) -> Tells {
        self.slots[slot].state = State::Ready;
        self.ready.push_back(slot);
        Tells {
            consumer: self.consumers_wait,
            ..Tells::default()
        }
    }

    fn returned(&self, tells: Tells) -> Returned<T> {
        Returned {
            corpse: None,
            tells,
        }
    }

    /// The message of `slot`, which counts nowhere any more, becomes a dead letter.
    fn die(&mut self, slot: usize, reason: Reason) -> Returned<T> {
        let place = &mut self.slots[slot];
        let Some(node) = place.node.take() else {
            unreachable!("a message that dies was there");
        };
        let corpse = Corpse {
            node,
            attempts: place.attempts,
            reason,
            history: place.history.take(),
        };
        self.leaving += 1;
        self.stats.dead += 1;
        Returned {
            corpse: Some(corpse),
            tells: self.free(slot),
        }
    }

    /// A corpse is with the dead letters, or nobody wanted it.
    pub(super) fn left(&mut self, discarded: bool) -> Tells {
        self.leaving -= 1;
        self.stats.discarded += u64::from(discarded);
        Tells {
            over: self.is_over(),
            ..Tells::default()
        }
    }

    /// The delivery is due `time` from now, if that is later than it was.
    pub(super) fn extend(
        &mut self,
        receipt: &Receipt,
        now: Instant,
        time: Duration,
    ) -> Result<Tells, Expired> {
        self.check(receipt)?;
        let Some((due, _)) = self.timers.due(receipt.slot) else {
            return Ok(Tells::default());
        };
        match now.checked_add(time) {
            Some(later) if later > due => Ok(self.set_due(receipt.slot, later)),
            Some(_) => Ok(Tells::default()),
            None => {
                self.timers.clear(receipt.slot);
                Ok(Tells::default())
            }
        }
    }

    // --- the end of the queue ---

    /// No message is added any more. `Err`: so it was before.
    pub(super) fn close(&mut self) -> Result<Tells, ()> {
        if mem::replace(&mut self.closed, true) {
            return Err(());
        }
        Ok(Tells {
            closed: true,
            over: self.is_over(),
            ..Tells::default()
        })
    }

    /// No consumer will come: what is not in flight dies.
    pub(super) fn abandon(&mut self) {
        self.abandoned = true;
    }

    /// One of those, in order; `None`: that was all.
    pub(super) fn bury(&mut self, next: &mut usize) -> Option<Returned<T>> {
        if let Some(slot) = self.ready.pop_front() {
            return Some(self.die(slot, Reason::Abandoned));
        }
        while *next < self.slots.len() {
            let slot = *next;
            *next += 1;
            if self.slots[slot].state == State::Delayed {
                self.delayed -= 1;
                self.timers.clear(slot);
                return Some(self.die(slot, Reason::Abandoned));
            }
        }
        None
    }

    /// A node that is not used any more, now that no consumer is left; `None`: that was all.
    pub(super) fn purge(&mut self, next: &mut usize) -> Option<Arc<Node<T>>> {
        while *next < self.slots.len() {
            let place = &mut self.slots[*next];
            *next += 1;
            if place.state == State::Free && place.node.is_some() {
                return place.node.take();
            }
        }
        None
    }
}
