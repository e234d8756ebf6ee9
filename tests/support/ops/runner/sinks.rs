//! Sinks: readiness is a reservation that has its turn in the senders' queue, a ready sink is a permit.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_util::Sink;
use wakering::SendError;
use wakering::mpmc::{OwnedSendSink, SendSink};

use super::super::message::Message;
use super::super::model::{Goal, Outcome};
use super::super::program::SinkOp;
use super::super::waits::TaskId;
use super::super::watcher::Watcher;
use super::super::work::{Lender, lend};
use super::{HANDLES, Runner, pick};

/// A sink, and what it is in the model.
pub(super) struct Held {
    sink: Kind,
    lender: Lender,
    /// Its `poll_ready` waits.
    waits: Option<(TaskId, Watcher)>,
    /// Its `poll_ready` has reserved room.
    ready: bool,
}

enum Kind {
    Borrowed(SendSink<'static, Message>),
    Owned(OwnedSendSink<Message>),
}

impl Kind {
    fn get(&mut self) -> Pin<&mut dyn Sink<Message, Error = SendError<()>>> {
        match self {
            Self::Borrowed(sink) => Pin::<&mut SendSink<'static, Message>>::new(sink),
            Self::Owned(sink) => Pin::<&mut OwnedSendSink<Message>>::new(sink),
        }
    }
}

impl Runner {
    pub(super) fn sink_op(&mut self, op: SinkOp) {
        let (SinkOp::Ready { sink, .. }
        | SinkOp::Send { sink }
        | SinkOp::Close { sink }
        | SinkOp::Drop { sink }) = op
        else {
            return self.open_sink(op);
        };
        let Some(index) = pick(sink, self.sinks.len()) else {
            return;
        };
        match op {
            SinkOp::Ready { fresh, .. } => self.poll_sink(index, fresh),
            SinkOp::Send { .. } => {
                if std::mem::take(&mut self.sinks[index].ready) {
                    let message = Message::next();
                    self.model.send_by_permit(message.id());
                    let sent = self.sinks[index].sink.get().start_send(message);
                    assert_eq!(sent, Ok(()), "start_send, at {}", self.at());
                }
            }
            SinkOp::Close { .. } => {
                let mut cx = Context::from_waker(std::task::Waker::noop());
                let closed = self.sinks[index].sink.get().poll_close(&mut cx);
                assert_eq!(closed, Poll::Ready(Ok(())), "close, at {}", self.at());
                let waits = self.sinks[index].waits.take();
                let ready = std::mem::take(&mut self.sinks[index].ready);
                self.sink_released(waits, ready);
            }
            _ => {
                let held = self.sinks.remove(index);
                self.drop_sink(held);
            }
        }
    }

    fn open_sink(&mut self, op: SinkOp) {
        let SinkOp::Open { tx, owned } = op else {
            unreachable!()
        };
        let Some(tx) = pick(tx, self.senders.len()).filter(|_| self.sinks.len() < HANDLES) else {
            return;
        };
        let handle = Rc::clone(&self.senders[tx]);
        let (sink, lender) = if owned {
            self.model.add_sender();
            let sink = (*handle).clone().into_sink();
            self.release(Lender::Sender(handle));
            (Kind::Owned(sink), Lender::Nobody)
        } else {
            // SAFETY: the handle is kept beside the sink.
            let sink = unsafe { lend(&handle) }.sink();
            (Kind::Borrowed(sink), Lender::Sender(handle))
        };
        let (waits, ready) = (None, false);
        self.sinks.push(Held {
            sink,
            lender,
            waits,
            ready,
        });
    }

    fn poll_sink(&mut self, index: usize, fresh: bool) {
        let mut held = self.sinks.remove(index);
        let was_ready = held.ready;
        let (task, mut watcher) = held.waits.take().unwrap_or_else(|| {
            let task = self.next_id();
            self.begun += 1;
            if !was_ready {
                self.model.start(task, Goal::Reserve(1));
            }
            (task, self.new_watcher())
        });
        let old = fresh.then(|| std::mem::replace(&mut watcher, self.new_watcher()));
        let got = self.poll_to_its_end(&watcher, |cx| {
            let poll = held.sink.get().poll_ready(cx);
            poll.map(|ready| match ready {
                Ok(()) => Outcome::Permits(1),
                Err(SendError(())) => Outcome::Closed(vec![]),
            })
        });
        let want = if was_ready {
            Outcome::Permits(1)
        } else {
            self.model.poll(task, watcher.id())
        };
        self.compare(&got, &want);
        let replaced = old.is_none_or(|old| old.is_released());
        assert!(replaced, "the old waker is kept, at {}", self.at());
        held.ready = got == Outcome::Permits(1);
        if got == Outcome::Pending {
            held.waits = Some((task, watcher));
        } else {
            assert!(watcher.is_released(), "the waker is kept, at {}", self.at());
        }
        self.sinks.insert(index, held);
    }

    /// Polls the first sink that has been told; false if none was.
    pub(super) fn poll_notified_sink(&mut self) -> bool {
        let told = self.sinks.iter().position(|held| {
            let waits = held.waits.as_ref();
            waits.is_some_and(|(task, _)| self.model.is_told(*task))
        });
        if let Some(index) = told {
            self.poll_sink(index, false);
        }
        told.is_some()
    }

    pub(super) fn drop_sink(&mut self, held: Held) {
        let owned = matches!(held.sink, Kind::Owned(_));
        drop(held.sink);
        self.sink_released(held.waits, held.ready);
        if owned {
            self.model.drop_sender();
        }
        self.release(held.lender);
    }

    fn sink_released(&mut self, waits: Option<(TaskId, Watcher)>, ready: bool) {
        if let Some((task, watcher)) = waits {
            self.model.cancel(task);
            assert!(watcher.is_released(), "the waker is kept, at {}", self.at());
        }
        if ready {
            self.model.give_back(1);
        }
    }
}
