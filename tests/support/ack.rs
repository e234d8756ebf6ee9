//! Programs for a queue with acknowledgement, and a sequential model of it: where each message is, who may settle it, what
//! each call says, and what the counters say after it. The time is that of a mock clock.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use arbitrary::Arbitrary;
use wakering::ack::{
    self, Clock, Config, Consumer, DeadLetter, DeadLetters, Delivery, Expired, Id, MockClock,
    Outcome, Producer, Reason, TryRecvError, TrySendError,
};

/// The visibility timeout, in ticks.
const TIMEOUT: u64 = 10;
const WINDOW: usize = 3;
const TICK: Duration = Duration::from_millis(1);

/// A call. The first number chooses among the deliveries that are held; times are in ticks.
#[derive(Clone, Copy, Debug, Arbitrary)]
pub(crate) enum Op {
    Enqueue,
    Dequeue,
    Ack(u8),
    Nack(u8),
    NackAfter(u8, u8),
    Reject(u8),
    Drop(u8),
    /// The consumer panics while it holds the delivery.
    Panic(u8),
    /// The delivery is never heard of again.
    Forget(u8),
    /// 255 stands for the greatest `Duration`.
    Extend(u8, u8),
    Advance(u8),
    Expire,
    ReceiveLetter,
    /// Asks when something is due next.
    AskNext,
    /// The end of something, seldom: most programs go on for long.
    End(u8),
}

#[derive(Clone, Debug, Arbitrary)]
pub(crate) struct Program {
    pub(crate) capacity: u8,
    pub(crate) max_attempts: u8,
    pub(crate) ops: Vec<Op>,
}

/// A message that counts the living.
#[derive(Debug)]
struct Message {
    number: usize,
    alive: Arc<AtomicUsize>,
}

impl Drop for Message {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, SeqCst);
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Ready,
    InFlight { lease: usize, due: u64 },
    Delayed { order: usize, due: u64 },
    Acked,
    Dead,
}

#[derive(Clone, Debug)]
struct Entry {
    id: Id,
    place: Place,
    attempts: u32,
    enqueued: u64,
    delivered: u64,
    history: Vec<(u64, u64, Outcome)>,
}

/// What a queue should be.
struct Model {
    capacity: usize,
    max_attempts: u32,
    now: u64,
    leases: usize,
    entries: Vec<Entry>,
    ready: VecDeque<usize>,
    letters: VecDeque<(usize, Reason)>,
    acked: VecDeque<usize>,
    closed: bool,
    abandoned: bool,
    letters_wanted: bool,
    counts: [u64; 8],
}

// The places of `counts`.
const DELIVERED: usize = 0;
const REDELIVERED: usize = 1;
const NACKED: usize = 2;
const REJECTED: usize = 3;
const EXPIRED: usize = 4;
const DROPPED: usize = 5;
const DISCARDED: usize = 6;

const NEVER: u64 = u64::MAX;

impl Model {
    fn live(&self) -> usize {
        let gone = |entry: &&Entry| matches!(entry.place, Place::Acked | Place::Dead);
        self.entries.len() - self.entries.iter().filter(gone).count()
    }

    fn is_over(&self) -> bool {
        self.closed && self.live() == 0
    }

    /// When, in which order, and which.
    fn next(&self) -> Option<(u64, usize, usize)> {
        let due = |(number, entry): (usize, &Entry)| match entry.place {
            Place::InFlight { lease, due } => Some((due, lease, number)),
            Place::Delayed { order, due } => Some((due, order, number)),
            _ => None,
        };
        let all = self.entries.iter().enumerate().filter_map(due);
        all.filter(|(due, ..)| *due != NEVER).min()
    }

    fn expire(&mut self) {
        while let Some((due, _, number)) = self.next().filter(|(due, ..)| *due <= self.now) {
            match self.entries[number].place {
                Place::InFlight { .. } => self.fail(number, due, Outcome::Expired, 0),
                _ => self.make_ready(number),
            }
        }
    }

    fn make_ready(&mut self, number: usize) {
        self.entries[number].place = Place::Ready;
        self.ready.push_back(number);
    }

    fn owns(&self, number: usize, lease: usize) -> bool {
        matches!(self.entries[number].place, Place::InFlight { lease: owner, .. } if owner == lease)
    }

    fn ack(&mut self, number: usize) {
        self.entries[number].place = Place::Acked;
        self.acked.push_back(number);
        if self.acked.len() > WINDOW {
            self.acked.pop_front();
        }
    }

