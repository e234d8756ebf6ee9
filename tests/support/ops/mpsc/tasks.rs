//! Futures: made, polled, dropped, abandoned.

use std::task::Poll;

use wakering::mpsc::Sender;
use wakering::mpsc::error::SendError;

use super::super::alarm::Alarm;
use super::super::message::{self, Message, ids};
use super::super::model::{Goal, Outcome};
use super::super::waits::TaskId;
use super::super::watcher::Watcher;
use super::super::work::{Buffer, lend};
use super::handles::{Lender, Mapped, Rx, Tx, Work, received, sent, sent_in_time};
use super::permits::Grant;
use super::program::{ReceiveJob, SendJob, TaskOp};
use super::runner::{Runner, TASKS, pick};

/// What a future ends with; a batch leaves its messages in its buffer.
type Done = (Outcome, Option<Grant>);

/// A future that is under way. The borrower stands before its buffer, so that it goes first.
pub(super) struct Running {
    id: TaskId,
    work: Box<dyn Work<Done>>,
    buffer: Option<Buffer<Vec<Message>>>,
    lender: Lender,
    kind: Kind,
    alarm: Alarm,
    /// Whose waker it was polled with last; see also `Runner::receiving`.
    watcher: Option<Watcher>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    /// It holds a sender of its own.
    Owning,
    /// It has a timer.
    Timed,
    /// It is the receiver's.
    Receive,
}

impl Runner {
    /// Makes a future of a sender; false if there is no handle for it, or too many futures, or no such future.
    pub(super) fn start(&mut self, job: SendJob, tx: u8) -> bool {
        let Some(handle) = self.sender(tx).filter(|_| self.may_start()) else {
            return false;
        };
        // SAFETY: the handle goes into the `Lender` that stands beside the future.
        let tx = unsafe { lend(&handle) };
        let (alarm, mut kind) = (Alarm::default(), Kind::Plain);
        let (work, goal) = match (tx, job) {
            (_, SendJob::Closed) => (closed(tx), Goal::Closed),
            (Tx::Unbounded(_), _) => return false,
            (Tx::Bounded(sender), _) => {
                kind = match job {
                    SendJob::SendWith => Kind::Timed,
                    SendJob::ReserveOwned => Kind::Owning,
                    _ => Kind::Plain,
                };
                self.make(sender, job, &alarm)
            }
        };
        let lender = if kind == Kind::Owning {
            self.model.add_sender();
            // The future does not borrow.
            self.release(Lender::Sender(handle));
            Lender::Nobody
        } else {
            Lender::Sender(handle)
        };
        self.add(work, None, goal, lender, kind, alarm);
        true
    }

    fn may_start(&self) -> bool {
        self.tasks.len() + self.abandoned.len() < TASKS
    }

    fn add(
        &mut self,
        work: Box<dyn Work<Done>>,
        buffer: Option<Buffer<Vec<Message>>>,
        goal: Goal,
        lender: Lender,
        kind: Kind,
        alarm: Alarm,
    ) {
        let id = self.next_id();
        self.model.start(id, goal);
        self.tasks.push(Running {
            id,
            work,
            buffer,
            lender,
            kind,
            alarm,
            watcher: None,
        });
    }

    fn make(
        &self,
        sender: &'static Sender<Message>,
        job: SendJob,
        alarm: &Alarm,
    ) -> (Box<dyn Work<Done>>, Goal) {
        match job {
            SendJob::SendWith => {
                let message = Message::next();
                let goal = Goal::send(message.id());
                let future = sender.send_with(message, alarm.timer());
                (mapped(future, |r| (sent_in_time(r), None)), goal)
            }
            SendJob::Reserve => {
                let future = mapped(sender.reserve(), |r| granted(r.map(Grant::One), 1));
                (future, Goal::Reserve(1))
            }
            SendJob::ReserveMany { n } => {
                let n = self.amount(n);
                let future = mapped(sender.reserve_many(n), |permits| {
                    let n = permits.as_ref().map_or(0, ExactSizeIterator::len);
                    granted(permits.map(Grant::Many), n)
                });
                (future, Goal::Reserve(n))
            }
            SendJob::ReserveOwned => {
                let future = sender.clone().reserve_owned();
                let future = mapped(future, |r| granted(r.map(Grant::Owned), 1));
                (future, Goal::Reserve(1))
            }
            SendJob::Send | SendJob::Closed => {
                let message = Message::next();
                let goal = Goal::send(message.id());
                (mapped(sender.send(message), |r| (sent(r), None)), goal)
            }
        }
    }

