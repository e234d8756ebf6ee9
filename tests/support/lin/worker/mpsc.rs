//! The calls of an `mpsc` channel: seat 0 receives, the others send.

use super::{MOST, same, with};
use crate::lin::gate::{Flag, Gate, Patience, Probe, Waiting};
use crate::lin::history::{Action, Action::*, Log, Value};
use crate::lin::job::{UNBOUNDED, sys};
use crate::lin::rng::Rng;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use wakering::mpsc::error::{SendError, SendTimeoutError, TryRecvError, TrySendError};
use wakering::mpsc::{self, OwnedPermit, Permit, PermitIterator, Sender, UnboundedSender};

/// A channel, and what is needed to tell how full it is while its receiver is in use.
pub(crate) struct Ends {
    tx: Tx,
    rx: Mutex<Option<Rx>>,
    sent: Arc<AtomicUsize>,
    received: Arc<AtomicUsize>,
}

#[derive(Clone)]
enum Tx {
    Bounded(Sender<Value>),
    Unbounded(UnboundedSender<Value>),
}

enum Rx {
    Bounded(mpsc::Receiver<Value>),
    Unbounded(mpsc::UnboundedReceiver<Value>),
}

/// One call of a method that both kinds of receiver have.
macro_rules! rx {
    ($of:expr, $rx:ident => $call:expr) => {
        match $of {
            Rx::Bounded($rx) => $call,
            Rx::Unbounded($rx) => $call,
        }
    };
}

impl Ends {
    pub(crate) fn new(capacity: usize) -> Self {
        let (tx, rx) = if capacity == UNBOUNDED {
            let (tx, rx) = mpsc::unbounded_channel();
            (Tx::Unbounded(tx), Rx::Unbounded(rx))
        } else {
            let (tx, rx) = mpsc::channel(capacity);
            (Tx::Bounded(tx), Rx::Bounded(rx))
        };
        Self {
            tx,
            rx: Mutex::new(Some(rx)),
            sent: Arc::default(),
            received: Arc::default(),
        }
    }

    /// For when nobody moves any more.
    pub(crate) fn probe(&self) -> impl Fn() -> Probe + Send + Sync + 'static + use<> {
        // With a sender of its own: in a history senders are never all gone.
        let (tx, sent, received) = (self.tx.clone(), self.sent.clone(), self.received.clone());
        move || Probe {
            len: sent.load(Ordering::SeqCst) - received.load(Ordering::SeqCst),
            full: match &tx {
                Tx::Bounded(tx) => tx.capacity() == 0,
                Tx::Unbounded(_) => false,
            },
            closed: match &tx {
                Tx::Bounded(tx) => tx.is_closed(),
                Tx::Unbounded(tx) => tx.is_closed(),
            },
        }
    }

    /// What is left, one message at a time, after all threads are done.
    pub(crate) fn try_recv(&self) -> Action {
        let mut rx = self.rx.lock().unwrap();
        received(rx.as_mut().expect("it was given back").try_recv())
    }

    /// What thread number `seat` does.
    pub(crate) fn run(
        &self,
        seat: usize,
        calls: usize,
        gate: &Arc<Gate>,
        rng: Rng,
        log: Log,
    ) -> Log {
        let common = Common {
            seat,
            gate,
            rng,
            log,
            made: 0,
            moved: if seat == 0 {
                &self.received
            } else {
                &self.sent
            },
        };
        if seat > 0 {
            return match &self.tx {
                Tx::Bounded(tx) => Producer {
                    capacity: tx.max_capacity().min(MOST),
                    tx,
                    permits: vec![],
                    common,
                }
                .run(calls),
                Tx::Unbounded(tx) => send_unbounded(tx, common, calls),
            };
        }
        let rx = self.rx.lock().unwrap().take();
        let consumer = Consumer {
            rx: rx.expect("seat 0 takes it once"),
            closed: false,
            left: None,
            common,
        };
        let (rx, log) = consumer.run(calls);
        *self.rx.lock().unwrap() = Some(rx);
        log
    }
}

struct Common<'a> {
    seat: usize,
    gate: &'a Arc<Gate>,
    rng: Rng,
    log: Log,
    made: Value,
    /// How many messages went in, or out.
    moved: &'a AtomicUsize,
}

