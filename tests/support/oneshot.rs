//! Programs for a channel of one message, and a sequential model of it: what each call says, whom it wakes, what it drops,
//! and which wakers are kept after it.
//!
//! A program is a row of operations on the handles of one channel after another: once both handles are gone, the next
//! operation makes new ones.

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use arbitrary::Arbitrary;
use wakering::oneshot::error::{RecvTimeoutError, TryRecvError};
use wakering::oneshot::{Receiver, Sender, channel};

/// How many wakers there are.
const WAKERS: usize = 3;

/// A call. The number is that of the waker.
#[derive(Clone, Copy, Debug, Arbitrary)]
pub(crate) enum Op {
    Send,
    DropSender,
    /// Polls `poll_closed`.
    PollClosed(u8),
    /// Polls a `closed()` and gives it up.
    TryClosed(u8),
    Poll(u8),
    /// Polls a reference to the receiver in a future of its own, and gives that up.
    PollByReference(u8),
    TryRecv,
    /// Blocks for no time at all; with a deadline if true.
    Block(bool),
    Close,
    DropReceiver,
    /// Asks all that can be asked.
    Ask,
}

#[derive(Clone, Debug, Arbitrary)]
pub(crate) struct Program {
    pub(crate) ops: Vec<Op>,
}

/// A message that counts the living.
#[derive(Debug)]
struct Message {
    number: usize,
    alive: Rc<Cell<usize>>,
}

impl Message {
    fn new(number: usize, alive: &Rc<Cell<usize>>) -> Self {
        alive.set(alive.get() + 1);
        Self {
            number,
            alive: alive.clone(),
        }
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        self.alive.set(self.alive.get() - 1);
    }
}

/// Counts its wakes.
#[derive(Default)]
struct Counter(AtomicUsize);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Who was the first to end, if anybody.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    None,
    /// The sender, with a message or without.
    Sender,
    Receiver,
}

/// What a channel should be.
#[derive(Debug)]
struct Model {
    end: End,
    /// The number of the message that is there.
    message: Option<usize>,
    /// The wakers that are kept for each side.
    sender_waits: Option<usize>,
    receiver_waits: Option<usize>,
    /// The receiver was told of the end.
    terminated: bool,
}

impl Model {
    fn new() -> Self {
        Self {
            end: End::None,
            message: None,
            sender_waits: None,
            receiver_waits: None,
            terminated: false,
        }
    }

    /// A side ends. Says who must be woken, if it is the first.
    fn end(&mut self, end: End) -> Option<usize> {
        if self.end != End::None {
            return None;
        }
        self.end = end;
        let (sender, receiver) = (self.sender_waits.take(), self.receiver_waits.take());
        if end == End::Sender { receiver } else { sender }
    }

    /// What a receive must say: a message, or an end, or nothing yet.
    fn receive(&mut self) -> Outcome {
        if !self.terminated && self.end == End::None {
            return Outcome::Nothing;
        }
        self.terminated = true;
        self.message.take().map_or(Outcome::Closed, Outcome::Got)
    }
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Got(usize),
    Closed,
    Nothing,
}

/// A channel, its model, and the wakers.
struct Run {
    sender: Option<Sender<Message>>,
    receiver: Option<Receiver<Message>>,
    model: Model,
    alive: Rc<Cell<usize>>,
    counters: [Arc<Counter>; WAKERS],
    wakers: [Waker; WAKERS],
    /// How often each was to be woken so far.
    woken: [usize; WAKERS],
    sent: usize,
}

/// Runs a program; panics where the channel and the model differ.
pub(crate) fn run(program: &Program) {
    let mut run = Run::new();
    for &op in &program.ops {
        if run.sender.is_none() && run.receiver.is_none() {
            run.renew();
        }
        let told = run.step(op);
        run.check(op, told);
    }
    for op in [Op::DropReceiver, Op::DropSender] {
        let told = run.step(op);
        run.check(op, told);
    }
    assert_eq!(run.alive.get(), 0, "a message is left");
}

impl Run {
    fn new() -> Self {
        let counters: [Arc<Counter>; WAKERS] = Default::default();
        let (sender, receiver) = channel();
        Self {
            sender: Some(sender),
            receiver: Some(receiver),
            model: Model::new(),
            alive: Rc::default(),
            wakers: counters.each_ref().map(|counter| counter.clone().into()),
            counters,
            woken: [0; WAKERS],
            sent: 0,
        }
    }

    fn renew(&mut self) {
        let (sender, receiver) = channel();
        (self.sender, self.receiver) = (Some(sender), Some(receiver));
        self.model = Model::new();
    }

    /// Does it, in both worlds, and compares what is said. Hands out who must have been woken by it.
    fn step(&mut self, op: Op) -> Option<usize> {
        match op {
            Op::Send | Op::DropSender | Op::PollClosed(_) | Op::TryClosed(_) => {
                let sender = self.sender.take()?;
                self.step_of_sender(op, sender)
            }
            Op::Ask => {
                self.ask();
                None
            }
            _ => {
                let receiver = self.receiver.take()?;
                self.step_of_receiver(op, receiver)
            }
        }
    }