    /// Makes a future of the receiver; false if there is one, or no receiver, or too many futures.
    pub(super) fn start_receive(&mut self, job: ReceiveJob) -> bool {
        let Some(rx) = self.free_receiver().filter(|_| self.may_start()) else {
            return false;
        };
        let Some(handle) = self.receiver.clone() else {
            return false;
        };
        let one = |message| (received(message), None);
        let several = |n| (Outcome::Sent(n), None);
        let (mut limit, mut buffer) = (None, None);
        let work = match (job, rx) {
            (ReceiveJob::Recv, Rx::Bounded(rx)) => mapped(rx.recv(), one),
            (ReceiveJob::Recv, Rx::Unbounded(rx)) => mapped(rx.recv(), one),
            (ReceiveJob::RecvMany { n }, rx) => {
                let n = self.amount(n);
                limit = Some(n);
                let into = buffer.insert(Buffer::new(Vec::new()));
                // SAFETY: once, and the future stands before the buffer.
                let into = unsafe { into.lend() };
                match rx {
                    Rx::Bounded(rx) => mapped(rx.recv_many(into, n), several),
                    Rx::Unbounded(rx) => mapped(rx.recv_many(into, n), several),
                }
            }
        };
        let goal = Goal::Receive { limit };
        let lender = Lender::Receiver(handle);
        self.add(work, buffer, goal, lender, Kind::Receive, Alarm::default());
        true
    }

    /// Polls the future `index`; with a new waker if it is to be `fresh` or has none.
    pub(super) fn poll(&mut self, index: usize, fresh: bool) {
        let mut running = self.tasks.remove(index);
        let old = running.watcher.take();
        let mut replaced = None;
        let with = if running.kind == Kind::Receive {
            self.receiving(fresh)
        } else {
            let watcher = match old {
                Some(watcher) if !fresh => watcher,
                old => {
                    replaced = old;
                    self.new_watcher()
                }
            };
            let with = (watcher.id(), watcher.waker());
            running.watcher = Some(watcher);
            with
        };
        let id = with.0;
        let got = self.poll_to_its_end(with, |cx| running.work.poll(cx));
        let want = self.model.poll(running.id, id);
        match got {
            Poll::Pending => {
                self.compare(&Outcome::Pending, &want);
                let replaced = replaced.is_none_or(|old| old.is_released());
                assert!(replaced, "the old waker is kept, at {}", self.at());
                self.tasks.insert(index, running);
            }
            Poll::Ready((got, grant)) => self.complete(running, got, &want, grant),
        }
    }

    /// Polls what was told first; false if nothing was.
    pub(super) fn poll_notified(&mut self) -> bool {
        let told = |task: &Running| self.model.is_told(task.id);
        if let Some(index) = self.tasks.iter().position(told) {
            self.poll(index, false);
            return true;
        }
        self.poll_notified_poller()
    }

    /// A future is ready: compares its outcome, and drops it.
    fn complete(&mut self, running: Running, got: Outcome, want: &Outcome, grant: Option<Grant>) {
        // The future is done, but not dropped yet: nobody may have to wait for that.
        self.check_wakes();
        drop(running.work);
        let buffer = running
            .buffer
            .map_or(vec![], |mut buffer| ids(buffer.take()));
        let got = match got {
            Outcome::Sent(n) => {
                assert_eq!(n, buffer.len(), "received, at {}", self.at());
                Outcome::Received(buffer)
            }
            got => got,
        };
        self.compare(&got, want);
        self.check_released(running.watcher);
        match grant {
            Some(grant) => self.hold(grant, running.lender),
            None => self.release_all(running.lender, running.kind),
        }
    }

