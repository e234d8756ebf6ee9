//! Futures: made, polled, dropped, taken back, abandoned.

use std::rc::Rc;

use super::super::alarm::Alarm;
use super::super::message::{self, Message};
use super::super::model::{Goal, Outcome};
use super::super::program::{Job, TaskOp};
use super::super::waits::TaskId;
use super::super::watcher::Watcher;
use super::super::work::{Buffer, Grant, Lender, Work, lend};
use super::{Runner, TASKS, pick};

/// A future that is under way.
pub(super) struct Running {
    id: TaskId,
    work: Work,
    lender: Lender,
    /// The handle inside an owned future.
    owns: Owns,
    alarm: Alarm,
    /// Whose waker it was polled with last.
    watcher: Option<Watcher>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Owns {
    Nothing,
    Sender,
    Receiver,
}

impl Runner {
    /// Makes a future; false if there is no handle for it, or too many futures.
    pub(super) fn start(&mut self, job: Job, handle: u8) -> bool {
        if self.tasks.len() + self.abandoned.len() >= TASKS {
            return false;
        }
        let alarm = Alarm::default();
        let Some((work, goal, lender, owns)) = self.make(job, handle, &alarm) else {
            return false;
        };
        let id = self.next_id();
        self.model.start(id, goal);
        let watcher = None;
        self.tasks.push(Running {
            id,
            work,
            lender,
            owns,
            alarm,
            watcher,
        });
        true
    }

    fn make(&mut self, job: Job, handle: u8, alarm: &Alarm) -> Option<(Work, Goal, Lender, Owns)> {
        match job {
            Job::Recv | Job::RecvOwned | Job::RecvMany { .. } | Job::RecvWith => {
                self.make_receive(job, handle, alarm)
            }
            _ => self.make_send(job, handle, alarm),
        }
    }

    fn make_send(&mut self, job: Job, tx: u8, alarm: &Alarm) -> Option<(Work, Goal, Lender, Owns)> {
        let handle = Rc::clone(&self.senders[pick(tx, self.senders.len())?]);
        // SAFETY: the handle goes into the `Lender` that stands beside the future.
        let sender = unsafe { lend(&handle) };
        let mut owns = Owns::Nothing;
        let one = || {
            let message = Message::next();
            let goal = Goal::send(message.id());
            (message, goal)
        };
        let (work, goal) = match job {
            Job::Send => {
                let (message, goal) = one();
                (Work::Send(Box::pin(sender.send(message))), goal)
            }
            Job::SendOwned => {
                owns = Owns::Sender;
                let (message, goal) = one();
                (Work::SendOwned(Box::pin(sender.send_owned(message))), goal)
            }
            Job::SendWith => {
                let (message, goal) = one();
                let future = sender.send_with(message, alarm.timer());
                (Work::SendWith(Box::pin(future)), goal)
            }
            Job::SendMany { n } => {
                let messages: std::collections::VecDeque<_> = Message::several(self.amount(n));
                let unsent = messages.iter().map(Message::id).collect();
                let batch = true;
                let goal = Goal::Send { unsent, batch };
                let buffer = Buffer::new(messages);
                // SAFETY: once, and the future stands before the buffer.
                let future = sender.send_many(unsafe { buffer.lend() });
                (Work::SendMany(Box::pin(future), buffer), goal)
            }
            Job::Reserve => (Work::Reserve(Box::pin(sender.reserve())), Goal::Reserve(1)),
            Job::ReserveMany { n } => {
                let n = self.amount(n);
                let future = sender.reserve_many(n);
                (Work::ReserveMany(Box::pin(future)), Goal::Reserve(n))
            }
            Job::ReserveOwned => {
                owns = Owns::Sender;
                let future = sender.clone().reserve_owned();
                (Work::ReserveOwned(Box::pin(future)), Goal::Reserve(1))
            }
            _ => (Work::Closed(Box::pin(sender.closed())), Goal::Closed),
        };
        if owns == Owns::Sender {
            self.model.add_sender();
            // The future does not borrow.
            self.release(Lender::Sender(handle));
            return Some((work, goal, Lender::Nobody, owns));
        }
        Some((work, goal, Lender::Sender(handle), owns))
    }

    fn make_receive(
        &mut self,
        job: Job,
        rx: u8,
        alarm: &Alarm,
    ) -> Option<(Work, Goal, Lender, Owns)> {
        let handle = Rc::clone(&self.receivers[pick(rx, self.receivers.len())?]);
        // SAFETY: as in `make_send`.
        let receiver = &unsafe { lend(&handle) }.receiver;
        let mut limit = None;
        let work = match job {
            Job::RecvOwned => {
                let work = Work::RecvOwned(Box::pin(receiver.recv_owned()));
                self.model.add_receiver();
                self.release(Lender::Receiver(handle));
                return Some((
                    work,
                    Goal::Receive { limit },
                    Lender::Nobody,
                    Owns::Receiver,
                ));
            }
            Job::RecvMany { n } => {
                let n = self.amount(n);
                limit = Some(n);
                let buffer = Buffer::new(Vec::new());
                // SAFETY: as in `make_send`.
                let future = receiver.recv_many(unsafe { buffer.lend() }, n);
                Work::RecvMany(Box::pin(future), buffer)
            }
            Job::RecvWith => Work::RecvWith(Box::pin(receiver.recv_with(alarm.timer()))),
            _ => Work::Recv(Box::pin(receiver.recv())),
        };
        Some((
            work,
            Goal::Receive { limit },
            Lender::Receiver(handle),
            Owns::Nothing,
        ))
    }

