//! The calls a worker can make, and how each is written down.

mod kept;
mod mix;
pub(crate) mod mpsc;
mod permits;
mod recv;
mod send;

use super::gate::{Flag, Gate, Patience, Waiting};
use super::history::{Action, Action::*, Log, Value};
use super::job::sys;
use super::rng::Rng;
use kept::Kept;
use mix::{Call, Mix};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use wakering::{OwnedPermit, Permit, Receiver, Sender};

/// More permits than this are not asked for at a time, but for one more.
const MOST: usize = 5;

enum Held<'a> {
    Borrowed(Permit<'a, Value>),
    Owned(OwnedPermit<Value>),
}

pub(crate) struct Worker<'a> {
    seat: usize,
    /// The capacity, or as much as a history needs.
    capacity: usize,
    tx: &'a Sender<Value>,
    rx: &'a Receiver<Value>,
    /// A handle that is polled as a stream, and remembers its waiter between polls.
    stream: Receiver<Value>,
    stream_flag: Option<Arc<Flag>>,
    permits: Vec<Held<'a>>,
    kept: Vec<(Kept, Arc<Flag>, u64)>,
    gate: &'a Arc<Gate>,
    rng: Rng,
    sent: Value,
    log: Log,
}

impl<'a> Worker<'a> {
    pub(crate) fn new(
        seat: usize,
        capacity: usize,
        (tx, rx): (&'a Sender<Value>, &'a Receiver<Value>),
        gate: &'a Arc<Gate>,
        rng: Rng,
        log: Log,
    ) -> Self {
        let stream = rx.clone();
        Worker {
            seat,
            capacity: capacity.min(MOST),
            tx,
            rx,
            stream,
            stream_flag: None,
            permits: vec![],
            kept: vec![],
            gate,
            rng,
            sent: 0,
            log,
        }
    }

    /// Makes `calls` random calls of the program with this seed, settles what is left over, and hands back what was written down.
    pub(crate) fn run(mut self, program: u64, calls: usize) -> Log {
        let mix = Mix::new(program, &mut self.rng);
        for _ in 0..calls {
            sys::jitter(&mut self.rng);
            let call = mix.choose(&mut self.rng);
            self.call(call);
        }
        while !self.kept.is_empty() {
            self.finish_kept();
        }
        while !self.permits.is_empty() {
            self.use_permit();
        }
        self.renew_stream();
        self.log
    }

    fn call(&mut self, call: Call) {
        match call {
            Call::TrySend => self.try_send(),
            Call::Send => self.send(),
            Call::SendWith => self.send_with(),
            Call::ForceSend => self.force_send(),
            Call::TrySendMany => self.try_send_many(),
            Call::SendMany => self.send_many(),
            Call::KeepSend => self.keep_send(),
            Call::TryReserve => self.try_reserve(),
            Call::Reserve => self.reserve(),
            Call::TryReserveMany => self.try_reserve_many(),
            Call::ReserveMany => self.reserve_many(),
            Call::ReserveOwned => self.reserve_owned(),
            Call::TryReserveOwned => self.try_reserve_owned(),
            Call::UsePermit => self.use_permit(),
            Call::TryRecv => self.try_recv(),
            Call::Recv => self.recv(),
            Call::RecvWith => self.recv_with(),
            Call::TryRecvMany => self.try_recv_many(),
            Call::RecvMany => self.recv_many(),
            Call::Drain => self.drain(),
            Call::PollRecv => self.poll_recv(),
            Call::NextRecv => self.next_recv(),
            Call::KeepRecv => self.keep_recv(),
            Call::FinishKept => self.finish_kept(),
            Call::Close => {
                let at = self.log.begin();
                let first = if self.rng.one_in(2) {
                    self.tx.close()
                } else {
                    self.rx.close()
                };
                self.log.end(at, "close", &[Close(first)]);
            }
            Call::Len => {
                let at = self.log.begin();
                let len = self.rx.len();
                self.log.end(at, "len", &[Len(len)]);
            }
            Call::IsFull => {
                let at = self.log.begin();
                let full = self.tx.is_full();
                self.log.end(at, "is_full", &[IsFull(full)]);
            }
            Call::IsClosed => {
                let at = self.log.begin();
                let closed = self.tx.is_closed();
                self.log.end(at, "is_closed", &[IsClosed(closed)]);
            }
            #[cfg(not(wakering_shuttle))]
            Call::SendTimeout => self.send_timeout(),
            #[cfg(not(wakering_shuttle))]
            Call::RecvTimeout => self.recv_timeout(),
            #[cfg(wakering_shuttle)]
            Call::SendTimeout | Call::RecvTimeout => {
                unreachable!("blocking calls are not modelled")
            }
        }
    }

    fn value(&mut self) -> Value {
        self.sent += 1;
        self.seat as Value * 1000 + self.sent
    }

    fn values(&mut self) -> VecDeque<Value> {
        (0..1 + self.rng.below(3)).map(|_| self.value()).collect()
    }

    fn patience(&mut self) -> Patience {
        let polls = self.rng.one_in(3).then(|| 1 + self.rng.below(3));
        Patience {
            polls,
            new_wakers: self.rng.one_in(2),
        }
    }

    fn wait<F: Future>(&mut self, waiting: Waiting, future: Pin<&mut F>) -> Option<F::Output> {
        let patience = self.patience();
        self.gate.wait(self.seat, waiting, patience, future)
    }

    /// A timer that rings after a few polls.
    fn timer(&mut self) -> impl Future<Output = ()> + use<> {
        let mut left = self.rng.below(4);
        poll_fn(move |cx| {
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            cx.waker().wake_by_ref();
            Poll::Pending
        })
    }
}

fn same(sent: Value, back: Value, step: Action) -> Action {
    assert_eq!(sent, back, "a send gives back its own message");
    step
}

fn with(mut steps: Vec<Action>, last: Option<Action>) -> Vec<Action> {
    steps.extend(last);
    steps
}
