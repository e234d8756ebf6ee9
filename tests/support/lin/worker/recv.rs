//! Receiving.

use super::{Waiting, Worker, with};
use crate::lin::history::{Action, Action::*, Value};
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use wakering::{RecvTimeoutError, TryRecvError};

impl Worker<'_> {
    pub(super) fn try_recv(&mut self) {
        let at = self.log.begin();
        let step = match self.rx.try_recv() {
            Ok(v) => Pop(v),
            Err(TryRecvError::Empty) => Empty,
            Err(TryRecvError::Closed) => RecvClosed,
        };
        self.log.end(at, "try_recv", &[step]);
    }

    pub(super) fn recv(&mut self) {
        let at = self.log.begin();
        let done = {
            let future = pin!(self.rx.recv());
            self.wait(Waiting::Message, future)
        };
        self.end_recv(at, "recv", done);
    }

    pub(super) fn end_recv<E>(
        &mut self,
        at: u64,
        name: &'static str,
        done: Option<Result<Value, E>>,
    ) {
        match done {
            Some(Ok(v)) => self.log.end(at, name, &[Pop(v)]),
            Some(Err(_)) => self.log.end(at, name, &[RecvClosed]),
            None => self.log.end(at, name, &[]),
        }
    }

    pub(super) fn recv_with(&mut self) {
        let timer = self.timer();
        let at = self.log.begin();
        let done = {
            let future = pin!(self.rx.recv_with(timer));
            self.wait(Waiting::Message, future)
        };
        self.end_recv(at, "recv_with", done.and_then(not_late));
    }

    #[cfg(not(wakering_shuttle))]
    pub(super) fn recv_timeout(&mut self) {
        let at = self.log.begin();
        let done = self.rx.recv_timeout(std::time::Duration::from_micros(30));
        self.end_recv(at, "recv_timeout", not_late(done));
    }

    pub(super) fn try_recv_many(&mut self) {
        let limit = 1 + self.rng.below(4);
        let mut out = Vec::new();
        let at = self.log.begin();
        let n = self.rx.try_recv_many(&mut out, limit);
        self.log.end(
            at,
            "try_recv_many",
            &with(pops(&out), (n < limit).then_some(NoMore)),
        );
        assert_eq!(n, out.len(), "try_recv_many counts what it took");
    }

    pub(super) fn recv_many(&mut self) {
        let limit = 1 + self.rng.below(4);
        let mut out = Vec::new();
        let at = self.log.begin();
        let done = {
            let future = pin!(self.rx.recv_many(&mut out, limit));
            self.wait(Waiting::Message, future)
        };
        assert!(
            done.is_none_or(|n| n == out.len()),
            "recv_many counts what it took"
        );
        assert!(
            done.is_some() || out.is_empty(),
            "a pending recv_many took something"
        );
        match done {
            Some(0) => self.log.end(at, "recv_many", &[RecvClosed]),
            _ => self.log.end(at, "recv_many", &pops(&out)),
        }
    }

    pub(super) fn drain(&mut self) {
        let at = self.log.begin();
        let out: Vec<_> = self.rx.drain().collect();
        self.log.end(at, "drain", &pops(&out));
    }

    /// One poll of the stream handle, which stays registered when there is nothing.
    pub(super) fn poll_recv(&mut self) {
        let at = self.log.begin();
        let flag = self.gate.keep(Waiting::Message);
        let polled = self
            .stream
            .poll_recv(&mut Context::from_waker(&Waker::from(flag.clone())));
        if let Some(old) = self.stream_flag.take() {
            self.gate.unkeep(&old);
        }
        match polled {
            Poll::Pending => {
                self.stream_flag = Some(flag);
                self.end_recv::<()>(at, "poll_recv", None);
            }
            Poll::Ready(done) => {
                self.gate.unkeep(&flag);
                self.end_recv(at, "poll_recv", Some(done));
            }
        }
    }

    /// The stream handle, polled to the end.
    pub(super) fn next_recv(&mut self) {
        let patience = self.patience();
        let at = self.log.begin();
        let done = {
            let stream = &mut self.stream;
            let future = pin!(poll_fn(|cx| stream.poll_recv(cx)));
            self.gate
                .wait(self.seat, Waiting::Message, patience, future)
        };
        let gave_up = done.is_none();
        self.end_recv(at, "stream", done);
        if gave_up {
            self.renew_stream();
        } else if let Some(old) = self.stream_flag.take() {
            self.gate.unkeep(&old);
        }
    }

    /// Drops the stream handle, and with it what it has registered.
    pub(super) fn renew_stream(&mut self) {
        self.stream = self.rx.clone();
        if let Some(old) = self.stream_flag.take() {
            self.gate.unkeep(&old);
        }
    }
}

fn pops(values: &[Value]) -> Vec<Action> {
    values.iter().copied().map(Pop).collect()
}

fn not_late(done: Result<Value, RecvTimeoutError>) -> Option<Result<Value, RecvTimeoutError>> {
    (!matches!(done, Err(RecvTimeoutError::Timeout))).then_some(done)
}