impl Common<'_> {
    fn value(&mut self) -> Value {
        self.made += 1;
        self.seat as Value * 1000 + self.made
    }

    fn wait<F: Future>(&mut self, waiting: Waiting, future: Pin<&mut F>) -> Option<F::Output> {
        let patience = Patience {
            polls: self.rng.one_in(3).then(|| 1 + self.rng.below(3)),
            new_wakers: self.rng.one_in(2),
        };
        self.gate.wait(self.seat, waiting, patience, future)
    }

    /// Writes a call down, which waited for so many places.
    fn end(&mut self, at: u64, name: &'static str, granted: usize, steps: &[Action]) {
        self.log.end_waiting(at, name, granted, steps);
        let moves = |step: &&Action| matches!(step, Push(_) | PermitSend(_) | Pop(_));
        let moved = steps.iter().filter(moves).count();
        self.moved.fetch_add(moved, Ordering::SeqCst);
    }
}

// --- sending -----------------------------------------------------------------------------------------------------

enum Held<'a> {
    Borrowed(Permit<'a, Value>),
    Owned(OwnedPermit<Value>),
}

struct Producer<'a> {
    tx: &'a Sender<Value>,
    capacity: usize,
    permits: Vec<Held<'a>>,
    common: Common<'a>,
}

impl<'a> Producer<'a> {
    fn run(mut self, calls: usize) -> Log {
        for _ in 0..calls {
            sys::jitter(&mut self.common.rng);
            match self.common.rng.below(20) {
                0..5 => self.try_send(),
                5..10 => self.send(),
                10 => self.send_with(),
                11 => self.try_reserve(),
                12 => self.try_reserve_many(),
                13 => self.reserve(),
                14 => self.reserve_owned(),
                15 => self.reserve_many(),
                16..19 => self.use_permit(),
                _ => {
                    let at = self.common.log.begin();
                    let closed = self.tx.is_closed();
                    self.common.end(at, "is_closed", 0, &[IsClosed(closed)]);
                }
            }
        }
        while !self.permits.is_empty() {
            self.use_permit();
        }
        self.common.log
    }

    fn try_send(&mut self) {
        let v = self.common.value();
        let at = self.common.log.begin();
        let step = match self.tx.try_send(v) {
            Ok(()) => Push(v),
            Err(TrySendError::Full(back)) => same(v, back, Full(1)),
            Err(TrySendError::Closed(back)) => same(v, back, SendClosed),
        };
        self.common.end(at, "try_send", 0, &[step]);
    }

    fn send(&mut self) {
        let v = self.common.value();
        let at = self.common.log.begin();
        let done = {
            let future = pin!(self.tx.send(v));
            self.common.wait(Waiting::Room(1), future)
        };
        let step = done.map(|done| sent(v, done));
        self.common.end(at, "send", 1, &with(vec![], step));
    }

    fn send_with(&mut self) {
        let v = self.common.value();
        let mut left = self.common.rng.below(4);
        let timer = poll_fn(move |cx| {
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            cx.waker().wake_by_ref();
            Poll::Pending
        });
        let at = self.common.log.begin();
        let done = {
            let future = pin!(self.tx.send_with(v, timer));
            self.common.wait(Waiting::Room(1), future)
        };
        let step = done.and_then(|done| match done {
            Ok(()) => Some(Push(v)),
            Err(SendTimeoutError::Closed(back)) => Some(same(v, back, SendClosed)),
            Err(SendTimeoutError::Timeout(back)) => {
                assert_eq!(v, back, "a send gives back its own message");
                None
            }
        });
        self.common.end(at, "send_with", 1, &with(vec![], step));
    }

    fn try_reserve(&mut self) {
        let at = self.common.log.begin();
        let done = self.tx.try_reserve();
        self.end_try_reserve(at, 1, done.map(|permit| vec![Held::Borrowed(permit)]));
    }

    fn try_reserve_many(&mut self) {
        let n = 1 + self.common.rng.below(self.capacity + 1);
        let at = self.common.log.begin();
        let done = self.tx.try_reserve_many(n);
        self.end_try_reserve(at, n, done.map(|all| all.map(Held::Borrowed).collect()));
    }

    fn end_try_reserve(
        &mut self,
        at: u64,
        n: usize,
        done: Result<Vec<Held<'a>>, TrySendError<()>>,
    ) {
        let step = match &done {
            Ok(_) => Reserve(n),
            Err(TrySendError::Closed(())) => SendClosed,
            Err(TrySendError::Full(())) => Full(n),
        };
        self.common.end(at, "try_reserve", 0, &[step]);
        if let Ok(permits) = done {
            assert_eq!(permits.len(), n, "as many permits as were asked for");
            self.took(permits);
        }
    }

