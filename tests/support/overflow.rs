//! Random programs for a channel with a policy, and the sequential model that says what they must do.

#![allow(dead_code, unreachable_pub)]

use std::collections::VecDeque;
use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use arbitrary::Arbitrary;
use wakering::{
    Builder, Counters, Overflow, OwnedPermit, Receiver, SendError, SendTimeoutError, Sender,
    TrySendError,
};

#[derive(Arbitrary, Debug, Clone)]
pub struct Program {
    pub capacity: u8,
    pub overflow: Policy,
    pub ops: Vec<Op>,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
pub enum Policy {
    Wait,
    Reject,
    DropNewest,
    DropOldest,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
pub enum Op {
    TrySend,
    Send,
    SendWith,
    SendMany(u8),
    TrySendMany(u8),
    ForceSend,
    Reserve,
    SendReserved,
    Unreserve,
    Recv,
    RecvMany(u8),
    Close,
}

/// What the channel should hold, and what should have become of all else.
struct Model {
    capacity: usize,
    overflow: Overflow,
    queue: VecDeque<u32>,
    permits: usize,
    closed: bool,
    dropped: Vec<u32>,
    sent: u64,
    received: u64,
}

#[derive(Debug, PartialEq, Eq)]
enum Sent {
    Ok,
    Full,
    Closed,
}

impl Model {
    fn is_full(&self) -> bool {
        self.queue.len() + self.permits == self.capacity
    }

    fn send(&mut self, message: u32) -> Sent {
        if self.closed {
            return Sent::Closed;
        }
        if self.is_full() {
            match self.overflow {
                Overflow::Wait | Overflow::Reject => return Sent::Full,
                Overflow::DropOldest if !self.queue.is_empty() => {
                    self.dropped.extend(self.queue.pop_front());
                    self.queue.push_back(message);
                }
                Overflow::DropOldest | Overflow::DropNewest => self.dropped.push(message),
            }
        } else {
            self.queue.push_back(message);
        }
        self.sent += 1;
        Sent::Ok
    }

    /// How many of `n` messages are sent one after the other, and why not the next one.
    fn send_many(&mut self, first: u32, n: usize) -> (usize, Sent) {
        for i in 0..n {
            match self.send(first + i as u32) {
                Sent::Ok => {}
                why => return (i, why),
            }
        }
        (n, Sent::Ok)
    }

