//! Programs for a channel of capacity 0, and a sequential model of it: what each call says, whom it wakes in which order,
//! and where each message is.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use arbitrary::Arbitrary;
use wakering::{
    Receiver, RecvError, RecvTimeoutError, SendError, SendOwned, SendTimeoutError, Sender,
    TryRecvError, TrySendError, bounded,
};

/// How many sends, and how many receives, may be pending.
const SLOTS: usize = 4;

/// A call. Numbers choose a pending future, modulo how many there may be.
#[derive(Clone, Copy, Debug, Arbitrary)]
pub(crate) enum Op {
    /// Polls a send, a new one if there is none, with a waker of its own for each poll.
    Send(u8),
    DropSend(u8),
    CancelSend(u8),
    Recv(u8),
    DropRecv(u8),
    TrySend,
    ForceSend,
    SendForNoTime,
    TryRecv,
    RecvForNoTime,
    RecvMany(u8),
    /// Takes so many from a drain.
    Drain(u8),
    /// By a sender if true.
    Close(bool),
    Ask,
}

#[derive(Clone, Debug, Arbitrary)]
pub(crate) struct Program {
    pub(crate) ops: Vec<Op>,
}

/// The wakers that were woken, in order.
type Woken = Arc<Mutex<Vec<usize>>>;

/// A waker that writes down its number.
struct Numbered(usize, Woken);

impl Wake for Numbered {
    fn wake(self: Arc<Self>) {
        self.1.lock().unwrap().push(self.0);
    }
}

/// What a pending future of the model stands at.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    /// In the line, or in the queue.
    Waits,
    /// Taken, for a send. Told of an offer, for a receive.
    Told,
    /// Told of the close.
    Called,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    stage: Stage,
    /// Where it stands among its like.
    ticket: usize,
    /// The waker it was last polled with.
    waker: usize,
    message: usize,
}

type Place = Option<Pending>;

#[derive(Default)]
struct Model {
    sends: [Place; SLOTS],
    recvs: [Place; SLOTS],
    closed: bool,
    tickets: usize,
    /// Whom the call at hand should have woken.
    wakes: Vec<usize>,
}

impl Model {
    fn ticket(&mut self) -> usize {
        self.tickets += 1;
        self.tickets
    }

    /// The first one of `places` that waits.
    fn first(places: &mut [Place; SLOTS]) -> Option<&mut Pending> {
        let waiting = places.iter_mut().flatten();
        waiting
            .filter(|pending| pending.stage == Stage::Waits)
            .min_by_key(|pending| pending.ticket)
    }

    /// Tells the first receive of an offer.
    fn tell(&mut self) {
        if let Some(recv) = Self::first(&mut self.recvs) {
            recv.stage = Stage::Told;
            self.wakes.push(recv.waker);
        }
    }

    /// A receiver takes the first offer.
    fn take(&mut self) -> Option<usize> {
        let send = Self::first(&mut self.sends).filter(|_| !self.closed)?;
        send.stage = Stage::Told;
        self.wakes.push(send.waker);
        Some(send.message)
    }

    fn offers(&self) -> usize {
        let waiting = |send: &&Pending| send.stage == Stage::Waits;
        self.sends.iter().flatten().filter(waiting).count()
    }

    fn close(&mut self) -> bool {
        let first = !self.closed;
        self.closed = true;
        for places in [&mut self.recvs, &mut self.sends] {
            while let Some(pending) = Self::first(places) {
                pending.stage = Stage::Called;
                self.wakes.push(pending.waker);
            }
        }
        first
    }
}

struct Runner {
    model: Model,
    tx: Sender<usize>,
    rx: Receiver<usize>,
    sends: [Option<Pin<Box<SendOwned<usize>>>>; SLOTS],
    recvs: [Option<Pin<Box<wakering::RecvOwned<usize>>>>; SLOTS],
    woken: Woken,
    wakers: usize,
    messages: usize,
    /// What has become of each message: received (true), or given back.
    ends: BTreeMap<usize, bool>,
}