    fn took(&mut self, permits: impl IntoIterator<Item = Held<'a>>) {
        let before = self.permits.len();
        self.permits.extend(permits);
        let took = self.permits.len() - before;
        let out = &self.common.gate.permits;
        out.fetch_add(took as isize, Ordering::SeqCst);
    }

    fn reserve(&mut self) {
        let at = self.common.log.begin();
        let done = {
            let future = pin!(self.tx.reserve());
            self.common.wait(Waiting::Room(1), future)
        };
        self.end_reserve(at, "reserve", done.map(|done| done.map(Held::Borrowed)));
    }

    fn reserve_owned(&mut self) {
        let at = self.common.log.begin();
        let done = {
            let future = pin!(self.tx.clone().reserve_owned());
            self.common.wait(Waiting::Room(1), future)
        };
        self.end_reserve(at, "reserve_owned", done.map(|done| done.map(Held::Owned)));
    }

    fn end_reserve(
        &mut self,
        at: u64,
        name: &'static str,
        done: Option<Result<Held<'a>, SendError<()>>>,
    ) {
        let step = done.as_ref().map(|done| match done {
            Ok(_) => Reserve(1),
            Err(SendError(())) => SendClosed,
        });
        self.common.end(at, name, 1, &with(vec![], step));
        self.took(done.and_then(Result::ok));
    }

    fn reserve_many(&mut self) {
        let n = 1 + self.common.rng.below(self.capacity);
        let at = self.common.log.begin();
        let done = {
            let future = pin!(self.tx.reserve_many(n));
            self.common.wait(Waiting::Room(n), future)
        };
        let steps = match &done {
            // The credits are gathered one after the other.
            Some(Ok(_)) => vec![Reserve(1); n],
            Some(Err(SendError(()))) => vec![SendClosed],
            None => vec![],
        };
        self.common.end(at, "reserve_many", n, &steps);
        let permits: Option<PermitIterator<'a, Value>> = done.and_then(Result::ok);
        self.took(permits.into_iter().flatten().map(Held::Borrowed));
    }

    /// Sends with a permit, or drops it.
    fn use_permit(&mut self) {
        if self.permits.is_empty() {
            return;
        }
        let which = self.common.rng.below(self.permits.len());
        let permit = self.permits.swap_remove(which);
        let v = (self.common.rng.below(3) > 0).then(|| self.common.value());
        let at = self.common.log.begin();
        match (permit, v) {
            (Held::Borrowed(permit), Some(v)) => permit.send(v),
            (Held::Owned(permit), Some(v)) => drop(permit.send(v)),
            (Held::Borrowed(permit), None) => drop(permit),
            (Held::Owned(permit), None) if self.common.made & 1 == 0 => drop(permit),
            (Held::Owned(permit), None) => drop(permit.release()),
        }
        let step = v.map_or(PermitDrop(1), PermitSend);
        self.common.end(at, "permit", 0, &[step]);
        self.common.gate.permits.fetch_sub(1, Ordering::SeqCst);
    }
}

fn send_unbounded(tx: &UnboundedSender<Value>, mut common: Common<'_>, calls: usize) -> Log {
    for _ in 0..calls {
        sys::jitter(&mut common.rng);
        let v = common.value();
        let at = common.log.begin();
        let step = sent(v, tx.send(v));
        common.end(at, "send", 0, &[step]);
    }
    common.log
}

fn sent(v: Value, done: Result<(), SendError<Value>>) -> Action {
    match done {
        Ok(()) => Push(v),
        Err(SendError(back)) => same(v, back, SendClosed),
    }
}

// --- receiving ---------------------------------------------------------------------------------------------------

struct Consumer<'a> {
    rx: Rx,
    closed: bool,
    /// The waker that `poll_recv` has left.
    left: Option<Arc<Flag>>,
    common: Common<'a>,
}

