//! Operations on a broadcast channel and the sequential model that says what they must do.
//!
//! The model knows positions: where each receiver stands, and so what it lags by, which messages are still wanted, who
//! waits, and who must have been woken after each operation. Used by `tests/proptest_broadcast.rs`, by the fuzz target
//! `broadcast_ops` and by the replay of its corpus (`tests/fuzz_corpus.rs`).

// Each user needs a part of it, and none of them is a library.
#![allow(dead_code, unreachable_pub)]

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use arbitrary::Arbitrary;
use futures_core::Stream;
use futures_core::stream::FusedStream;
use wakering::broadcast::error::{
    Lagged, RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError,
};
use wakering::broadcast::{Receiver, Sender, WeakSender, channel};

/// A channel and what happens to it.
#[derive(Debug, Clone, Arbitrary)]
pub struct Program {
    /// The capacity: 1 to 6.
    pub size: u8,
    pub ops: Vec<Op>,
}

/// One operation. Operands are taken modulo the number of things there are; without a thing to work on, nothing happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum Op {
    Send {
        tx: u8,
    },
    /// So many in a row.
    Burst {
        tx: u8,
        n: u8,
    },
    TrySendLossless {
        tx: u8,
    },
    /// Makes a future that owns a clone of the sender, and polls it.
    StartLossless {
        tx: u8,
    },
    PollLossless {
        task: u8,
        fresh: bool,
    },
    DropLossless {
        task: u8,
        takes_back: bool,
    },
    StartClosed {
        tx: u8,
    },
    PollClosed {
        task: u8,
        fresh: bool,
    },
    DropClosed {
        task: u8,
    },
    TryRecv {
        rx: u8,
    },
    RecvTimeout {
        rx: u8,
    },
    PollRecv {
        rx: u8,
        stream: bool,
        fresh: bool,
    },
    /// `recv`, polled and kept if it waits.
    StartRecv {
        rx: u8,
    },
    PollFuture {
        rx: u8,
        fresh: bool,
    },
    DropFuture {
        rx: u8,
    },
    Drain {
        rx: u8,
    },
    Subscribe {
        tx: u8,
    },
    Resubscribe {
        rx: u8,
    },
    DropReceiver {
        rx: u8,
    },
    CloneSender {
        tx: u8,
    },
    DropSender {
        tx: u8,
    },
    Downgrade {
        tx: u8,
    },
    Upgrade {
        weak: u8,
    },
}

/// The most operations of a program: fewer than a handle completes before it yields.
const MOST: usize = 100;

/// Messages that are alive, clones too.
type Alive = Rc<Cell<usize>>;

struct Message {
    id: u64,
    alive: Alive,
}

// A run stays on one thread, and channels ask for nothing.
impl Message {
    fn new(id: u64, alive: &Alive) -> Self {
        alive.set(alive.get() + 1);
        Self {
            id,
            alive: alive.clone(),
        }
    }
}

impl Clone for Message {
    fn clone(&self) -> Self {
        Self::new(self.id, &self.alive)
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        self.alive.set(self.alive.get() - 1);
    }
}

thread_local! {
    static LOG: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

struct Signal(u32);

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        LOG.with_borrow_mut(|log| log.push(self.0));
    }
}

/// A place in a queue, as the model sees it.
#[derive(Default)]
struct Place {
    /// It waits, with this waker.
    waits: Option<Arc<Signal>>,
    /// It has been woken since.
    woken: bool,
}

impl Place {
    fn idle(&mut self) {
        *self = Self::default();
    }
}

/// A `recv`.
trait Recv: Future<Output = Result<Message, RecvError>> {}
impl<F: Future<Output = Result<Message, RecvError>>> Recv for F {}

/// A receiver, with the future of a `recv` that waits.
struct Rx {
    // Before the receiver that it borrows.
    future: Option<Pin<Box<dyn Recv>>>,
    receiver: Box<Receiver<Message>>,
    next: u64,
    /// Of `future`, and of `poll_recv`.
    places: [Place; 2],
}

struct Lossless {
    future: Pin<Box<wakering::broadcast::SendLossless<'static, Message>>>,
    id: u64,
    place: Place,
    _tx: Box<Sender<Message>>,
}

struct Closed {
    future: Pin<Box<dyn Future<Output = ()>>>,
    place: Place,
    _tx: Box<Sender<Message>>,
}