    fn step_of_sender(&mut self, op: Op, mut sender: Sender<Message>) -> Option<usize> {
        match op {
            Op::Send => {
                self.sent += 1;
                let number = self.sent;
                let told = self.model.end(End::Sender);
                match sender.send(Message::new(number, &self.alive)) {
                    Ok(()) => {
                        assert_eq!(self.model.end, End::Sender, "sent after the end");
                        self.model.message = Some(number);
                    }
                    Err(message) => {
                        assert_eq!(self.model.end, End::Receiver, "refused");
                        assert_eq!(message.number, number);
                    }
                }
                return told;
            }
            Op::DropSender => {
                drop(sender);
                return self.model.end(End::Sender);
            }
            Op::PollClosed(number) => {
                let number = usize::from(number) % WAKERS;
                let mut cx = Context::from_waker(&self.wakers[number]);
                let closed = sender.poll_closed(&mut cx).is_ready();
                assert_eq!(closed, self.model.end == End::Receiver);
                if !closed {
                    self.model.sender_waits = Some(number);
                }
            }
            Op::TryClosed(number) => {
                let mut cx = Context::from_waker(&self.wakers[usize::from(number) % WAKERS]);
                let closed = pin!(sender.closed()).poll(&mut cx).is_ready();
                assert_eq!(closed, self.model.end == End::Receiver);
                // It takes the place of who waited, and leaves it.
                self.model.sender_waits = None;
            }
            _ => unreachable!("not of the sender"),
        }
        self.sender = Some(sender);
        None
    }

    fn step_of_receiver(&mut self, op: Op, mut receiver: Receiver<Message>) -> Option<usize> {
        let mut told = None;
        match op {
            // The fuzzer's panic hook aborts, even when a panic is caught.
            Op::Poll(_) | Op::PollByReference(_) if cfg!(fuzzing) && self.model.terminated => {}
            Op::Poll(number) | Op::PollByReference(number) => {
                let number = usize::from(number) % WAKERS;
                let mut cx = Context::from_waker(&self.wakers[number]);
                let polled = catch_unwind(AssertUnwindSafe(|| match op {
                    Op::Poll(_) => Pin::new(&mut receiver).poll(&mut cx),
                    _ => pin!(async { (&mut receiver).await }).poll(&mut cx),
                }));
                if self.model.terminated {
                    assert!(polled.is_err(), "polled after the end");
                } else {
                    let outcome = match polled.expect("it may be polled") {
                        Poll::Ready(Ok(message)) => Outcome::Got(message.number),
                        Poll::Ready(Err(_)) => Outcome::Closed,
                        Poll::Pending => Outcome::Nothing,
                    };
                    assert_eq!(outcome, self.model.receive());
                    if outcome == Outcome::Nothing {
                        self.model.receiver_waits = Some(number);
                    }
                }
            }
            Op::TryRecv => {
                let outcome = match receiver.try_recv() {
                    Ok(message) => Outcome::Got(message.number),
                    Err(TryRecvError::Closed) => Outcome::Closed,
                    Err(TryRecvError::Empty) => Outcome::Nothing,
                };
                assert_eq!(outcome, self.model.receive());
            }
            Op::Block(until) => {
                let received = if until {
                    receiver.blocking_recv_deadline(Instant::now())
                } else {
                    receiver.blocking_recv_timeout(Duration::ZERO)
                };
                let outcome = match received {
                    Ok(message) => Outcome::Got(message.number),
                    Err(RecvTimeoutError::Closed) => Outcome::Closed,
                    Err(RecvTimeoutError::Timeout) => Outcome::Nothing,
                };
                assert_eq!(outcome, self.model.receive());
            }
            Op::Close => {
                receiver.close();
                told = self.model.end(End::Receiver);
            }
            Op::DropReceiver => {
                drop(receiver);
                self.model.message = None;
                self.model.terminated = true;
                return self.model.end(End::Receiver);
            }
            _ => unreachable!("not of the receiver"),
        }
        self.receiver = Some(receiver);
        told
    }

    fn ask(&self) {
        if let Some(sender) = &self.sender {
            assert_eq!(sender.is_closed(), self.model.end == End::Receiver);
        }
        if let Some(receiver) = &self.receiver {
            assert_eq!(receiver.is_empty(), self.model.message.is_none());
            assert_eq!(receiver.is_terminated(), self.model.terminated);
            let closed = self.model.terminated || self.model.end != End::None;
            assert_eq!(receiver.is_closed(), closed);
        }
    }

    /// After each step: nobody was woken but who had to be, nothing is kept but what must be.
    fn check(&mut self, op: Op, told: Option<usize>) {
        if let Some(number) = told {
            self.woken[number] += 1;
        }
        let model = &self.model;
        for (number, counter) in self.counters.iter().enumerate() {
            let woken = counter.0.load(SeqCst);
            assert_eq!(woken, self.woken[number], "wakes of {number} after {op:?}");
            // Its own, the one in `wakers`, and what the channel keeps.
            let kept = Arc::strong_count(counter) - 2;
            let waits = [model.sender_waits, model.receiver_waits]
                .iter()
                .filter(|&&waits| waits == Some(number))
                .count();
            assert_eq!(kept, waits, "wakers of {number} kept after {op:?}");
        }
        let alive = usize::from(model.message.is_some());
        assert_eq!(self.alive.get(), alive, "messages alive after {op:?}");
    }
}