impl Consumer<'_> {
    fn run(mut self, calls: usize) -> (Rx, Log) {
        // It has as much to do as the senders together.
        for _ in 0..calls * 2 {
            sys::jitter(&mut self.common.rng);
            match self.common.rng.below(40) {
                0..10 => self.try_recv(),
                10..22 => self.recv(),
                22..27 => self.recv_many(),
                27..31 => self.poll_recv(),
                31..35 => self.next(),
                35..38 => {
                    let at = self.common.log.begin();
                    let len = rx!(&self.rx, rx => rx.len());
                    self.common.end(at, "len", 0, &[Len(len)]);
                }
                38 if self.common.rng.one_in(2) => {
                    let at = self.common.log.begin();
                    rx!(&mut self.rx, rx => rx.close());
                    let first = !std::mem::replace(&mut self.closed, true);
                    self.common.end(at, "close", 0, &[Close(first)]);
                }
                #[cfg(not(wakering_shuttle))]
                39 => self.recv_timeout(),
                _ => {}
            }
        }
        self.forget_waker();
        (self.rx, self.common.log)
    }

    /// The waker that was left counts no more: another one takes its place, or the receiver looks by itself.
    fn forget_waker(&mut self) {
        if let Some(flag) = self.left.take() {
            self.common.gate.unkeep(&flag);
        }
    }

    fn try_recv(&mut self) {
        self.forget_waker();
        let at = self.common.log.begin();
        let step = received(self.rx.try_recv());
        self.common.end(at, "try_recv", 0, &[step]);
    }

    #[cfg(not(wakering_shuttle))]
    fn recv_timeout(&mut self) {
        use wakering::mpsc::error::RecvTimeoutError;
        self.forget_waker();
        let at = self.common.log.begin();
        let limit = std::time::Duration::from_micros(30);
        let step = match rx!(&mut self.rx, rx => rx.blocking_recv_timeout(limit)) {
            Ok(v) => Some(Pop(v)),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(RecvClosed),
        };
        self.common.end(at, "recv_timeout", 0, &with(vec![], step));
    }

    fn recv(&mut self) {
        self.forget_waker();
        let at = self.common.log.begin();
        let common = &mut self.common;
        let done = match &mut self.rx {
            Rx::Bounded(rx) => common.wait(Waiting::Message, pin!(rx.recv())),
            Rx::Unbounded(rx) => common.wait(Waiting::Message, pin!(rx.recv())),
        };
        self.end_recv(at, "recv", done);
    }

    fn end_recv(&mut self, at: u64, name: &'static str, done: Option<Option<Value>>) {
        let step = done.map(|message| message.map_or(RecvClosed, Pop));
        self.common.end(at, name, 0, &with(vec![], step));
    }

    fn recv_many(&mut self) {
        self.forget_waker();
        let limit = 1 + self.common.rng.below(4);
        let mut out = Vec::new();
        let at = self.common.log.begin();
        let common = &mut self.common;
        let done = match &mut self.rx {
            Rx::Bounded(rx) => common.wait(Waiting::Message, pin!(rx.recv_many(&mut out, limit))),
            Rx::Unbounded(rx) => common.wait(Waiting::Message, pin!(rx.recv_many(&mut out, limit))),
        };
        assert_eq!(
            done.unwrap_or(0),
            out.len(),
            "recv_many counts what it took"
        );
        let steps: Vec<_> = match done {
            Some(0) => vec![RecvClosed],
            _ => out.into_iter().map(Pop).collect(),
        };
        self.common.end(at, "recv_many", 0, &steps);
    }

    /// One poll, which stays registered when there is nothing.
    fn poll_recv(&mut self) {
        self.forget_waker();
        let at = self.common.log.begin();
        let flag = self.common.gate.keep(Waiting::Message);
        let waker = Waker::from(flag.clone());
        let mut cx = Context::from_waker(&waker);
        let done = match rx!(&mut self.rx, rx => rx.poll_recv(&mut cx)) {
            Poll::Pending => {
                self.left = Some(flag);
                None
            }
            Poll::Ready(done) => {
                self.common.gate.unkeep(&flag);
                Some(done)
            }
        };
        self.end_recv(at, "poll_recv", done);
    }

    /// Polled to the end.
    fn next(&mut self) {
        self.forget_waker();
        let at = self.common.log.begin();
        let rx = &mut self.rx;
        let next = pin!(poll_fn(|cx| rx!(&mut *rx, rx => rx.poll_recv(cx))));
        let done = self.common.wait(Waiting::Message, next);
        self.end_recv(at, "poll_recv, to the end", done);
    }
}

impl Rx {
    fn try_recv(&mut self) -> Result<Value, TryRecvError> {
        rx!(self, rx => rx.try_recv())
    }
}

fn received(done: Result<Value, TryRecvError>) -> Action {
    match done {
        Ok(v) => Pop(v),
        Err(TryRecvError::Empty) => Empty,
        Err(TryRecvError::Disconnected) => RecvClosed,
    }
}