struct Runner {
    capacity: u64,
    txs: Vec<Sender<Message>>,
    weaks: Vec<WeakSender<Message>>,
    rxs: Vec<Rx>,
    lossless: VecDeque<Lossless>,
    closed: Vec<Closed>,
    /// The next position: also the identity of the next message.
    end: u64,
    /// For each position: the receivers that have not finished with it, up to the oldest one that is kept.
    wanted: VecDeque<usize>,
    alive: Alive,
    wakers: u32,
    /// A send that was told went without sending, and may have passed that on in vain.
    passed_on: bool,
}

pub fn run(program: &Program) {
    LOG.take();
    let capacity = usize::from(program.size % 6) + 1;
    let (tx, rx) = channel(capacity);
    let mut runner = Runner {
        capacity: capacity as u64,
        txs: vec![tx],
        weaks: Vec::new(),
        rxs: Vec::new(),
        lossless: VecDeque::new(),
        closed: Vec::new(),
        end: 0,
        wanted: VecDeque::new(),
        alive: Rc::default(),
        wakers: 0,
        passed_on: false,
    };
    runner.add_receiver(rx);
    for op in program.ops.iter().take(MOST) {
        runner.passed_on = false;
        runner.step(*op);
        runner.check();
    }
    let alive = runner.alive.clone();
    drop(runner);
    assert_eq!(alive.get(), 0, "messages leak");
}

fn pick(n: u8, len: usize) -> Option<usize> {
    (len > 0).then(|| usize::from(n) % len)
}

impl Runner {
    fn signal(&mut self) -> Arc<Signal> {
        self.wakers += 1;
        Arc::new(Signal(self.wakers))
    }

    /// The waker to poll a place with: the one that it waits with, or a new one.
    fn waker_for(&mut self, old: Option<Arc<Signal>>, fresh: bool) -> Arc<Signal> {
        match old {
            Some(old) if !fresh => old,
            _ => self.signal(),
        }
    }

    fn add_receiver(&mut self, receiver: Receiver<Message>) {
        self.rxs.push(Rx {
            future: None,
            receiver: Box::new(receiver),
            next: self.end,
            places: Default::default(),
        });
    }

    fn strong(&self) -> usize {
        self.txs.len() + self.lossless.len() + self.closed.len()
    }

    /// The oldest message that is kept.
    fn oldest(&self) -> u64 {
        self.end.saturating_sub(self.capacity)
    }

    fn unseen(&self) -> usize {
        self.wanted.iter().filter(|wanted| **wanted > 0).count()
    }

    fn has_room(&self) -> bool {
        (self.wanted.len() as u64) < self.capacity || self.wanted[0] == 0
    }

    fn message(&self) -> Message {
        Message::new(self.end, &self.alive)
    }

    /// A message has been sent.
    fn sent(&mut self) {
        self.wanted.push_back(self.rxs.len());
        if self.wanted.len() as u64 > self.capacity {
            self.wanted.pop_front();
        }
        self.end += 1;
    }

    fn finish(&mut self, position: u64) {
        let first = self.end - self.wanted.len() as u64;
        if position >= first {
            self.wanted[(position - first) as usize] -= 1;
        }
    }

    /// What a receive of receiver `n` must yield; `None`: nothing yet.
    fn expect(&mut self, n: usize) -> Option<Result<u64, RecvError>> {
        let next = self.rxs[n].next;
        if next == self.end {
            return (self.strong() == 0).then_some(Err(RecvError::Closed));
        }
        let lag = self.oldest().saturating_sub(next);
        if lag > 0 {
            self.rxs[n].next += lag;
            return Some(Err(RecvError::Lagged(lag)));
        }
        self.rxs[n].next += 1;
        self.finish(next);
        Some(Ok(next))
    }

    fn send(&mut self, tx: usize) {
        let sent = self.txs[tx].send(self.message());
        if self.rxs.is_empty() {
            let SendError(message) = sent.expect_err("nobody receives");
            assert_eq!(message.id, self.end);
        } else {
            assert_eq!(sent.ok(), Some(self.rxs.len()));
            self.sent();
        }
    }