    fn fail(&mut self, number: usize, at: u64, outcome: Outcome, delay: u64) {
        let count = match outcome {
            Outcome::Nacked => NACKED,
            Outcome::Rejected => REJECTED,
            Outcome::Expired => EXPIRED,
            _ => DROPPED,
        };
        self.counts[count] += 1;
        let entry = &mut self.entries[number];
        entry.history.push((entry.delivered, at, outcome));
        let order = entry.place;
        let attempts = entry.attempts;
        if outcome == Outcome::Rejected {
            self.die(number, Reason::Rejected);
        } else if attempts >= self.max_attempts {
            self.die(number, Reason::Attempts);
        } else if self.abandoned {
            self.die(number, Reason::Abandoned);
        } else if delay > 0 {
            let Place::InFlight { lease: order, .. } = order else {
                unreachable!("it is in flight");
            };
            let due = at + delay;
            self.entries[number].place = Place::Delayed { order, due };
        } else {
            self.make_ready(number);
        }
    }

    fn die(&mut self, number: usize, reason: Reason) {
        self.entries[number].place = Place::Dead;
        if self.letters_wanted {
            self.letters.push_back((number, reason));
        } else {
            self.counts[DISCARDED] += 1;
        }
    }

    fn abandon(&mut self) {
        self.closed = true;
        self.abandoned = true;
        while let Some(number) = self.ready.pop_front() {
            self.die(number, Reason::Abandoned);
        }
    }
}

/// A delivery that is held, and what the model knows of it.
struct Held {
    delivery: Delivery<Message>,
    number: usize,
    lease: usize,
}

struct Runner {
    model: Model,
    clock: Arc<MockClock>,
    start: Instant,
    alive: Arc<AtomicUsize>,
    tx: Producer<Message>,
    rx: Option<Consumer<Message>>,
    dead: Option<DeadLetters<Message>>,
    held: Vec<Held>,
    /// Those that nobody hears of again, until the end.
    forgotten: Vec<Held>,
}

/// Runs a program, and fails where the queue and the model differ.
pub(crate) fn run(program: &Program) {
    let clock = Arc::new(MockClock::new());
    let model = Model {
        capacity: usize::from(program.capacity % 5) + 1,
        max_attempts: u32::from(program.max_attempts % 4) + 1,
        now: 0,
        leases: 0,
        entries: Vec::new(),
        ready: VecDeque::new(),
        letters: VecDeque::new(),
        acked: VecDeque::new(),
        closed: false,
        abandoned: false,
        letters_wanted: true,
        counts: [0; 8],
    };
    let (tx, rx, dead) = ack::queue(Config {
        capacity: model.capacity,
        max_attempts: model.max_attempts,
        visibility_timeout: TICK * TIMEOUT as u32,
        window: WINDOW,
        clock: clock.clone(),
        ..Config::default()
    });
    let mut runner = Runner {
        start: clock.now(),
        model,
        clock,
        alive: Arc::default(),
        tx,
        rx: Some(rx),
        dead: Some(dead),
        held: Vec::new(),
        forgotten: Vec::new(),
    };
    for op in &program.ops {
        runner.step(*op);
        runner.check();
    }
    runner.end();
}

impl Runner {
    fn at(&self, tick: u64) -> Instant {
        self.start + TICK * u32::try_from(tick).expect("programs are short")
    }

    fn step(&mut self, op: Op) {
        match op {
            Op::Enqueue => self.enqueue(),
            Op::Dequeue => self.dequeue(),
            Op::Ack(i) => self.settle(i, None, 0, Delivery::ack),
            Op::Nack(i) => self.settle(i, Some(Outcome::Nacked), 0, Delivery::nack),
            Op::NackAfter(i, delay) => {
                self.settle(i, Some(Outcome::Nacked), delay.into(), |delivery| {
                    delivery.nack_after(TICK * u32::from(delay))
                });
            }
            Op::Reject(i) => self.settle(i, Some(Outcome::Rejected), 0, Delivery::reject),
            Op::Drop(i) => self.drop_one(i, Outcome::Dropped, drop),
            Op::Panic(i) => self.drop_one(i, Outcome::Panicked, |delivery| {
                let held = AssertUnwindSafe(delivery);
                let panic = catch_unwind(|| {
                    let _held = held;
                    std::panic::resume_unwind(Box::new("a consumer panics"));
                });
                assert!(panic.is_err());
            }),
            Op::Forget(i) => {
                if let Some(held) = self.choose(i) {
                    self.forgotten.push(held);
                }
            }
            Op::Extend(i, time) => self.extend(i, time),
            Op::Advance(ticks) => {
                self.clock.advance(TICK * u32::from(ticks));
                self.model.now += u64::from(ticks);
            }
            Op::Expire => {
                if let Some(rx) = &self.rx {
                    rx.expire();
                    self.model.expire();
                }
            }
            Op::ReceiveLetter => self.receive_letter(),
            Op::AskNext => {
                if let Some(rx) = &self.rx {
                    let next = self.model.next().map(|(due, ..)| self.at(due));
                    assert_eq!(rx.next_expiry(), next);
                }
            }
            Op::End(0..=7) => {
                assert_eq!(self.tx.close(), !self.model.closed);
                self.model.closed = true;
            }
            Op::End(8..=15) => {
                if self.rx.take().is_some() {
                    self.model.abandon();
                    // Those that are delayed come after those that are ready, in no order that counts.
                    let delayed = |entry: &Entry| matches!(entry.place, Place::Delayed { .. });
                    let ready = self.model.letters.len();
                    for number in 0..self.model.entries.len() {
                        if delayed(&self.model.entries[number]) {
                            self.model.die(number, Reason::Abandoned);
                        }
                    }
                    let letters = self.model.letters.make_contiguous();
                    letters[ready..].sort_unstable_by_key(|(number, _)| *number);
                }
            }
            Op::End(16..=23) => {
                if self.dead.take().is_some() {
                    self.model.letters_wanted = false;
                    self.model.letters.clear();
                }
            }
            Op::End(_) => {}
        }
    }

