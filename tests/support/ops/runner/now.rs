//! Operations that do not wait.

use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_core::Stream;
use wakering::{Receiver, RecvTimeoutError, SendError, Sender, TryRecvError, TrySendError};

use super::super::message::{Id, Message, ids};
use super::super::model::{Goal, Outcome};
use super::super::program::{Job, RecvNow, SendNow};
use super::super::watchdog::watched;
use super::super::work::{received, sent, sent_in_time};
use super::{Runner, pick};

impl Runner {
    pub(super) fn send_now(&mut self, op: SendNow) {
        let (SendNow::TrySend { tx }
        | SendNow::TrySendMany { tx, .. }
        | SendNow::ForceSend { tx }
        | SendNow::Timeout { tx }
        | SendNow::Deadline { tx }
        | SendNow::Blocking { tx }
        | SendNow::ManyBlocking { tx, .. }) = op;
        let Some(index) = pick(tx, self.senders.len()) else {
            return;
        };
        let sender = Rc::clone(&self.senders[index]);
        match op {
            SendNow::TrySend { .. } => self.send_one(
                |m| try_sent(sender.try_send(m)),
                |model, id| model.try_send(id),
            ),
            SendNow::ForceSend { .. } => self.send_one(
                |message| match sender.force_send(message) {
                    Ok(evicted) => Outcome::Evicted(evicted.map(|message| message.id())),
                    Err(error) => Outcome::Closed(ids([error.into_inner()])),
                },
                |model, id| model.force_send(id),
            ),
            SendNow::Timeout { .. } => self.send_one(
                |message| sent_in_time(sender.send_timeout(message, Duration::ZERO)),
                |model, id| model.send_at_once(id),
            ),
            SendNow::Deadline { .. } => self.send_one(
                |message| sent_in_time(sender.send_deadline(message, Instant::now())),
                |model, id| model.send_at_once(id),
            ),
            SendNow::Blocking { .. } => {
                if self.model.is_closed() || self.model.room() > 0 {
                    let at = self.at();
                    self.send_one(
                        |m| sent(watched(at, || sender.send_blocking(m))),
                        |model, id| model.try_send(id),
                    );
                }
            }
            SendNow::TrySendMany { n, .. } => self.send_many_now(&sender, n, false),
            SendNow::ManyBlocking { n, .. } => {
                if self.model.is_closed() || self.model.room() >= self.amount(n) {
                    self.send_many_now(&sender, n, true);
                }
            }
        }
    }

    fn send_one(
        &mut self,
        real: impl FnOnce(Message) -> Outcome,
        model: impl FnOnce(&mut super::Model, Id) -> Outcome,
    ) {
        let message = Message::next();
        let id = message.id();
        let got = real(message);
        let want = model(&mut self.model, id);
        self.compare(&got, &want);
    }

    fn send_many_now(&mut self, sender: &Sender<Message>, n: u8, blocking: bool) {
        let mut messages: VecDeque<Message> = Message::several(self.amount(n));
        let mut unsent: VecDeque<Id> = messages.iter().map(Message::id).collect();
        let before = messages.len();
        let result = if blocking {
            let all = watched(self.at(), || sender.send_many_blocking(&mut messages));
            all.map(|()| before)
        } else {
            sender.try_send_many(&mut messages)
        };
        let got = match result {
            Ok(n) => Outcome::Sent(n),
            Err(SendError(())) => Outcome::Closed(vec![]),
        };
        let want = self.model.try_send_many(&mut unsent);
        self.compare(&got, &want);
        let left = ids(messages);
        assert_eq!(
            left,
            Vec::from(unsent),
            "what was not sent, at {}",
            self.at()
        );
    }

    pub(super) fn recv_now(&mut self, op: RecvNow) {
        let (RecvNow::TryRecv { rx }
        | RecvNow::TryRecvMany { rx, .. }
        | RecvNow::TryIter { rx, .. }
        | RecvNow::Drain { rx, .. }
        | RecvNow::Timeout { rx }
        | RecvNow::Deadline { rx }
        | RecvNow::Blocking { rx }
        | RecvNow::ManyBlocking { rx, .. }
        | RecvNow::Poll { rx, .. }
        | RecvNow::Burst { rx, .. }) = op;
        let Some(index) = pick(rx, self.receivers.len()) else {
            return;
        };
        match op {
            RecvNow::Poll { stream, fresh, .. } => return self.poll_receiver(index, stream, fresh),
            RecvNow::Burst { tx, rounds, .. } => return self.burst(tx, rx, rounds),
            _ => {}
        }
        let rx = Rc::clone(&self.receivers[index]);
        let receiver = &rx.receiver;
        let may_wait = self.model.len() == 0 && !self.model.is_finished();
        match op {
            RecvNow::TryRecv { .. } => self.recv_one(match receiver.try_recv() {
                Ok(message) => received(Ok(message)),
                Err(TryRecvError::Empty) => Outcome::Empty,
                Err(TryRecvError::Closed) => Outcome::End,
            }),
            RecvNow::Timeout { .. } => {
                self.recv_one(in_time(receiver.recv_timeout(Duration::ZERO)))
            }
            RecvNow::Deadline { .. } => {
                self.recv_one(in_time(receiver.recv_deadline(Instant::now())))
            }
            RecvNow::Blocking { .. } if !may_wait => {
                self.recv_one(received(watched(self.at(), || receiver.recv_blocking())))
            }
            RecvNow::TryRecvMany { n, .. } => {
                self.recv_several(n, |limit| take(receiver, limit, Receiver::try_recv_many))
            }
            RecvNow::ManyBlocking { n, .. } if !may_wait => {
                let at = self.at();
                self.recv_several(n, |limit| {
                    watched(at, || take(receiver, limit, Receiver::recv_many_blocking))
                });
            }
            RecvNow::TryIter { n, .. } => {
                let limit = self.amount(n);
                self.recv_in_turn(limit, |limit| ids(receiver.try_iter().take(limit)))
            }
            RecvNow::Drain { n, .. } => {
                // It does not look for more than there is at first.
                let limit = self.amount(n).min(self.model.len());
                self.recv_in_turn(limit, |limit| ids(receiver.drain().take(limit)))
            }
            _ => {}
        }
        self.release(super::Lender::Receiver(rx));
    }