    fn step(&mut self, op: Op) {
        match op {
            Op::Send { tx } => {
                if let Some(tx) = pick(tx, self.txs.len()) {
                    self.send(tx);
                }
            }
            Op::Burst { tx, n } => {
                if let Some(tx) = pick(tx, self.txs.len()) {
                    for _ in 0..n % 16 {
                        self.send(tx);
                    }
                }
            }
            Op::TrySendLossless { tx } => self.try_send_lossless(tx),
            Op::StartLossless { tx } => self.start_lossless(tx),
            Op::PollLossless { task, fresh } => {
                if let Some(n) = pick(task, self.lossless.len()) {
                    self.poll_lossless(n, fresh);
                }
            }
            Op::DropLossless { task, takes_back } => {
                if let Some(n) = pick(task, self.lossless.len()) {
                    let mut task = self.lossless.remove(n).expect("it is there");
                    self.passed_on = true;
                    if takes_back {
                        let message = task.future.as_mut().cancel().expect("it was not sent");
                        assert_eq!(message.id, task.id);
                        assert!(task.future.as_mut().cancel().is_none());
                    }
                }
            }
            Op::StartClosed { tx } => {
                if let Some(tx) = pick(tx, self.txs.len()) {
                    let tx = Box::new(self.txs[tx].clone());
                    // SAFETY: the sender is in a box that is dropped after the future.
                    let borrowed: &'static Sender<Message> = unsafe { &*std::ptr::from_ref(&*tx) };
                    self.closed.push(Closed {
                        future: Box::pin(borrowed.closed()),
                        place: Place::default(),
                        _tx: tx,
                    });
                    self.poll_closed(self.closed.len() - 1, true);
                }
            }
            Op::PollClosed { task, fresh } => {
                if let Some(n) = pick(task, self.closed.len()) {
                    self.poll_closed(n, fresh);
                }
            }
            Op::DropClosed { task } => {
                if let Some(n) = pick(task, self.closed.len()) {
                    drop(self.closed.swap_remove(n));
                }
            }
            Op::Subscribe { tx } => {
                if let Some(tx) = pick(tx, self.txs.len()) {
                    let receiver = self.txs[tx].subscribe();
                    self.add_receiver(receiver);
                }
            }
            Op::Resubscribe { rx } => {
                if let Some(n) = pick(rx, self.rxs.len()) {
                    let receiver = self.rxs[n].receiver.resubscribe();
                    self.add_receiver(receiver);
                }
            }
            Op::DropReceiver { rx } => {
                if let Some(n) = pick(rx, self.rxs.len()) {
                    let rx = self.rxs.swap_remove(n);
                    for position in rx.next.max(self.oldest())..self.end {
                        self.finish(position);
                    }
                    drop(rx);
                }
            }
            Op::CloneSender { tx } => {
                if let Some(tx) = pick(tx, self.txs.len()) {
                    self.txs.push(self.txs[tx].clone());
                }
            }
            Op::DropSender { tx } => {
                if let Some(tx) = pick(tx, self.txs.len()) {
                    drop(self.txs.swap_remove(tx));
                }
            }
            Op::Downgrade { tx } => {
                if let Some(tx) = pick(tx, self.txs.len()) {
                    self.weaks.push(self.txs[tx].downgrade());
                }
            }
            Op::Upgrade { weak } => {
                if let Some(n) = pick(weak, self.weaks.len()) {
                    let upgraded = self.weaks[n].upgrade();
                    assert_eq!(upgraded.is_some(), self.strong() > 0);
                    self.txs.extend(upgraded);
                }
            }
            Op::TryRecv { rx }
            | Op::RecvTimeout { rx }
            | Op::PollRecv { rx, .. }
            | Op::StartRecv { rx }
            | Op::PollFuture { rx, .. }
            | Op::DropFuture { rx }
            | Op::Drain { rx } => {
                if let Some(n) = pick(rx, self.rxs.len()) {
                    self.receive(n, op);
                }
            }
        }
    }

    fn try_send_lossless(&mut self, tx: u8) {
        let Some(tx) = pick(tx, self.txs.len()) else {
            return;
        };
        match self.txs[tx].try_send_lossless(self.message()) {
            Ok(receivers) => {
                assert!(self.has_room());
                assert_eq!(receivers, self.rxs.len());
                self.sent();
            }
            Err(TrySendError::Full(message)) => {
                assert!(!self.rxs.is_empty() && !self.has_room());
                assert_eq!(message.id, self.end);
            }
            Err(TrySendError::Closed(_)) => assert!(self.rxs.is_empty()),
        }
    }

