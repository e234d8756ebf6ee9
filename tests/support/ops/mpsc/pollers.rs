//! `PollSender`s: each is a reservation that has its turn in the senders' queue, and then a permit.

use std::task::Poll;

use wakering::mpsc::PollSender;
use wakering::mpsc::error::PollSendError;

use super::super::message::{Message, ids};
use super::super::model::{Goal, Outcome};
use super::super::waits::TaskId;
use super::super::watcher::Watcher;
use super::program::PollerOp;
use super::runner::{HANDLES, Runner, pick};

/// A `PollSender`, and what it is in the model.
pub(super) struct Poller {
    sender: PollSender<Message>,
    /// It counts as a sender.
    counts: bool,
    stage: Stage,
    /// Its `poll_reserve` waits.
    waits: Option<(TaskId, Watcher)>,
    /// Its `poll_reserve` has reserved room.
    ready: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    ChannelClosed,
    Closed,
}

impl Poller {
    fn new(sender: PollSender<Message>, stage: Stage) -> Self {
        Self {
            sender,
            counts: stage == Stage::Open,
            stage,
            waits: None,
            ready: false,
        }
    }
}

impl Runner {
    pub(super) fn poller_op(&mut self, op: PollerOp) {
        let (PollerOp::Clone { poller }
        | PollerOp::Reserve { poller, .. }
        | PollerOp::Send { poller }
        | PollerOp::Abort { poller }
        | PollerOp::Close { poller }
        | PollerOp::Drop { poller }) = op
        else {
            return self.open_poller(op);
        };
        let Some(index) = pick(poller, self.pollers.len()) else {
            return;
        };
        let mut poller = self.pollers.remove(index);
        match op {
            PollerOp::Clone { .. } => self.clone_poller(&poller),
            PollerOp::Reserve { sink, fresh, .. } => self.poll_reserve(&mut poller, sink, fresh),
            PollerOp::Send { .. } => self.send_item(&mut poller),
            PollerOp::Abort { .. } => {
                let aborts = poller.waits.is_some() || poller.ready;
                assert_eq!(poller.sender.abort_send(), aborts, "abort, {}", self.at());
                self.aborted(&mut poller);
            }
            PollerOp::Close { .. } => {
                poller.sender.close();
                poller.stage = Stage::Closed;
                if !poller.ready {
                    self.aborted(&mut poller);
                }
            }
            _ => return self.drop_poller(poller),
        }
        let closed = poller.stage != Stage::Open;
        assert_eq!(
            poller.sender.is_closed(),
            closed,
            "is_closed, {}",
            self.at()
        );
        let sender = poller.sender.get_ref().is_some();
        let kept = poller.stage != Stage::Closed;
        assert_eq!(sender, kept, "get_ref, {}", self.at());
        self.pollers.insert(index, poller);
    }

    fn open_poller(&mut self, op: PollerOp) {
        let PollerOp::Open { tx } = op else {
            unreachable!()
        };
        let few = self.pollers.len() < HANDLES;
        let Some(tx) = self.sender(tx).filter(|_| few) else {
            return;
        };
        if let Some(sender) = tx.bounded() {
            self.model.add_sender();
            let sender = PollSender::new(sender.clone());
            self.pollers.push(Poller::new(sender, Stage::Open));
        }
    }

    fn clone_poller(&mut self, poller: &Poller) {
        if self.pollers.len() + 1 >= HANDLES {
            return;
        }
        let stage = match poller.stage {
            Stage::Open | Stage::ChannelClosed => Stage::Open,
            Stage::Closed => Stage::Closed,
        };
        let clone = Poller::new(poller.sender.clone(), stage);
        if clone.counts {
            self.model.add_sender();
        }
        self.pollers.push(clone);
    }