/// Runs a program on a channel and on the model.
pub(crate) fn run(program: &Program) {
    let (tx, rx) = bounded(0);
    let mut runner = Runner {
        model: Model::default(),
        tx,
        rx,
        sends: Default::default(),
        recvs: Default::default(),
        woken: Woken::default(),
        wakers: 0,
        messages: 0,
        ends: BTreeMap::new(),
    };
    for &op in &program.ops {
        runner.step(op);
        let woken = std::mem::take(&mut *runner.woken.lock().unwrap());
        let expected = std::mem::take(&mut runner.model.wakes);
        assert_eq!(woken, expected, "who was woken by {op:?}");
    }
    for slot in 0..SLOTS {
        runner.cancel_send(slot);
    }
    let ends: Vec<_> = runner.ends.keys().copied().collect();
    let all: Vec<_> = (0..runner.messages).collect();
    assert_eq!(ends, all, "each message has ended one way");
}

impl Runner {
    fn message(&mut self) -> usize {
        self.messages += 1;
        self.messages - 1
    }

    fn waker(&mut self) -> (usize, Waker) {
        self.wakers += 1;
        let waker = Numbered(self.wakers, self.woken.clone());
        (self.wakers, Waker::from(Arc::new(waker)))
    }

    fn ends(&mut self, message: usize, received: bool) {
        assert_eq!(self.ends.insert(message, received), None, "ended twice");
    }

    /// Checks what a receive gave against the model.
    fn received(&mut self, got: Option<usize>) {
        assert_eq!(got, self.model.take());
        if let Some(message) = got {
            self.ends(message, true);
        }
    }

    fn step(&mut self, op: Op) {
        match op {
            Op::Send(slot) => self.send(usize::from(slot) % SLOTS),
            Op::DropSend(slot) => {
                let slot = usize::from(slot) % SLOTS;
                self.sends[slot] = None;
                let send = self.model.sends[slot].take();
                if let Some(send) = send.filter(|send| send.stage != Stage::Told) {
                    self.ends(send.message, false);
                }
            }
            Op::CancelSend(slot) => self.cancel_send(usize::from(slot) % SLOTS),
            Op::Recv(slot) => self.recv(usize::from(slot) % SLOTS),
            Op::DropRecv(slot) => {
                let slot = usize::from(slot) % SLOTS;
                self.recvs[slot] = None;
                let recv = self.model.recvs[slot].take();
                if recv.is_some_and(|recv| recv.stage == Stage::Told) {
                    self.model.tell();
                }
            }
            Op::TrySend => {
                let message = self.message();
                let refused = match self.model.closed {
                    true => TrySendError::Closed(message),
                    false => TrySendError::Full(message),
                };
                assert_eq!(self.tx.try_send(message), Err(refused));
                self.ends(message, false);
            }
            Op::ForceSend => {
                let message = self.message();
                let expected = match self.model.closed {
                    true => Err(SendError(message)),
                    false => Ok(Some(message)),
                };
                assert_eq!(self.tx.force_send(message), expected);
                self.ends(message, false);
            }
            Op::SendForNoTime => {
                let message = self.message();
                let expected = match self.model.closed {
                    true => SendTimeoutError::Closed(message),
                    false => SendTimeoutError::Timeout(message),
                };
                assert_eq!(self.tx.send_timeout(message, Duration::ZERO), Err(expected));
                if !self.model.closed {
                    self.model.tell();
                }
                self.ends(message, false);
            }
            Op::TryRecv => {
                let got = self.rx.try_recv();
                if let Err(why) = got {
                    assert_eq!(why == TryRecvError::Closed, self.model.closed);
                }
                self.received(got.ok());
            }
            Op::RecvForNoTime => {
                let got = self.rx.recv_timeout(Duration::ZERO);
                if let Err(why) = got {
                    assert_eq!(why == RecvTimeoutError::Closed, self.model.closed);
                }
                self.received(got.ok());
            }
            Op::RecvMany(limit) => {
                let limit = usize::from(limit) % (SLOTS + 2);
                let mut got = Vec::new();
                let n = self.rx.try_recv_many(&mut got, limit);
                assert_eq!(n, got.len());
                let there = if self.model.closed {
                    0
                } else {
                    self.model.offers()
                };
                assert_eq!(n, there.min(limit));
                got.into_iter()
                    .for_each(|message| self.received(Some(message)));
            }
            Op::Drain(most) => {
                if !self.model.closed {
                    let offers = Some(self.model.offers());
                    assert_eq!(self.rx.drain().size_hint(), (0, offers));
                }
                let got: VecDeque<_> = self.rx.drain().take(usize::from(most) % SLOTS).collect();
                got.into_iter()
                    .for_each(|message| self.received(Some(message)));
            }
            Op::Close(by_sender) => {
                let first = if by_sender {
                    self.tx.close()
                } else {
                    self.rx.close()
                };
                assert_eq!(first, self.model.close());
            }
            Op::Ask => {
                assert_eq!((self.tx.len(), self.rx.capacity()), (0, Some(0)));
                assert!(self.tx.is_full() && self.rx.is_empty());
                assert_eq!(self.tx.is_closed(), self.model.closed);
                assert!(self.tx.try_reserve().is_err());
            }
        }
    }