    fn start_lossless(&mut self, tx: u8) {
        let Some(tx) = pick(tx, self.txs.len()) else {
            return;
        };
        let tx = Box::new(self.txs[tx].clone());
        // SAFETY: the sender is in a box that is dropped after the future.
        let borrowed: &'static Sender<Message> = unsafe { &*std::ptr::from_ref(&*tx) };
        let id = 1_000_000 + u64::from(self.wakers);
        self.lossless.push_back(Lossless {
            future: Box::pin(borrowed.send_lossless(Message::new(id, &self.alive))),
            id,
            place: Place::default(),
            _tx: tx,
        });
        self.poll_lossless(self.lossless.len() - 1, true);
    }

    fn poll_lossless(&mut self, n: usize, fresh: bool) {
        let old = self.lossless[n].place.waits.clone();
        let signal = self.waker_for(old, fresh);
        let waker = Waker::from(signal.clone());
        let task = &mut self.lossless[n];
        match task.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(Ok(receivers)) => {
                assert_eq!(receivers, self.rxs.len());
                assert!(receivers > 0 && self.has_room());
                drop(self.lossless.remove(n));
                // Its message has an identity of its own: receivers are told apart by position only.
                self.sent();
            }
            Poll::Ready(Err(SendError(message))) => {
                assert!(self.rxs.is_empty());
                assert_eq!(message.id, task.id);
                drop(message);
                drop(self.lossless.remove(n));
            }
            Poll::Pending => {
                task.place = Place {
                    waits: Some(signal),
                    woken: false,
                };
                assert!(!self.rxs.is_empty() && !self.has_room(), "it could send");
            }
        }
        self.passed_on = true;
    }

    fn poll_closed(&mut self, n: usize, fresh: bool) {
        let old = self.closed[n].place.waits.clone();
        let signal = self.waker_for(old, fresh);
        let waker = Waker::from(signal.clone());
        let task = &mut self.closed[n];
        if task
            .future
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_ready()
        {
            assert!(self.rxs.is_empty());
            drop(self.closed.swap_remove(n));
        } else {
            assert!(!self.rxs.is_empty());
            task.place = Place {
                waits: Some(signal),
                woken: false,
            };
        }
    }

    #[track_caller]
    fn agrees(
        &self,
        expected: Option<Result<u64, RecvError>>,
        got: Option<Result<Message, RecvError>>,
    ) {
        let got = got.map(|result| result.map(|message| message.id));
        match (expected, got) {
            // Messages of lossless futures have identities of their own.
            (Some(Ok(_)), Some(Ok(id))) if id >= 1_000_000 => {}
            (expected, got) => assert_eq!(expected, got),
        }
    }

    fn receive(&mut self, n: usize, op: Op) {
        // While a future borrows the receiver, there is nothing else that one can do with it.
        if self.rxs[n].future.is_some()
            && !matches!(op, Op::PollFuture { .. } | Op::DropFuture { .. })
        {
            return;
        }
        match op {
            Op::TryRecv { .. } => {
                let got = self.rxs[n].receiver.try_recv();
                let expected = self.expect(n);
                self.agrees(expected, said(got));
            }
            Op::Drain { .. } => {
                for _ in 0..20 {
                    let got = said(self.rxs[n].receiver.try_recv());
                    let ends = matches!(got, None | Some(Err(RecvError::Closed)));
                    let expected = self.expect(n);
                    self.agrees(expected, got);
                    if ends {
                        break;
                    }
                }
            }
            Op::RecvTimeout { .. } => {
                let got = self.rxs[n].receiver.blocking_recv_timeout(Duration::ZERO);
                let expected = self.expect(n);
                let got = match got {
                    Ok(message) => Some(Ok(message)),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Closed) => Some(Err(RecvError::Closed)),
                    Err(RecvTimeoutError::Lagged(lag)) => Some(Err(RecvError::Lagged(lag))),
                };
                self.agrees(expected, got);
            }
            Op::PollRecv { stream, fresh, .. } => {
                let old = self.rxs[n].places[1].waits.clone();
                let signal = self.waker_for(old, fresh);
                let waker = Waker::from(signal.clone());
                let mut cx = Context::from_waker(&waker);
                let receiver = &mut *self.rxs[n].receiver;
                let polled = if stream {
                    Pin::new(receiver)
                        .poll_next(&mut cx)
                        .map(|item| match item {
                            Some(Ok(message)) => Ok(message),
                            Some(Err(Lagged(lag))) => Err(RecvError::Lagged(lag)),
                            None => Err(RecvError::Closed),
                        })
                } else {
                    receiver.poll_recv(&mut cx)
                };
                self.polled(n, 1, signal, polled);
            }
            Op::StartRecv { .. } => {
                // SAFETY: the receiver is in a box, which is dropped after the future and not used while there is one.
                let receiver: &'static mut Receiver<Message> =
                    unsafe { &mut *std::ptr::from_mut(&mut *self.rxs[n].receiver) };
                self.rxs[n].future = Some(Box::pin(receiver.recv()));
                self.poll_future(n, true);
            }
            Op::PollFuture { fresh, .. } => {
                if self.rxs[n].future.is_some() {
                    self.poll_future(n, fresh);
                }
            }
            Op::DropFuture { .. } => {
                self.rxs[n].future = None;
                self.rxs[n].places[0].idle();
            }
            _ => unreachable!("it does not receive"),
        }
    }

    fn poll_future(&mut self, n: usize, fresh: bool) {
        let old = self.rxs[n].places[0].waits.clone();
        let signal = self.waker_for(old, fresh);
        let waker = Waker::from(signal.clone());
        let future = self.rxs[n].future.as_mut().expect("there is one");
        let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_ready() {
            self.rxs[n].future = None;
        }
        self.polled(n, 0, signal, polled);
    }

    fn polled(
        &mut self,
        n: usize,
        place: usize,
        signal: Arc<Signal>,
        polled: Poll<Result<Message, RecvError>>,
    ) {
        let expected = self.expect(n);
        self.rxs[n].places[place] = Place {
            waits: polled.is_pending().then_some(signal),
            woken: false,
        };
        let got = match polled {
            Poll::Ready(got) => Some(got),
            Poll::Pending => None,
        };
        self.agrees(expected, got);
    }

    /// After each operation: what can be asked, and who has been woken.
    fn check(&mut self) {
        let strong = self.strong();
        for tx in &self.txs {
            assert_eq!(tx.len(), self.unseen());
            assert_eq!(tx.is_empty(), self.unseen() == 0);
            assert_eq!(tx.receiver_count(), self.rxs.len());
            assert_eq!(
                (tx.strong_count(), tx.weak_count()),
                (strong, self.weaks.len())
            );
        }
        for rx in &self.rxs {
            if rx.future.is_none() {
                assert_eq!(rx.receiver.len() as u64, self.end - rx.next);
                assert_eq!(rx.receiver.is_closed(), strong == 0);
                assert_eq!(
                    rx.receiver.is_terminated(),
                    strong == 0 && self.end == rx.next
                );
                assert_eq!(rx.receiver.sender_strong_count(), strong);
            }
        }
        // Those that are kept, and those of futures that wait.
        assert_eq!(self.alive.get(), self.unseen() + self.lossless.len());

        let woken = LOG.take();
        let nobody = self.rxs.is_empty();
        let room = nobody || self.has_room();
        let mut known = 0;
        {
            let mut wake = |place: &mut Place, may: bool, what: &str| {
                let Some(signal) = &place.waits else { return };
                match woken.iter().filter(|id| **id == signal.0).count() {
                    0 => {}
                    1 => {
                        assert!(!place.woken, "{what} is woken twice");
                        assert!(may, "{what} is woken for nothing");
                        place.woken = true;
                        known += 1;
                    }
                    _ => panic!("{what} is woken twice by one operation"),
                }
            };
            for rx in &mut self.rxs {
                let ready = rx.next != self.end || strong == 0;
                for place in &mut rx.places {
                    wake(place, ready, "a receiver");
                    assert!(
                        place.waits.is_none() || place.woken || !ready,
                        "a receiver sleeps on"
                    );
                }
            }
            for task in &mut self.lossless {
                wake(&mut task.place, room || self.passed_on, "a sender");
                assert!(
                    task.place.woken || !nobody,
                    "a sender sleeps on, and nobody receives"
                );
            }
            for task in &mut self.closed {
                wake(&mut task.place, nobody, "a watcher");
                assert!(task.place.woken || !nobody, "a watcher sleeps on");
            }
        }
        // Others may be woken that have gone by now, in the same operation.
        assert!(known <= woken.len());
        if room && !self.lossless.is_empty() {
            let told = self.lossless.iter().any(|task| task.place.woken);
            assert!(told, "there is room, and no sender knows");
        }
    }
}

fn said(got: Result<Message, TryRecvError>) -> Option<Result<Message, RecvError>> {
    match got {
        Ok(message) => Some(Ok(message)),
        Err(TryRecvError::Empty) => None,
        Err(TryRecvError::Closed) => Some(Err(RecvError::Closed)),
        Err(TryRecvError::Lagged(n)) => Some(Err(RecvError::Lagged(n))),
    }
}