    fn poll_reserve(&mut self, poller: &mut Poller, sink: bool, fresh: bool) {
        let asks = !poller.ready && poller.stage == Stage::Open;
        let (task, mut watcher) = poller.waits.take().unwrap_or_else(|| {
            let task = self.next_id();
            if asks {
                self.model.start(task, Goal::Reserve(1));
            }
            (task, self.new_watcher())
        });
        let old = fresh.then(|| std::mem::replace(&mut watcher, self.new_watcher()));
        let with = (watcher.id(), watcher.waker());
        let got = self.poll_to_its_end(with, |cx| reserve(&mut poller.sender, sink, cx));
        let got = match got {
            Poll::Pending => Outcome::Pending,
            Poll::Ready(Ok(())) => Outcome::Permits(1),
            Poll::Ready(Err(error)) => {
                assert!(error.into_inner().is_none(), "it had no message");
                Outcome::Closed(vec![])
            }
        };
        let want = match asks {
            true => self.model.poll(task, watcher.id()),
            false if poller.ready => Outcome::Permits(1),
            false => Outcome::Closed(vec![]),
        };
        self.compare(&got, &want);
        let replaced = old.is_none_or(|old| old.is_released());
        assert!(replaced, "the old waker is kept, at {}", self.at());
        match got {
            Outcome::Pending => {
                poller.waits = Some((task, watcher));
                return;
            }
            Outcome::Permits(_) => poller.ready = true,
            _ if asks => poller.stage = Stage::ChannelClosed,
            _ => {}
        }
        assert!(watcher.is_released(), "the waker is kept, at {}", self.at());
    }

    fn send_item(&mut self, poller: &mut Poller) {
        if !poller.ready && poller.stage == Stage::Open {
            return; // It would panic.
        }
        let message = Message::next();
        let id = message.id();
        let got = poller.sender.send_item(message);
        if std::mem::take(&mut poller.ready) {
            self.model.send_by_permit(id);
            assert!(got.is_ok(), "send_item, at {}", self.at());
        } else {
            let back = got.expect_err("it is closed").into_inner();
            assert_eq!(ids(back), [id], "the message comes back, {}", self.at());
        }
        self.let_go(poller);
    }

    fn aborted(&mut self, poller: &mut Poller) {
        if let Some((task, watcher)) = poller.waits.take() {
            self.model.cancel(task);
            assert!(watcher.is_released(), "the waker is kept, at {}", self.at());
        }
        if std::mem::take(&mut poller.ready) {
            self.model.give_back(1);
        }
        self.let_go(poller);
    }

    /// A closed one that needs its sender no more does not keep the channel open.
    fn let_go(&mut self, poller: &mut Poller) {
        if poller.stage == Stage::Closed && std::mem::take(&mut poller.counts) {
            self.model.drop_sender();
        }
    }

    /// Polls the first one that has been told; false if none was.
    pub(super) fn poll_notified_poller(&mut self) -> bool {
        let told = self.pollers.iter().position(|poller| {
            let waits = poller.waits.as_ref();
            waits.is_some_and(|(task, _)| self.model.is_told(*task))
        });
        if let Some(index) = told {
            let mut poller = self.pollers.remove(index);
            self.poll_reserve(&mut poller, false, false);
            self.pollers.insert(index, poller);
        }
        told.is_some()
    }

    pub(super) fn drop_poller(&mut self, mut poller: Poller) {
        let sender = std::mem::replace(&mut poller.sender, closed_sender());
        drop(sender);
        poller.stage = Stage::Closed;
        self.aborted(&mut poller);
    }
}

fn reserve(
    sender: &mut PollSender<Message>,
    sink: bool,
    cx: &mut std::task::Context<'_>,
) -> Poll<Result<(), PollSendError<Message>>> {
    #[cfg(feature = "sink")]
    if sink {
        return futures_util::Sink::poll_ready(std::pin::Pin::new(sender), cx);
    }
    let _ = sink;
    sender.poll_reserve(cx)
}

/// One of another channel, to leave in the place of one that goes.
fn closed_sender() -> PollSender<Message> {
    let (tx, _) = wakering::mpsc::channel(1);
    let mut sender = PollSender::new(tx);
    sender.close();
    sender
}