    fn enqueue(&mut self) {
        let number = self.model.entries.len();
        self.alive.fetch_add(1, SeqCst);
        let message = Message {
            number,
            alive: self.alive.clone(),
        };
        let full = self.model.live() == self.model.capacity;
        match self.tx.try_enqueue(message) {
            Ok(id) => {
                assert!(!self.model.closed && !full, "no room, and yet it is taken");
                assert_eq!(id.as_number(), Some(number as u64));
                self.model.entries.push(Entry {
                    id,
                    place: Place::Ready,
                    attempts: 0,
                    enqueued: self.model.now,
                    delivered: 0,
                    history: Vec::new(),
                });
                self.model.ready.push_back(number);
            }
            Err(TrySendError::Full(message)) => {
                assert!(!self.model.closed && full);
                assert_eq!(message.number, number);
            }
            Err(TrySendError::Closed(message)) => {
                assert!(self.model.closed);
                assert_eq!(message.number, number);
            }
        }
    }

    fn dequeue(&mut self) {
        let Some(rx) = &self.rx else { return };
        self.model.expire();
        let expected = self.model.ready.pop_front();
        match (rx.try_dequeue(), expected) {
            (Ok(delivery), Some(number)) => {
                let model = &mut self.model;
                model.leases += 1;
                let lease = model.leases;
                let due = model.now + TIMEOUT;
                let entry = &mut model.entries[number];
                entry.place = Place::InFlight { lease, due };
                entry.attempts += 1;
                entry.delivered = model.now;
                model.counts[DELIVERED] += 1;
                model.counts[REDELIVERED] += u64::from(entry.attempts > 1);
                assert_eq!(delivery.number, number, "the order");
                assert_eq!(delivery.id(), entry.id);
                assert_eq!(delivery.attempts(), entry.attempts);
                let (enqueued, now) = (entry.enqueued, model.now);
                assert_eq!(delivery.enqueued_at(), self.at(enqueued));
                assert_eq!(delivery.delivered_at(), self.at(now));
                assert_eq!(delivery.expires_at(), Ok(Some(self.at(due))));
                self.held.push(Held {
                    delivery,
                    number,
                    lease,
                });
            }
            (Err(TryRecvError::Empty), None) => assert!(!self.model.is_over()),
            (Err(TryRecvError::Closed), None) => assert!(self.model.is_over()),
            (got, expected) => panic!("got {got:?}, expected {expected:?}"),
        }
    }

    fn choose(&mut self, i: u8) -> Option<Held> {
        let n = self.held.len();
        (n > 0).then(|| self.held.swap_remove(usize::from(i) % n))
    }

    /// `outcome`: of a failure.
    fn settle(
        &mut self,
        i: u8,
        outcome: Option<Outcome>,
        delay: u64,
        settle: impl FnOnce(Delivery<Message>) -> Result<(), Expired>,
    ) {
        let Some(held) = self.choose(i) else { return };
        let owns = self.model.owns(held.number, held.lease);
        assert_eq!(held.delivery.number, held.number, "also if it has expired");
        let settled = settle(held.delivery);
        assert_eq!(settled.is_ok(), owns);
        let now = self.model.now;
        match outcome {
            _ if !owns => {}
            None => self.model.ack(held.number),
            Some(outcome) => self.model.fail(held.number, now, outcome, delay),
        }
    }

    fn drop_one(&mut self, i: u8, outcome: Outcome, drop: impl FnOnce(Delivery<Message>)) {
        self.settle(i, Some(outcome), 0, |delivery| {
            let owned = delivery.expires_at();
            drop(delivery);
            owned.map(|_| ())
        });
    }