    /// Polls the future `index`; with a new waker if it is to be `fresh` or has none.
    pub(super) fn poll(&mut self, index: usize, fresh: bool) {
        let mut running = self.tasks.remove(index);
        let old = running.watcher.take();
        self.begun += usize::from(old.is_none());
        let (watcher, old) = match old {
            Some(watcher) if !fresh => (watcher, None),
            old => (self.new_watcher(), old),
        };
        let mut grant = None;
        let got = self.poll_to_its_end(&watcher, |cx| running.work.poll(cx, &mut grant));
        let want = self.model.poll(running.id, watcher.id());
        running.watcher = Some(watcher);
        if got == Outcome::Pending {
            self.compare(&got, &want);
            let replaced = old.is_none_or(|old| old.is_released());
            assert!(replaced, "the old waker is kept, at {}", self.at());
            self.tasks.insert(index, running);
        } else {
            self.complete(running, got, &want, grant);
        }
    }

    /// Polls the future that was told first; false if none was.
    pub(super) fn poll_notified(&mut self) -> bool {
        let told = self
            .tasks
            .iter()
            .position(|task| self.model.is_told(task.id));
        if let Some(index) = told {
            self.poll(index, false);
            return true;
        }
        #[cfg(feature = "sink")]
        return self.poll_notified_sink();
        #[cfg(not(feature = "sink"))]
        false
    }

    /// A future is ready: compares its outcome, and drops it.
    fn complete(&mut self, running: Running, got: Outcome, want: &Outcome, grant: Option<Grant>) {
        // The future is done, but not dropped yet: nobody may have to wait for that.
        self.check_wakes();
        let Running {
            work,
            lender,
            owns,
            watcher,
            ..
        } = running;
        let is_receive = matches!(work, Work::RecvMany(..));
        let buffer = work.end();
        let got = match got {
            Outcome::Sent(n) if is_receive => {
                assert_eq!(
                    n,
                    buffer.len(),
                    "received into the buffer, at {}",
                    self.at()
                );
                Outcome::Received(buffer)
            }
            Outcome::Closed(_) if !buffer.is_empty() => Outcome::Closed(buffer),
            got => {
                assert_eq!(buffer, [], "left in the buffer, at {}", self.at());
                got
            }
        };
        self.compare(&got, want);
        self.check_released(watcher);
        match grant {
            Some(grant) => self.hold(grant, lender),
            None => self.release_all(lender, owns),
        }
    }

    pub(super) fn drop_task(&mut self, running: Running) {
        let Running {
            id,
            work,
            lender,
            owns,
            watcher,
            ..
        } = running;
        let got = work.end();
        let want = self.model.cancel(id);
        // Only batches leave their messages behind; the others take them with them.
        assert!(
            got.is_empty() || got == want,
            "left in the buffer, at {}",
            self.at()
        );
        self.check_released(watcher);
        self.release_all(lender, owns);
    }

    fn check_released(&self, watcher: Option<Watcher>) {
        let released = watcher.is_none_or(|watcher| watcher.is_released());
        assert!(
            released,
            "the waker of a finished future is kept, at {}",
            self.at()
        );
    }

    fn release_all(&mut self, lender: Lender, owns: Owns) {
        match owns {
            Owns::Nothing => {}
            Owns::Sender => self.model.drop_sender(),
            Owns::Receiver => self.model.drop_receiver(),
        }
        self.release(lender);
    }

    pub(super) fn task_op(&mut self, op: TaskOp) {
        let (TaskOp::Drop { task }
        | TaskOp::TakeBack { task }
        | TaskOp::Abandon { task }
        | TaskOp::Ring { task }) = op
        else {
            let TaskOp::Forget { job, handle } = op else {
                unreachable!()
            };
            return self.forget(job, handle);
        };
        let Some(index) = pick(task, self.tasks.len()) else {
            return;
        };
        match op {
            TaskOp::TakeBack { .. } => {
                let mut running = self.tasks.remove(index);
                if let Some(got) = running.work.take_back() {
                    let want = self.model.cancel(running.id);
                    assert_eq!(got, want, "taken back, at {}", self.at());
                }
                self.drop_task(running);
            }
            TaskOp::Abandon { .. } => {
                let running = self.tasks.remove(index);
                self.abandoned.push(running);
            }
            TaskOp::Ring { .. } => {
                let running = &self.tasks[index];
                if matches!(running.work, Work::SendWith(_) | Work::RecvWith(_)) {
                    self.model.expire(running.id);
                    running.alarm.ring();
                    // It was not the channel that woke.
                    super::watcher::take_log();
                }
            }
            _ => {
                let running = self.tasks.remove(index);
                self.drop_task(running);
            }
        }
    }

    /// Makes a future and forgets it. Only futures that borrow: an owned one would keep its handle for ever.
    fn forget(&mut self, job: Job, handle: u8) {
        let before = message::alive();
        if let Some(tx) = pick(handle, self.senders.len()) {
            let sender = &*self.senders[tx];
            match job {
                Job::Send => std::mem::forget(sender.send(Message::next())),
                Job::Reserve => std::mem::forget(sender.reserve()),
                Job::ReserveMany { n } => std::mem::forget(sender.reserve_many(self.amount(n))),
                Job::Closed => std::mem::forget(sender.closed()),
                Job::SendMany { n } => {
                    let mut messages = Message::several(self.amount(n));
                    std::mem::forget(sender.send_many(&mut messages));
                }
                _ => {}
            }
        }
        if let Some(rx) = pick(handle, self.receivers.len()) {
            let receiver = &self.receivers[rx].receiver;
            match job {
                Job::Recv => std::mem::forget(receiver.recv()),
                Job::RecvMany { n } => {
                    std::mem::forget(receiver.recv_many(&mut Vec::new(), self.amount(n)));
                }
                _ => {}
            }
        }
        self.forgotten += message::alive() - before;
    }
}