    fn send(&mut self, slot: usize) {
        let (number, waker) = self.waker();
        let fresh = self.sends[slot].is_none();
        if fresh {
            let message = self.message();
            self.sends[slot] = Some(Box::pin(self.tx.send_owned(message)));
            let ticket = self.model.ticket();
            let stage = if self.model.closed {
                Stage::Called
            } else {
                Stage::Waits
            };
            self.model.sends[slot] = Some(Pending {
                stage,
                ticket,
                waker: number,
                message,
            });
        }
        let send = self.sends[slot].as_mut().expect("it is there");
        let polled = send.as_mut().poll(&mut Context::from_waker(&waker));
        let pending = self.model.sends[slot].as_mut().expect("it is there");
        let message = pending.message;
        match pending.stage {
            Stage::Waits => {
                assert_eq!(polled, Poll::Pending);
                pending.waker = number;
                if fresh {
                    self.model.tell();
                }
                return;
            }
            Stage::Told => assert_eq!(polled, Poll::Ready(Ok(()))),
            Stage::Called => {
                assert_eq!(polled, Poll::Ready(Err(SendError(message))));
                self.ends(message, false);
            }
        }
        (self.sends[slot], self.model.sends[slot]) = (None, None);
    }

    fn cancel_send(&mut self, slot: usize) {
        let (Some(mut send), Some(pending)) =
            (self.sends[slot].take(), self.model.sends[slot].take())
        else {
            return;
        };
        let back = send.as_mut().cancel();
        if pending.stage == Stage::Told {
            assert_eq!(back, None, "it has been sent");
        } else {
            assert_eq!(back, Some(pending.message));
            self.ends(pending.message, false);
        }
    }

    fn recv(&mut self, slot: usize) {
        let (number, waker) = self.waker();
        let recv = self.recvs[slot].get_or_insert_with(|| Box::pin(self.rx.recv_owned()));
        let mut poll = || recv.as_mut().poll(&mut Context::from_waker(&waker));
        let mut polled = poll();
        // The last one that was woken is itself: it has yielded.
        if self.woken.lock().unwrap().last() == Some(&number) {
            self.woken.lock().unwrap().pop();
            polled = poll();
        }
        match polled {
            Poll::Ready(got) => {
                assert_eq!(got == Err(RecvError), self.model.closed);
                (self.recvs[slot], self.model.recvs[slot]) = (None, None);
                self.received(got.ok());
            }
            Poll::Pending => {
                assert_eq!((self.model.closed, self.model.offers()), (false, 0));
                // One that was told and found nothing goes back to its place.
                let ticket = match self.model.recvs[slot] {
                    Some(pending) => pending.ticket,
                    None => self.model.ticket(),
                };
                self.model.recvs[slot] = Some(Pending {
                    stage: Stage::Waits,
                    ticket,
                    waker: number,
                    message: usize::MAX,
                });
            }
        }
    }
}