    fn extend(&mut self, i: u8, time: u8) {
        let n = self.held.len();
        if n == 0 {
            return;
        }
        let held = &self.held[usize::from(i) % n];
        let (time, later) = match time {
            255 => (Duration::MAX, NEVER),
            _ => (TICK * u32::from(time), self.model.now + u64::from(time)),
        };
        let owns = self.model.owns(held.number, held.lease);
        assert_eq!(held.delivery.extend(time).is_ok(), owns);
        if owns {
            if let Place::InFlight { due, .. } = &mut self.model.entries[held.number].place {
                *due = later.max(*due);
            }
        }
    }

    fn receive_letter(&mut self) {
        let Some(dead) = &self.dead else { return };
        self.model.expire();
        let expected = self.model.letters.pop_front();
        match (dead.try_recv(), expected) {
            (Ok(letter), Some((number, reason))) => {
                let entry = &self.model.entries[number];
                assert_eq!((letter.id(), letter.reason()), (entry.id, reason));
                assert_eq!(letter.attempts(), entry.attempts);
                let times = |(delivered, ended, outcome): &(u64, u64, Outcome)| {
                    (self.at(*delivered), self.at(*ended), *outcome)
                };
                let expected: Vec<_> = entry.history.iter().map(times).collect();
                let history = letter.history().iter();
                let history: Vec<_> = history
                    .map(|a| (a.delivered_at, a.ended_at, a.outcome))
                    .collect();
                assert_eq!(history, expected);
                self.open(letter, number);
            }
            (Err(TryRecvError::Empty), None) => assert!(!self.model.is_over()),
            (Err(TryRecvError::Closed), None) => assert!(self.model.is_over()),
            (got, expected) => panic!("got {got:?}, expected {expected:?}"),
        }
    }

    /// The message can be had, unless a delivery is held that expired.
    fn open(&self, letter: DeadLetter<Message>, number: usize) {
        let shared = self.shown().any(|held| held.number == number);
        match letter.into_inner() {
            Ok(message) => assert_eq!((message.number, shared), (number, false)),
            Err(letter) => {
                assert!(shared);
                assert_eq!(letter.number, number);
            }
        }
    }

    fn check(&self) {
        let model = &self.model;
        let stats = self.tx.stats();
        let count =
            |place: fn(&Place) -> bool| model.entries.iter().filter(|e| place(&e.place)).count();
        assert_eq!(stats.enqueued, model.entries.len() as u64);
        assert_eq!(stats.ready, model.ready.len());
        assert_eq!(
            stats.in_flight,
            count(|p| matches!(p, Place::InFlight { .. }))
        );
        assert_eq!(stats.delayed, count(|p| matches!(p, Place::Delayed { .. })));
        assert_eq!(stats.acked, count(|p| *p == Place::Acked) as u64);
        assert_eq!(stats.dead, count(|p| *p == Place::Dead) as u64);
        assert!(stats.ready + stats.in_flight + stats.delayed <= model.capacity);
        let counts = [
            stats.delivered,
            stats.redelivered,
            stats.nacked,
            stats.rejected,
            stats.expired,
            stats.dropped,
            stats.discarded,
            0,
        ];
        assert_eq!(counts, model.counts);
        if let Some(rx) = &self.rx {
            for (number, entry) in model.entries.iter().enumerate() {
                assert_eq!(rx.seen(entry.id), model.acked.contains(&number));
            }
        }
        self.check_alive();
    }

    /// The deliveries that show their messages.
    fn shown(&self) -> impl Iterator<Item = &Held> {
        self.held.iter().chain(&self.forgotten)
    }

    /// What is acknowledged or received lives on only where a delivery shows it.
    fn check_alive(&self) {
        let model = &self.model;
        let lives = |(number, entry): &(usize, &Entry)| {
            let held = self.shown().any(|held| held.number == *number);
            let letter = model.letters.iter().any(|(letter, _)| letter == number);
            held || letter || !matches!(entry.place, Place::Acked | Place::Dead)
        };
        let expected = model.entries.iter().enumerate().filter(lives).count();
        assert_eq!(self.alive.load(SeqCst), expected, "messages alive");
    }

    /// Nothing is left once all handles and deliveries are gone.
    fn end(self) {
        let Self {
            alive,
            held,
            forgotten,
            clock,
            tx,
            rx,
            dead,
            ..
        } = self;
        drop((tx, rx, dead));
        drop((held, forgotten));
        assert_eq!(alive.load(SeqCst), 0, "messages are left");
        assert_eq!(Arc::strong_count(&clock), 1, "the queue is left");
    }
}