    fn recv_one(&mut self, got: Outcome) {
        let want = self.model.try_recv();
        self.compare(&got, &want);
    }

    fn recv_several(&mut self, n: u8, real: impl FnOnce(usize) -> Vec<Id>) {
        let limit = self.amount(n);
        let got = Outcome::Received(real(limit));
        let want = self.model.try_recv_many(limit);
        self.compare(&got, &want);
    }

    /// One message after the other: senders are told in between.
    fn recv_in_turn(&mut self, limit: usize, real: impl FnOnce(usize) -> Vec<Id>) {
        let got = real(limit);
        let mut want = vec![];
        while want.len() < limit {
            let Outcome::Received(message) = self.model.try_recv() else {
                break;
            };
            want.extend(message);
        }
        self.compare(&Outcome::Received(got), &Outcome::Received(want));
    }

    /// `poll_recv` of a handle that nothing borrows.
    fn poll_receiver(&mut self, index: usize, stream: bool, fresh: bool) {
        if Rc::strong_count(&self.receivers[index]) > 1 {
            return;
        }
        let waiting = self.receivers[index].waiting.take();
        let (task, mut watcher) = waiting.unwrap_or_else(|| {
            let task = self.next_id();
            self.model.start(task, Goal::Receive { limit: None });
            self.begun += 1;
            (task, self.new_watcher())
        });
        let old = fresh.then(|| std::mem::replace(&mut watcher, self.new_watcher()));
        let mut rx = self.receivers.swap_remove(index);
        let receiver = &mut Rc::get_mut(&mut rx).expect("nothing borrows it").receiver;
        let got = self.poll_to_its_end(&watcher, |cx| {
            if stream {
                let next = Pin::new(&mut *receiver).poll_next(cx);
                next.map(|item| received(item.ok_or(wakering::RecvError)))
            } else {
                receiver.poll_recv(cx).map(received)
            }
        });
        let want = self.model.poll(task, watcher.id());
        self.compare(&got, &want);
        if let Some(old) = old {
            assert!(old.is_released(), "the old waker is kept, at {}", self.at());
        }
        if got == Outcome::Pending {
            rx.waiting.replace(Some((task, watcher)));
        } else {
            assert!(watcher.is_released(), "the waker is kept, at {}", self.at());
        }
        self.receivers.push(rx);
    }

    /// Some rounds, as far as that needs no waiting: sends by a future, receives by a future.
    fn burst(&mut self, tx: u8, rx: u8, rounds: u8) {
        let rounds = match rounds {
            0..250 => usize::from(rounds % 4),
            250.. => super::STREAK + usize::from(rounds - 250),
        };
        for _ in 0..rounds {
            if self.model.room() > 0 && !self.model.is_closed() && self.start(Job::Send, tx) {
                self.poll(self.tasks.len() - 1, true);
            }
            if self.model.len() > 0 && self.start(Job::Recv, rx) {
                self.poll(self.tasks.len() - 1, true);
            }
        }
    }

    /// Polls; again if the poll yields.
    pub(super) fn poll_to_its_end(
        &mut self,
        watcher: &super::Watcher,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<Outcome>,
    ) -> Outcome {
        let waker = watcher.waker();
        let mut cx = Context::from_waker(&waker);
        for _ in 0..3 {
            self.log.extend(super::watcher::take_log());
            if let Poll::Ready(outcome) = poll(&mut cx) {
                return outcome;
            }
            let mut log = super::watcher::take_log();
            let woken = log.len();
            log.retain(|&id| id != watcher.id());
            let yielded = log.len() < woken;
            self.log.extend(log);
            if !yielded {
                return Outcome::Pending;
            }
            self.yielded += 1;
            assert!(
                self.yielded * super::WAITS <= self.begun,
                "a future wakes itself instead of waiting, at {}",
                self.at()
            );
        }
        panic!("a future yields three times in a row, at {}", self.at());
    }
}

fn try_sent(result: Result<(), TrySendError<Message>>) -> Outcome {
    match result {
        Ok(()) => Outcome::Done,
        Err(TrySendError::Full(message)) => Outcome::Full(ids([message])),
        Err(TrySendError::Closed(message)) => Outcome::Closed(ids([message])),
    }
}

/// The outcome of a receive with a time limit that was up at once: nothing there is `Empty`.
fn in_time(result: Result<Message, RecvTimeoutError>) -> Outcome {
    match result {
        Ok(message) => received(Ok(message)),
        Err(RecvTimeoutError::Timeout) => Outcome::Empty,
        Err(RecvTimeoutError::Closed) => Outcome::End,
    }
}

/// What a batch receive appends to a buffer that holds something already.
fn take(
    receiver: &Receiver<Message>,
    limit: usize,
    receive: impl FnOnce(&Receiver<Message>, &mut Vec<Message>, usize) -> usize,
) -> Vec<Id> {
    let mut buffer = Vec::new();
    let n = receive(receiver, &mut buffer, limit);
    assert_eq!(n, buffer.len(), "the number of messages received");
    ids(buffer)
}