    fn take(&mut self, most: usize) -> Vec<u32> {
        let n = most.min(self.queue.len());
        self.received += n as u64;
        self.queue.drain(..n).collect()
    }
}

/// `None`: it waits.
fn poll<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

struct Real {
    tx: Sender<u32>,
    rx: Receiver<u32>,
    permits: Vec<OwnedPermit<u32>>,
    dropped: Arc<Mutex<Vec<u32>>>,
    counters: Arc<Counters>,
}

/// Runs the program against the model.
pub fn run(program: &Program) {
    let capacity = usize::from(program.capacity % 9) + 1;
    let overflow = match program.overflow {
        Policy::Wait => Overflow::Wait,
        Policy::Reject => Overflow::Reject,
        Policy::DropNewest => Overflow::DropNewest,
        Policy::DropOldest => Overflow::DropOldest,
    };
    let dropped = Arc::new(Mutex::new(Vec::new()));
    let counters = Arc::new(Counters::new());
    let mut builder = Builder::new(capacity).overflow(overflow).on_drop({
        let dropped = dropped.clone();
        move |message| dropped.lock().unwrap().push(message)
    });
    // Observed channels tell the sleeping in a way of their own: half of the programs each.
    let observed = program.capacity % 2 == 0;
    if observed {
        builder = builder.observer(counters.clone());
    }
    let (tx, rx) = builder.build();
    let mut real = Real {
        tx,
        rx,
        permits: Vec::new(),
        dropped,
        counters,
    };
    let mut model = Model {
        capacity,
        overflow,
        queue: VecDeque::new(),
        permits: 0,
        closed: false,
        dropped: Vec::new(),
        sent: 0,
        received: 0,
    };
    let mut next = 0;
    for &op in &program.ops {
        step(op, &mut next, &mut real, &mut model);
        agree(&real, &model, observed);
    }
}

fn step(op: Op, next: &mut u32, real: &mut Real, model: &mut Model) {
    let first = *next;
    *next += 16;
    let waits = model.overflow == Overflow::Wait;
    match op {
        Op::TrySend => {
            let expected = match model.send(first) {
                Sent::Ok => Ok(()),
                Sent::Full => Err(TrySendError::Full(first)),
                Sent::Closed => Err(TrySendError::Closed(first)),
            };
            assert_eq!(real.tx.try_send(first), expected);
        }
        Op::Send => {
            let expected = match model.send(first) {
                Sent::Ok => Some(Ok(())),
                Sent::Full if waits => None,
                Sent::Full | Sent::Closed => Some(Err(SendError(first))),
            };
            assert_eq!(poll(real.tx.send(first)), expected);
        }
        Op::SendWith => {
            let expected = match model.send(first) {
                Sent::Ok => Some(Ok(())),
                Sent::Full if waits => None,
                Sent::Full => Some(Err(SendTimeoutError::Timeout(first))),
                Sent::Closed => Some(Err(SendTimeoutError::Closed(first))),
            };
            assert_eq!(poll(real.tx.send_with(first, pending::<()>())), expected);
        }
        Op::SendMany(n) => {
            let n = usize::from(n % 12);
            let mut messages: VecDeque<_> = (first..first + n as u32).collect();
            let (done, why) = model.send_many(first, n);
            let expected = match why {
                Sent::Ok => Some(Ok(())),
                Sent::Full if waits => None,
                Sent::Full | Sent::Closed => Some(Err(SendError(()))),
            };
            assert_eq!(poll(real.tx.send_many(&mut messages)), expected);
            assert!(
                messages
                    .into_iter()
                    .eq(first + done as u32..first + n as u32)
            );
        }
        Op::TrySendMany(n) => {
            let n = usize::from(n % 12);
            let mut messages: VecDeque<_> = (first..first + n as u32).collect();
            let expected = match model.send_many(first, n) {
                (0, Sent::Closed) => Err(SendError(())),
                (done, _) => Ok(done),
            };
            assert_eq!(real.tx.try_send_many(&mut messages), expected);
        }
        Op::ForceSend => {
            let expected = if model.closed {
                Err(SendError(first))
            } else if model.is_full() && model.queue.is_empty() {
                Ok(Some(first))
            } else {
                let evicted = model.is_full().then(|| model.take(1)[0]);
                model.queue.push_back(first);
                model.sent += 1;
                Ok(evicted)
            };
            assert_eq!(real.tx.force_send(first), expected);
        }
        Op::Reserve => {
            let fits = !model.closed && !model.is_full();
            let reserved = poll(real.tx.clone().reserve_owned());
            match reserved {
                Some(Ok(permit)) => real.permits.push(permit),
                Some(Err(_)) => assert!(model.closed),
                None => assert!(!model.closed),
            }
            model.permits += usize::from(fits);
            assert_eq!(real.permits.len(), model.permits);
        }
        Op::SendReserved => {
            if let Some(permit) = real.permits.pop() {
                permit.send(first);
                model.permits -= 1;
                model.queue.push_back(first);
                model.sent += 1;
            }
        }
        Op::Unreserve => {
            if let Some(permit) = real.permits.pop() {
                permit.release();
                model.permits -= 1;
            }
        }
        Op::Recv => assert_eq!(real.rx.try_recv().ok(), model.take(1).pop()),
        Op::RecvMany(n) => {
            let mut messages = Vec::new();
            let most = usize::from(n % 12);
            let n = real.rx.try_recv_many(&mut messages, most);
            assert_eq!((n, messages.clone()), (messages.len(), model.take(most)));
        }
        Op::Close => {
            real.rx.close();
            model.closed = true;
        }
    }
}

/// Nothing is lost, and nothing is beyond the bound.
fn agree(real: &Real, model: &Model, observed: bool) {
    assert!(real.rx.len() + real.permits.len() <= model.capacity);
    assert_eq!(real.rx.len(), model.queue.len());
    assert_eq!(*real.dropped.lock().unwrap(), model.dropped);
    let dropped = real.tx.dropped();
    assert_eq!(dropped, model.dropped.len() as u64);
    assert_eq!(model.sent, model.received + dropped + real.rx.len() as u64);
    if observed {
        let counted = real.counters.snapshot();
        assert_eq!(
            (counted.sent, counted.received, counted.dropped),
            (model.sent, model.received, dropped)
        );
        assert!(counted.highest_depth <= model.capacity as u64);
    }
}