    pub(super) fn drop_task(&mut self, running: Running) {
        drop(running.work);
        let left = running
            .buffer
            .map_or(vec![], |mut buffer| ids(buffer.take()));
        assert_eq!(left, [], "left in the buffer, at {}", self.at());
        self.model.cancel(running.id);
        self.check_released(running.watcher);
        self.release_all(running.lender, running.kind);
    }

    fn check_released(&self, watcher: Option<Watcher>) {
        let released = watcher.is_none_or(|watcher| watcher.is_released());
        let at = self.at();
        assert!(released, "the waker of a finished future is kept, at {at}");
    }

    fn release_all(&mut self, lender: Lender, kind: Kind) {
        if kind == Kind::Owning {
            self.model.drop_sender();
        }
        self.release(lender);
    }

    pub(super) fn task_op(&mut self, op: TaskOp) {
        let (TaskOp::Drop { task } | TaskOp::Abandon { task } | TaskOp::Ring { task }) = op else {
            return self.forget(op);
        };
        let Some(index) = pick(task, self.tasks.len()) else {
            return;
        };
        let kind = self.tasks[index].kind;
        match op {
            // An abandoned receive would be the end of the receiver.
            TaskOp::Abandon { .. } if kind != Kind::Receive => {
                let running = self.tasks.remove(index);
                self.abandoned.push(running);
            }
            TaskOp::Ring { .. } if kind == Kind::Timed => {
                let running = &self.tasks[index];
                self.model.expire(running.id);
                running.alarm.ring();
                // It was not the channel that woke.
                super::super::watcher::take_log();
            }
            TaskOp::Ring { .. } => {}
            _ => {
                let running = self.tasks.remove(index);
                self.drop_task(running);
            }
        }
    }

    /// Makes a future and forgets it. Only futures that borrow: an owned one would keep its handle for ever.
    fn forget(&mut self, op: TaskOp) {
        let before = message::alive();
        match op {
            TaskOp::Forget { job, tx } => {
                let tx = self.sender(tx);
                match (tx.as_deref().and_then(Tx::bounded), job) {
                    (Some(tx), SendJob::Send) => std::mem::forget(tx.send(Message::next())),
                    (Some(tx), SendJob::Reserve) => std::mem::forget(tx.reserve()),
                    (Some(tx), SendJob::ReserveMany { n }) => {
                        std::mem::forget(tx.reserve_many(self.amount(n)));
                    }
                    (Some(tx), SendJob::Closed) => std::mem::forget(tx.closed()),
                    _ => {}
                }
            }
            TaskOp::ForgetReceive { job } => match (self.free_receiver(), job) {
                (Some(Rx::Bounded(rx)), ReceiveJob::Recv) => std::mem::forget(rx.recv()),
                (Some(Rx::Unbounded(rx)), ReceiveJob::Recv) => std::mem::forget(rx.recv()),
                (Some(Rx::Bounded(rx)), ReceiveJob::RecvMany { n }) => {
                    std::mem::forget(rx.recv_many(&mut Vec::new(), self.amount(n)));
                }
                (Some(Rx::Unbounded(rx)), ReceiveJob::RecvMany { n }) => {
                    std::mem::forget(rx.recv_many(&mut Vec::new(), self.amount(n)));
                }
                (None, _) => {}
            },
            _ => {}
        }
        self.forgotten += message::alive() - before;
    }
}

fn mapped<F: Future + 'static>(
    future: F,
    map: impl FnMut(F::Output) -> Done + 'static,
) -> Box<dyn Work<Done>> {
    let future = Box::pin(future);
    Box::new(Mapped { future, map })
}

fn closed(tx: &'static Tx) -> Box<dyn Work<Done>> {
    match tx {
        Tx::Bounded(tx) => mapped(tx.closed(), |()| (Outcome::Done, None)),
        Tx::Unbounded(tx) => mapped(tx.closed(), |()| (Outcome::Done, None)),
    }
}

fn granted(permit: Result<Grant, SendError<()>>, n: usize) -> Done {
    match permit {
        Ok(grant) => (Outcome::Permits(n), Some(grant)),
        Err(SendError(())) => (Outcome::Closed(vec![]), None),
    }
}
