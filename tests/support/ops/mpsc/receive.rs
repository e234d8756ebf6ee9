//! The receiver, without futures.

use std::task::Poll;
use std::time::{Duration, Instant};

use super::super::model::Outcome;
use super::super::watchdog::watched;
use super::program::{ReceiveJob, RecvNow, SendJob};
use super::runner::{Runner, STREAK};

impl Runner {
    pub(super) fn recv_now(&mut self, op: RecvNow) {
        if let RecvNow::Burst { tx, rounds } = op {
            return self.burst(tx, rounds);
        }
        let Some(rx) = self.free_receiver() else {
            return;
        };
        let may_wait = self.model.len() == 0 && !self.model.is_finished();
        match op {
            RecvNow::TryRecv => self.received(rx.try_recv()),
            RecvNow::TryRecvSome { n } => {
                for _ in 0..self.amount(n) {
                    self.received(rx.try_recv());
                }
            }
            RecvNow::Timeout => self.received(rx.recv_timeout(Duration::ZERO)),
            RecvNow::Deadline => self.received(rx.recv_deadline(Instant::now())),
            RecvNow::Blocking if !may_wait => {
                self.received(watched(self.at(), || rx.blocking_recv()));
            }
            RecvNow::ManyBlocking { n } if !may_wait => {
                let limit = self.amount(n);
                let got = watched(self.at(), || rx.blocking_recv_many(limit));
                let want = self.model.try_recv_many(limit);
                self.compare(&got, &want);
            }
            RecvNow::Blocking | RecvNow::ManyBlocking { .. } | RecvNow::Burst { .. } => {}
            RecvNow::Poll { stream, fresh } => {
                self.poll_receiver(None, fresh, |cx| rx.poll_recv(stream, cx));
            }
            RecvNow::PollMany { n, fresh } => {
                let limit = self.amount(n);
                self.poll_receiver(Some(limit), fresh, |cx| rx.poll_recv_many(limit, cx));
            }
            RecvNow::Close => {
                rx.close();
                self.model.close();
            }
        }
    }

    fn received(&mut self, got: Outcome) {
        let want = self.model.try_recv();
        self.compare(&got, &want);
    }

    fn poll_receiver(
        &mut self,
        limit: Option<usize>,
        fresh: bool,
        poll: impl FnMut(&mut std::task::Context<'_>) -> Poll<Outcome>,
    ) {
        let with = self.receiving(fresh);
        let id = with.0;
        let got = match self.poll_to_its_end(with, poll) {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => Outcome::Pending,
        };
        let want = self.model.poll_receiver(limit, id);
        self.compare(&got, &want);
    }

    /// Some rounds, as far as that needs no waiting: sends by a future, receives by a future.
    fn burst(&mut self, tx: u8, rounds: u8) {
        let rounds = match rounds {
            0..250 => usize::from(rounds % 4),
            250.. => STREAK + usize::from(rounds - 250),
        };
        for _ in 0..rounds {
            if self.model.room() > 0 && !self.model.is_closed() && self.start(SendJob::Send, tx) {
                self.poll(self.tasks.len() - 1, true);
            }
            if self.model.len() > 0 && self.start_receive(ReceiveJob::Recv) {
                self.poll(self.tasks.len() - 1, true);
            }
        }
    }
}
